import type { GrantsSpec } from "../../api/grants.ts";
import type { Backend, GrantsDocument, RunnerDocument } from "../../runner/config.ts";
import { planBackend } from "./backends.ts";
import type { DesiredInputs, SpecProblem } from "./desired.ts";
import { makeLimits } from "./limits.ts";
import { paths, ports } from "./paths.ts";
import type { Values } from "./values.ts";
import type { Volumes } from "./volumes.ts";

interface Context {
  readonly volumes: Volumes;
  readonly values: Values;
  readonly problems: SpecProblem[];
}

/** What a runner in a pod is told. Where the artifact comes from is added by `withFetch`: it does not make a revision. */
export function makeRunnerDocument({ composition }: DesiredInputs, context: Context): RunnerDocument {
  const { spec, metadata } = composition;
  const backends = (spec.backends ?? []).flatMap((backend, index): [string, Backend][] => {
    const made = makeBackend(backend, { ...context, field: `spec.backends[${index}]` });
    return made === undefined ? [] : [[backend.name, made]];
  });
  const grants = spec.instances.map(({ name, grants = {} }, index) => {
    return [name, makeGrants(grants, { ...context, field: `spec.instances[${index}].grants` })] as const;
  });
  return {
    composition: metadata.name,
    artifact: paths.artifact,
    listen: `0.0.0.0:${ports.http}`,
    admin: `0.0.0.0:${ports.admin}`,
    call: spec.service?.call ?? false,
    isolation: spec.runner.isolation,
    processes: spec.runner.processes ?? 1,
    limits: makeLimits(spec.runner, context.problems),
    grants: Object.fromEntries(grants),
    backends: Object.fromEntries(backends),
  };
}

/** The document with the place of its artifact. */
export function withFetch(document: RunnerDocument, { artifact, settings }: DesiredInputs): RunnerDocument {
  return {
    ...document,
    fetch: {
      url: settings.artifactUrl,
      digest: artifact.digest,
      caFile: `${paths.config}/ca.crt`,
      tokenFile: `${paths.token}/token`,
    },
  };
}

type FieldContext = Context & { readonly field: string };

function makeGrants(spec: GrantsSpec, context: FieldContext): GrantsDocument {
  const { http, filesystem, keyvalue, config, configFrom, env, args, sockets } = spec;
  const { volumes, values, field } = context;
  const mounts = filesystem?.map(({ volume, guestPath, readOnly }, index) => {
    const path = volumes.use(volume, { field: `${field}.filesystem[${index}].volume`, readOnly });
    return { path, guestPath, readOnly };
  });
  const configFolders = configFrom?.map(({ configMapRef, secretRef }, index) => {
    const at = `${field}.configFrom[${index}]`;
    return secretRef === undefined
      ? values.folder("ConfigMap", { name: configMapRef?.name ?? "", field: `${at}.configMapRef` })
      : values.folder("Secret", { name: secretRef.name, field: `${at}.secretRef` });
  });
  const variables = env?.map((variable, index) => makeVariable(variable, values, `${field}.env[${index}]`));
  return {
    ...(http === undefined ? {} : { http }),
    ...(mounts === undefined ? {} : { filesystem: mounts }),
    ...(keyvalue === undefined ? {} : { keyvalue }),
    ...(config === undefined ? {} : { config }),
    ...(configFolders === undefined ? {} : { configFolders }),
    ...(variables === undefined ? {} : { env: variables }),
    ...(args === undefined ? {} : { args }),
    ...(sockets === undefined ? {} : { sockets }),
  };
}

type Variable = NonNullable<GrantsSpec["env"]>[number];

function makeVariable(
  { name, value = "", valueFrom }: Variable,
  ...[values, at]: [Values, string]
): NonNullable<GrantsDocument["env"]>[number] {
  const field = `${at}.valueFrom`;
  const { configMapKeyRef, secretKeyRef } = valueFrom ?? {};
  const reference = configMapKeyRef ?? secretKeyRef;
  if (reference === undefined) return { name, value };
  const file =
    configMapKeyRef !== undefined
      ? values.file("ConfigMap", { ...configMapKeyRef, field: `${field}.configMapKeyRef` })
      : values.file("Secret", { ...reference, field: `${field}.secretKeyRef` });
  return { name, file, ...(reference.optional === true ? { optional: true } : {}) };
}

type BackendSpec = Parameters<typeof planBackend>[0];

function makeBackend(spec: BackendSpec, { volumes, problems, field }: FieldContext): Backend | undefined {
  const planned = planBackend(spec, { field, problems });
  if (planned === undefined) return undefined;
  if (planned.kind === "memory") return { keyvalue: { memory: {} } };
  const { volume, path } = planned;
  if (volume === undefined) return { keyvalue: { sqlite: { path: `${paths.backends}/${path}` } } };
  const at = `${field}.keyvalue.sqlite.volume`;
  const folder = volumes.use(volume, { field: at, readOnly: false });
  if (volumes.isReadOnly(volume)) {
    const message = `Cannot keep backend "${spec.name}" on a volume that nothing can be written to: ${volume}`;
    problems.push({ field: at, message, hint: "Name a volume with an emptyDir or a writable persistentVolumeClaim" });
  }
  return { keyvalue: { sqlite: { path: `${folder}/${path}` } } };
}
