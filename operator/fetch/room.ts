import type { Clock } from "../clock.ts";

/** As long as nobody waits, a place may be kept for longer. */
const graceMs = 10_000;

interface Place {
  readonly bytes: number;
  readonly giveWay: () => void;
  readonly enter: () => void;
  /** Kept for longer than the grace. */
  slow: boolean;
  cancel: () => void;
}

/**
 * Memory for what is read at once. Who finds no room waits for it, in order of arrival; who has kept a place for 10 seconds
 * while somebody waits has to give way, the first that came first: what is slow holds up nobody for longer.
 */
export class Room {
  readonly #clock: Clock;
  readonly #total: number;
  #left: number;
  /** In the order in which they came, as the others. */
  readonly #holders = new Set<Place>();
  readonly #waiting = new Set<Place>();

  constructor(bytes: number, { clock }: { readonly clock: Clock }) {
    this.#clock = clock;
    this.#total = bytes;
    this.#left = bytes;
  }

  /**
   * Resolves once there is room, with what frees it. `giveWay` is called where it has to be freed at once. Rejects with the
   * signal's reason.
   */
  async take(
    bytes: number,
    { signal, giveWay }: { readonly signal: AbortSignal; readonly giveWay: () => void },
  ): Promise<() => void> {
    signal.throwIfAborted();
    const entered = Promise.withResolvers<void>();
    const place: Place = {
      // What is larger than all of the room has it alone.
      bytes: Math.min(bytes, this.#total),
      giveWay,
      enter: entered.resolve,
      slow: false,
      cancel: () => {},
    };
    const abort = (): void => entered.reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    this.#waiting.add(place);
    this.#move();
    try {
      await entered.promise;
      return () => this.#leave(place);
    } catch (error) {
      this.#leave(place);
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  #leave(place: Place): void {
    if (this.#holders.delete(place)) this.#left += place.bytes;
    this.#waiting.delete(place);
    place.cancel();
    this.#move();
  }

  #move(): void {
    for (const place of this.#waiting) {
      // One that needs much must not wait until nobody needs little.
      if (place.bytes > this.#left) break;
      this.#waiting.delete(place);
      this.#holders.add(place);
      this.#left -= place.bytes;
      place.cancel = this.#clock.after(graceMs, () => {
        place.slow = true;
        this.#makeWay();
      });
      place.enter();
    }
    this.#makeWay();
  }

  /** One at a time: its room may be enough. */
  #makeWay(): void {
    if (this.#waiting.size === 0) return;
    [...this.#holders].find(({ slow }) => slow)?.giveWay();
  }
}
