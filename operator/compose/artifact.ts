import type { Composer } from "../../composer/index.ts";
import type { ArtifactIndex, WiringReport } from "../../runner/artifact.ts";
import { makeComposeRequest } from "../../wiring/request.ts";
import type { Wiring, WiringSpec } from "../../wiring/spec.ts";
import { sha256 } from "../digest.ts";
import { engineDigest } from "./engine.ts";

/** All that an artifact is made from. */
export interface ArtifactInputs {
  /** Of a composition that was judged valid. */
  readonly spec: WiringSpec;
  readonly wiring: Wiring;
  /** `sha256:…` of a component, by the names that `spec` uses. */
  readonly digests: ReadonlyMap<string, string>;
  /** Write the checks into the guests that make a request's deadline hold. */
  readonly deadlines: boolean;
}

/** What making an artifact needs. */
export interface ArtifactTools {
  readonly composer: Composer;
  /** The bytes of a component by its digest; asked once for each distinct one. */
  readonly read: (digest: string) => Uint8Array | Promise<Uint8Array>;
  readonly signal?: AbortSignal | undefined;
}

/** An artifact as a store takes it. The same inputs give the same, to the byte. */
export interface Artifact {
  readonly index: ArtifactIndex;
  /** The index as it is stored and sent; `digest` is the `sha256:…` of it. */
  readonly text: string;
  readonly digest: string;
  /** Core modules by `sha256:…`. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

/**
 * Hexadecimal digest of everything that an artifact is made from. With `engine`, another engine is another key; without it,
 * an artifact stays what it is when the engine is upgraded, as long as runners read its format.
 */
export async function artifactKey(
  { spec, wiring, digests, deadlines }: ArtifactInputs,
  options: { readonly engine: boolean } = { engine: true },
): Promise<string> {
  const { request } = makeComposeRequest(wiring, (name) => digests.get(name)!);
  const inputs = spec.instances.map(({ component }) => [component, digests.get(component)!]);
  const report = wiring.edges.map(({ from, to, how }) => [from, to, how]);
  return sha256(
    JSON.stringify({
      format: 1,
      engine: options.engine ? await engineDigest() : undefined,
      name: spec.name,
      deadlines,
      request,
      inputs,
      report,
    }),
  );
}

/** Fuses the components of a composition into one standard component. Rejects with a `ComposerError`. */
export async function fuse(
  { wiring, digests }: Pick<ArtifactInputs, "wiring" | "digests">,
  { composer, read }: ArtifactTools,
): Promise<Uint8Array> {
  const { components, request } = makeComposeRequest(wiring, (name) => digests.get(name)!);
  return composer.compose(await Promise.all(components.map((name) => read(digests.get(name)!))), request);
}

/** Composes and flattens. Rejects with a `ComposerError`, with what `read` rejects with, or with the signal's reason. */
export async function makeArtifact(inputs: ArtifactInputs, tools: ArtifactTools): Promise<Artifact> {
  const { composer, signal } = tools;
  signal?.throwIfAborted();
  const bytes = await fuse(inputs, tools);
  signal?.throwIfAborted();
  const { plan, modules } = await composer.flatten(bytes, { deadlines: inputs.deadlines });
  const blobs = modules.map((module) => ({ digest: `sha256:${sha256(module)}`, size: module.byteLength, module }));
  const index: ArtifactIndex = {
    format: 1,
    name: inputs.spec.name,
    plan,
    blobs: blobs.map(({ digest, size }) => ({ digest, size })),
    wiring: reportWiring(inputs),
  };
  const text = JSON.stringify(index);
  const digest = `sha256:${sha256(text)}`;
  return { index, text, digest, blobs: new Map(blobs.map((blob) => [blob.digest, blob.module])) };
}

/** Bytes of an artifact: its index, and each blob that it names once. */
export function artifactSize({ blobs }: ArtifactIndex, text: string): number {
  const sizes = new Map(blobs.map(({ digest, size }) => [digest, size]));
  return [...sizes.values()].reduce((sum, size) => sum + size, Buffer.byteLength(text));
}

function reportWiring({ spec, wiring, digests }: ArtifactInputs): WiringReport {
  return {
    instances: spec.instances.map(({ name, component }) => ({ name, component, digest: digests.get(component)! })),
    edges: wiring.edges.map(({ from, to, how }) => {
      return { from: from.instance, to: to.instance, import: from.item, export: to.item, how };
    }),
    hostImports: wiring.hostImports.map((one) => ({ instance: one.instance, interface: one.interface })),
    exports: wiring.exports.map(({ name, instance }) => ({ name, instance })),
  };
}
