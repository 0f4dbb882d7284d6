/** How long a key that failed waits. */
export interface BackoffOptions {
  /** After the first failure. */
  readonly firstMs: number;
  /** The longest wait. */
  readonly maxMs: number;
}

/** 200 ms, doubled up to 5 minutes. */
export const defaultBackoff: BackoffOptions = { firstMs: 200, maxMs: 300_000 };

/**
 * Milliseconds to wait after this many failures in a row: doubled with each, up to `maxMs`. `random`, from 0 up to 1,
 * picks from the upper half, so that what failed together does not come back together.
 */
export function backoffMs(failures: number, { firstMs, maxMs }: BackoffOptions, random: number): number {
  // 2^60 times anything is beyond every bound, and beyond 2^1023 there are no numbers.
  const full = Math.min(firstMs * 2 ** Math.min(Math.max(failures - 1, 0), 60), maxMs);
  return full / 2 + (random * full) / 2;
}
