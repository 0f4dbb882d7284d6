/** A duration as Go and Kubernetes write it: `1m30s`, `250ms`, `0s`. */
export const durationPattern = "^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$";

/** A number of bytes as Kubernetes writes it: `256Mi`, `1Gi`, `500k`, `1048576`. */
export const bytesPattern = "^[0-9]+(\\.[0-9]+)?(k|M|G|Ki|Mi|Gi)?$";

const milliseconds = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const factors = { "": 1, k: 1e3, M: 1e6, G: 1e9, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 } as const;

/** Milliseconds of a duration, rounded up; undefined for text that is none or that no timer can hold (over 24 days). */
export function parseDuration(text: string): number | undefined {
  if (!new RegExp(durationPattern).test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/([0-9.]+)(ms|s|m|h)/g)) {
    total += Number(amount) * milliseconds[unit as keyof typeof milliseconds];
  }
  const rounded = Math.ceil(total);
  return rounded <= 2 ** 31 - 1 ? rounded : undefined;
}

/** Whole bytes of a quantity, rounded up; undefined for text that is none. */
export function parseBytes(text: string): number | undefined {
  const found = /^([0-9]+(?:\.[0-9]+)?)(k|M|G|Ki|Mi|Gi)?$/.exec(text);
  if (found === null) return undefined;
  const bytes = Math.ceil(Number(found[1]) * factors[(found[2] ?? "") as keyof typeof factors]);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
