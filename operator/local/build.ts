import type { Composer } from "../../composer/index.ts";
import { explainFailure, type Failure } from "../../wiring/failure.ts";
import type { Wiring } from "../../wiring/spec.ts";
import { artifactKey, fuse, makeArtifact } from "../compose/artifact.ts";
import type { ArtifactCache, StoredArtifact } from "./cache.ts";
import { check } from "./check.ts";
import type { LoadedComposition } from "./load.ts";
import { fromDiagnostic, type Remark } from "./remark.ts";

/** What building needs. */
export interface BuildOptions {
  readonly composer: Composer;
  readonly cache: ArtifactCache;
  /** Write the checks into the guests that make a request's deadline hold. */
  readonly deadlines: boolean;
  readonly signal?: AbortSignal;
}

/** An artifact, or the reasons why there is none. Warnings may come with an artifact. */
export type Built =
  | {
      readonly artifact: StoredArtifact;
      readonly wiring: Wiring;
      readonly remarks: readonly Remark[];
      readonly cached: boolean;
    }
  | { readonly artifact?: undefined; readonly remarks: readonly Remark[] };

/** The fused component, or the reasons why there is none. */
export type Composed =
  | { readonly bytes: Uint8Array; readonly remarks: readonly Remark[] }
  | { readonly bytes?: undefined; readonly remarks: readonly Remark[] };

/**
 * Checks, composes and flattens a composition into an artifact in the cache. The same inputs hit the cache; an entry that
 * was damaged is found and made again.
 */
export async function build(composition: LoadedComposition, options: BuildOptions): Promise<Built> {
  const { composer, cache, deadlines, signal } = options;
  const { valid, wiring, remarks } = check(composition);
  if (!valid) return { remarks };
  const inputs = { ...inputsOf(composition, wiring), deadlines };
  const key = await artifactKey(inputs);
  const known = await cache.find(key);
  if (known !== undefined) return { artifact: known, wiring, remarks, cached: true };
  try {
    const { index, blobs } = await makeArtifact(inputs, { composer, signal, read: readerOf(composition) });
    const artifact = await cache.store(key, index, blobs);
    return { artifact, wiring, remarks, cached: false };
  } catch (error) {
    return { remarks: [...remarks, explain(error, composition, signal)] };
  }
}

/** Checks and composes into one standard component. What only a runner of ours would refuse is no reason not to. */
export async function compose(
  composition: LoadedComposition,
  { composer, signal }: Pick<BuildOptions, "composer" | "signal">,
): Promise<Composed> {
  const { valid, wiring, remarks } = check(composition, { run: false });
  if (!valid) return { remarks };
  try {
    return { bytes: await fuse(inputsOf(composition, wiring), { composer, read: readerOf(composition) }), remarks };
  } catch (error) {
    return { remarks: [...remarks, explain(error, composition, signal)] };
  }
}

function inputsOf({ spec, components }: LoadedComposition, wiring: Wiring) {
  return { spec, wiring, digests: new Map([...components].map(([name, { digest }]) => [name, digest])) };
}

function readerOf({ components }: LoadedComposition): (digest: string) => Uint8Array {
  const bytes = new Map([...components.values()].map((component) => [component.digest, component.bytes]));
  return (digest) => bytes.get(digest)!;
}

/** A refusal of the composer as a remark; anything else is not ours to explain. */
function explain(error: unknown, { spec, located }: LoadedComposition, signal: AbortSignal | undefined): Remark {
  signal?.throwIfAborted();
  if ((error as Error).name !== "ComposerError") throw error;
  return fromDiagnostic(explainFailure(spec, error as Error & Failure), located.locate);
}
