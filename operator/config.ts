import type { LogLevel } from "./log.ts";

/** All that the operator is told, by flags and environment variables. Durations are milliseconds, sizes are bytes. */
export interface OperatorConfig {
  /** The namespaces that are watched; empty: all. */
  readonly namespaces: readonly string[];
  /** A kubeconfig file; undefined: the pod's ServiceAccount, else what kubectl would use. */
  readonly kubeconfig: string | undefined;
  /** The pod that this process is, and its namespace: for the Lease, and for the label that the Services select. */
  readonly pod: { readonly name: string; readonly namespace: string };
  /** False: this process is the only one. */
  readonly leaderElection: boolean;
  readonly lease: {
    readonly name: string;
    readonly durationMs: number;
    readonly renewDeadlineMs: number;
    readonly retryMs: number;
  };
  /** `HOST:PORT` of `/healthz`, `/readyz` and `/metrics`, plain HTTP. */
  readonly listen: string;
  /** `HOST:PORT` of the webhook and of the artifacts, HTTPS. */
  readonly secureListen: string;
  /** Name of the Service of the secure port: `SERVICE.NAMESPACE.svc` is in the certificate, and in the artifacts' URL. */
  readonly service: string;
  /** Port of that Service. */
  readonly servicePort: number;
  /** Name of the Secret that keeps the certificate authority and the certificate. */
  readonly tlsSecret: string;
  /** Name of the ValidatingWebhookConfiguration whose CA bundle is kept right; undefined: there is no webhook. */
  readonly webhook: string | undefined;
  /** Keeps components, types and artifacts. */
  readonly data: { readonly folder: string; readonly bytes: number };
  /** Reconciles of one kind at once. */
  readonly concurrency: number;
  readonly composer: { readonly workers: number; readonly memoryBytes: number; readonly deadlineMs: number };
  readonly fetch: {
    /** Of one component. */
    readonly bytes: number;
    readonly timeoutMs: number;
    /** Private, loopback and link-local addresses are refused unless a range here names them. */
    readonly allowedCIDRs: readonly string[];
  };
  readonly runner: RunnerSettings;
  readonly logLevel: LogLevel;
  /** What a SIGTERM gives to what is under way. */
  readonly shutdownMs: number;
}

/** How runner pods are made. */
export interface RunnerSettings {
  readonly image: string;
  readonly imagePullPolicy: "Always" | "IfNotPresent" | "Never";
  readonly imagePullSecrets: readonly string[];
  /** `template.spec.serviceAccountName` may be one of these, and nothing else. */
  readonly allowedServiceAccounts: readonly string[];
  /** Requests and limits where the Composition gives none: `{ requests: { cpu: "100m" }, limits: {} }`. */
  readonly resources: {
    readonly requests: Readonly<Record<string, string>>;
    readonly limits: Readonly<Record<string, string>>;
  };
  /** True: a new runner image rolls what runs. False: it is used from the next change of a Composition on. */
  readonly rollOnUpgrade: boolean;
}
