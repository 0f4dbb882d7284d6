import { resolve } from "node:path";
import type { GrantsSpec } from "../../api/grants.ts";
import type { Locate } from "../../api/manifests/finding.ts";
import type { Grants } from "../../runner/config.ts";
import { makeError, type Remark } from "./remark.ts";
import type { Values } from "./values.ts";

/** What stands in for the cluster: folders for volumes, values for ConfigMaps and Secrets. */
export interface LocalInputs {
  /** Absolute folders by volume name: `--volume NAME=DIR`. */
  readonly volumes: ReadonlyMap<string, string>;
  /** By the name of the ConfigMap or Secret: `--config NAME=FILE`. */
  readonly values: ReadonlyMap<string, Values>;
  /** Where a volume without a folder of its own is kept: `DIRECTORY/.tenon/volumes/NAME`. */
  readonly directory: string;
}

interface Context {
  readonly inputs: LocalInputs;
  readonly locate: Locate;
  /** `spec.instances[0].grants` */
  readonly field: string;
  readonly remarks: Remark[];
}

/** The folder of a volume. */
export function volumeFolder(name: string, { volumes, directory }: LocalInputs): string {
  // The schema has no pattern for volumes' names: as a segment of a path it must not lead elsewhere.
  return volumes.get(name) ?? resolve(directory, ".tenon", "volumes", name.replace(/[^\w-]/gu, escapeCharacter));
}

/** Other names give other folders. */
function escapeCharacter(character: string): string {
  return `%${character.codePointAt(0)!.toString(16)}%`;
}

/** One instance's grants as the runner takes them. What cannot be had without a cluster is an error at its field. */
export function makeGrants(spec: GrantsSpec, context: Context): Grants {
  const { http, filesystem, keyvalue, args, sockets } = spec;
  const config = makeConfig(spec, context);
  const env = makeEnv(spec, context);
  return {
    ...(http === undefined ? {} : { http }),
    ...(filesystem === undefined
      ? {}
      : {
          filesystem: filesystem.map(({ volume, guestPath, readOnly }) => {
            return { path: volumeFolder(volume, context.inputs), guestPath, readOnly };
          }),
        }),
    ...(keyvalue === undefined ? {} : { keyvalue }),
    ...(config === undefined ? {} : { config }),
    ...(env === undefined ? {} : { env }),
    ...(args === undefined ? {} : { args }),
    ...(sockets === undefined ? {} : { sockets }),
  };
}

function makeConfig({ config, configFrom }: GrantsSpec, context: Context): Grants["config"] {
  if (config === undefined && configFrom === undefined) return undefined;
  const merged = new Map<string, string>();
  for (const [index, { configMapRef, secretRef }] of (configFrom ?? []).entries()) {
    const name = (configMapRef ?? secretRef)!.name;
    const values = valuesOf(name, `${context.field}.configFrom[${index}]`, context);
    for (const [key, value] of values ?? []) merged.set(key, value);
  }
  for (const [key, value] of Object.entries(config ?? {})) merged.set(key, value);
  return Object.fromEntries(merged);
}

function makeEnv({ env }: GrantsSpec, context: Context): Grants["env"] {
  return env?.flatMap(({ name, value, valueFrom }, index) => {
    const reference = valueFrom?.configMapKeyRef ?? valueFrom?.secretKeyRef;
    if (reference === undefined) return [{ name, value: value ?? "" }];
    const field = `${context.field}.env[${index}].valueFrom`;
    if (reference.optional === true && !context.inputs.values.has(reference.name)) return [];
    const found = valuesOf(reference.name, field, context)?.get(reference.key);
    if (found !== undefined) return [{ name, value: found }];
    if (context.inputs.values.has(reference.name) && reference.optional !== true) {
      const message = `Cannot find the key in the file given for "${reference.name}": ${reference.key}`;
      context.remarks.push(
        makeError("local", context.locate(field), { message, hint: `Add ${reference.key}: VALUE to it` }),
      );
    }
    return [];
  });
}

function valuesOf(name: string, field: string, { inputs, locate, remarks }: Context): Values | undefined {
  const values = inputs.values.get(name);
  if (values === undefined) {
    const message = `Cannot read a ConfigMap or Secret without a cluster: ${name}`;
    remarks.push(
      makeError("local", locate(field), { message, hint: `Give its values in a file: --config ${name}=FILE` }),
    );
  }
  return values;
}
