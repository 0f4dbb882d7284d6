import { BackendError } from "./error.ts";

const smallest = -(2n ** 63n);
const largest = 2n ** 63n - 1n;
/** Longer than any number that fits. */
const longestText = 20;

/**
 * The number that a key holds after `delta` is added, as its bytes and as itself. Numbers are kept as decimal text, as
 * Redis keeps them, in the range of a signed 64-bit integer; a missing key counts as 0.
 */
export function addTo(value: Uint8Array | undefined, delta: bigint): { bytes: Uint8Array; sum: bigint } {
  const sum = parse(value) + delta;
  if (sum < smallest || sum > largest) {
    throw new BackendError("overflow", `Cannot increment: the sum does not fit into 64 bits: ${sum}`);
  }
  return { bytes: new TextEncoder().encode(String(sum)), sum };
}

function parse(value: Uint8Array | undefined): bigint {
  if (value === undefined) return 0n;
  const text = value.length <= longestText ? new TextDecoder().decode(value) : "";
  if (!/^-?\d+$/.test(text)) {
    throw new BackendError(
      "not-a-number",
      `Cannot increment: the value is not a decimal number: ${value.length} bytes`,
    );
  }
  return BigInt(text);
}
