import { readManifests } from "../../../api/manifests/read.ts";
import type { LoadedComposition } from "../../../operator/local/load.ts";

/** A composition whose manifest is this `spec`, with no components read; for what looks at the manifest only. */
export function loadedFrom(spec: string, directory = "/shop"): LoadedComposition {
  const indented = spec.replaceAll(/^/gm, "  ");
  const text = `apiVersion: tenon.dev/v1alpha1\nkind: Composition\nmetadata: { name: api }\nspec:\n${indented}\n`;
  const { compositions, findings } = readManifests(text, { file: "api.yaml", folder: "shop" });
  const [located] = compositions;
  if (located === undefined) throw new RangeError(JSON.stringify(findings));
  return { located, directory, spec: { name: "api", instances: [] }, components: new Map(), missing: new Set() };
}
