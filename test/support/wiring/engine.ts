import { type Composer, startComposer } from "../../../composer/index.ts";
import { Workshop } from "./judge.ts";

/** A workshop over the composer component itself; close it after the tests. */
export function startWorkshop(): { readonly shop: Workshop; readonly close: () => Promise<void> } {
  const composer: Composer = startComposer();
  return { shop: new Workshop(composer), close: () => composer.close() };
}
