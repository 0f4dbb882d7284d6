import { revisionLabel } from "../../api/names.ts";
import type { DesiredInputs, SpecProblem } from "./desired.ts";
import { makeTemplateMetadata } from "./metadata.ts";
import { commonLabels } from "./object.ts";
import { paths, ports, tokenAudience, volumePrefix } from "./paths.ts";
import { canonicalQuantity } from "./quantity.ts";
import { makeResources } from "./resources.ts";
import { makeScheduling } from "./scheduling.ts";
import type { Values } from "./values.ts";
import type { PodPart, Volumes } from "./volumes.ts";
import type { WorkloadPlan } from "./workload.ts";

/** A pod template without what differs by revision: the image, the ConfigMap's name and the revision's label. */
export interface PodTemplate {
  readonly metadata: {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: PodPart;
  readonly container: PodPart;
  readonly volumes: readonly PodPart[];
}

interface Parts {
  readonly plan: WorkloadPlan;
  readonly serviceAccount: string;
  readonly volumes: Volumes;
  readonly values: Values;
  readonly problems: SpecProblem[];
}

/** The user and group of the runner's image. */
const user = 65_532;
const mebibyte = 1024 * 1024;
const tokenSeconds = 3600;

/** What a runner's pod is, but for its revision. Everything in it is set here, or one of the fields that a template may set. */
export function makePodTemplate({ composition, artifact, settings }: DesiredInputs, parts: Parts): PodTemplate {
  const { plan, serviceAccount, volumes, values, problems } = parts;
  const { metadata, spec = {} } = composition.spec.template ?? {};
  const { labels, annotations } = makeTemplateMetadata(metadata, problems);
  const secrets = new Set([...settings.imagePullSecrets, ...(spec.imagePullSecrets ?? []).map(({ name }) => name)]);
  return {
    metadata: { labels: { ...labels, ...commonLabels(composition.metadata.name) }, annotations },
    spec: {
      serviceAccountName: serviceAccount,
      automountServiceAccountToken: false,
      // The addresses of the namespace's Services are nobody's business in the runner's environment.
      enableServiceLinks: false,
      ...(plan.kind === "Deployment" ? {} : { restartPolicy: "Never" }),
      securityContext: {
        runAsNonRoot: true,
        runAsUser: user,
        runAsGroup: user,
        fsGroup: user,
        fsGroupChangePolicy: "OnRootMismatch",
        seccompProfile: { type: "RuntimeDefault" },
      },
      ...(secrets.size === 0 ? {} : { imagePullSecrets: [...secrets].map((name) => ({ name })) }),
      ...makeScheduling(spec, problems),
    },
    container: {
      ...makeContainer(plan),
      imagePullPolicy: settings.imagePullPolicy,
      resources: makeResources(spec.resources, { defaults: settings.resources, problems }),
      volumeMounts: [...ownMounts, ...values.mounts, ...volumes.mounts],
    },
    volumes: [...makeOwnVolumes(artifact.size), ...values.volumes, ...volumes.volumes],
  };
}

function makeContainer({ kind }: WorkloadPlan): PodPart {
  const args = ["--config", `${paths.config}/config.json`];
  return {
    name: "runner",
    args: kind === "Deployment" ? args : [...args, "--command"],
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    ...(kind === "Deployment" ? serving : {}),
  };
}

const probe = (path: string) => ({ httpGet: { path, port: "admin" } });

/** The supervisor is well long before the composition serves: an artifact that cannot be fetched yet ends no pod. */
const serving: PodPart = {
  ports: [
    { name: "http", containerPort: ports.http, protocol: "TCP" },
    { name: "admin", containerPort: ports.admin, protocol: "TCP" },
  ],
  startupProbe: { ...probe("/healthz"), periodSeconds: 1, failureThreshold: 60 },
  livenessProbe: { ...probe("/healthz"), timeoutSeconds: 5 },
  readinessProbe: { ...probe("/readyz"), periodSeconds: 5, timeoutSeconds: 3 },
  // A runner accepts nothing any more from SIGTERM on: until then the Service's proxies have heard that it goes.
  lifecycle: { preStop: { sleep: { seconds: 5 } } },
};

const names = {
  config: `${volumePrefix}config`,
  token: `${volumePrefix}token`,
  artifact: `${volumePrefix}artifact`,
  backends: `${volumePrefix}backends`,
} as const;

const ownMounts: readonly PodPart[] = [
  { name: names.config, mountPath: paths.config, readOnly: true },
  { name: names.token, mountPath: paths.token, readOnly: true },
  { name: names.artifact, mountPath: paths.artifact },
  { name: names.backends, mountPath: paths.backends },
];

function makeOwnVolumes(artifactBytes: number): readonly PodPart[] {
  // Twice, as a file is written before it takes the place of one that is damaged.
  const room = Math.ceil((2 * artifactBytes) / mebibyte) + 16;
  const serviceAccountToken = { audience: tokenAudience, expirationSeconds: tokenSeconds, path: "token" };
  return [
    { name: names.token, projected: { sources: [{ serviceAccountToken }] } },
    { name: names.artifact, emptyDir: { sizeLimit: canonicalQuantity(`${room}Mi`) } },
    { name: names.backends, emptyDir: {} },
  ];
}

/** The pod template of one revision, in the form that Deployments and Jobs take it. */
export function finishPodTemplate(
  { metadata, spec, container, volumes }: PodTemplate,
  { revision, image, configMap }: { readonly revision: string; readonly image: string; readonly configMap: string },
): PodPart {
  const { labels, annotations } = metadata;
  return {
    metadata: {
      labels: { ...labels, [revisionLabel]: revision },
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
    spec: {
      ...spec,
      containers: [{ ...container, image }],
      volumes: [{ name: names.config, configMap: { name: configMap } }, ...volumes],
    },
  };
}
