import { parse } from "yaml";
import { type CompositionSpec, compositionSpec } from "../../../../api/composition.ts";
import { validate } from "../../../../api/validate.ts";
import type { Desired, DesiredInputs, DesiredSettings, SpecProblem } from "../../../../operator/desired/desired.ts";
import { makeDesired } from "../../../../operator/desired/make.ts";
import type { KubeObject } from "../../../../operator/kube/object.ts";

/** Objects are looked into deeply here, whatever their kind. */
// biome-ignore lint/suspicious/noExplicitAny: the kinds of Kubernetes have no types of ours
export type Json = any;

/** What tests say beside the spec. */
export interface Given extends Partial<Omit<DesiredInputs, "composition" | "settings" | "wiring">> {
  readonly name?: string;
  readonly exports?: readonly string[];
  readonly settings?: Partial<DesiredSettings>;
}

export const settings: DesiredSettings = {
  image: "example.org/runner:2",
  imagePullPolicy: "IfNotPresent",
  imagePullSecrets: [],
  allowedServiceAccounts: ["web"],
  resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "512Mi" } },
  rollOnUpgrade: false,
  artifactUrl: "https://tenon-operator.tenon-system.svc:8443",
  authority: "-----BEGIN CERTIFICATE-----\n",
  operatorNamespace: "tenon-system",
  artifactPort: 9443,
};

export const http = "wasi:http/incoming-handler@0.2.3";
export const command = "wasi:cli/run@0.2.3";

/** The inputs of a composition whose spec is this YAML and one instance, `a`, where it names none; it exports an HTTP handler. */
export function inputsOf(yaml: string, given: Given = {}): DesiredInputs {
  const { name = "shop", exports = [http], settings: more, ...rest } = given;
  const data = { instances: [{ name: "a", component: { name: "x" } }], ...parse(yaml) };
  const checked = validate<CompositionSpec>(compositionSpec, data, "spec");
  if (!checked.valid) throw new RangeError(JSON.stringify(checked.problems));
  return {
    composition: {
      apiVersion: "tenon.dev/v1alpha1",
      kind: "Composition",
      metadata: { name, namespace: "store", uid: "uid-1" },
      spec: checked.value,
    } as DesiredInputs["composition"],
    artifact: { digest: `sha256:${"a".repeat(64)}`, size: 1_000_000 },
    wiring: {
      instances: [],
      edges: [],
      hostImports: [],
      exports: exports.map((one) => ({ name: one, instance: "a", item: one, field: "spec.exports" })),
    },
    inputs: "",
    running: [],
    settings: { ...settings, ...more },
    ...rest,
  };
}

/** The objects of a spec that has no problems. */
export function desiredOf(yaml: string, given: Given = {}): Desired {
  const desired = makeDesired(inputsOf(yaml, given));
  if ("problems" in desired) throw new RangeError(JSON.stringify(desired.problems));
  return desired;
}

/** The problems of a spec; none where there are objects. */
export function problemsOf(yaml: string, given: Given = {}): readonly SpecProblem[] {
  const desired = makeDesired(inputsOf(yaml, given));
  return "problems" in desired ? desired.problems : [];
}

/** The one object of a kind; undefined where there is none. */
export function find({ objects }: { readonly objects: readonly KubeObject[] }, kind: string): Json {
  return objects.find((object) => object.kind === kind);
}

/** The pod template of what runs the pods. */
export function podOf(desired: Desired): Json {
  const { spec } = desired.objects.at(-1) as Json;
  return (spec.jobTemplate?.spec ?? spec).template;
}

/** The runner's configuration in the ConfigMap. */
export function configOf(desired: Desired): Json {
  return JSON.parse(find(desired, "ConfigMap").data["config.json"]);
}
