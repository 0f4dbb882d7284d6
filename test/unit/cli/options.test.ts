import { describe, expect, test } from "@jest/globals";
import { collect, collectPairs, parseCount, parseListen } from "../../../cli/options.ts";

describe("parseListen()", () => {
  test.each([
    ["3000", "127.0.0.1:3000"],
    [":3000", "0.0.0.0:3000"],
    ["localhost:0", "localhost:0"],
    ["[::1]:80", "[::1]:80"],
  ])("reads %s as %s", (text, address) => {
    expect(parseListen(text)).toBe(address);
  });

  test.each(["", "host", "a:b", "::1:80", "http://a:80", "123456"])("refuses %j", (text) => {
    expect(() => parseListen(text)).toThrow("Write HOST:PORT or PORT");
  });
});

describe("collectPairs()", () => {
  test("collects pairs, the last of one name wins, and a value may hold =", () => {
    expect(collectPairs("a=3", collectPairs("b=x=y", collectPairs("a=1")))).toEqual({ a: "3", b: "x=y" });
  });

  test.each(["", "a", "=b"])("refuses %j", (text) => {
    expect(() => collectPairs(text)).toThrow("Write NAME=VALUE");
  });
});

describe("collect()", () => {
  test("keeps the order", () => {
    expect(collect("b", collect("a"))).toEqual(["a", "b"]);
  });
});

describe("parseCount()", () => {
  test("reads whole numbers of at least one", () => {
    expect([parseCount("1"), parseCount("64")]).toEqual([1, 64]);
    for (const text of ["0", "-1", "1.5", "x", "", "9999"]) expect(() => parseCount(text)).toThrow("Write a number");
  });
});
