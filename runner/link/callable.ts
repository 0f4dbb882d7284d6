import type { Core } from "../abi/coerce.ts";
import { AbiError } from "../abi/error.ts";
import type { ExportAbi } from "../abi/function.ts";
import { HostError, type Trap } from "../host/host.ts";
import type { Context } from "./context.ts";
import { LinkError } from "./error.ts";
import type { LinkedFunction } from "./linked.ts";
import type { PlanFunction } from "./plan.ts";
import { enterCall, exitCall } from "./resources.ts";
import { jspi, type WasmFunction } from "./wasm.ts";

/** What a function needs of the instance that it belongs to. */
export interface Caller {
  /** Throws where no call may begin: the trap of a poisoned instance, or a `LinkError` for one in a call. */
  begin(entry: number): void;
  /** Ends the call well; throws the trap of an instance that was poisoned on the way. */
  end(): void;
  /** Ends the call and the instance; gives the trap. */
  failed(error: unknown): Trap;
  /** Kept to be called before the next call begins. */
  afterwards(postReturn: () => void): void;
  /** Calls what is kept, now. */
  settle(): void;
  readonly fate: Parameters<typeof enterCall>[0]["fate"];
}

/** The parts of one exported function. */
export interface CallableParts {
  readonly interface: string;
  readonly name: string;
  readonly type: PlanFunction;
  readonly context: Context;
  readonly abi: () => ExportAbi;
  readonly core: WasmFunction;
  readonly postReturn: WasmFunction | undefined;
  /** Whether a host function may suspend the call. */
  readonly suspends: boolean;
  readonly caller: Caller;
}

/** An exported function of a linked instance. */
export class Callable implements LinkedFunction {
  readonly interface: string;
  readonly name: string;
  readonly type: PlanFunction;
  readonly guest: Context;
  readonly #parts: CallableParts;
  readonly #start: (...args: Core[]) => Core | undefined | Promise<Core | undefined>;
  #abi: ExportAbi | undefined;

  constructor(parts: CallableParts) {
    this.interface = parts.interface;
    this.name = parts.name;
    this.type = parts.type;
    this.guest = parts.context;
    this.#parts = parts;
    this.#start = parts.suspends ? jspi.promising(parts.core) : parts.core;
  }

  callCore(...args: Core[]): Promise<Core | undefined> {
    const { caller, context } = this.#parts;
    try {
      caller.begin(context.componentInstance);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#run(args);
  }

  async call(...args: unknown[]): Promise<unknown> {
    const values = this.#lower(args);
    let started: Core | undefined | Promise<Core | undefined>;
    try {
      started = this.#start(...values);
    } catch (error) {
      throw this.#parts.caller.failed(error);
    }
    // lifted before anything else can run: the next call frees or overwrites what the result points at
    return typeof started === "object" ? started.then(this.#onLift, this.#onError) : this.#lift(started);
  }

  /** The same at once; a host function that must wait is a trap. For constructors, which JavaScript can't suspend. */
  callNow(...args: unknown[]): unknown {
    const { caller, core } = this.#parts;
    const values = this.#lower(args);
    let result: Core | undefined;
    try {
      result = core(...values);
    } catch (error) {
      throw caller.failed(error);
    }
    return this.#lift(result);
  }

  /** Begins the call; a value that does not fit ends it again, but not the instance. */
  #lower(args: readonly unknown[]): Core[] {
    const { caller, context, abi } = this.#parts;
    this.#abi ??= abi();
    caller.begin(context.componentInstance);
    enterCall(caller)();
    try {
      context.begin();
      return this.#abi.lowerParams(context, args);
    } catch (error) {
      if (!(error instanceof AbiError)) throw caller.failed(error);
      caller.fate.scope = undefined;
      caller.end();
      throw error;
    }
  }

  /** Reads the result and frees it in the guest; only then is the call over. */
  #lift(result: Core | undefined): unknown {
    const { caller, context } = this.#parts;
    if (caller.fate.trap !== undefined) caller.end();
    try {
      exitCall(caller)();
      context.begin();
      return this.#abi!.liftResult(context, result);
    } catch (error) {
      throw error instanceof HostError ? error : caller.failed(error);
    } finally {
      if (caller.fate.trap === undefined) {
        this.#keepPostReturn(result);
        caller.settle();
        caller.end();
      }
    }
  }

  #run(args: readonly Core[]): Promise<Core | undefined> {
    try {
      const started = this.#start(...args);
      if (typeof started !== "object") return Promise.resolve(this.#ended(started));
      return started.then(this.#onResult, this.#onError);
    } catch (error) {
      return Promise.reject(this.#parts.caller.failed(error));
    }
  }

  // Made once: an instance is in one call at a time.
  readonly #onResult = (result: Core | undefined): Core | undefined => this.#ended(result);
  readonly #onLift = (result: Core | undefined): unknown => this.#lift(result);
  readonly #onError = (error: unknown): never => {
    throw this.#parts.caller.failed(error);
  };

  #ended(result: Core | undefined): Core | undefined {
    this.#parts.caller.end();
    this.#keepPostReturn(result);
    return result;
  }

  #keepPostReturn(result: Core | undefined): void {
    const { caller, postReturn } = this.#parts;
    if (postReturn !== undefined)
      caller.afterwards(() => void (result === undefined ? postReturn() : postReturn(result)));
  }
}

/** The error of a second call into an instance that is in one. */
export function busy(): LinkError {
  return new LinkError("busy", "Cannot call the instance: it is in a call already");
}
