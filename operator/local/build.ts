import { readFile } from "node:fs/promises";
import type { Composer } from "../../composer/index.ts";
import type { ArtifactIndex, WiringReport } from "../../runner/artifact.ts";
import { explainFailure, type Failure } from "../../wiring/failure.ts";
import { makeComposeRequest } from "../../wiring/request.ts";
import type { Wiring } from "../../wiring/spec.ts";
import { type ArtifactCache, type StoredArtifact, sha256 } from "./cache.ts";
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
  const key = await keyOf(composition, wiring, deadlines);
  const known = await cache.find(key);
  if (known !== undefined) return { artifact: known, wiring, remarks, cached: true };
  signal?.throwIfAborted();
  try {
    const bytes = await fuse(composition, wiring, composer);
    signal?.throwIfAborted();
    const { plan, modules } = await composer.flatten(bytes, { deadlines });
    const blobs = modules.map((module) => ({ digest: `sha256:${sha256(module)}`, size: module.byteLength, module }));
    const index: ArtifactIndex = {
      format: 1,
      name: composition.spec.name,
      plan,
      blobs: blobs.map(({ digest, size }) => ({ digest, size })),
      wiring: reportWiring(composition, wiring),
    };
    const artifact = await cache.store(key, index, new Map(blobs.map(({ digest, module }) => [digest, module])));
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
    return { bytes: await fuse(composition, wiring, composer), remarks };
  } catch (error) {
    return { remarks: [...remarks, explain(error, composition, signal)] };
  }
}

async function fuse(composition: LoadedComposition, wiring: Wiring, composer: Composer): Promise<Uint8Array> {
  const { components } = composition;
  const { components: names, request } = makeComposeRequest(wiring, (name) => components.get(name)!.digest);
  return composer.compose(
    names.map((name) => components.get(name)!.bytes),
    request,
  );
}

/** A refusal of the composer as a remark; anything else is not ours to explain. */
function explain(error: unknown, { spec, located }: LoadedComposition, signal: AbortSignal | undefined): Remark {
  signal?.throwIfAborted();
  if ((error as Error).name !== "ComposerError") throw error;
  return fromDiagnostic(explainFailure(spec, error as Error & Failure), located.locate);
}

/** The digest of everything that an artifact is made from, the engine that makes it included. */
async function keyOf({ spec, components }: LoadedComposition, wiring: Wiring, deadlines: boolean): Promise<string> {
  const { request } = makeComposeRequest(wiring, (name) => components.get(name)!.digest);
  const inputs = spec.instances.map(({ component }) => [component, components.get(component)!.digest]);
  const report = wiring.edges.map(({ from, to, how }) => [from, to, how]);
  return sha256(
    JSON.stringify({ format: 1, engine: await engineDigest(), name: spec.name, deadlines, request, inputs, report }),
  );
}

let engine: Promise<string> | undefined;

function engineDigest(): Promise<string> {
  engine ??= readFile(new URL("../../composer/composer.wasm", import.meta.url)).then(sha256);
  return engine;
}

function reportWiring({ spec, components }: LoadedComposition, wiring: Wiring): WiringReport {
  return {
    instances: spec.instances.map(({ name, component }) => ({
      name,
      component,
      digest: components.get(component)!.digest,
    })),
    edges: wiring.edges.map(({ from, to, how }) => {
      return { from: from.instance, to: to.instance, import: from.item, export: to.item, how };
    }),
    hostImports: wiring.hostImports.map((one) => ({ instance: one.instance, interface: one.interface })),
    exports: wiring.exports.map(({ name, instance }) => ({ name, instance })),
  };
}
