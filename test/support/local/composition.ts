import type { Composition } from "../../../api/composition.ts";
import { readManifests } from "../../../api/manifests/read.ts";

/** A Composition `shop` with this `spec`, in YAML, with defaults filled in. */
export function compositionOf(spec: string): Composition {
  const indented = spec.replaceAll(/^/gm, "  ");
  const text = `apiVersion: tenon.dev/v1alpha1\nkind: Composition\nmetadata: { name: shop }\nspec:\n${indented}\n`;
  const { compositions, findings } = readManifests(text, { file: "shop.yaml", folder: "shop" });
  if (compositions[0] === undefined || findings.length > 0) throw new RangeError(JSON.stringify(findings));
  return compositions[0].manifest;
}
