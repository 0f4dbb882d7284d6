import { createServer, type Server, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import type { Limits } from "../../../../runner/config.ts";
import type { Linked } from "../../../../runner/link/linked.ts";
import type { Plan } from "../../../../runner/link/plan.ts";
import { Pool } from "../../../../runner/pool.ts";
import { CallGateway } from "../../../../runner/serve/call.ts";
import { makeListener } from "../../../../runner/serve/listener.ts";
import { emptyStats, type Stats } from "../../../../runner/stats.ts";
import { FakeLinker } from "../fake-linker.ts";

/** A plan that exports `echo: func(value: string) -> string` by itself. */
const plan: Plan = {
  format: 1,
  engine: "test",
  componentInstances: [],
  modules: [],
  steps: [],
  options: [],
  trampolines: [],
  exports: {
    echo: {
      func: { i: 0, n: "echo" },
      options: 0,
      type: { names: ["value"], params: [0], results: [0], async: false },
    },
  },
  types: ["string"],
  resourceTables: [],
  importedResources: [],
};

/** A gateway that listens; its `echo` does what the test says. */
export interface TestGateway {
  readonly server: Server;
  readonly port: number;
  readonly pool: Pool;
  readonly stats: Stats;
}

/** Serves the gateway of a composition whose `echo` is `echo`. */
export async function serveGateway(
  echo: (value: string) => Promise<string>,
  limits: Partial<Limits> = {},
): Promise<TestGateway> {
  const linker = new FakeLinker();
  const make = linker.instantiate.bind(linker);
  linker.instantiate = () =>
    Object.assign(make(), { func: () => ({ call: echo }) }) as Linked as ReturnType<FakeLinker["instantiate"]>;
  const all = { concurrency: 1, queue: 8, requestTimeoutMs: null, maxRequests: null, bodyBytes: 64 << 20, ...limits };
  const pool = new Pool(linker, { limits: all, isolation: "Instance" });
  const stats = emptyStats();
  const gateway = new CallGateway(plan, { composition: "test", bodyBytes: all.bodyBytes, listen: "127.0.0.1:0" });
  const server = createServer(makeListener({ pool, stats, limits: all, http: false, gateway, onFailure: () => {} }));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, port: (server.address() as AddressInfo).port, pool, stats };
}

/** A POST of `/call/-/echo`: what is in `body` is sent, and without `end` nobody says that it was all. */
export function post(
  { port }: TestGateway,
  options: { readonly body?: string; readonly headers?: Record<string, string>; readonly end?: boolean } = {},
) {
  const headers = { "content-type": "application/json", ...options.headers };
  const request = send({ port, host: "127.0.0.1", path: "/call/-/echo", method: "POST", headers, agent: false });
  const answer = new Promise<{ readonly status: number; readonly json: unknown }>((resolve, reject) => {
    request.on("error", reject);
    request.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode!, json: JSON.parse(text) }));
    });
  });
  answer.catch(() => {});
  request.flushHeaders();
  if (options.body !== undefined) request.write(options.body);
  if (options.end !== false) request.end();
  return { request, answer };
}
