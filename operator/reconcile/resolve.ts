import type { Composition } from "../../api/composition.ts";
import { nearest } from "../../api/nearest.ts";
import { componentName } from "../compose/spec.ts";
import type { Resolved } from "../fetch/library.ts";
import type { KubeObject } from "../kube/object.ts";
import { explainLookUp } from "./explain.ts";
import type { KnownComponent, KnownComponents } from "./known.ts";
import type { LookUp } from "./look-up.ts";
import { done, type Outcome } from "./outcome.ts";

/** The components that a composition names, by the names of its wiring, as far as they are known. */
export interface Resolution {
  readonly outcome: Outcome;
  readonly components: ReadonlyMap<string, Resolved>;
}

/** What resolving reads. */
export interface ResolveDeps {
  /** Which spec of a Component is the newest; undefined where there is no such Component. */
  readonly newest: (key: string) => { readonly uid: string; readonly generation: number } | undefined;
  /** Names of the Components of a namespace, for a hint. */
  readonly namesIn: (namespace: string) => readonly string[];
  readonly known: KnownComponents;
  readonly lookUp: LookUp;
}

type Instance = Composition["spec"]["instances"][number];

/** Components and ConfigMaps that change wake us: this is only for what no watch tells. */
const lookAgainMs = 600_000;

/**
 * Finds the bytes of every instance. A Component whose newest spec was not looked at yet is waited for, as its old bytes may
 * be the wrong ones; one that cannot be read any more is used as it was last.
 */
export async function resolve(
  { metadata: { namespace = "" }, spec }: Composition & KubeObject,
  deps: ResolveDeps,
  signal: AbortSignal,
): Promise<Resolution> {
  const components = new Map<string, Resolved>();
  const problems: Exclude<Outcome, { kind: "done" }>[] = [];
  const seen = new Set<string>();
  for (const [index, instance] of spec.instances.entries()) {
    const name = componentName(instance.component);
    if (seen.has(name)) continue;
    seen.add(name);
    const field = `spec.instances[${index}].component`;
    const found = await find({ namespace, instance, field }, deps, signal);
    if ("digest" in found) components.set(name, found);
    else if (found.kind !== "done") problems.push(found);
  }
  return { outcome: summarize(problems), components };
}

async function find(
  { namespace, instance, field }: { namespace: string; instance: Instance; field: string },
  deps: ResolveDeps,
  signal: AbortSignal,
): Promise<Resolved | Outcome> {
  const { name, source } = instance.component;
  if (name === undefined) {
    if (source === undefined) return done;
    try {
      return await deps.lookUp.find({ namespace, source }, { signal });
    } catch (error) {
      signal.throwIfAborted();
      return explainLookUp(error, `${field}.source`, { source, afterMs: lookAgainMs });
    }
  }
  const key = `${namespace}/${name}`;
  const newest = deps.newest(key);
  if (newest === undefined) {
    const near = nearest(name, deps.namesIn(namespace));
    const message = `Cannot find the Component that ${field}.name names in this namespace: ${name}${near === undefined ? "" : `. Did you mean "${near}"?`}`;
    return { kind: "waiting", reason: "ComponentNotFound", message, afterMs: lookAgainMs, quietMs: 5000 };
  }
  const known = deps.known.get(key);
  if (known?.uid !== newest.uid || known.generation !== newest.generation) {
    const message = `Waits until this Component is read: ${name}`;
    // It is in our own queue: mostly it takes a moment, after a start too.
    return { kind: "waiting", reason: "ComponentNotReady", message, afterMs: lookAgainMs, quietMs: 15_000 };
  }
  return known.resolved ?? notReady(name, known);
}

function notReady(name: string, { outcome }: KnownComponent): Outcome {
  const why = outcome.kind === "done" ? "it is suspended, and was never read" : `${outcome.reason}, ${outcome.message}`;
  const message = `Cannot use Component "${name}", it is not ready: ${why}`;
  return { kind: "waiting", reason: "ComponentNotReady", message, afterMs: lookAgainMs };
}

/** The first problem, and how many there are; what is tried again soonest decides how it goes on. */
function summarize(problems: readonly Exclude<Outcome, { kind: "done" }>[]): Outcome {
  const first =
    problems.find(({ kind }) => kind === "failed") ?? problems.find(({ kind }) => kind === "waiting") ?? problems[0];
  if (first === undefined) return done;
  if (problems.length === 1) return first;
  const message = `${first.message} (and ${problems.length - 1} more)`;
  if (first.kind === "failed") return { ...first, message };
  const times = problems.flatMap(({ afterMs }) => afterMs ?? []);
  return times.length === 0 ? { ...first, message } : { ...first, message, afterMs: Math.min(...times) };
}
