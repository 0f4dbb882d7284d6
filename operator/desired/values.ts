import type { SpecProblem } from "./desired.ts";
import { hashOf } from "./hash.ts";
import { paths, volumePrefix } from "./paths.ts";
import type { PodPart } from "./volumes.ts";

/** A key of a ConfigMap or a Secret. */
interface KeyReference {
  readonly name: string;
  readonly key: string;
  readonly optional?: boolean;
}

/** One ConfigMap or Secret, mounted whole or with some of its keys. */
interface Group {
  readonly kind: ValueKind;
  readonly name: string;
  readonly keys: Set<string> | undefined;
  readonly optional: boolean;
}

/** Where values come from. */
export type ValueKind = "ConfigMap" | "Secret";

const objectName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const keyName = /^(?!\.\.)(?!\.$)[-._A-Za-z0-9]+$/;

/**
 * The ConfigMaps and Secrets whose values grants name. Their content never enters the operator's objects: the kubelet mounts
 * it, of a Secret only the keys that are named, and the runner reads it.
 */
export class Values {
  readonly #problems: SpecProblem[];
  readonly #groups = new Map<string, Group>();

  constructor(problems: SpecProblem[]) {
    this.#problems = problems;
  }

  /** The folder that has a file for each key of the object. */
  folder(kind: ValueKind, { name, field }: { readonly name: string; readonly field: string }): string {
    this.#checkName(kind, { name, field });
    return this.#pathOf({ kind, name, keys: undefined, optional: false });
  }

  /** The file that has the value of one key. */
  file(kind: ValueKind, { name, key, optional = false, field }: KeyReference & { readonly field: string }): string {
    this.#checkName(kind, { name, field });
    if (!keyName.test(key)) {
      const message = `Must be the key of a ${kind}: ${JSON.stringify(key.slice(0, 64))}`;
      this.#problems.push({ field: `${field}.key`, message, hint: "Write letters, digits, -, _ and . only" });
    }
    return `${this.#pathOf({ kind, name, keys: new Set([key]), optional })}/${key}`;
  }

  get volumes(): readonly PodPart[] {
    return this.#sorted().map(([id, { kind, name, keys, optional }]) => {
      const parts = {
        ...(keys === undefined ? {} : { items: [...keys].sort().map((key) => ({ key, path: key })) }),
        ...(optional ? { optional } : {}),
      };
      const source =
        kind === "ConfigMap" ? { configMap: { name, ...parts } } : { secret: { secretName: name, ...parts } };
      return { name: volumeName(id), ...source };
    });
  }

  get mounts(): readonly PodPart[] {
    return this.#sorted().map(([id]) => ({ name: volumeName(id), mountPath: folderOf(id), readOnly: true }));
  }

  #pathOf(group: Group): string {
    const { kind, name, keys, optional } = group;
    // A missing key that is optional must not keep others from being needed: they are mounted apart.
    const id = hashOf([kind, name, keys === undefined ? "all" : optional ? "optional" : "required"], 10);
    const known = this.#groups.get(id);
    if (known === undefined) this.#groups.set(id, group);
    else for (const key of keys ?? []) known.keys?.add(key);
    return folderOf(id);
  }

  #checkName(kind: ValueKind, { name, field }: { readonly name: string; readonly field: string }): void {
    if (objectName.test(name)) return;
    const message = `Must be the name of a ${kind}: ${JSON.stringify(name.slice(0, 64))}`;
    this.#problems.push({ field: `${field}.name`, message, hint: "Write lower case letters, digits, - and . only" });
  }

  /** In an order that does not depend on that of the instances. */
  #sorted(): [string, Group][] {
    return [...this.#groups].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

function volumeName(id: string): string {
  return `${volumePrefix}values-${id}`;
}

function folderOf(id: string): string {
  return `${paths.values}/${id}`;
}
