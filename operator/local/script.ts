import { access } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Composition } from "../../api/composition.ts";
import { kinds, manifestSchema } from "../../api/kinds.ts";
import { asFinding, type Located } from "../../api/manifests/finding.ts";
import { apiVersion, toName } from "../../api/names.ts";
import { validate } from "../../api/validate.ts";
import type { ComposeWiring } from "../../composer/protocol.ts";
import type { Script } from "./find-files.ts";
import { fromFinding, makeError, type Remark } from "./remark.ts";
import { type LoadedComponent, readSource, type SourceReader } from "./sources.ts";

/** What a WAC script says, as a Composition with explicit wiring over the components that it names. */
export interface LoadedScript {
  readonly composition: Located<Composition>;
  readonly components: readonly LoadedComponent[];
}

/**
 * Evaluates a WAC script. The package `acme:auth` is the file `acme/auth.wasm` or `acme-auth.wasm` of the folder of dependencies
 * (`deps` beside the script where none is named), with a version `acme/auth/1.2.0.wasm`.
 */
export async function loadScript(
  { file, path, text }: Script,
  reader: SourceReader & { readonly deps?: string | undefined },
): Promise<LoadedScript | readonly Remark[]> {
  const { composer } = reader;
  try {
    const components: LoadedComponent[] = [];
    const remarks: Remark[] = [];
    const names = await composer.wacPackages(text);
    for (const { name, version } of names) {
      const read = await readPackage(
        { name, version },
        { file, directory: reader.deps ?? join(dirname(path), "deps") },
        reader,
      );
      if ("digest" in read) components.push(read);
      else remarks.push(read);
    }
    if (remarks.length > 0) return remarks;
    const packages = components.map(({ bytes }, index) => ({ ...names[index]!, bytes }));
    return toComposition(await composer.evaluateWac(text, packages), { file, path, components });
  } catch (error) {
    reader.signal?.throwIfAborted();
    if ((error as Error).name !== "ComposerError") throw error;
    const { message, position } = error as Error & { position?: { line: number; column: number } };
    const place = { file, ...(position === undefined ? {} : { line: position.line, column: position.column }) };
    return [makeError("script", place, { message })];
  }
}

async function readPackage(
  { name, version }: { name: string; version?: string | undefined },
  { file, directory }: { file: string; directory: string },
  reader: SourceReader,
): Promise<LoadedComponent | Remark> {
  const [namespace = "", word = ""] = name.split(":");
  const full = version === undefined ? name : `${name}@${version}`;
  const tried = [
    ...(version === undefined ? [] : [join(namespace, word, `${version}.wasm`)]),
    join(namespace, `${word}.wasm`),
    `${namespace}-${word}.wasm`,
  ];
  // A package's name comes from the script: it may not lead out of the folder.
  const safe = /^[a-z0-9-]+:[a-z0-9-]+$/.test(name) && /^[\w.+-]*$/.test(version ?? "");
  for (const candidate of safe ? tried : []) {
    const path = join(directory, candidate);
    const exists = await access(path).then(
      () => true,
      () => false,
    );
    if (!exists) continue;
    return readSource({ file: { path } }, { name: full, directory, field: "", locate: () => ({ file }) }, reader);
  }
  return makeError(
    "script",
    { file },
    {
      message: `Cannot find the component of package ${full} in: ${directory}`,
      hint: `Put it there as ${tried.join(" or ")}, or name the folder with --deps`,
    },
  );
}

function toComposition(
  wiring: ComposeWiring,
  { file, path, components }: { file: string; path: string; components: readonly LoadedComponent[] },
): LoadedScript | readonly Remark[] {
  const manifest = {
    apiVersion,
    kind: "Composition",
    metadata: { name: toName(basename(path, ".wac")) ?? "composition" },
    spec: {
      instances: wiring.instances.map(({ name, component }) => ({
        name,
        component: { name: components[component]!.name },
      })),
      connections: wiring.edges
        // A plain resource import follows the interface that makes it: the wiring finds that edge by itself.
        .filter(({ to }) => to.inner === undefined)
        .map(({ from, to }) => ({ from: `${from.instance}/${from.item}`, to: `${to.instance}/${to.item}` })),
      wiring: "Explicit",
      exports: wiring.exports.map(({ name, instance, item }) => ({ name, from: `${instance}/${item}` })),
    },
  };
  const locate = () => ({ file });
  const result = validate<Composition>(manifestSchema(kinds.Composition), manifest);
  if (!result.valid) return result.problems.map((problem) => fromFinding(asFinding(problem, locate)));
  return { composition: { manifest: result.value, file, locate }, components };
}
