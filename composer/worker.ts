/** The thread that the engine runs in: one call in, one answer out. Untrusted bytes are parsed nowhere else. */
import { parentPort, workerData } from "node:worker_threads";
import { type Engine, loadEngine } from "./engine.ts";
import type { Failure } from "./generated/interfaces/tenon-composer-engine.js";
import type { Answer, Call, Results } from "./protocol.ts";

/** Memory never shrinks: an engine that has grown past this is replaced after its call. */
const RECYCLE_BYTES = 64 * 2 ** 20;

const { memoryBytes } = workerData as { readonly memoryBytes: number };
const makeEngine = loadEngine(memoryBytes);
let engine: Engine | undefined;

parentPort!.on("message", (call: Call) => {
  const answer = run(call);
  parentPort!.postMessage(answer, "result" in answer ? buffersOf(answer.result) : []);
});

function run(call: Call): Answer {
  engine ??= makeEngine();
  const used = engine;
  try {
    const result = invoke(used.functions, call);
    if (used.memoryBytes() > RECYCLE_BYTES) engine = undefined;
    return { result };
  } catch (error) {
    const failure = failureOf(error);
    if (failure !== undefined) {
      if (used.memoryBytes() > RECYCLE_BYTES) engine = undefined;
      return { failure };
    }
    engine = undefined;
    return { failure: abortOf(error, used) };
  }
}

function invoke(functions: Engine["functions"], call: Call): Results[keyof Results] {
  switch (call.stage) {
    case "inspect":
      return functions.inspect(call.bytes);
    case "compose":
      return functions.compose([...call.components], mutable(call.wiring));
    case "wacPackages":
      return functions.wacPackages(call.source);
    case "evaluateWac":
      return functions.evaluateWac(call.source, [...call.packages], [...call.components]);
    case "world":
      return functions.world([...call.sources], call.name);
    case "flatten":
      return functions.flatten(call.bytes, call.deadlines);
  }
}

/** The glue's types know no readonly; it only reads. */
function mutable<T>(value: T): { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] } {
  return value as never;
}

/** The engine's own refusal, which the glue throws with a `payload`. */
function failureOf(error: unknown): Failure | undefined {
  if (typeof error !== "object" || error === null || !("payload" in error)) return undefined;
  const { payload } = error;
  return typeof payload === "object" && payload !== null && "code" in payload ? (payload as Failure) : undefined;
}

function abortOf(error: unknown, dead: Engine): Extract<Answer, { failure: unknown }>["failure"] {
  const { outOfMemory, text } = dead.lastWords();
  if (outOfMemory) {
    const message = `the composer's memory limit was reached: ${memoryBytes} bytes`;
    return { code: "memory-limit", message };
  }
  const reason = text !== "" ? text : error instanceof Error ? error.message : String(error);
  return { code: "aborted", message: `the engine gave up: ${reason}` };
}

function buffersOf(result: Results[keyof Results]): ArrayBuffer[] {
  const arrays = ArrayBuffer.isView(result)
    ? [result]
    : typeof result === "object" && "modules" in result
      ? result.modules
      : [];
  return [...new Set(arrays.map((array) => array.buffer as ArrayBuffer))];
}
