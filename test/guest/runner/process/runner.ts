import http from "node:http";
import type { RunnerConfig } from "../../../../runner/config.ts";
import { makeLog } from "../../../../runner/log.ts";
import { AdminServer } from "../../../../runner/serve/admin.ts";
import type { RunnerStatus } from "../../../../runner/serve/status.ts";
import { Supervisor, type SupervisorOptions } from "../../../../runner/supervisor.ts";

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** A runner with its admin server, in this process; its workers are processes of their own. */
export interface TestRunner {
  readonly supervisor: Supervisor;
  readonly port: number;
  /** What the runner itself wrote. */
  readonly lines: readonly string[];
  get(path: string, options?: http.RequestOptions & { readonly body?: string }): Promise<Answer>;
  admin(path: string, headers?: http.OutgoingHttpHeaders): Promise<Answer>;
  status(): Promise<RunnerStatus>;
  /** A counter's value by the start of its line, 0 where there is none. */
  metric(prefix: string): Promise<number>;
  stop(): Promise<void>;
}

/** Starts a runner; stop it in the end. */
export async function startRunner(
  config: RunnerConfig,
  options: Partial<SupervisorOptions> & { readonly token?: string } = {},
): Promise<TestRunner> {
  const lines: string[] = [];
  const log = makeLog("json", { sink: (line) => lines.push(line) });
  const supervisor = new Supervisor(config, { log, format: "json", ...options });
  const admin = new AdminServer(supervisor, options.token === undefined ? {} : { token: options.token });
  const { port } = await supervisor.start();
  const { port: adminPort } = await admin.listen(config.admin);
  return {
    supervisor,
    port,
    lines,
    get: (path, { body, ...rest } = {}) => request({ port, path, ...rest }, body),
    admin: (path, headers = {}) => request({ port: adminPort, path, headers }),
    status: async () => JSON.parse((await request({ port: adminPort, path: "/status" })).body),
    async metric(prefix) {
      const { body } = await request({ port: adminPort, path: "/metrics" });
      const line = body.split("\n").find((text) => text.startsWith(prefix));
      return line === undefined ? 0 : Number(line.slice(line.lastIndexOf(" ")));
    },
    async stop() {
      await supervisor.stop(0);
      admin.close();
    },
  };
}

/** One request on a connection of its own, unless an agent is given. */
export function request(options: http.RequestOptions, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = http.request({ host: "127.0.0.1", agent: false, ...options }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, body: text }));
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Waits until `check` gives something true; fails after `ms`. */
export async function eventually<T>(check: () => T | Promise<T>, ms = 20_000): Promise<T> {
  for (const end = performance.now() + ms; ; ) {
    const value = await check();
    if (value) return value;
    if (performance.now() > end) throw new Error(`Not true after ${ms} ms: ${check}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Sends requests without a pause over `connections` keep-alive connections until it is stopped. */
export function startLoad(port: number, path: string, connections: number) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  const statuses: Record<string, number> = {};
  let going = true;
  const loops = Array.from({ length: connections }, async () => {
    while (going) {
      const key = await request({ port, path, agent }).then(
        ({ status }) => String(status),
        (error: NodeJS.ErrnoException) => error.code ?? error.message,
      );
      statuses[key] = (statuses[key] ?? 0) + 1;
    }
  });
  return {
    statuses,
    async stop() {
      going = false;
      await Promise.all(loops);
      agent.destroy();
      return statuses;
    },
  };
}
