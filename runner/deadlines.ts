/** Something with a time limit, as an entry of `Deadlines`; `expire` is called once, on the event loop, when it is over. */
export class Timed {
  /** On the clock of `performance.now()`. */
  readonly deadline: number;
  readonly expire: (timed: Timed) => void;
  next: Timed | undefined = undefined;
  previous: Timed | undefined = undefined;
  listed = false;
  constructor(deadline: number, expire: (timed: Timed) => void) {
    this.deadline = deadline;
    this.expire = expire;
  }
}

/** Is told the earliest deadline each time it changes; Infinity when nothing is timed. */
export type Earliest = (deadline: number) => void;

/**
 * The calls of one process in the order of their deadlines. Every call has the same time limit, so adding at the end keeps
 * the order, and a call costs no timer of its own: one timer follows the first.
 */
export class Deadlines {
  readonly #earliest: Earliest;
  #first: Timed | undefined;
  #last: Timed | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(earliest: Earliest = () => {}) {
    this.#earliest = earliest;
  }

  /** Adds a call that starts now; its deadline must not be before that of the last one. */
  add(timed: Timed): void {
    timed.listed = true;
    timed.previous = this.#last;
    if (this.#last === undefined) this.#lead(timed);
    else this.#last.next = timed;
    this.#last = timed;
  }

  /** Takes a call out; nothing happens if it is out already. */
  remove(timed: Timed): void {
    if (!timed.listed) return;
    timed.listed = false;
    const { previous, next } = timed;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    if (previous === undefined) this.#lead(next);
    else previous.next = next;
    timed.previous = timed.next = undefined;
  }

  #lead(first: Timed | undefined): void {
    this.#first = first;
    this.#earliest(first?.deadline ?? Infinity);
    if (first !== undefined && this.#timer === undefined) this.#arm(first);
  }

  // The timer is not moved when its call ends in time: it fires once a time limit, and follows the first of then.
  #arm(first: Timed): void {
    const wait = Math.min(Math.max(0, first.deadline - performance.now()) + 1, 0x7fffffff);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const now = performance.now();
      for (let due = this.#first; due !== undefined && due.deadline <= now; due = this.#first) {
        this.remove(due);
        due.expire(due);
      }
      if (this.#first !== undefined && this.#timer === undefined) this.#arm(this.#first);
    }, wait);
    this.#timer.unref();
  }
}
