import { type Change, ownerIndex } from "./cache.ts";
import { controllerOf, type Key, type KubeObject, keyOf } from "./object.ts";

/** The values under which an object is found. */
export type IndexFunction<T> = (object: T) => readonly string[];

/** Objects by key and by index; says how each step changed them. */
export class Store<T extends KubeObject> {
  readonly #objects = new Map<Key, T>();
  readonly #indexes: readonly Index<T>[];

  /** `ownerIndex` is always there. */
  constructor(indexes: Readonly<Record<string, IndexFunction<T>>> = {}) {
    const owner: IndexFunction<T> = (object) => {
      const uid = controllerOf(object)?.uid;
      return uid === undefined ? [] : [uid];
    };
    this.#indexes = Object.entries({ [ownerIndex]: owner, ...indexes }).map(
      ([name, values]) => new Index(name, values),
    );
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: Key): T | undefined {
    return this.#objects.get(key);
  }

  list(): readonly T[] {
    return [...this.#objects.values()];
  }

  /** Empty for an index that there is none of. */
  byIndex(name: string, value: string): readonly T[] {
    return this.#indexes.find((index) => index.name === name)?.get(value) ?? [];
  }

  /** Undefined where this very version is here already. */
  put(object: T): Change<T> | undefined {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    if (old !== undefined && isSame(old, object)) return undefined;
    this.#objects.set(key, object);
    for (const index of this.#indexes) index.move(key, old, object);
    return { type: old === undefined ? "added" : "updated", object, old };
  }

  /** `last` is the object as it was when it went; undefined where it was not here. */
  remove(last: T): Change<T> | undefined {
    const key = keyOf(last);
    const old = this.#objects.get(key);
    if (old === undefined) return undefined;
    this.#objects.delete(key);
    for (const index of this.#indexes) index.move(key, old, undefined);
    return { type: "deleted", object: last, old };
  }

  /** Makes `objects` all that there is. What is missing among them counts as deleted, and comes first. */
  replaceAll(objects: ReadonlyMap<Key, T>): readonly Change<T>[] {
    const gone = [...this.#objects].filter(([key]) => !objects.has(key)).map(([, object]) => this.remove(object));
    const here = [...objects.values()].map((object) => this.put(object));
    return [...gone, ...here].filter((change) => change !== undefined);
  }
}

function isSame(a: KubeObject, b: KubeObject): boolean {
  return a.metadata.uid === b.metadata.uid && a.metadata.resourceVersion === b.metadata.resourceVersion;
}

class Index<T> {
  readonly name: string;
  readonly #values: IndexFunction<T>;
  readonly #found = new Map<string, Map<Key, T>>();

  constructor(name: string, values: IndexFunction<T>) {
    this.name = name;
    this.#values = values;
  }

  get(value: string): readonly T[] {
    return [...(this.#found.get(value)?.values() ?? [])];
  }

  move(key: Key, old: T | undefined, object: T | undefined): void {
    for (const value of old === undefined ? [] : this.#values(old)) {
      const found = this.#found.get(value);
      found?.delete(key);
      if (found?.size === 0) this.#found.delete(value);
    }
    for (const value of object === undefined ? [] : this.#values(object)) {
      const found = this.#found.get(value) ?? new Map<Key, T>();
      this.#found.set(value, found.set(key, object!));
    }
  }
}
