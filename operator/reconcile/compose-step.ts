import type { Source } from "../../api/source.ts";
import type { Composer } from "../../composer/index.ts";
import { explainFailure, type Failure } from "../../wiring/failure.ts";
import type { Wiring } from "../../wiring/spec.ts";
import { type ArtifactInputs, artifactKey, artifactSize, makeArtifact } from "../compose/artifact.ts";
import { wiringSpec } from "../compose/spec.ts";
import type { Library, Resolved } from "../fetch/library.ts";
import { keyOf } from "../kube/object.ts";
import type { Store } from "../package/store.ts";
import { holds } from "./conditions.ts";
import { explainDiagnostics, explainLookUp } from "./explain.ts";
import { done, type Outcome } from "./outcome.ts";
import { type Recipe, writeRecipe } from "./recipe.ts";
import type { LiveComposition, Run } from "./run.ts";

/** The part of the store that keeps artifacts, by what they were made from. */
export type Artifacts = Pick<Store, "find" | "store" | "has" | "hold" | "held">;

/** What composing works with. */
export interface ComposeDeps {
  readonly composer: Composer;
  readonly library: Library;
  readonly artifacts: Artifacts;
  /** The source of a Component, to read lost bytes again. */
  readonly sourceOf: (key: string) => Source | undefined;
}

/** Makes the artifact, unless the same inputs were composed before. */
export async function composeStep(run: Run, deps: ComposeDeps): Promise<Outcome> {
  const outcome = await compose(run, deps);
  const composed =
    outcome.kind === "done"
      ? holds(`Composed into an artifact of ${run.artifact?.size} bytes: ${run.artifact?.digest}`)
      : ({ status: "False", reason: outcome.reason, message: outcome.message } as const);
  run.found.set("Composed", composed);
  return outcome;
}

async function compose(run: Run, deps: ComposeDeps): Promise<Outcome> {
  const { composition, components, judgement, signal } = run;
  if (judgement === undefined) throw new RangeError("Cannot compose what was not judged");
  const spec = wiringSpec(composition);
  const digests = new Map([...components].map(([name, { digest }]) => [name, digest]));
  const inputs: ArtifactInputs = { spec, wiring: judgement.wiring, digests, deadlines: true };
  // An upgrade of the operator alone rolls nothing: what an older engine made stays what it is.
  const key = await artifactKey(inputs, { engine: false });
  run.artifact = await deps.artifacts.find(key);
  try {
    if (run.artifact === undefined) {
      const read = (digest: string) => bytesOf(digest, run, deps);
      const made = await makeArtifact(inputs, { composer: deps.composer, read, signal });
      await deps.artifacts.store(key, made);
      run.artifact = { digest: made.digest, size: artifactSize(made.index, made.text) };
    }
    const owner = keyOf(composition);
    deps.artifacts.hold(owner, [...new Set([run.artifact.digest, ...deps.artifacts.held(owner)])]);
    run.recipe = writeRecipe(recipeOf(run, judgement.wiring, deps));
    return done;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof LostBytes) return error.outcome;
    const { name, message } = error as Error;
    if (name === "StoreError") return { kind: "failed", reason: "StoreUnavailable", message, cause: error };
    if ((error as Error).name !== "ComposerError" || (error as Error & Failure).code === "closed") throw error;
    return explainDiagnostics([explainFailure(spec, error as Error & Failure)]);
  }
}

function recipeOf({ composition, components }: Run, wiring: Wiring, deps: ComposeDeps): Recipe {
  const uses = sourcesOf(composition, deps, new Set(components.keys()));
  const known = uses.flatMap(({ name, source }) => {
    const digest = components.get(name)?.digest;
    return digest === undefined ? [] : [[name, { digest, source }] as const];
  });
  return { format: 1, name: composition.metadata.name, wiring, components: Object.fromEntries(known) };
}

/** Carries an outcome through the composer's callback. */
class LostBytes extends Error {
  readonly outcome: Outcome;
  constructor(outcome: Outcome) {
    super("The bytes of a component are lost");
    this.outcome = outcome;
  }
}

async function bytesOf(
  digest: string,
  { composition, components, signal }: Run,
  deps: ComposeDeps,
): Promise<Uint8Array> {
  const kept = await deps.library.bytes(digest);
  if (kept !== undefined) return kept;
  const { namespace = "" } = composition.metadata;
  const names = new Set([...components].filter(([, component]) => component.digest === digest).map(([name]) => name));
  for (const { source, field } of sourcesOf(composition, deps, names)) {
    const found = await readAgain({ namespace, source, field, digest }, { library: deps.library, signal });
    if (found !== undefined) return found;
  }
  throw new LostBytes(sourceLost(digest));
}

function sourcesOf(
  { spec, metadata }: LiveComposition,
  { sourceOf }: ComposeDeps,
  names: ReadonlySet<string>,
): { name: string; source: Source; field: string }[] {
  const instances = wiringSpec({ metadata, spec } as LiveComposition).instances;
  return spec.instances.flatMap(({ component }, index) => {
    const name = instances[index]?.component ?? "";
    if (!names.has(name)) return [];
    const source = component.source ?? sourceOf(`${metadata.namespace}/${component.name}`);
    return source === undefined ? [] : [{ name, source, field: `spec.instances[${index}].component` }];
  });
}

async function readAgain(
  { namespace, source, field, digest }: { namespace: string; source: Source; field: string; digest: string },
  { library, signal }: { library: Library; signal: AbortSignal },
): Promise<Uint8Array | undefined> {
  let found: Resolved;
  try {
    found = await library.acquire({ namespace, source, signal });
  } catch (error) {
    signal.throwIfAborted();
    const outcome = explainLookUp(error, field);
    if (outcome.kind === "done") return undefined;
    throw new LostBytes({
      ...outcome,
      kind: "failed",
      reason: "SourceLost",
      message: `What runs goes on, and cannot be made again. ${outcome.message}`,
    });
  }
  return found.digest === digest ? library.bytes(digest) : undefined;
}

function sourceLost(digest: string): Outcome {
  const message = `What runs goes on, and cannot be made again, no source has these bytes any more: ${digest}`;
  return { kind: "failed", reason: "SourceLost", message };
}
