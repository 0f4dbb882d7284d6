import {
  address,
  cidr,
  count,
  duration,
  file,
  image,
  list,
  namespaceName,
  objectName,
  oneOf,
  optional,
  path,
  quantities,
  type Reader,
  service,
  size,
  truth,
} from "./config-values.ts";

/** A flag of the command line. Its environment variable is `TENON_` and its name in capitals, with `_` for `-`. */
export interface Flag<T = unknown> {
  /** What stands for the value in a help text. */
  readonly value: string;
  /** As text; undefined: it has to be given. A function: from the machine. */
  readonly fallback: string | ((machine: Machine) => string) | undefined;
  /** One sentence. */
  readonly help: string;
  readonly read: Reader<T>;
  /** Given several times, the values are joined. */
  readonly isList?: true;
}

/** What is known without being told. */
export interface Machine {
  readonly hostname: string;
}

/** Every flag, by name, in the order of the help text. */
export const flags = {
  namespaces: {
    value: "NAMES",
    fallback: "",
    help: "The namespaces that are watched; none: all of them",
    read: list(namespaceName),
    isList: true,
  },
  kubeconfig: {
    value: "FILE",
    fallback: "",
    help: "A kubeconfig file; none: the pod's ServiceAccount, else what kubectl would use",
    read: optional(file),
  },
  "pod-name": {
    value: "NAME",
    fallback: ({ hostname }) => hostname.toLowerCase(),
    help: "Name of this pod, by which it holds the Lease; the host's name where it is not given",
    read: objectName,
  },
  "pod-namespace": {
    value: "NAME",
    fallback: "tenon-system",
    help: "Namespace of this pod, of its Lease, its Service and its Secret",
    read: namespaceName,
  },
  "leader-election": {
    value: "true|false",
    fallback: "true",
    help: "Whether other replicas may run, of which one works; false: this process is the only one",
    read: truth,
  },
  "lease-name": { value: "NAME", fallback: "tenon-operator", help: "Name of the Lease", read: objectName },
  "lease-duration": {
    value: "DURATION",
    fallback: "15s",
    help: "How long a leader that is silent stays the leader",
    read: duration({ least: "1s", most: "1h" }),
  },
  "lease-renew-deadline": {
    value: "DURATION",
    fallback: "10s",
    help: "A leader that could not renew its Lease for this long gives up and exits",
    read: duration({ least: "500ms", most: "1h" }),
  },
  "lease-retry-period": {
    value: "DURATION",
    fallback: "2s",
    help: "Time between two looks at the Lease",
    read: duration({ least: "100ms", most: "1h" }),
  },
  listen: {
    value: "HOST:PORT",
    fallback: ":8080",
    help: "Address of /healthz, /readyz and /metrics, plain HTTP; without a host, every address",
    read: address,
  },
  "secure-listen": {
    value: "HOST:PORT",
    fallback: ":8443",
    help: "Address of the webhook and of the artifacts, HTTPS",
    read: address,
  },
  service: {
    value: "NAME:PORT",
    fallback: "tenon-operator:443",
    help: "Service of the secure address, by which the API server and runners find it",
    read: service,
  },
  "tls-secret": {
    value: "NAME",
    fallback: "tenon-operator-tls",
    help: "Secret that keeps the certificate, which the operator makes itself",
    read: objectName,
  },
  webhook: {
    value: "NAME",
    fallback: "",
    help: "ValidatingWebhookConfiguration whose CA bundle is kept right; none: there is no webhook",
    read: optional(objectName),
  },
  "data-folder": {
    value: "FOLDER",
    fallback: "/var/lib/tenon",
    help: "Keeps components, their types, and artifacts; what is lost is fetched and composed again",
    read: path,
  },
  "data-size": {
    value: "SIZE",
    fallback: "2Gi",
    help: "Bound of that folder; what runs is never removed from it",
    read: size({ least: "16Mi", most: "1024Gi" }),
  },
  concurrency: {
    value: "COUNT",
    fallback: "10",
    help: "Components, and Compositions, that are worked on at once",
    read: count({ least: 1, most: 1000 }),
  },
  "composer-workers": {
    value: "COUNT",
    fallback: "2",
    help: "Threads that inspect and compose; each is started when it is needed",
    read: count({ least: 1, most: 64 }),
  },
  "composer-memory": {
    value: "SIZE",
    fallback: "256Mi",
    help: "Memory that one of these threads may use; what needs more fails, and nothing else does",
    read: size({ least: "32Mi", most: "4Gi" }),
  },
  "composer-deadline": {
    value: "DURATION",
    fallback: "30s",
    help: "What takes one of these threads longer is ended",
    read: duration({ least: "100ms", most: "30m" }),
  },
  "fetch-size": {
    value: "SIZE",
    fallback: "64Mi",
    help: "The largest component that is fetched",
    read: size({ least: "1Ki", most: "1Gi" }),
  },
  "fetch-timeout": {
    value: "DURATION",
    fallback: "1m",
    help: "Time to fetch one component",
    read: duration({ least: "100ms", most: "1h" }),
  },
  "fetch-allowed-cidrs": {
    value: "RANGES",
    fallback: "",
    help: "Addresses inside the cluster that components may be fetched from; without it only public ones",
    read: list(cidr),
    isList: true,
  },
  "runner-image": { value: "IMAGE", fallback: undefined, help: "Image of runner pods", read: image },
  "runner-image-pull-policy": {
    value: "POLICY",
    fallback: "IfNotPresent",
    help: "When nodes pull it: Always, IfNotPresent or Never",
    read: oneOf("Always", "IfNotPresent", "Never"),
  },
  "runner-image-pull-secrets": {
    value: "NAMES",
    fallback: "",
    help: "Secrets, in each Composition's namespace, with which they pull it",
    read: list(objectName),
    isList: true,
  },
  "runner-service-accounts": {
    value: "NAMES",
    fallback: "",
    help: "What template.spec.serviceAccountName of a Composition may name; none: it may not be set",
    read: list(objectName),
    isList: true,
  },
  "runner-requests": {
    value: "AMOUNTS",
    fallback: "cpu=100m,memory=128Mi",
    help: "Resource requests of runner pods, where the Composition sets none",
    read: quantities,
    isList: true,
  },
  "runner-limits": {
    value: "AMOUNTS",
    fallback: "",
    help: "Resource limits of runner pods, where the Composition sets none",
    read: quantities,
    isList: true,
  },
  "runner-roll-on-upgrade": {
    value: "true|false",
    fallback: "false",
    help: "True: a new runner image rolls what runs; false: it is used from a Composition's next change on",
    read: truth,
  },
  "log-level": {
    value: "LEVEL",
    fallback: "info",
    help: "The least that is logged: debug, info, warn or error",
    read: oneOf("debug", "info", "warn", "error"),
  },
  "shutdown-timeout": {
    value: "DURATION",
    fallback: "20s",
    help: "What a SIGTERM gives to what is under way; less than the pod's terminationGracePeriodSeconds",
    read: duration({ least: "0s", most: "1h" }),
  },
} as const satisfies Readonly<Record<string, Flag>>;

/** Name of a flag, without its dashes. */
export type FlagName = keyof typeof flags;

/** What was read, by flag. */
export type FlagValues = {
  readonly [N in FlagName]: Extract<ReturnType<(typeof flags)[N]["read"]>, { value: unknown }>["value"];
};

/** `TENON_LEASE_NAME` for `lease-name`. */
export function variableOf(flag: string): string {
  return `TENON_${flag.toUpperCase().replaceAll("-", "_")}`;
}
