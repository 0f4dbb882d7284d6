import { basename, dirname, resolve } from "node:path";
import type { Composition } from "../../api/composition.ts";
import { kinds, manifestSchema } from "../../api/kinds.ts";
import { asFinding } from "../../api/manifests/finding.ts";
import { apiVersion, toName } from "../../api/names.ts";
import { validate } from "../../api/validate.ts";
import type { Composer } from "../../composer/index.ts";
import type { LoadedComposition } from "./load.ts";
import { fromFinding, type Remark } from "./remark.ts";
import { type LoadedComponent, readSource } from "./sources.ts";

/** The name of the one instance. */
export const singleInstance = "app";

/** One component as a composition of one instance, `app`, that exports all that the component does. */
export interface Single {
  readonly composition: LoadedComposition;
  readonly component: LoadedComponent;
}

/** Reads a component file, or says why it cannot be run. */
export async function loadSingle(
  path: string,
  { composer, cwd }: { readonly composer: Composer; readonly cwd: string },
): Promise<Single | { readonly component?: undefined; readonly remarks: readonly Remark[] }> {
  const file = resolve(cwd, path);
  const locate = () => ({ file: path });
  const name = toName(basename(file, ".wasm")) ?? singleInstance;
  const source = { file: { path: file } };
  const at = { name, directory: cwd, field: "spec.source", locate };
  const read = await readSource(source, at, { composer, tables: new Map() });
  if (!("digest" in read)) return { remarks: [read] };
  const manifest = {
    apiVersion,
    kind: "Composition",
    metadata: { name },
    spec: {
      instances: [{ name: singleInstance, component: { name } }],
      wiring: "Explicit",
      exports: (read.table?.exports ?? []).map((one) => ({ name: one.name, from: `${singleInstance}/${one.name}` })),
    },
  };
  const result = validate<Composition>(manifestSchema(kinds.Composition), manifest);
  if (!result.valid) return { remarks: result.problems.map((problem) => fromFinding(asFinding(problem, locate))) };
  const located = { manifest: result.value, file: path, locate };
  const { instances, exports } = result.value.spec;
  return {
    component: read,
    composition: {
      located,
      directory: dirname(file),
      spec: {
        name,
        instances: instances.map((one) => ({ name: one.name, component: name })),
        wiring: "Explicit",
        ...(exports === undefined ? {} : { exports }),
      },
      components: new Map([[name, read]]),
      missing: new Set(),
    },
  };
}
