/** `metadata.ownerReferences[]`. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** `metadata` as the API server sends it: plain JSON, times are strings. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
}

/** Any object of the API server, as plain JSON. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

/** A kind as it is addressed: `/apis/apps/v1/namespaces/NS/deployments`. */
export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

/** Names one object. `namespace` is left out for kinds of the cluster. */
export interface ObjectRef {
  readonly resource: Resource;
  readonly namespace?: string | undefined;
  readonly name: string;
}

const namespaced = (apiVersion: string, kind: string, plural: string): Resource => ({
  apiVersion,
  kind,
  plural,
  namespaced: true,
});

/** Every kind that the operator speaks of. The chart's roles name the same: a test compares them. */
export const resources = {
  components: namespaced("tenon.dev/v1alpha1", "Component", "components"),
  compositions: namespaced("tenon.dev/v1alpha1", "Composition", "compositions"),
  deployments: namespaced("apps/v1", "Deployment", "deployments"),
  jobs: namespaced("batch/v1", "Job", "jobs"),
  cronJobs: namespaced("batch/v1", "CronJob", "cronjobs"),
  services: namespaced("v1", "Service", "services"),
  serviceAccounts: namespaced("v1", "ServiceAccount", "serviceaccounts"),
  configMaps: namespaced("v1", "ConfigMap", "configmaps"),
  secrets: namespaced("v1", "Secret", "secrets"),
  pods: namespaced("v1", "Pod", "pods"),
  podDisruptionBudgets: namespaced("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets"),
  networkPolicies: namespaced("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies"),
  leases: namespaced("coordination.k8s.io/v1", "Lease", "leases"),
  events: namespaced("events.k8s.io/v1", "Event", "events"),
  tokenReviews: {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenReview",
    plural: "tokenreviews",
    namespaced: false,
  },
  validatingWebhookConfigurations: {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    plural: "validatingwebhookconfigurations",
    namespaced: false,
  },
} as const satisfies Readonly<Record<string, Resource>>;

/** `NAMESPACE/NAME`: what queues and caches know an object by. */
export type Key = string;

/** The key of an object of a namespace. */
export function keyOf({ metadata: { namespace = "", name } }: { readonly metadata: ObjectMeta }): Key {
  return `${namespace}/${name}`;
}

/** The two parts of a key. */
export function splitKey(key: Key): { readonly namespace: string; readonly name: string } {
  const at = key.indexOf("/");
  return { namespace: key.slice(0, at), name: key.slice(at + 1) };
}

/** The owner that controls an object, if one does. */
export function controllerOf({ metadata }: KubeObject): OwnerReference | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true);
}
