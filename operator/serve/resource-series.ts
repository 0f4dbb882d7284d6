import type { Component } from "../../api/component.ts";
import type { Composition, CompositionStatus } from "../../api/composition.ts";
import { componentConditions, compositionConditions } from "../../api/conditions.ts";
import type { Condition } from "../../api/status.ts";
import type { KubeObject } from "../kube/object.ts";
import { makeLabels, ObjectSeries, type Sample } from "./object-series.ts";

const statuses: readonly Condition["status"][] = ["True", "False", "Unknown"];
type State = NonNullable<CompositionStatus["instances"]>[number]["state"];
const states: readonly State[] = ["Healthy", "Degraded", "Failing", "Unknown"];

/** Series of Components. */
export function makeComponentSeries(): ObjectSeries<Component & KubeObject> {
  return new ObjectSeries(
    {
      tenon_component_info: "The bytes of a component that are in use; 1.",
      tenon_component_status_condition: "1 for the status that a condition has, 0 for the others.",
      tenon_component_generation: "Generation of the spec.",
      tenon_component_observed_generation: "Generation of the spec that the status speaks of.",
      tenon_component_size_bytes: "Size of the component.",
    },
    ({ metadata, status }) => {
      const labels = makeLabels({ namespace: metadata.namespace ?? "", component: metadata.name });
      const { digest = "", revision = "" } = status?.artifact ?? {};
      return [
        ["tenon_component_info", `${labels},${makeLabels({ digest, revision })}`, 1],
        ...conditionSamples("tenon_component_status_condition", labels, {
          found: status?.conditions,
          known: Object.keys(componentConditions),
        }),
        ...numbers(labels, {
          tenon_component_generation: metadata.generation,
          tenon_component_observed_generation: status?.observedGeneration,
          tenon_component_size_bytes: status?.artifact?.size,
        }),
      ];
    },
  );
}

/** Series of Compositions. */
export function makeCompositionSeries(): ObjectSeries<Composition & KubeObject> {
  return new ObjectSeries(
    {
      tenon_composition_info: "The artifact and the revision that are rolled out; 1.",
      tenon_composition_status_condition: "1 for the status that a condition has, 0 for the others.",
      tenon_composition_generation: "Generation of the spec.",
      tenon_composition_observed_generation: "Generation of the spec that the status speaks of.",
      tenon_composition_spec_replicas: "Pods that the spec asks for; none where an autoscaler decides.",
      tenon_composition_replicas: "Pods.",
      tenon_composition_replicas_ready: "Pods that serve.",
      tenon_composition_replicas_updated: "Pods of the newest revision.",
      tenon_composition_edges: "Connections, those that were made implicitly too.",
      tenon_instance_state: "1 for the state that an instance is in, 0 for the others.",
    },
    ({ metadata, spec, status = {} }) => {
      const labels = makeLabels({ namespace: metadata.namespace ?? "", composition: metadata.name });
      const { artifact: { digest } = { digest: "" }, updateRevision, currentRevision = "" } = status;
      const rolledOut = makeLabels({ digest, revision: updateRevision ?? currentRevision });
      return [
        ["tenon_composition_info", `${labels},${rolledOut}`, 1],
        ...conditionSamples("tenon_composition_status_condition", labels, {
          found: status.conditions,
          known: Object.keys(compositionConditions),
        }),
        ...numbers(labels, {
          tenon_composition_generation: metadata.generation,
          tenon_composition_observed_generation: status.observedGeneration,
          tenon_composition_spec_replicas: spec.replicas,
          tenon_composition_replicas: status.replicas,
          tenon_composition_replicas_ready: status.readyReplicas,
          tenon_composition_replicas_updated: status.updatedReplicas,
          tenon_composition_edges: status.edges?.length,
        }),
        ...(status.instances ?? []).flatMap(({ name, state }) =>
          oneHot("tenon_instance_state", `${labels},${makeLabels({ instance: name })}`, {
            label: "state",
            among: states,
            is: state,
          }),
        ),
      ];
    },
  );
}

/** Conditions of our own only: whoever else writes a status adds no series. */
function conditionSamples(
  name: string,
  labels: string,
  { found, known }: { readonly found: readonly Condition[] | undefined; readonly known: readonly string[] },
): Sample[] {
  return known.flatMap((type) => {
    const condition = found?.find((one) => one.type === type);
    if (condition === undefined) return [];
    return oneHot(name, `${labels},type="${type}"`, { label: "status", among: statuses, is: condition.status });
  });
}

function oneHot(
  name: string,
  labels: string,
  { label, among, is }: { readonly label: string; readonly among: readonly string[]; readonly is: string },
): Sample[] {
  return among.map((value) => [name, `${labels},${label}="${value}"`, value === is ? 1 : 0]);
}

/** A number that is not known has no series. */
function numbers(labels: string, values: Readonly<Record<string, number | undefined>>): Sample[] {
  return Object.entries(values).flatMap(([name, value]): Sample[] =>
    typeof value === "number" ? [[name, labels, value]] : [],
  );
}
