/** What a heap keeps: ordered by time, then by turn. The heap alone writes `slot`. */
export interface HeapItem {
  at: number;
  turn: number;
  /** Where it lies; -1: in no heap. */
  slot: number;
}

/** The earliest item first; an item is moved or removed in logarithmic time, so that nothing outdated stays behind. */
export class Heap<T extends HeapItem> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** The earliest. */
  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    this.#place(item, this.#items.length);
    this.#up(item);
  }

  /** Takes an item of this heap out. */
  remove(item: T): void {
    const last = this.#items.pop()!;
    if (last !== item) {
      this.#place(last, item.slot);
      this.#up(last);
      this.#down(last);
    }
    item.slot = -1;
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#items[Symbol.iterator]();
  }

  #up(item: T): void {
    while (item.slot > 0) {
      const parent = this.#items[(item.slot - 1) >> 1]!;
      if (!isBefore(item, parent)) return;
      this.#swap(item, parent);
    }
  }

  #down(item: T): void {
    for (;;) {
      const left = this.#items[2 * item.slot + 1];
      const right = this.#items[2 * item.slot + 2];
      const child = right !== undefined && isBefore(right, left!) ? right : left;
      if (child === undefined || !isBefore(child, item)) return;
      this.#swap(child, item);
    }
  }

  #swap(one: T, other: T): void {
    const slot = one.slot;
    this.#place(one, other.slot);
    this.#place(other, slot);
  }

  #place(item: T, slot: number): void {
    item.slot = slot;
    this.#items[slot] = item;
  }
}

/** The order of a heap. */
export function isBefore(one: HeapItem, other: HeapItem): boolean {
  return one.at < other.at || (one.at === other.at && one.turn < other.turn);
}
