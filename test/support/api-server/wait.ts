import { setTimeout as sleep } from "node:timers/promises";
import { ApiServerError } from "./error.ts";

/**
 * Asks until the answer is neither undefined nor false, and gives it. Rejects after `timeoutMs` (20 s), saying what was
 * waited for and what the last attempt threw: a time that no machine needs, so that a slow one only takes longer.
 */
export async function waitFor<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  options: { readonly timeoutMs?: number; readonly everyMs?: number } = {},
): Promise<T> {
  const { timeoutMs = 20_000, everyMs = 50 } = options;
  const end = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > end) {
      const last = cause === undefined ? "" : `: ${(cause as Error).message}`;
      throw new ApiServerError("timeout", `Waited ${timeoutMs / 1000} s in vain for ${what}${last}`, { cause });
    }
    await sleep(everyMs);
  }
}
