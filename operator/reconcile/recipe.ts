import type { Source } from "../../api/source.ts";
import type { Wiring } from "../../wiring/spec.ts";
import type { ArtifactInputs } from "../compose/artifact.ts";

/**
 * What one revision's artifact was made from, kept in the revision's ConfigMap: when the store is lost, what runs is made
 * again from it, whatever the spec says by then.
 */
export interface Recipe {
  readonly format: 1;
  readonly name: string;
  readonly wiring: Wiring;
  /** By the names of the wiring. */
  readonly components: Readonly<Record<string, { readonly digest: string; readonly source: Source }>>;
}

/** Characters; a composition with a longer one cannot be made again after the store was lost, until it is composed anew. */
const maxRecipe = 300_000;

/** The recipe as text; undefined where it is too long. */
export function writeRecipe(recipe: Recipe): string | undefined {
  const text = JSON.stringify(recipe);
  return text.length > maxRecipe ? undefined : text;
}

/**
 * Reads a recipe; undefined where it is none. The ConfigMap is in the namespace of the Composition's author, who may have
 * changed it: what it makes is believed only where it has the digest that it should have.
 */
export function readRecipe(text: string | undefined): Recipe | undefined {
  if (text === undefined || text.length > maxRecipe) return undefined;
  try {
    const recipe = JSON.parse(text) as Partial<Recipe> | null;
    const { format, name, wiring, components } = recipe ?? {};
    if (format !== 1 || typeof name !== "string" || typeof components !== "object" || components === null)
      return undefined;
    if (!isWiring(wiring)) return undefined;
    const uses = wiring.instances.map(({ component }) => components[component]);
    if (!uses.every((use) => typeof use?.digest === "string" && typeof use.source === "object" && use.source !== null))
      return undefined;
    return { format, name, wiring, components };
  } catch {
    return undefined;
  }
}

/** What the composer is asked for. */
export function inputsOf({ name, wiring, components }: Recipe): ArtifactInputs {
  const digests = new Map(Object.entries(components).map(([component, { digest }]) => [component, digest]));
  return { spec: { name, instances: wiring.instances }, wiring, digests, deadlines: true };
}

function isWiring(wiring: unknown): wiring is Wiring {
  const { instances, edges, hostImports, exports } = (wiring ?? {}) as Partial<Wiring>;
  const lists: unknown[] = [instances, edges, hostImports, exports];
  return lists.every((list) => Array.isArray(list) && list.every((one) => typeof one === "object" && one !== null));
}
