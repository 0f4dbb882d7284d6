import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { startComposer } from "../../../../composer/index.ts";
import type { Grants } from "../../../../runner/config.ts";
import { ExitError } from "../../../../runner/host/cli.ts";
import type { Backends, HostInstance } from "../../../../runner/host/host.ts";
import { flushLines } from "../../../../runner/host/lines.ts";
import { hostInterfaces } from "../../../../runner/host/registry.ts";
import { link } from "../../../../runner/link/link.ts";

/** What a command did: its lines by stream or level, and its exit code. */
export interface Ran {
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  readonly log: readonly (readonly [level: string, line: string])[];
  readonly code: number;
}

export interface Command {
  /** A fresh instance with these grants, called once. */
  run(args: readonly string[], grants?: Grants, backends?: Backends): Promise<Ran>;
}

const noBackends: Backends = {
  keyvalue: (name) => {
    throw new Error(`There is no backend ${name}`);
  },
  close: async () => {},
};

/** A built guest of `wasi:cli/run`, linked with every host of the runner. */
export async function loadCommand(name: string): Promise<Command> {
  const composer = startComposer();
  const bytes = await readFile(join(import.meta.dirname, "../../../../guests/built", `${name}.wasm`));
  const { plan, modules } = await composer.flatten(bytes, { deadlines: false });
  await composer.close();
  const compiled = await Promise.all(modules.map((module) => WebAssembly.compile(module as Uint8Array<ArrayBuffer>)));
  return {
    async run(args, grants = {}, backends = noBackends) {
      const lines: [string, string][] = [];
      const host: HostInstance = {
        instance: "command",
        grants: { ...grants, args },
        services: {
          log: { write: (_instance, stream, line) => void lines.push([stream, line]) },
          backends,
          signal: new AbortController().signal,
          limits: { headerBytes: 16384, bodyBytes: 65536, memoryBytes: 1 << 28 },
        },
      };
      const linker = link(plan, compiled, {
        hosts: hostInterfaces,
        hostInstance: () => host,
        memoryBytes: host.services.limits.memoryBytes,
      });
      const code = await callRun(linker.instantiate().functions.find((func) => func.name === "run")!);
      flushLines(host.services);
      const of = (stream: string) => lines.filter(([from]) => from === stream).map(([, line]) => line);
      const log = lines.filter(([from]) => from !== "stdout" && from !== "stderr");
      return { stdout: of("stdout"), stderr: of("stderr"), log, code };
    },
  };
}

async function callRun(run: { call(): Promise<unknown> }): Promise<number> {
  try {
    await run.call();
    return 0;
  } catch (error) {
    if (error instanceof ExitError) return error.code;
    if (error !== null && typeof error === "object" && "payload" in error) return 1;
    throw error;
  }
}
