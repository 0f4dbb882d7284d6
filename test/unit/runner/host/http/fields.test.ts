import { describe, expect, test } from "@jest/globals";
import { Fields, headerError } from "../../../../../runner/host/http/fields.ts";
import { out } from "../io/guest.ts";
import { HttpGuest } from "./guest.ts";

describe("Fields", () => {
  test("keeps duplicates in their order and finds names in any case", () => {
    const fields = new Fields();
    fields.append("Set-Cookie", "a=1");
    fields.append("x", "1");
    fields.append("set-cookie", "b=2");
    expect(fields.get("SET-cookie")).toEqual(["a=1", "b=2"]);
    expect([fields.has("X"), fields.has("y")]).toEqual([true, false]);
    expect(fields.list).toEqual(["set-cookie", "a=1", "x", "1", "set-cookie", "b=2"]);
  });

  test("does not take a value for a name", () => {
    const fields = new Fields(["a", "b"]);
    expect([fields.has("b"), fields.get("b")]).toEqual([false, []]);
    fields.delete("b");
    expect(fields.list).toEqual(["a", "b"]);
  });

  test("set() replaces all values or, where one is bad, none", () => {
    const fields = new Fields(["a", "1", "b", "2", "a", "3"]);
    expect(fields.set("A", ["x", "bad\n"])).toBe(headerError.invalidSyntax);
    expect(fields.get("a")).toEqual(["1", "3"]);
    expect(fields.set("A", ["x", "y"])).toBeUndefined();
    expect(fields.list).toEqual(["b", "2", "a", "x", "a", "y"]);
    fields.set("a", []);
    expect(fields.list).toEqual(["b", "2"]);
  });

  test.each(["", "a b", "a:", "a\n", "\u00e9", "(a)"])("refuses the name %j", (name) => {
    const fields = new Fields();
    for (const error of [fields.append(name, "x"), fields.set(name, []), fields.delete(name)])
      expect(error).toBe(headerError.invalidSyntax);
  });

  test.each(["\n", "a\r\nb: c", "\0", "\x7f", "\x1b"])("refuses the value %j", (value) => {
    expect(new Fields().append("a", value)).toBe(headerError.invalidSyntax);
  });

  test.each([
    "Connection",
    "host",
    "HTTP2-Settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "transfer-encoding",
    "upgrade",
  ])("forbids %s to a guest, in every way", (name) => {
    const fields = new Fields();
    for (const error of [fields.append(name, "x"), fields.set(name, ["x"]), fields.delete(name)])
      expect(error).toBe(headerError.forbidden);
    expect(Fields.received([name, "x", "a", "b"]).list).toEqual(["a", "b"]);
  });

  test("immutable fields refuse every change; a clone takes it and leaves them alone", () => {
    const fields = new Fields(["a", "1"], true);
    for (const error of [fields.append("b", "x"), fields.set("a", []), fields.delete("a")])
      expect(error).toBe(headerError.immutable);
    const copy = fields.clone();
    expect(copy.delete("a")).toBeUndefined();
    expect([copy.list, fields.list]).toEqual([[], ["a", "1"]]);
  });

  test("holds 128 KiB, and more is a trap", () => {
    const fields = new Fields();
    for (let i = 0; i < 31; i++) fields.append("name", "v".repeat(4096));
    expect(() => {
      for (let i = 0; i < 2; i++) fields.append("name", "v".repeat(4096));
    }).toThrow(expect.objectContaining({ name: "Trap" }));
    fields.delete("name");
    expect(fields.append("name", "v".repeat(4096))).toBeUndefined();
  });

  test.each([
    [[], null],
    [["content-length", "12"], 12],
    [["content-length", "0"], 0],
    [["content-length", "-1"], undefined],
    [["content-length", "1e3"], undefined],
    [["content-length", ""], undefined],
    [["content-length", "9".repeat(16)], undefined],
    [["content-length", "1", "content-length", "1"], undefined],
  ])("contentLength() of %j is %j", (list, length) => {
    expect(new Fields([...list]).contentLength()).toBe(length);
  });
});

describe("the resource fields", () => {
  test("from-list() makes fields, or says why not", () => {
    const guest = new HttpGuest();
    const make = (...pairs: string[]) => {
      const list = guest.words(...pairs.flatMap((text) => guest.put(text)));
      guest.call("[static]fields.from-list", list, pairs.length / 2, out);
      return guest.u8(out) === 0 ? guest.entries(guest.u32(out + 4)) : guest.u8(out + 4);
    };
    expect(make("A", "1", "b", "", "a", "2")).toEqual([
      ["a", "1"],
      ["b", ""],
      ["a", "2"],
    ]);
    expect([make(), make("a b", "1"), make("host", "x")]).toEqual([[], 0, 1]);
  });

  test("get(), has(), set(), delete() and clone() go through the memory byte for byte", () => {
    const guest = new HttpGuest();
    const self = guest.fields([["a", new Uint8Array([0xff, 0x80])]]);
    guest.call("[method]fields.get", self, ...guest.put("A"), out);
    expect([guest.u32(out + 4), [...guest.listAt(guest.u32(out))]]).toEqual([1, [0xff, 0x80]]);
    const copy = guest.call("[method]fields.clone", self) as number;
    const values = guest.words(...guest.put("x"), ...guest.put("y".repeat(100)));
    guest.call("[method]fields.set", copy, ...guest.put("a"), values, 2, out);
    expect(guest.entries(copy)).toEqual([
      ["a", "x"],
      ["a", "y".repeat(100)],
    ]);
    guest.call("[method]fields.delete", copy, ...guest.put("a"), out);
    const has = (of: number) => guest.call("[method]fields.has", of, ...guest.put("a"));
    expect([guest.u8(out), has(copy), has(self)]).toEqual([0, 0, 1]);
  });

  test("the fields of an outgoing message can be read but not changed", () => {
    const guest = new HttpGuest();
    const response = guest.call("[constructor]outgoing-response", guest.fields([["a", "1"]])) as number;
    const view = guest.call("[method]outgoing-response.headers", response) as number;
    guest.call("[method]fields.append", view, ...guest.put("b"), ...guest.put("2"), out);
    expect([guest.u8(out), guest.u8(out + 1), guest.entries(view)]).toEqual([1, 2, [["a", "1"]]]);
  });

  test("a value outside the memory is a trap", () => {
    const guest = new HttpGuest();
    expect(() => guest.call("[method]fields.append", guest.fields(), ...guest.put("a"), -4, 100, out)).toThrow(
      expect.objectContaining({ name: "Trap" }),
    );
  });
});

test("the functions of fields, requests and responses count what a guest makes them hold", () => {
  const guest = new HttpGuest();
  const { budget } = guest.table;
  const value = new Uint8Array(1000).fill(97);
  const fields = guest.fields([["a", value]]);
  const held = budget.bytes;
  expect(held).toBeGreaterThan(1000);
  guest.call("[method]fields.append", fields, ...guest.put("b"), ...guest.put(value), out);
  expect(budget.bytes).toBeGreaterThan(held + 1000);
  guest.call("[method]fields.delete", fields, ...guest.put("b"), out);
  expect(budget.bytes).toBe(held);
  const response = guest.call("[constructor]outgoing-response", fields) as number;
  expect(budget.bytes).toBe(held + 64 * 1024);
  guest.drop(response);
  expect(budget.bytes).toBe(0);
});

test("a guest that makes fields for ever traps", () => {
  const guest = new HttpGuest();
  const fields = guest.fields([["a", new Uint8Array(100_000).fill(97)]]);
  const trap = expect.objectContaining({
    name: "Trap",
    message: expect.stringMatching(/hold more than 67108864 bytes/),
  });
  expect(() => {
    for (let i = 0; i < 1000; i++) guest.call("[method]fields.clone", fields);
  }).toThrow(trap);
});
