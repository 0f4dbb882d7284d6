import { describe, expect, test } from "@jest/globals";
import { explainNetworkError, explainStatus, shown } from "../../../../operator/fetch/http-errors.ts";

const url = "https://user:secret@example.com/a.wasm?token=secret#secret";

describe("shown()", () => {
  test("leaves out what may be secret, and what is too long", () => {
    expect(shown(url)).toBe("https://example.com/a.wasm");
    expect(shown(`https://example.com/${"a".repeat(1000)}`)).toHaveLength(300);
    expect(shown("secret")).toBe("(not an address)");
  });
});

describe("explainNetworkError()", () => {
  test.each([
    [{ code: "ENOTFOUND" }, "SourceUnavailable", "its host has no address"],
    [{ code: "DEPTH_ZERO_SELF_SIGNED_CERT" }, "SourceUnavailable", "TLS failed, DEPTH_ZERO_SELF_SIGNED_CERT"],
    [{ code: "ERR_TLS_CERT_ALTNAME_INVALID" }, "SourceUnavailable", "TLS failed, ERR_TLS_CERT_ALTNAME_INVALID"],
    [{ errors: [{ code: "ECONNREFUSED" }, { code: "EACCES" }] }, "SourceUnavailable", "the connection was refused"],
    [{ message: "secret", cause: { code: "ECONNRESET" } }, "SourceUnavailable", "the connection was reset"],
    [{ message: "secret" }, "SourceUnavailable", "an error without a code"],
    [undefined, "SourceUnavailable", "an error without a code"],
    [{ code: "EACCES" }, "SourceDenied", "private or reserved address"],
  ])("says what %j means, and nothing that the other side wrote", (error, reason, why) => {
    const { message, reason: found, final } = explainNetworkError(error, url);
    expect([found, final]).toEqual([reason, reason === "SourceDenied"]);
    expect(message).toContain(why);
    expect(message).toMatch(/: https:\/\/example\.com\/a\.wasm$/);
    expect(message).not.toContain("secret");
  });
});

describe("explainStatus()", () => {
  test("takes no time before now, and none that cannot be read", () => {
    const waitOf = (value: string, date?: string) =>
      explainStatus(503, { "retry-after": value, ...(date === undefined ? {} : { date }) }, url).retryAfterMs;
    expect(waitOf("0")).toBe(0);
    expect(waitOf("Thu, 01 Jan 2026 00:00:00 GMT", "Thu, 01 Jan 2026 00:01:00 GMT")).toBe(0);
    const unreadable = ["x", "1e3", "", "Thu, 01 Jan 2026 00:00:00 GMT"].map((value) => waitOf(value));
    expect(unreadable).toEqual([undefined, undefined, undefined, undefined]);
  });
});
