/**
 * What looking for similar words may still cost, in steps of their comparison. A composition with thousands of slips is
 * told of all of them, and gets suggestions for the first.
 */
export interface Effort {
  left: number;
}

/** Enough for some thousand comparisons of long names: tens of milliseconds. */
export function newEffort(): Effort {
  return { left: 4_000_000 };
}

/** Longer words are never compared: a binary may name its items with megabytes. */
const maxLength = 128;

/**
 * The number of slips between two words: a character added, dropped or replaced, or two neighbours swapped. Gives up
 * above `limit`, with Infinity.
 */
export function editDistance(a: string, b: string, limit = Number.POSITIVE_INFINITY): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(replaced, row[j]! + 1, next[j - 1]! + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) next[j] = Math.min(next[j]!, before[j - 2]! + 1);
      least = Math.min(least, next[j]!);
    }
    if (least > limit) return Number.POSITIVE_INFINITY;
    [before, row] = [row, next];
  }
  return row[b.length]! > limit ? Number.POSITIVE_INFINITY : row[b.length]!;
}

/** The closest of the words, if it is close enough to be meant; never the word itself. */
export function closest(wanted: string, words: Iterable<string>, effort: Effort = newEffort()): string | undefined {
  if (wanted.length > maxLength) return undefined;
  let best: string | undefined;
  // A third of the word, and never all of it: or every short name would look like every other.
  let distance = Math.min(6, Math.max(wanted.length > 1 ? 1 : 0, Math.floor(wanted.length / 3))) + 1;
  for (const word of words) {
    if (--effort.left <= 0) break;
    if (word === wanted || word.length > maxLength || Math.abs(word.length - wanted.length) >= distance) continue;
    effort.left -= wanted.length * word.length;
    const found = editDistance(wanted, word, distance - 1);
    if (found < distance) [best, distance] = [word, found];
  }
  return best;
}

/** `Did you mean "x"?`, or the list when it is short, or nothing. */
export function didYouMean(wanted: string, words: Iterable<string>, effort: Effort = newEffort()): string | undefined {
  if (effort.left <= 0) return undefined;
  const all = [...new Set(words)];
  effort.left -= all.length;
  const near = closest(wanted, all, effort);
  if (near !== undefined) return `Did you mean "${near}"?`;
  const short = all.length > 0 && all.length <= 8 && all.every(({ length }) => length <= maxLength);
  return short ? `Available: ${quoted(all)}` : undefined;
}

/** Names for a message: `"a", "b"`. */
export function quoted(names: Iterable<string>): string {
  return [...names].map((name) => `"${name}"`).join(", ");
}
