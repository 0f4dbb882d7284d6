import type { KubeObject } from "../kube/object.ts";
import type { DesiredInputs, SpecProblem } from "./desired.ts";
import { serviceAccountName } from "./names.ts";
import { makeObject } from "./object.ts";

/** The ServiceAccount of the pods: the one that the template names where the operator's configuration allows it, else our own. */
export function chooseServiceAccount(
  { composition, settings }: DesiredInputs,
  problems: SpecProblem[],
): { readonly name: string; readonly own: boolean } {
  const wanted = composition.spec.template?.spec?.serviceAccountName;
  const own = ownName(composition);
  if (wanted === undefined || wanted === "") return { name: own, own: true };
  if (!settings.allowedServiceAccounts.includes(wanted)) {
    problems.push({
      field: "spec.template.spec.serviceAccountName",
      message: `Must be a ServiceAccount that the operator's configuration allows: ${wanted}`,
      hint: "Remove it, or have it added to the operator's allowed ServiceAccounts",
    });
  }
  return { name: wanted, own: false };
}

/** A ServiceAccount without any right: its token only tells the operator which composition asks for an artifact. */
export function makeServiceAccount({ composition }: DesiredInputs): KubeObject {
  return makeObject(composition, {
    apiVersion: "v1",
    kind: "ServiceAccount",
    name: ownName(composition),
    body: { automountServiceAccountToken: false },
  });
}

function ownName({ metadata }: DesiredInputs["composition"]): string {
  return serviceAccountName(metadata.name, (metadata as KubeObject["metadata"]).uid ?? "");
}
