/** Names longer than this are nobody's typing error, and comparing them costs the product of their lengths. */
const maxLength = 128;
/** More words than this are not looked through for one hint. */
const maxWords = 2000;

/**
 * The word that was probably meant, or undefined when none is close: at most a third of it is wrong, and never all of it.
 * The wiring judges names of instances by the same measure, or a slip would be one thing here and another there.
 */
export function nearest(wanted: string, words: Iterable<string>): string | undefined {
  if (wanted.length > maxLength) return undefined;
  let best: string | undefined;
  let limit = Math.min(6, Math.max(wanted.length > 1 ? 1 : 0, Math.floor(wanted.length / 3))) + 1;
  let looked = 0;
  for (const word of words) {
    if (++looked > maxWords) break;
    if (word === wanted || Math.abs(word.length - wanted.length) >= limit) continue;
    const slips = word.toLowerCase() === wanted.toLowerCase() ? 0 : countSlips(wanted, word, limit);
    if (slips < limit) [best, limit] = [word, slips];
  }
  return best;
}

/** `Did you mean "connections"?`, or the words when they are few, or undefined. */
export function suggestion(wanted: string, words: Iterable<string>): string | undefined {
  const all = [...words];
  const near = nearest(wanted, all);
  if (near !== undefined) return `Did you mean "${near}"?`;
  return all.length > 0 && all.length <= 12 ? `Known here: ${all.join(", ")}` : undefined;
}

/** Characters that were added, dropped or replaced, and neighbours that were swapped; Infinity once it is `limit` or more. */
function countSlips(a: string, b: string, limit: number): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      next[j] = Math.min(replaced, row[j]! + 1, next[j - 1]! + 1, swapped ? before[j - 2]! + 1 : replaced);
    }
    if (Math.min(...next) >= limit) return Number.POSITIVE_INFINITY;
    [before, row] = [row, next];
  }
  return row[b.length]!;
}
