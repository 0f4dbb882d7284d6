/** Why a connection was turned away before any guest ran, with the status that it got. */
export interface Refusal {
  readonly status: 400 | 408 | 431;
  readonly message: string;
  readonly limit?: string;
}

/** Tells of refusals: the first at once, then at most one line a second that says how many there were. */
export class Refusals {
  readonly #write: (line: string) => void;
  readonly #now: () => number;
  #last = Number.NEGATIVE_INFINITY;
  #unsaid = 0;

  constructor(write: (line: string) => void, now: () => number = () => performance.now()) {
    this.#write = write;
    this.#now = now;
  }

  note({ status, message }: Refusal): void {
    const now = this.#now();
    if (now - this.#last < 1000) {
      this.#unsaid++;
      return;
    }
    const more = this.#unsaid === 0 ? "" : `, and ${this.#unsaid} more since the last line`;
    this.#write(`Refused a request with ${status}: ${message}${more}`);
    this.#last = now;
    this.#unsaid = 0;
  }
}
