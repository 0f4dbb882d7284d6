import { type LoadedArtifact, loadArtifact } from "./artifact-load.ts";
import { openBackends } from "./backends/open.ts";
import type { RunnerConfig } from "./config.ts";
import { RunnerError } from "./error.ts";
import type { HostInstance, Log, Services } from "./host/host.ts";
import { hostInterfaces } from "./host/registry.ts";
import { link } from "./link/link.ts";
import type { Linker } from "./link/linked.ts";

/** A composition that is ready to make instances in this process. */
export interface Composition {
  readonly artifact: LoadedArtifact;
  readonly linker: Linker;
  readonly services: Services;
  /** Two u64 an edge at `edge * 16`: calls begun, calls that returned. */
  readonly probes: WebAssembly.Memory;
  close(): Promise<void>;
}

const edgeBytes = 16;
const pageBytes = 65536;

/**
 * Loads the artifact that `config` names and binds every instance's imports to its own grants.
 * `options.artifact` is that artifact where its loading has begun already.
 * Throws `RunnerError`; `unserved-import` names each import that this runner does not host.
 */
export async function openComposition(
  config: Pick<RunnerConfig, "artifact" | "grants" | "backends" | "limits" | "composition">,
  options: { readonly log: Log; readonly epoch?: WebAssembly.Memory; readonly artifact?: Promise<LoadedArtifact> },
): Promise<Composition> {
  const [artifact, backends] = await Promise.all([
    options.artifact ?? loadArtifact(config.artifact),
    openBackends(config.backends),
  ]);
  const ending = new AbortController();
  const { headerBytes, bodyBytes, memoryBytes } = config.limits;
  const services: Services = {
    log: options.log,
    backends,
    signal: ending.signal,
    limits: { headerBytes, bodyBytes, memoryBytes },
  };
  const probes = makeProbes(artifact);
  const linker = makeLinker(artifact, {
    memoryBytes,
    hostInstance: hostInstances(config, services),
    probes,
    ...(options.epoch === undefined ? {} : { epoch: options.epoch }),
  });
  if (linker.missing.length > 0) throw unserved(linker);
  return {
    artifact,
    linker,
    services,
    probes,
    async close() {
      ending.abort();
      await backends.close();
    },
  };
}

function makeLinker(
  { index, modules }: LoadedArtifact,
  options: {
    readonly memoryBytes: number;
    readonly hostInstance: (path: readonly string[]) => HostInstance;
    readonly probes: WebAssembly.Memory;
    readonly epoch?: WebAssembly.Memory;
  },
): Linker {
  const { probes, ...rest } = options;
  try {
    return link(index.plan, modules, { ...rest, hosts: hostInterfaces, probes: { memory: probes } });
  } catch (cause) {
    throw new RunnerError("link-failed", `Cannot link the composition: ${(cause as Error).message}`, { cause });
  }
}

// Adapters are where edges are; no adapter exports more functions than a plan has instantiation arguments.
function makeProbes({ index: { plan } }: LoadedArtifact): WebAssembly.Memory {
  const functions = plan.steps.reduce((sum, step) => sum + (step.op === "instantiate" ? step.args.length : 1), 16);
  const pages = Math.max(1, Math.ceil((functions * edgeBytes) / pageBytes));
  return new WebAssembly.Memory({ initial: pages, maximum: pages });
}

/** One object an instance of the composition: hosts keep what instances share by it. */
function hostInstances(
  config: Pick<RunnerConfig, "grants" | "composition">,
  services: Services,
): (path: readonly string[]) => HostInstance {
  const known = new Map<string, HostInstance>();
  return (path) => {
    const instance = path[0] ?? config.composition;
    let host = known.get(instance);
    if (host === undefined) {
      // What is inside an instance has the instance's grants; the composition itself has none.
      const grants = path.length > 0 && Object.hasOwn(config.grants, instance) ? config.grants[instance]! : {};
      host = { instance, grants, services };
      known.set(instance, host);
    }
    return host;
  };
}

function unserved(linker: Linker): RunnerError {
  const names = [
    ...new Set(linker.missing.map((it) => `${it.path.join("/") || "the composition"} imports ${it.interface}`)),
  ];
  return new RunnerError(
    "unserved-import",
    `Cannot run the composition: this runner does not host ${names.length} of its imports: ${names.slice(0, 10).join("; ")}`,
  );
}
