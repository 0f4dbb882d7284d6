/**
 * The rows "call across an edge": a record of three strings and a list of 64 KiB, from one component into another, fused.
 * The same composed component in Tenon's linker, in wasmtime (wasmtime-py), and in jco's output at its fastest
 * (`--multi-memory`) and as it is by default; and the linker again with counters on the edge. Best of several runs each.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { transpile } from "@bytecodealliance/jco";
import { startComposer } from "../composer/index.ts";
import { guest } from "../guests/guest.ts";
import type { HostInterface } from "../runner/host/host.ts";
import { link } from "../runner/link/link.ts";
import type { LinkOptions } from "../runner/link/linked.ts";
import { wasmtimePython } from "./peers.ts";
import { printRow } from "./report.ts";

const rounds = 9;
const works = [
  { name: "records", row: "edge call, record of three strings", calls: 200_000, slow: 5_000 },
  { name: "bytes", row: "edge call, list of 64 KiB", calls: 5_000, slow: 50 },
] as const;
type Run = (name: string, calls: number) => Promise<unknown>;
const folder = mkdtempSync(join(tmpdir(), "tenon-edge-"));

const composer = startComposer();
const parts = await Promise.all([guest("edge-caller"), guest("edge-callee")]);
const item = "tenon:test/callee";
const bytes = await composer.compose(
  parts.map((path) => readFileSync(path)),
  {
    instances: [
      { name: "caller", component: 0 },
      { name: "callee", component: 1 },
    ],
    edges: [{ from: { instance: "caller", item }, to: { instance: "callee", item } }],
    exports: [{ name: "tenon:test/caller", instance: "caller", item: "tenon:test/caller" }],
  },
);
const unchecked = await ours(false, {});
const checked = await ours(true, {});
const probed = await ours(false, { probes: { memory: new WebAssembly.Memory({ initial: 1 }) } });
await composer.close();
const jcoDefault = await jco({});
const jcoFastest = await jco({ multiMemory: true });
const wasmtime = timeWasmtime();

for (const { name, row, calls, slow } of works) {
  const times = await best(name, {
    ours: [unchecked, calls],
    "with deadlines": [checked, calls],
    "with counters": [probed, calls],
    "jco --multi-memory": [jcoFastest, slow],
    jco: [jcoDefault, name === "bytes" ? 5 : slow],
  });
  const { ours: own = Number.NaN, ...peers } = times;
  printRow({
    row,
    unit: "ns",
    ours: own,
    peers: { wasmtime: wasmtime[name]!, ...peers },
    floor: name === "records" ? ">= 1 wasmtime, >= 50 jco" : ">= 5 wasmtime, >= 20 jco --multi-memory",
    lower: true,
  });
}
rmSync(folder, { recursive: true });

/** Nanoseconds a call, the best of all rounds; the runs take turns, so that a busy machine is busy for all of them. */
async function best(
  name: string,
  runs: Readonly<Record<string, readonly [Run, number]>>,
): Promise<Record<string, number>> {
  const least: Record<string, number> = {};
  for (let round = 0; round < rounds; round++)
    for (const [label, [run, calls]] of Object.entries(runs)) {
      const started = performance.now();
      await run(name, calls);
      const time = ((performance.now() - started) / calls) * 1e6;
      least[label] = Math.min(least[label] ?? Number.POSITIVE_INFINITY, time);
    }
  return least;
}

async function ours(deadlines: boolean, more: Partial<LinkOptions>): Promise<Run> {
  const { plan, modules } = await composer.flatten(bytes, { deadlines });
  const compiled = modules.map((one) => new WebAssembly.Module(one as Uint8Array<ArrayBuffer>));
  const options: LinkOptions = {
    hosts: [],
    hostInstance: () => ({ instance: "", grants: {}, services: undefined as never }),
    memoryBytes: 1 << 28,
    ...more,
  };
  const { missing } = link(plan, compiled, options);
  const stub = { kind: "core", call: () => 0 } as const;
  const hosts = missing.map(
    ({ interface: name, function: member }): HostInterface => ({
      name: name.split("@")[0]!,
      speaks: () => true,
      bind: () => ({ [member]: stub }),
    }),
  );
  const linked = link(plan, compiled, { ...options, hosts }).instantiate();
  return (name, calls) => linked.func("tenon:test/caller", name)!.call(calls);
}

async function jco(options: { readonly multiMemory?: boolean }): Promise<Run> {
  const name = options.multiMemory ? "fast" : "default";
  const { files } = await transpile(bytes, { name, instantiation: "sync", noTypescript: true, ...options });
  for (const [file, content] of Object.entries(files)) {
    const path = join(folder, name, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  const { instantiate } = await import(pathToFileURL(join(folder, name, `${name}.js`)).href);
  const module = (file: string) => new WebAssembly.Module(files[file] as Uint8Array<ArrayBuffer>);
  const anything = new Proxy({}, { get: () => class Unused {} });
  const exports = instantiate(module, new Proxy({}, { get: () => anything }));
  return async (member, calls) => exports["tenon:test/caller"][member](calls);
}

function timeWasmtime(): Readonly<Record<string, number>> {
  const file = join(folder, "composed.wasm");
  writeFileSync(file, bytes);
  const script = `
import sys, time
from wasmtime import Config, Engine, Store, component
engine = Engine(Config()); store = Store(engine)
store.set_wasi(__import__('wasmtime').WasiConfig())
linker = component.Linker(engine); linker.add_wasip2()
instance = linker.instantiate(store, component.Component.from_file(engine, sys.argv[1]))
caller = instance.get_export_index(store, 'tenon:test/caller')
for name, calls in (('records', 200000), ('bytes', 5000)):
    func = instance.get_func(store, instance.get_export_index(store, name, caller)); best = 1e18
    for _ in range(${rounds}):
        started = time.perf_counter_ns(); func(store, calls); func.post_return(store)
        best = min(best, (time.perf_counter_ns() - started) / calls)
    print(name, best)
`;
  const lines = execFileSync(wasmtimePython(), ["-c", script, file], { encoding: "utf8" }).trim().split("\n");
  return Object.fromEntries(lines.map((line) => [line.split(" ")[0], Number(line.split(" ")[1])]));
}
