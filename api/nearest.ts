/** Names longer than this are nobody's typing error, and comparing them costs the product of their lengths. */
const maxLength = 128;

/** The word that was probably meant, or undefined when none is close: at most two edits, or a quarter of the word. */
export function nearest(wanted: string, words: Iterable<string>): string | undefined {
  if (wanted.length > maxLength) return undefined;
  let best: string | undefined;
  let limit = Math.min(Math.max(2, Math.floor(wanted.length / 4)), Math.floor(wanted.length / 2)) + 1;
  for (const word of words) {
    if (word === wanted || Math.abs(word.length - wanted.length) >= limit) continue;
    const distance = word.toLowerCase() === wanted.toLowerCase() ? 0 : editDistance(wanted, word);
    if (distance < limit) [best, limit] = [word, distance];
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

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(substituted, row[j]! + 1, next[j - 1]! + 1);
    }
    row = next;
  }
  return row[b.length]!;
}
