import type { IncomingMessage, ServerResponse } from "node:http";
import { HostError } from "../host/host.ts";
import { bodyTooLarge, LimitError } from "../limits.ts";
import type { Linked } from "../link/linked.ts";
import type { Plan } from "../link/plan.ts";
import { CallError, type CallErrorCode } from "./error.ts";
import { type ForeignCheck, makeForeignCheck } from "./foreign.ts";
import { callPrefix, type ExportedFunction, exportedFunctions, findFunction, noInterface } from "./functions.ts";
import { requestIdOf } from "./http.ts";
import { fromJson, toJson } from "./json.ts";

/** JSON is parsed in one go, and nothing else of the worker runs meanwhile: this is some tens of milliseconds. */
const maxJsonBytes = 1024 * 1024;

/** Runs `use` with an instance of its own: `Pool.run`. */
export type RunWith = <T>(use: (linked: Linked) => Promise<T>) => Promise<T>;

/** The JSON gateway: exports of a composition as `POST /call/<interface>/<function>`. The mapping is in docs/call.md. */
export class CallGateway {
  readonly functions: readonly ExportedFunction[];
  readonly #plan: Plan;
  readonly #name: string;
  readonly #bodyBytes: number;
  readonly #foreign: ForeignCheck;
  #document: string | undefined;

  /** `listen` is the address of the server, where there is one: it tells whose requests are foreign. */
  constructor(
    plan: Plan,
    options: { readonly composition: string; readonly bodyBytes: number; readonly listen?: string },
  ) {
    this.functions = exportedFunctions(plan);
    this.#plan = plan;
    this.#name = options.composition;
    this.#foreign = options.listen === undefined ? () => undefined : makeForeignCheck(options.listen);
    this.#bodyBytes = Math.min(options.bodyBytes, maxJsonBytes);
  }

  /** True for a path that the gateway answers; with an HTTP guest behind it, only those that it knows. */
  owns(url: string, guest: boolean): boolean {
    if (!url.startsWith(callPrefix)) return false;
    return !guest || url === "/call/openapi.json" || this.#find(url) !== undefined;
  }

  /** Answers one request, whatever happens; rejects only with what is not about the call: a trap, a limit. */
  async handle(request: IncomingMessage, response: ServerResponse, run: RunWith): Promise<void> {
    const url = request.url ?? "/";
    const foreign = this.#foreign(request);
    if (foreign !== undefined) return answerError(response, new CallError("forbidden", `Cannot answer: ${foreign}`));
    if (url === "/call/openapi.json") {
      if (request.method !== "GET" && request.method !== "HEAD") return refuseMethod(response, "GET");
      const { makeOpenApi } = await import("./openapi.ts");
      this.#document ??= JSON.stringify(makeOpenApi(this.#plan, this.functions, this.#name));
      return answer(response, 200, this.#document);
    }
    try {
      const target = this.#find(url) ?? this.#unknown(functionOf(url));
      if (request.method !== "POST") return refuseMethod(response, "POST");
      if (target.refused !== null) throw new CallError("unsupported-type", target.refused);
      checkBody(request, this.#bodyBytes);
      // Only calls that have their turn hold a body, so that what waits is small.
      const result = await run(async (linked) => {
        const args = this.parse(target, await readJson(request, this.#bodyBytes));
        return this.call(linked, target, args);
      });
      if (!response.destroyed) answer(response, 200, JSON.stringify(result ?? null));
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      answerError(response, error);
    }
  }

  /** The function of that name. Throws `CallError` `not-found`, which lists those that there are. */
  find(interfaceName: string, name: string): ExportedFunction {
    return findFunction(this.functions, interfaceName, name) ?? this.#unknown(showFunction(interfaceName, name));
  }

  /**
   * The arguments out of a JSON document: an object by parameter name, or an array in order.
   * Throws `CallError` `invalid-argument`.
   */
  parse(target: ExportedFunction, json: unknown): unknown[] {
    const { names, params } = target.type;
    if (Array.isArray(json)) {
      if (json.length !== params.length) {
        const wanted = names.length === 0 ? "none" : names.join(", ");
        throw new CallError(
          "invalid-argument",
          `Cannot call ${target.name}: it takes ${params.length} arguments (${wanted}), found ${json.length}`,
          { path: "arguments" },
        );
      }
      return params.map((of, i) => fromJson(this.#plan.types, of, json[i], names[i]!));
    }
    if (typeof json !== "object" || json === null) {
      throw new CallError(
        "invalid-argument",
        `Cannot call ${target.name}: the arguments must be an object by name, or an array`,
        { path: "arguments" },
      );
    }
    const unknown = Object.keys(json).find((key) => !names.includes(key));
    if (unknown !== undefined) {
      throw new CallError(
        "invalid-argument",
        `Cannot call ${target.name}: it has no parameter ${JSON.stringify(unknown)}, only ${names.join(", ") || "none"}`,
        { path: unknown },
      );
    }
    return params.map((of, i) => {
      const name = names[i]!;
      const value = Object.hasOwn(json, name) ? (json as Record<string, unknown>)[name] : undefined;
      return fromJson(this.#plan.types, of, value, name);
    });
  }

  /** Calls with WIT values and gives JSON: a `result` as `{"ok": …}` or `{"err": …}`, nothing as null. */
  async call(linked: Linked, target: ExportedFunction, args: readonly unknown[]): Promise<unknown> {
    const { types } = this.#plan;
    const func = linked.func(target.interface, target.name);
    const index = target.type.results[0];
    const type = index === undefined ? undefined : types[index];
    const result = typeof type === "object" && "result" in type ? type.result : undefined;
    let value: unknown;
    try {
      value = await func!.call(...args);
    } catch (error) {
      if (!(error instanceof HostError) || result === undefined) throw error;
      return { err: result[1] === null ? null : toJson(types, result[1], error.payload) };
    }
    if (result !== undefined) return { ok: result[0] === null ? null : toJson(types, result[0], value) };
    return index === undefined ? null : toJson(types, index, value);
  }

  #find(url: string): ExportedFunction | undefined {
    const parts = splitPath(url);
    return parts && findFunction(this.functions, parts[0], parts[1]);
  }

  #unknown(what: string): never {
    const names = this.functions.map((it) => showFunction(it.interface, it.name));
    const known = names.length === 0 ? "the composition exports none" : `there are ${names.slice(0, 20).join(", ")}`;
    throw new CallError("not-found", `Cannot find the function ${JSON.stringify(what)}: ${known}`);
  }
}

/** Interface and function; the interface may be written with its slash as it is. */
function splitPath(url: string): readonly [string, string] | undefined {
  const path = url.slice(callPrefix.length).split("?")[0]!;
  const slash = path.lastIndexOf("/");
  if (slash <= 0) return undefined;
  try {
    return [decodeURIComponent(path.slice(0, slash)), decodeURIComponent(path.slice(slash + 1))];
  } catch {
    return undefined;
  }
}

/** What a path asks for, as people write it; the path itself where it names no function. */
function functionOf(url: string): string {
  const parts = splitPath(url);
  return (parts === undefined ? url : showFunction(...parts)).slice(0, 200);
}

/** `-` is for paths only: nobody has to know it to read a message. */
function showFunction(interfaceName: string, name: string): string {
  return interfaceName === "" || interfaceName === noInterface ? name : `${interfaceName}.${name}`;
}

/** Refuses what the headers tell already, before anything of the body is read. */
function checkBody(request: IncomingMessage, limit: number): void {
  // Another page can send a form or plain text to localhost unasked, but never this type.
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? "")) {
    throw new CallError("unsupported-media-type", "Cannot read the arguments: send content-type application/json");
  }
  if (Number(request.headers["content-length"] ?? 0) > limit) throw bodyTooLarge({ bodyBytes: limit });
}

async function readJson(request: IncomingMessage, limit: number): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw bodyTooLarge({ bodyBytes: limit });
    chunks.push(chunk);
  }
  if (size === 0) return [];
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch (cause) {
    throw new CallError("invalid-json", `Cannot read the arguments as JSON: ${(cause as Error).message}`, { cause });
  }
}

const statuses: Readonly<Record<CallErrorCode, number>> = {
  forbidden: 403,
  "not-found": 404,
  "method-not-allowed": 405,
  "unsupported-media-type": 415,
  "invalid-json": 400,
  "invalid-argument": 400,
  "unsupported-type": 501,
  limit: 503,
  trap: 500,
  internal: 500,
};

function refuseMethod(response: ServerResponse, allow: string): void {
  response.setHeader("allow", allow);
  answerError(response, new CallError("method-not-allowed", `Cannot answer this method here: use ${allow}`));
}

/**
 * Answers a call that ended with something else than a result: a limit, a trap, a failure of ours. Gives the request's id.
 */
export function answerGatewayFailure(request: IncomingMessage, response: ServerResponse, error: unknown): string {
  const requestId = requestIdOf(request);
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return requestId;
  }
  const limit = error instanceof LimitError ? error : undefined;
  const code: CallErrorCode = limit !== undefined ? "limit" : (error as Error)?.name === "Trap" ? "trap" : "internal";
  response.setHeader("x-request-id", requestId);
  if (limit?.status === 503) response.setHeader("retry-after", "1");
  // What is left of the request was not read.
  if (!request.complete) response.shouldKeepAlive = false;
  const message = limit?.message ?? "The composition failed while it worked on the call; its log says why";
  const json = JSON.stringify({ error: { code, message, requestId, ...(limit && { limit: limit.limit }) } });
  answer(response, limit?.status ?? 500, json);
  return requestId;
}

/** Writes `{"error": {code, message, path?}}`. */
function answerError(response: ServerResponse, { code, message, path }: CallError): void {
  const json = JSON.stringify({ error: { code, message, ...(path === undefined ? {} : { path }) } });
  answer(response, statuses[code], json);
}

function answer(response: ServerResponse, status: number, json: string): void {
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(json) });
  response.end(json);
}
