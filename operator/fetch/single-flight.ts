interface Flight<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  /** Who still waits for it. */
  waiting: number;
}

/** One run of the same work at a time: who asks meanwhile gets its result. It is aborted when nobody waits any more. */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Flight<T>>();

  /** Gives the result of the work under way for `key`, or of `work`. Rejects with the signal's reason once that is aborted. */
  async run(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const flight = this.#flights.get(key) ?? this.#begin(key, work);
    flight.waiting++;
    const aborted = Promise.withResolvers<never>();
    const abort = (): void => aborted.reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      return await Promise.race([flight.result, aborted.promise]);
    } finally {
      signal.removeEventListener("abort", abort);
      flight.waiting--;
      if (flight.waiting === 0) {
        // Who asks from here on must not get a flight that is being aborted.
        if (this.#flights.get(key) === flight) this.#flights.delete(key);
        flight.controller.abort();
      }
    }
  }

  #begin(key: string, work: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    const result = work(controller.signal);
    // Everybody may have left.
    result.catch(() => {});
    const flight = { result, controller, waiting: 0 };
    this.#flights.set(key, flight);
    return flight;
  }
}
