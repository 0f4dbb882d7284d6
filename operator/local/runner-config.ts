import { mkdir, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { BackendSpec } from "../../api/backends.ts";
import type { Backend, RunnerConfig } from "../../runner/config.ts";
import { planBackend } from "../desired/backends.ts";
import type { SpecProblem } from "../desired/desired.ts";
import { makeLimits } from "../desired/limits.ts";
import { LocalError } from "./error.ts";
import { type LocalInputs, makeGrants, volumeFolder } from "./grants.ts";
import type { LoadedComposition } from "./load.ts";
import { isClean, makeError, type Remark } from "./remark.ts";
import { readValues } from "./values.ts";

/** What a command line says about a run. Paths may be relative to the working directory. */
export interface RunOptions {
  /** The artifact's folder. */
  readonly artifact: string;
  readonly listen: string;
  readonly admin: string;
  readonly processes?: number | undefined;
  /** Folders by volume name. */
  readonly volumes?: Readonly<Record<string, string>>;
  /** Files by the name of the ConfigMap or Secret that they stand for. */
  readonly configFiles?: Readonly<Record<string, string>>;
}

/** A runner's configuration, or the reasons why there is none. */
export type Configured =
  | { readonly config: RunnerConfig; readonly remarks: readonly Remark[] }
  | { readonly config?: undefined; readonly remarks: readonly Remark[] };

/**
 * Turns a composition into a runner's configuration for this machine. A volume is a folder, made where it is not there; an
 * option that names a missing folder or an unreadable file throws a `LocalError`.
 */
export async function makeRunnerConfig(composition: LoadedComposition, options: RunOptions): Promise<Configured> {
  const { located, directory } = composition;
  const { spec, metadata } = located.manifest;
  const remarks: Remark[] = [];
  const inputs = await readInputs(options, directory);
  const grants = Object.fromEntries(
    spec.instances.map(({ name, grants = {} }, index) => {
      return [
        name,
        makeGrants(grants, { inputs, locate: located.locate, field: `spec.instances[${index}].grants`, remarks }),
      ];
    }),
  );
  const backends = makeBackends(spec.backends ?? [], { inputs, composition, remarks });
  const problems: SpecProblem[] = [];
  const limits = makeLimits(spec.runner, problems);
  report(problems, composition, remarks);
  noteIgnored(composition, remarks);
  if (!isClean(remarks)) return { remarks };
  const folders = Object.values(grants).flatMap(({ filesystem = [] }) => filesystem.map(({ path }) => path));
  const files = backends.flatMap(([, { keyvalue }]) => ("sqlite" in keyvalue ? [dirname(keyvalue.sqlite.path)] : []));
  for (const folder of new Set([...folders, ...files])) await mkdir(folder, { recursive: true });
  const config: RunnerConfig = {
    composition: metadata.name,
    artifact: options.artifact,
    listen: options.listen,
    admin: options.admin,
    call: true,
    isolation: spec.runner.isolation,
    processes: options.processes ?? spec.runner.processes ?? defaultProcesses(spec.backends),
    limits,
    grants,
    backends: Object.fromEntries(backends),
  };
  return { config, remarks };
}

/** The cores; but one where a backend lives in a process's memory, or requests would find different data by chance. */
function defaultProcesses(backends: readonly BackendSpec[] = []): number {
  return backends.some(({ keyvalue }) => keyvalue?.memory !== undefined) ? 1 : availableParallelism();
}

async function readInputs({ volumes = {}, configFiles = {} }: RunOptions, directory: string): Promise<LocalInputs> {
  const folders = new Map(Object.entries(volumes).map(([name, path]) => [name, resolve(path)]));
  for (const [name, path] of folders) {
    const isFolder = await stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (isFolder) continue;
    throw new LocalError("option", `Cannot find the folder of volume "${name}": ${path}`, {
      hint: `Make it, or correct --volume ${name}=DIR`,
    });
  }
  const values = new Map<string, Awaited<ReturnType<typeof readValues>>>();
  for (const [name, path] of Object.entries(configFiles)) values.set(name, await readValues(path, "."));
  return { volumes: folders, values, directory };
}

interface BackendContext {
  readonly inputs: LocalInputs;
  readonly composition: LoadedComposition;
  readonly remarks: Remark[];
}

function makeBackends(
  specs: readonly BackendSpec[],
  { inputs, composition, remarks }: BackendContext,
): [string, Backend][] {
  const problems: SpecProblem[] = [];
  const backends = specs.flatMap((spec, index): [string, Backend][] => {
    const planned = planBackend(spec, { field: `spec.backends[${index}]`, problems });
    if (planned === undefined) return [];
    if (planned.kind === "memory") return [[spec.name, { keyvalue: { memory: {} } }]];
    const { volume, path } = planned;
    const base = volume === undefined ? join(inputs.directory, ".tenon", "backends") : volumeFolder(volume, inputs);
    return [[spec.name, { keyvalue: { sqlite: { path: resolve(base, path) } } }]];
  });
  report(problems, composition, remarks);
  return backends;
}

function report(problems: readonly SpecProblem[], { located }: LoadedComposition, remarks: Remark[]): void {
  remarks.push(...problems.map(({ field, ...text }) => makeError("local", located.locate(field), text)));
}

/** What is asked for and has no meaning without a cluster, or none yet. */
function noteIgnored({ located }: LoadedComposition, remarks: Remark[]): void {
  const { triggers = [], schedule, runner } = located.manifest.spec;
  const note = (field: string, message: string): void => {
    remarks.push({ severity: "note", code: "local", place: located.locate(field), message });
  };
  if (triggers.length > 0)
    note("spec.triggers", "Triggers are not served in local mode: call the exports with tenon call");
  if (runner.probes !== "Counters") note("spec.runner.probes", `This version always counts on edges: ${runner.probes}`);
  if (schedule !== undefined) note("spec.schedule", `The schedule is not followed in local mode: ${schedule}`);
}
