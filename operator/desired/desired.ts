import type { Composition } from "../../api/composition.ts";
import type { Wiring } from "../../wiring/spec.ts";
import type { RunnerSettings } from "../config.ts";
import type { KubeObject } from "../kube/object.ts";

/** All that the objects of a composition are made from. The same inputs give the same objects, to the byte. */
export interface DesiredInputs {
  /** With defaults filled in, as the API server sends it; `namespace` and `uid` are there. */
  readonly composition: Composition & KubeObject;
  readonly artifact: { readonly digest: string; readonly size: number };
  /** What was decided: its exports say what kind of workload it is, and whether there is something to serve. */
  readonly wiring: Wiring;
  /** What the artifact was made from, kept beside it for the time after the store was lost. It rolls nothing. */
  readonly recipe?: string | undefined;
  /** Stands for the content of the ConfigMaps and Secrets that grants and backends name; another one rolls the pods. */
  readonly inputs: string;
  /**
   * The workloads that are there, old Jobs too: one whose revision is wanted keeps its image, so that an upgrade of the operator
   * alone rolls nothing.
   */
  readonly running: readonly { readonly revision: string; readonly image: string }[];
  readonly settings: DesiredSettings;
}

/** What the operator's own configuration adds. */
export interface DesiredSettings extends RunnerSettings {
  /** Where runners fetch artifacts: `https://tenon-operator.tenon-system.svc:8443`. */
  readonly artifactUrl: string;
  /** PEM of the authority of that server; it may rotate without a new revision. */
  readonly authority: string;
  /** Where the operator's pods are, and the port of theirs that `artifactUrl` leads to: for NetworkPolicies. */
  readonly operatorNamespace: string;
  readonly artifactPort: number;
}

/** Something in the spec that only the operator can judge. */
export interface SpecProblem {
  /** `spec.template.spec.serviceAccountName` */
  readonly field: string;
  readonly message: string;
  readonly hint: string;
}

/**
 * What should exist, in the order in which it is applied: what others refer to comes first, the workload last. Each object is
 * complete: it has its owner, and the annotation that `appliedHash` reads.
 */
export interface Desired {
  readonly kind: "Deployment" | "Job" | "CronJob";
  readonly objects: readonly KubeObject[];
  /** Hash of what rolls the pods: at most 10 characters, in the label `tenon.dev/revision`. */
  readonly revision: string;
  /** Inside the cluster; undefined where nothing is served. */
  readonly url: string | undefined;
  /** Label selector of the pods, as text. */
  readonly selector: string;
}
