import { describe, expect, test } from "@jest/globals";
import { randomBytesLimit, randomInterfaces } from "../../../../runner/host/random.ts";
import { bound, FakeGuest, hostInstance } from "./bound.ts";

const random = (name: string, guest = new FakeGuest()) =>
  bound(randomInterfaces, `wasi:random/${name}`, hostInstance(), { guest });

describe.each([
  ["random", "get-random-bytes", "get-random-u64"],
  ["insecure", "get-insecure-random-bytes", "get-insecure-random-u64"],
])("%s", (name, bytes, number) => {
  test("gives as many bytes as asked for, other ones each time", () => {
    const guest = new FakeGuest();
    const call = random(name, guest);
    const ask = (length: bigint) => {
      call(bytes, length, 8);
      const view = guest.view();
      return Buffer.from(guest.readBytes(view.getUint32(8, true), view.getUint32(12, true))).toString("hex");
    };
    expect(ask(0n)).toBe("");
    expect(ask(5n).length).toBe(10);
    expect(ask(32n)).not.toBe(ask(32n));
  });

  test("traps where more is asked for than one call gives", () => {
    const call = random(name);
    expect(() => call(bytes, BigInt(randomBytesLimit) + 1n, 8)).toThrow("random bytes in one call: 16777217");
    expect(() => call(bytes, -1n, 8)).toThrow("random bytes in one call: 18446744073709551615");
  });

  test("gives numbers of 64 bits that do not repeat, over many pages", () => {
    const call = random(name);
    const numbers = Array.from({ length: 2000 }, () => call(number) as bigint);
    expect(new Set(numbers).size).toBe(2000);
    expect(numbers.some((value) => value >= 2n ** 63n)).toBe(true);
    expect(numbers.every((value) => value >= 0n && value < 2n ** 64n)).toBe(true);
  });
});

test("insecure-seed gives two numbers, other ones each time", () => {
  const guest = new FakeGuest();
  const call = random("insecure-seed", guest);
  const seeds = [0, 16, 32].map((out) => {
    call("insecure-seed", out);
    return `${guest.view().getBigUint64(out, true)} ${guest.view().getBigUint64(out + 8, true)}`;
  });
  expect(new Set(seeds).size).toBe(3);
});
