import { Trap } from "../host/host.ts";
import type { Attribution, Place } from "./attribute.ts";
import type { BorrowScope } from "./handles.ts";

/**
 * What becomes of one linked instance: alive, in a call, or ended by a trap for good.
 * The first reason counts; whatever the guest does with the exception afterwards, the instance stays ended.
 */
export class Fate {
  trap: Trap | undefined;
  /** In a call, possibly suspended. */
  busy = false;
  /** On the clock of `performance.now()`. */
  deadline = Number.POSITIVE_INFINITY;
  /** Borrows of the innermost call between components. */
  scope: BorrowScope | undefined;
  /** What a blocking host function waits for; the shim's next import takes it. */
  waiting: Promise<unknown> | undefined;
  #cancel: ((reason: Trap) => void) | undefined;

  /** The component instance whose function was called. */
  entry: number | undefined;
  readonly #attribution: Attribution;

  constructor(attribution: Attribution) {
    this.#attribution = attribution;
  }

  /**
   * Ends the instance; a failure of a host function becomes a trap with the failure as its cause. `stack` is where it
   * happened (else the reason's own), `caller` the component instance that called the host function.
   */
  fail(reason: unknown, stack?: string, caller?: number): Trap {
    if (this.trap !== undefined) return this.trap;
    const trap = asTrap(reason);
    this.trap = trap;
    const place = this.#attribution.place(stack ?? stackOf(reason), this.entry, caller);
    trap.reason = trap.message;
    trap.message += describePlace(place);
    Object.assign(trap, place);
    return trap;
  }

  /** Ends the instance and, where it is suspended, its call: the guest traps where it waits. */
  abandon(message: string): void {
    const trap = this.fail(new Trap(message));
    this.#cancel?.(trap);
  }

  /** The value of what was left in `waiting`, or the reason given to `abandon`. */
  wait(): Promise<unknown> {
    const promise = this.waiting;
    this.waiting = undefined;
    return new Promise((resolve, reject) => {
      this.#cancel = reject;
      promise?.then(resolve, reject);
    }).finally(() => {
      this.#cancel = undefined;
    });
  }
}

/** Any thrown value as a trap. */
export function asTrap(reason: unknown): Trap {
  if (reason instanceof Trap) return reason;
  const name = (reason as { name?: unknown } | undefined)?.name;
  const text = reason instanceof Error || name !== undefined ? String((reason as Error).message) : String(reason);
  if (name === "RuntimeError") return new Trap(text, { cause: reason });
  if (name === "RangeError" && /call stack/i.test(text)) return new Trap("stack overflow", { cause: reason });
  if (name === "SuspendError") return new Trap("a start function or destructor tried to wait", { cause: reason });
  return new Trap(`a host function failed: ${text}`, { cause: reason });
}

function stackOf(reason: unknown): string {
  const { stack } = (reason ?? {}) as { stack?: unknown };
  return typeof stack === "string" ? stack : "";
}

function describePlace({ path, function: name }: Place): string {
  const instance = path === undefined || path.length === 0 ? "" : ` in "${path.join("/")}"`;
  if (name === undefined) return instance;
  return `${instance}, ${/^function\[\d+\]$/.test(name) ? name : `function ${name}`}`;
}
