import { describe, expect, test } from "@jest/globals";
import {
  describeErrorCode,
  type ErrorCode,
  type FlatErrorCode,
  readErrorCode,
  writeErrorCode,
} from "../../../../../runner/host/http/error-code.ts";
import { errorCodeOf } from "../../../../../runner/host/http/node-error.ts";
import { out, TestGuest } from "../io/guest.ts";

/** The bytes of a code as 32-bit words, strings by their text. */
function written(code: ErrorCode) {
  const guest = new TestGuest();
  writeErrorCode(guest, out, code);
  return { guest, at: out + 8 };
}

describe("writeErrorCode()", () => {
  test("numbers the cases as the interface does", () => {
    const numbers = {
      "DNS-timeout": 0,
      "connection-refused": 6,
      "HTTP-request-denied": 15,
      "HTTP-response-timeout": 33,
      "configuration-error": 37,
    };
    for (const [tag, number] of Object.entries(numbers))
      expect(written({ tag: tag as ErrorCode["tag"] }).guest.u8(out)).toBe(number);
  });

  test("lays out each payload as the canonical ABI does", () => {
    const dns = written({ tag: "DNS-error", text: "ENOTFOUND", number: 7 });
    expect([dns.guest.u8(dns.at), dns.guest.textAt(dns.at + 4)]).toEqual([1, "ENOTFOUND"]);
    expect([dns.guest.u8(dns.at + 12), dns.guest.view().getUint16(dns.at + 14, true)]).toEqual([1, 7]);
    const alert = written({ tag: "TLS-alert-received", text: "bad", number: 42 });
    expect([alert.guest.u8(alert.at), alert.guest.u8(alert.at + 1), alert.guest.textAt(alert.at + 8)]).toEqual([
      1,
      42,
      "bad",
    ]);
    const size = written({ tag: "HTTP-response-body-size", number: 2n ** 40n });
    expect([size.guest.u8(size.at), size.guest.u64(size.at + 8)]).toEqual([1, 2n ** 40n]);
    const section = written({ tag: "HTTP-response-header-section-size", number: 9 });
    expect([section.guest.u8(section.at), section.guest.u32(section.at + 4)]).toEqual([1, 9]);
    const field = written({ tag: "HTTP-request-header-size", text: "x", number: 3 });
    expect([field.guest.u8(field.at), field.guest.u8(field.at + 4), field.guest.textAt(field.at + 8)]).toEqual([
      1,
      1,
      "x",
    ]);
    expect([field.guest.u8(field.at + 16), field.guest.u32(field.at + 20)]).toEqual([1, 3]);
    const none = written({ tag: "internal-error" });
    expect([none.guest.u8(out), none.guest.u8(none.at)]).toEqual([38, 0]);
  });
});

describe("readErrorCode()", () => {
  test("reads what a guest gives flat, with the joined second value", () => {
    const guest = new TestGuest();
    const [pointer, length] = guest.put("why");
    const read = (...flat: FlatErrorCode) => readErrorCode(guest, flat);
    expect(read(38, 1, BigInt(pointer), length, 0, 0, 0)).toEqual({ tag: "internal-error", text: "why" });
    expect(read(17, 1, -1n, 0, 0, 0, 0)).toEqual({ tag: "HTTP-request-body-size", number: 2n ** 64n - 1n });
    expect(read(1, 1, BigInt(pointer), length, 1, 5, 0)).toEqual({ tag: "DNS-error", text: "why", number: 5 });
    expect(read(14, 1, 40n, 1, pointer, length, 0)).toEqual({ tag: "TLS-alert-received", number: 40, text: "why" });
    expect(read(22, 1, 1n, pointer, length, 1, -1)).toEqual({
      tag: "HTTP-request-header-size",
      text: "why",
      number: 2 ** 32 - 1,
    });
    expect(read(22, 0, 0n, 0, 0, 0, 0)).toEqual({ tag: "HTTP-request-header-size" });
    expect(describeErrorCode(read(24, 1, BigInt(pointer), length, 1, 6, 0))).toBe("HTTP-request-trailer-size: why: 6");
  });

  test("an unknown case is a trap", () => {
    for (const index of [39, -1, 255])
      expect(() => readErrorCode(new TestGuest(), [index, 0, 0n, 0, 0, 0, 0])).toThrow(
        expect.objectContaining({ name: "Trap" }),
      );
  });
});

describe("errorCodeOf()", () => {
  test.each([
    ["ENOTFOUND", "DNS-error"],
    ["EAI_AGAIN", "DNS-timeout"],
    ["ECONNREFUSED", "connection-refused"],
    ["ECONNRESET", "connection-terminated"],
    ["ETIMEDOUT", "connection-timeout"],
    ["ENETUNREACH", "destination-IP-unroutable"],
    ["EACCES", "destination-IP-prohibited"],
    ["EMFILE", "connection-limit-reached"],
    ["CERT_HAS_EXPIRED", "TLS-certificate-error"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "TLS-certificate-error"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "TLS-protocol-error"],
    ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", "TLS-alert-received"],
    ["HPE_HEADER_OVERFLOW", "HTTP-response-header-section-size"],
    ["HPE_INVALID_CONSTANT", "HTTP-protocol-error"],
    ["EWHATEVER", "internal-error"],
  ])("%s is %s", (code, tag) => {
    expect(errorCodeOf(Object.assign(new Error("x"), { code })).tag).toBe(tag);
  });

  test("several tried addresses count as the first; what is no error of Node is internal", () => {
    const first = Object.assign(new Error("x"), { code: "ECONNREFUSED" });
    expect(
      errorCodeOf(Object.assign(new Error("all"), { errors: [first, new Error("y")], code: "ETIMEDOUT" })),
    ).toEqual({
      tag: "connection-refused",
    });
    expect(errorCodeOf(new Error("odd"))).toEqual({ tag: "internal-error", text: "odd" });
    expect(errorCodeOf(undefined)).toEqual({ tag: "internal-error", text: undefined });
  });
});
