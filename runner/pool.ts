import type { Limits } from "./config.ts";
import { Deadlines, Timed } from "./deadlines.ts";
import { Trap } from "./host/host.ts";
import { queueFull, timedOut } from "./limits.ts";
import type { Linked, Linker } from "./link/linked.ts";

/** What a pool is made with. */
export interface PoolOptions {
  readonly limits: Pick<Limits, "concurrency" | "queue" | "requestTimeoutMs" | "maxRequests">;
  /** Request: every call sees the state right after instantiation, by a snapshot where the composition allows one. */
  readonly isolation: "Instance" | "Request";
  /** Told the earliest deadline each time it changes (`Watchdog.watch`). */
  readonly watch?: (deadline: number) => void;
}

/** Work with one instance. Its promise settles when the guest is done. */
export type Use<T> = (linked: Linked) => Promise<T>;

interface Slot {
  readonly linked: Linked;
  calls: number;
}

/** A call from its arrival to its end; one entry of `Deadlines` all along, which keeps their order. */
class Call extends Timed {
  readonly use: Use<unknown>;
  readonly wanted: () => boolean;
  readonly promise: Promise<unknown>;
  resolve!: (value: unknown) => void;
  reject!: (error: unknown) => void;
  slot: Slot | undefined = undefined;
  done = false;
  constructor(deadline: number, work: { use: Use<unknown>; wanted: () => boolean; expire: (timed: Timed) => void }) {
    super(deadline, work.expire);
    this.use = work.use;
    this.wanted = work.wanted;
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}

/**
 * The instances of one process. An instance takes one call at a time, so the pool grows to `concurrency`; the one used
 * last is used first, whose memory is still in the cache. Calls that find none wait, at most `queue` of them.
 */
export class Pool {
  readonly #linker: Linker;
  readonly #options: PoolOptions;
  readonly #deadlines: Deadlines;
  readonly #snapshots: boolean;
  readonly #free: Slot[] = [];
  /** Free and in a call. It changes when an instance is made or given up, not with every call. */
  readonly #slots = new Set<Slot>();
  readonly #queue: Call[] = [];
  #waiting = 0;

  constructor(linker: Linker, options: PoolOptions) {
    this.#linker = linker;
    this.#options = options;
    this.#deadlines = new Deadlines(options.watch);
    this.#snapshots = options.isolation === "Request" && linker.notResettable === null;
  }

  /** Makes one instance ahead of the first call, within the time of one. Throws what instantiation throws. */
  warm(): void {
    if (this.#slots.size > 0) return;
    const timed = new Timed(this.#deadline(), () => {});
    if (timed.deadline !== Infinity) this.#deadlines.add(timed);
    try {
      this.#free.push(this.#make(timed.deadline));
    } catch (error) {
      throw this.#asLimit(error, timed.deadline);
    } finally {
      this.#deadlines.remove(timed);
    }
  }

  /** Calls that hold an instance. */
  get running(): number {
    return this.#slots.size - this.#free.length;
  }

  /** Calls that wait for one. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Instances that exist, and the bytes of their memories. */
  size(): { readonly instances: number; readonly memoryBytes: number } {
    let memoryBytes = 0;
    for (const slot of this.#slots) memoryBytes += slot.linked.memoryBytes();
    return { instances: this.#slots.size, memoryBytes };
  }

  /**
   * Calls `use` with an instance of its own and gives its result. Rejects with a `LimitError` where the queue is full or
   * the time is over (waiting counts), with what instantiation throws, or with what `use` rejects with.
   * `wanted` is asked when a call that waited gets its turn: false ends it as `undefined`, without an instance.
   */
  run<T>(use: Use<T>, wanted: () => boolean = always): Promise<T> {
    const { limits } = this.#options;
    if (!this.#available && this.#waiting >= limits.queue) return Promise.reject(queueFull(limits));
    const call = new Call(this.#deadline(), { use, wanted, expire: this.#expire });
    // before an instance is made: start functions have the call's time too
    if (call.deadline !== Infinity) this.#deadlines.add(call);
    let slot: Slot | undefined;
    try {
      slot = this.#take(call.deadline);
    } catch (error) {
      this.#deadlines.remove(call);
      return Promise.reject(this.#asLimit(error, call.deadline));
    }
    if (slot !== undefined) {
      this.#start(call, slot);
    } else {
      this.#waiting++;
      this.#queue.push(call);
    }
    return call.promise as Promise<T>;
  }

  #deadline(): number {
    const { requestTimeoutMs } = this.#options.limits;
    return requestTimeoutMs === null ? Infinity : performance.now() + requestTimeoutMs;
  }

  /** What ended a guest whose time is over, as the limit that it met. */
  #asLimit(error: unknown, deadline: number): unknown {
    return error instanceof Trap && deadline <= performance.now() ? timedOut(this.#options.limits, error) : error;
  }

  /** Ends the calls that wait and that nobody wants any more: others may have their places in the queue. */
  sweep(): void {
    if (this.#waiting === 0) return;
    let kept = 0;
    for (const call of this.#queue) {
      if (!call.done && !call.wanted()) {
        this.#waiting--;
        this.#deadlines.remove(call);
        call.done = true;
        call.resolve(undefined);
      }
      if (!call.done) this.#queue[kept++] = call;
    }
    this.#queue.length = kept;
  }

  #make(deadline: number): Slot {
    const slot = { linked: this.#linker.instantiate(deadline), calls: 0 };
    if (this.#snapshots) slot.linked.snapshot();
    this.#slots.add(slot);
    return slot;
  }

  get #available(): boolean {
    return this.#free.length > 0 || this.#slots.size < this.#options.limits.concurrency;
  }
  #take(deadline: number): Slot | undefined {
    return this.#free.pop() ?? (this.#available ? this.#make(deadline) : undefined);
  }

  #start(call: Call, slot: Slot): void {
    call.slot = slot;
    slot.calls++;
    slot.linked.deadline = call.deadline;
    call.use(slot.linked).then(
      (value) => {
        this.#end(call, slot);
        call.resolve(value);
      },
      (error) => {
        const late = slot.linked.trap !== undefined && call.deadline <= performance.now();
        this.#end(call, slot);
        call.reject(late ? timedOut(this.#options.limits, error) : error);
      },
    );
  }

  // A guest that is suspended when its time is over runs no code that could find out: it is given up here.
  readonly #expire = (timed: Timed): void => {
    const call = timed as Call;
    const error = timedOut(this.#options.limits);
    if (call.slot === undefined) {
      call.done = true;
      this.#waiting--;
    } else {
      call.slot.linked.abandon(error.message);
      this.#end(call, call.slot);
    }
    call.reject(error);
  };

  #end(call: Call, slot: Slot): void {
    if (call.done) return;
    call.done = true;
    this.#deadlines.remove(call);
    if (slot.linked.trap === undefined && this.#reusable(slot)) {
      this.#free.push(slot);
    } else {
      this.#slots.delete(slot);
      dispose(slot.linked);
    }
    this.#next();
  }

  #reusable({ linked, calls }: Slot): boolean {
    const { isolation, limits } = this.#options;
    linked.deadline = Infinity;
    if (limits.maxRequests !== null && calls >= limits.maxRequests) return false;
    if (isolation === "Instance") return true;
    try {
      return this.#snapshots && linked.reset();
    } catch {
      // The call is over and has its answer: only the instance is lost.
      return false;
    }
  }

  #next(): void {
    for (let call = this.#queue[0]; call !== undefined; call = this.#queue[0]) {
      if (!call.done && call.deadline <= performance.now()) {
        this.#leave(call);
        call.reject(timedOut(this.#options.limits));
      } else if (!call.done && call.wanted()) {
        let slot: Slot | undefined;
        try {
          slot = this.#take(call.deadline);
          if (slot === undefined) return;
        } catch (error) {
          this.#leave(call);
          call.reject(this.#asLimit(error, call.deadline));
          continue;
        }
        this.#queue.shift();
        this.#waiting--;
        this.#start(call, slot);
      } else if (call.done) {
        this.#queue.shift();
      } else {
        this.#leave(call);
        call.resolve(undefined);
      }
    }
  }

  #leave(call: Call): void {
    this.#queue.shift();
    this.#waiting--;
    this.#deadlines.remove(call);
    call.done = true;
  }
}

const always = () => true;

function dispose(linked: Linked): void {
  try {
    linked[Symbol.dispose]();
  } catch {
    // What it could not give back goes with it. The call, and those that wait for its place, must go on.
  }
}
