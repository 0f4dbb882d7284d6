import type { Wiring } from "../../wiring/spec.ts";
import { judge } from "../compose/judge.ts";
import type { LoadedComposition } from "./load.ts";
import { fromDiagnostic, type Remark } from "./remark.ts";

/** What was decided about a composition. */
export interface Checked {
  /** True where nothing keeps the composition from being composed, and, where that was asked, from being run. */
  readonly valid: boolean;
  /** What was understood; complete where `valid`. */
  readonly wiring: Wiring;
  readonly remarks: readonly Remark[];
}

/** Judges a composition out of files, as the operator does, and says where in the files its findings are. */
export function check(
  { components, missing, located, spec }: LoadedComposition,
  options: { readonly run: boolean } = { run: true },
): Checked {
  const tables = new Map([...components].flatMap(([name, { table }]) => (table === undefined ? [] : [[name, table]])));
  const unreadable = new Map(
    [...components].flatMap(([name, { failure }]) => (failure === undefined ? [] : [[name, failure]])),
  );
  // An option of the command line may say it in the manifest's place.
  const { wiring: mode = located.manifest.spec.wiring } = spec;
  const manifest = { ...located.manifest, spec: { ...located.manifest.spec, wiring: mode } };
  const { valid, wiring, diagnostics } = judge(manifest, { tables, unreadable, missing }, options);
  // What was left out of a file that is partly wrong may matter.
  const whole = located.partial !== true;
  return { valid: valid && whole, wiring, remarks: diagnostics.map((one) => fromDiagnostic(one, located.locate)) };
}
