import type { Composition } from "../../api/composition.ts";
import { catalogue } from "../../runner/host/catalogue.ts";
import { decide } from "../../wiring/decide.ts";
import type { Diagnostic } from "../../wiring/diagnostic.ts";
import type { Failure } from "../../wiring/failure.ts";
import { checkRunner } from "../../wiring/runner.ts";
import type { Components, Wiring, WiringSpec } from "../../wiring/spec.ts";
import { wiringSpec } from "./spec.ts";

/** What is known of the components that a composition names, by the names of `wiringSpec`. */
export interface KnownComponents {
  /** One binary under two names should be one table object. */
  readonly tables: Components;
  /** What the composer could not inspect, and why: reported at each instance that uses it. */
  readonly unreadable?: ReadonlyMap<string, Failure>;
  /**
   * Declared, and not read yet or not readable: whoever read it has told so. Nothing is said of it here, and nothing that
   * hangs on it; a composition with one of these is not valid. Without `error` among the diagnostics it may become so.
   */
  readonly missing?: ReadonlySet<string>;
}

/** What was decided about a composition. */
export interface Judgement {
  /** True where nothing keeps the composition from being composed, and, where that was asked, from being run. */
  readonly valid: boolean;
  /** What was understood; complete where `valid`. */
  readonly wiring: Wiring;
  /** All findings at once, in the order of the spec; those about running come after those about the wiring. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Decides the wiring of a composition, and whether a runner of this version can run it: host imports that nobody serves,
 * missing grants, async functions. Pure; the reconciler, the webhook and the command line decide with it.
 */
export function judge(
  composition: Composition,
  known: KnownComponents,
  options: { readonly run: boolean } = { run: true },
): Judgement {
  const spec = wiringSpec(composition);
  const { tables, missing = new Set() } = known;
  const unreadable = new Map(known.unreadable);
  for (const name of missing) unreadable.set(name, { code: "missing", message: "" });
  const { attempt: wiring, diagnostics, valid } = decide(spec, tables, { unreadable });
  const told = toldElsewhere(spec, missing);
  const findings = diagnostics.filter(({ field }) => !told.has(field));
  if (valid && wiring.exports.length === 0) findings.push(exportsNothing(spec, tables));
  if (!valid || !options.run) return { valid, wiring, diagnostics: findings };
  const { instances, backends = [] } = composition.spec;
  const running = checkRunner(wiring, {
    components: tables,
    hosted: catalogue,
    grants: new Map(instances.map(({ name, grants }) => [name, { keyvalue: grants?.keyvalue }])),
    backends: backends.filter(({ keyvalue }) => keyvalue !== undefined).map(({ name }) => name),
  });
  const all = [...findings, ...running, ...splitMemory(composition)];
  return { valid: all.every(({ severity }) => severity !== "error"), wiring, diagnostics: all };
}

function toldElsewhere({ instances }: WiringSpec, missing: ReadonlySet<string>): ReadonlySet<string> {
  return new Set(
    instances.flatMap(({ component }, index) => (missing.has(component) ? [`spec.instances[${index}].component`] : [])),
  );
}

function exportsNothing({ name, instances }: WiringSpec, tables: Components): Diagnostic {
  const [first] = instances.flatMap((instance) =>
    (tables.get(instance.component)?.exports ?? []).map((item) => ({ instance: instance.name, item: item.name })),
  );
  return {
    severity: "warning",
    code: "exports-nothing",
    field: "spec.exports",
    message: `Nothing can reach the composition, it exports nothing: ${name}`,
    ...(first === undefined
      ? {}
      : { hint: `Add to spec: exports: [{ name: "${first.item}", from: "${first.instance}/${first.item}" }]` }),
  };
}

/** Backends in memory that more than one process would have, each its own. */
function splitMemory({ spec: { backends = [], runner, replicas = 1 } }: Composition): Diagnostic[] {
  const { processes = 1 } = runner;
  if (replicas * processes <= 1) return [];
  return backends.flatMap(({ name, keyvalue }, index): Diagnostic[] => {
    if (keyvalue?.memory === undefined) return [];
    const message = `Every process has a memory of its own for backend "${name}", and there would be: ${replicas * processes}`;
    const hint = "Use sqlite on a shared volume or redis, or run one process: replicas: 1, runner: { processes: 1 }";
    return [{ severity: "warning", code: "split-memory", field: `spec.backends[${index}]`, message, hint }];
  });
}
