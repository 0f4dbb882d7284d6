import type { RunnerDocument } from "../../runner/config.ts";
import type { KubeObject } from "../kube/object.ts";
import type { DesiredInputs, SpecProblem } from "./desired.ts";
import { configMapName } from "./names.ts";
import { makeObject } from "./object.ts";
import { withFetch } from "./runner-config.ts";

/** Annotation of a revision's ConfigMap: the artifact that its pods load. */
export const artifactAnnotation = "tenon.dev/artifact";

/** Key of what the artifact was made from, for the operator alone. */
export const recipeKey = "recipe.json";

/** The API server's own bound is 1 MiB over all keys. */
const maxBytes = 1_000_000;

/** What one revision's runners are told, and the authority of the server that they fetch from. */
export function makeConfigMap(
  inputs: DesiredInputs,
  ...[document, { revision, problems }]: [
    RunnerDocument,
    { readonly revision: string; readonly problems: SpecProblem[] },
  ]
): KubeObject {
  const { composition, settings } = inputs;
  const config = `${JSON.stringify(withFetch(document, inputs), null, 2)}\n`;
  const bytes = new TextEncoder().encode(config).length + settings.authority.length;
  if (bytes > maxBytes) {
    const message = `Must make a runner configuration of at most ${maxBytes} bytes: ${bytes}`;
    const hint = "Move long values of config, env and args to ConfigMaps, and name these in configFrom and valueFrom";
    problems.push({ field: "spec.instances", message, hint });
  }
  const recipe =
    inputs.recipe !== undefined && bytes + 3 * inputs.recipe.length <= maxBytes ? inputs.recipe : undefined;
  return makeObject(composition, {
    apiVersion: "v1",
    kind: "ConfigMap",
    name: configMapName(composition.metadata.name, revision),
    revision,
    annotations: { [artifactAnnotation]: inputs.artifact.digest },
    body: {
      data: {
        "config.json": config,
        "ca.crt": settings.authority,
        ...(recipe === undefined ? {} : { [recipeKey]: recipe }),
      },
    },
  });
}
