import { labelPattern } from "../../api/names.ts";
import { suggestion } from "../../api/nearest.ts";
import type { TemplateSpec } from "../../api/template.ts";
import type { SpecProblem } from "./desired.ts";
import { paths, volumePrefix } from "./paths.ts";
import { canonicalQuantity } from "./quantity.ts";

type VolumeSpec = NonNullable<NonNullable<TemplateSpec["spec"]>["volumes"]>[number];

/** A volume or a mount of a pod, as the API server stores it. */
export type PodPart = Readonly<Record<string, unknown>>;

const label = new RegExp(labelPattern);

/** The volumes of `template.spec.volumes`, and who uses which of them how. */
export class Volumes {
  readonly #specs: ReadonlyMap<string, VolumeSpec>;
  readonly #problems: SpecProblem[];
  /** By the name of a used volume: true while nobody writes. */
  readonly #readOnly = new Map<string, boolean>();

  constructor(specs: readonly VolumeSpec[], problems: SpecProblem[]) {
    this.#specs = new Map(specs.map((spec) => [spec.name, spec]));
    this.#problems = problems;
    for (const [index, spec] of specs.entries()) this.#check(spec, `spec.template.spec.volumes[${index}]`);
  }

  /** The folder at which the runner finds the volume. One that is not there is a problem at `field`. */
  use(name: string, { field, readOnly }: { readonly field: string; readonly readOnly: boolean }): string {
    if (!this.#specs.has(name)) {
      this.#problems.push({
        field,
        message: `Cannot find the volume in spec.template.spec.volumes: ${name}`,
        hint: suggestion(name, this.#specs.keys()) ?? `Add { name: ${name}, emptyDir: {} }, or a persistentVolumeClaim`,
      });
    }
    this.#readOnly.set(name, readOnly && (this.#readOnly.get(name) ?? true));
    return `${paths.volumes}/${name}`;
  }

  /** True where nothing can be written to the volume, whoever uses it. */
  isReadOnly(name: string): boolean {
    const { configMap, secret, persistentVolumeClaim } = this.#specs.get(name) ?? { name };
    return configMap !== undefined || secret !== undefined || persistentVolumeClaim?.readOnly === true;
  }

  /** All of them as the pod has them. */
  get volumes(): readonly PodPart[] {
    return [...this.#specs.values()].map(makeVolume);
  }

  /** Those that somebody uses, at the folders that `use` gave. */
  get mounts(): readonly PodPart[] {
    const used = [...this.#readOnly].filter(([name]) => this.#specs.has(name));
    return used
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, readOnly]) => ({
        name,
        mountPath: `${paths.volumes}/${name}`,
        ...(readOnly ? { readOnly } : {}),
      }));
  }

  #check({ name, emptyDir }: VolumeSpec, field: string): void {
    if (!label.test(name)) {
      const message = `Must be lower case letters, digits and -: ${JSON.stringify(name)}`;
      this.#problems.push({ field: `${field}.name`, message, hint: "Write a name like data" });
    } else if (name.startsWith(volumePrefix)) {
      const message = `Must not begin with ${volumePrefix}, these volumes are the operator's own: ${name}`;
      this.#problems.push({ field: `${field}.name`, message, hint: "Use another name" });
    }
    if (emptyDir?.sizeLimit !== undefined && canonicalQuantity(emptyDir.sizeLimit) === undefined) {
      const message = `Must be a quantity: ${JSON.stringify(emptyDir.sizeLimit).slice(0, 60)}`;
      this.#problems.push({ field: `${field}.emptyDir.sizeLimit`, message, hint: 'Write it as "256Mi"' });
    }
  }
}

/** Field by field, so that nothing comes through that is not known here. */
function makeVolume({ name, configMap, secret, emptyDir, persistentVolumeClaim }: VolumeSpec): PodPart {
  if (configMap !== undefined) return { name, configMap: { name: configMap.name, ...projection(configMap) } };
  if (secret !== undefined) return { name, secret: { secretName: secret.secretName, ...projection(secret) } };
  if (persistentVolumeClaim !== undefined) {
    const { claimName, readOnly = false } = persistentVolumeClaim;
    return { name, persistentVolumeClaim: { claimName, ...(readOnly ? { readOnly } : {}) } };
  }
  const { medium = "", sizeLimit } = emptyDir ?? {};
  const limit = sizeLimit === undefined ? undefined : canonicalQuantity(sizeLimit);
  return {
    name,
    emptyDir: { ...(medium === "" ? {} : { medium }), ...(limit === undefined ? {} : { sizeLimit: limit }) },
  };
}

function projection({
  items = [],
  optional,
}: NonNullable<VolumeSpec["configMap"]> | NonNullable<VolumeSpec["secret"]>): PodPart {
  return {
    ...(items.length === 0 ? {} : { items: items.map(({ key, path }) => ({ key, path })) }),
    ...(optional === undefined ? {} : { optional }),
  };
}
