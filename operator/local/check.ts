import { catalogue } from "../../runner/host/catalogue.ts";
import { decide } from "../../wiring/decide.ts";
import { checkRunner } from "../../wiring/runner.ts";
import type { Wiring } from "../../wiring/spec.ts";
import type { LoadedComposition } from "./load.ts";
import { fromDiagnostic, isClean, type Remark } from "./remark.ts";

/** What was decided about a composition. */
export interface Checked {
  /** True where nothing keeps the composition from being composed, and, where that was asked, from being run. */
  readonly valid: boolean;
  /** What was understood; complete where `valid`. */
  readonly wiring: Wiring;
  readonly remarks: readonly Remark[];
}

/**
 * Decides the wiring of a composition, and whether a runner of this version can run it: host imports that nobody serves,
 * missing grants, async functions. The same code decides in the operator.
 */
export function check(composition: LoadedComposition, options: { readonly run: boolean } = { run: true }): Checked {
  const { spec, components, missing, located } = composition;
  const tables = new Map([...components].flatMap(([name, { table }]) => (table === undefined ? [] : [[name, table]])));
  const unreadable = new Map(
    [...components].flatMap(([name, { failure }]) => (failure === undefined ? [] : [[name, failure]])),
  );
  for (const name of missing) unreadable.set(name, { code: "missing", message: "" });
  const { attempt, diagnostics, valid } = decide(spec, tables, { unreadable });
  const told = new Set(
    spec.instances.flatMap(({ component }, index) =>
      missing.has(component) ? [`spec.instances[${index}].component`] : [],
    ),
  );
  const remarks: Remark[] = diagnostics
    .filter(({ field }) => !told.has(field))
    .map((one) => fromDiagnostic(one, located.locate));
  if (valid && attempt.exports.length === 0) remarks.push(exportsNothing(composition));
  const whole = located.partial !== true;
  if (!valid || !options.run) return { valid: valid && whole, wiring: attempt, remarks };
  const { instances, backends = [] } = located.manifest.spec;
  const findings = checkRunner(attempt, {
    components: tables,
    hosted: catalogue,
    grants: new Map(instances.map(({ name, grants }) => [name, { keyvalue: grants?.keyvalue }])),
    backends: backends.filter(({ keyvalue }) => keyvalue !== undefined).map(({ name }) => name),
  });
  const all = [...remarks, ...findings.map((one) => fromDiagnostic(one, located.locate)), ...splitMemory(composition)];
  return { valid: whole && isClean(all), wiring: attempt, remarks: all };
}

function exportsNothing({ spec, components, located }: LoadedComposition): Remark {
  const [first] = spec.instances.flatMap(({ name, component }) =>
    (components.get(component)?.table?.exports ?? []).map((item) => ({ instance: name, item: item.name })),
  );
  return {
    severity: "warning",
    code: "local",
    place: located.locate("spec.exports"),
    message: `Nothing can reach the composition, it exports nothing: ${spec.name}`,
    ...(first === undefined
      ? {}
      : { hint: `Add to spec: exports: [{ name: "${first.item}", from: "${first.instance}/${first.item}" }]` }),
  };
}

/** Backends in memory that more than one process would have, each its own. */
function splitMemory({ located }: LoadedComposition): Remark[] {
  const { backends = [], runner, replicas = 1 } = located.manifest.spec;
  const { processes = 1 } = runner;
  if (replicas * processes <= 1) return [];
  return backends.flatMap(({ name, keyvalue }, index): Remark[] => {
    if (keyvalue?.memory === undefined) return [];
    const message = `Every process has a memory of its own for backend "${name}", and there would be: ${replicas * processes}`;
    const hint = "Use sqlite on a shared volume or redis, or run one process: replicas: 1, runner: { processes: 1 }";
    return [{ severity: "warning", code: "local", place: located.locate(`spec.backends[${index}]`), message, hint }];
  });
}
