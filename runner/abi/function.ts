import { HostError } from "../host/host.ts";
import type { PlanFunction, PlanType } from "../link/plan.ts";
import type { Core } from "./coerce.ts";
import type { AbiContext } from "./context.ts";
import { AbiError, within } from "./error.ts";
import { Layouts, maxFlatParams, maxFlatResults } from "./layout.ts";
import { Lifter } from "./lift.ts";
import { Lowerer } from "./lower.ts";
import { camelCase } from "./names.ts";

/** One function's way across the boundary, for calls into the guest. */
export interface ExportAbi {
  /** Core arguments for WIT values, allocating in the guest. An `AbiError` names the parameter and the path in it. */
  lowerParams(cx: AbiContext, args: readonly unknown[]): Core[];
  /** The WIT value of the core result; throws `HostError` for the `err` of a result. */
  liftResult(cx: AbiContext, result: Core | undefined): unknown;
}
/** One function's way across the boundary, for calls out of the guest. */
export interface ImportAbi {
  /** Whether the function answers with a `result`, so that it may fail. */
  readonly canFail: boolean;
  liftParams(cx: AbiContext, core: readonly Core[]): unknown[];
  /** Writes what the host function gave (or, with `failed`, the payload of its `HostError`). */
  lowerResult(cx: AbiContext, value: unknown, failed: boolean, core: readonly Core[]): Core | undefined;
}

/** The canonical ABI of the types of one plan. */
export class Abi {
  readonly #types: readonly PlanType[];
  readonly #layouts: Layouts;
  readonly #lifter: Lifter;
  readonly #lowerer: Lowerer;
  constructor(types: readonly PlanType[]) {
    this.#types = types;
    this.#layouts = new Layouts(types);
    this.#lifter = new Lifter(this.#layouts);
    this.#lowerer = new Lowerer(this.#layouts);
  }

  forExport(type: PlanFunction): ExportAbi {
    return { lowerParams: this.#lowerParams(type), liftResult: this.#liftResult(type) };
  }
  forImport(type: PlanFunction): ImportAbi {
    const canFail = type.results.some((index) => this.#isResult(index));
    return { canFail, liftParams: this.#liftParams(type), lowerResult: this.#lowerResult(type) };
  }

  #lowerParams(type: PlanFunction): ExportAbi["lowerParams"] {
    const names = type.names.map(camelCase);
    const check = (args: readonly unknown[]): void => {
      if (args.length > names.length)
        throw new AbiError("", `expected ${names.length} arguments (${names.join(", ")}), found ${args.length}`);
    };
    if (this.#layouts.flat(type.params, maxFlatParams) !== null) {
      const lowers = type.params.map((param) => this.#lowerer.flat(param));
      return (cx, args) => {
        check(args);
        const out: Core[] = [];
        lowers.forEach((lower, i) => void inParam(names[i]!, () => lower(cx, args[i], out)));
        return out;
      };
    }
    const { offsets, layout } = this.#layouts.record(type.params);
    const stores = type.params.map((param) => this.#lowerer.store(param));
    return (cx, args) => {
      check(args);
      const pointer = cx.allocate(layout.align, layout.size);
      stores.forEach((store, i) => void inParam(names[i]!, () => store(cx, args[i], pointer + offsets[i]!)));
      return [pointer];
    };
  }

  #liftResult(type: PlanFunction): ExportAbi["liftResult"] {
    const index = type.results[0];
    if (index === undefined) return () => undefined;
    const { size, align, flat } = this.#layouts.of(index);
    const isResult = this.#isResult(index);
    const unwrap = (value: unknown): unknown => (isResult ? unwrapResult(value) : value);
    if (flat !== null && flat.length <= maxFlatResults) {
      const lift = this.#lifter.flat(index);
      return (cx, result) => unwrap(lift(cx, { values: result === undefined ? [] : [result], at: 0 }));
    }
    const load = this.#lifter.load(index);
    return (cx, result) => unwrap(load(cx, cx.check(result as number, size, align)));
  }

  #liftParams(type: PlanFunction): ImportAbi["liftParams"] {
    if (this.#layouts.flat(type.params, maxFlatParams) !== null) {
      const lifts = type.params.map((param) => this.#lifter.flat(param));
      return (cx, values) => {
        const source = { values, at: 0 };
        return lifts.map((lift) => lift(cx, source));
      };
    }
    const { offsets, layout } = this.#layouts.record(type.params);
    const loads = type.params.map((param) => this.#lifter.load(param));
    return (cx, core) => {
      const pointer = cx.check(core[0] as number, layout.size, layout.align);
      return loads.map((load, i) => load(cx, pointer + offsets[i]!));
    };
  }

  #lowerResult(type: PlanFunction): ImportAbi["lowerResult"] {
    const index = type.results[0];
    if (index === undefined) return () => undefined;
    const { size, align, flat } = this.#layouts.of(index);
    const isResult = this.#isResult(index);
    const wrap = (value: unknown, failed: boolean): unknown =>
      isResult ? { tag: failed ? "err" : "ok", val: value } : value;
    if (flat !== null && flat.length <= maxFlatResults) {
      const lower = this.#lowerer.flat(index);
      return (cx, value, failed) => {
        const out: Core[] = [];
        inParam("result", () => lower(cx, wrap(value, failed), out));
        return out[0];
      };
    }
    const store = this.#lowerer.store(index);
    return (cx, value, failed, core) => {
      const pointer = cx.check(core[core.length - 1] as number, size, align);
      inParam("result", () => store(cx, wrap(value, failed), pointer));
      return undefined;
    };
  }

  #isResult(index: number): boolean {
    const type = this.#types[index]!;
    return typeof type !== "string" && "result" in type;
  }
}

function inParam(name: string, lower: () => void): void {
  try {
    lower();
  } catch (error) {
    within(name, error);
  }
}
function unwrapResult(value: unknown): unknown {
  const { tag, val } = value as { readonly tag: string; readonly val?: unknown };
  if (tag === "err") throw new HostError(val);
  return val;
}
