import { randomFillSync } from "node:crypto";
import { speaks } from "./catalogue.ts";
import { core } from "./functions.ts";
import { type GuestContext, type HostFunction, type HostInterface, Trap } from "./host.ts";

/** Bytes that one call may ask for. The specification allows no short answer, so more is a trap. */
export const randomBytesLimit = 16 * 1024 * 1024;

/** Numbers are drawn from the system by the page: a call for eight bytes costs as much as one for a page. */
const pool = new BigUint64Array(512);
let used = pool.length;

/** `wasi:random` 0.2. All three interfaces are fed by the same secure source. */
export const randomInterfaces: readonly HostInterface[] = [
  define("random", (guest) => ({
    "get-random-bytes": core((length, out) => writeRandom(guest, length, out)),
    "get-random-u64": core(randomNumber),
  })),
  define("insecure", (guest) => ({
    "get-insecure-random-bytes": core((length, out) => writeRandom(guest, length, out)),
    "get-insecure-random-u64": core(randomNumber),
  })),
  define("insecure-seed", (guest) => ({
    "insecure-seed": core((out) => {
      const view = guest.view();
      view.setBigUint64(out >>> 0, randomNumber(), true);
      view.setBigUint64((out >>> 0) + 8, randomNumber(), true);
    }),
  })),
];

function define(name: string, bind: (guest: GuestContext) => Record<string, HostFunction>): HostInterface {
  return { name: `wasi:random/${name}`, speaks: speaks(`wasi:random/${name}`), bind };
}

function randomNumber(): bigint {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  return pool[used++]!;
}

function writeRandom(guest: GuestContext, length: bigint, out: number): void {
  const size = BigInt.asUintN(64, length);
  if (size > randomBytesLimit)
    throw new Trap(`Cannot give more than ${randomBytesLimit} random bytes in one call: ${size}`);
  guest.writeBytes(randomFillSync(new Uint8Array(Number(size))), out >>> 0);
}
