import type { KubeObject } from "../kube/object.ts";
import { hashData } from "./data-hashes.ts";

type Map = Readonly<Record<string, unknown>>;

/** What makes an item of a list itself, where the API server merges lists by key. */
const keys: readonly (readonly string[])[] = [
  ["name"],
  ["uid"],
  ["mountPath"],
  ["containerPort", "protocol"],
  ["topologyKey", "whenUnsatisfiable"],
];

/** Lists that are merged by something else than `name`, though their items have one. */
const keysOf: Readonly<Record<string, readonly string[]>> = {
  volumeMounts: ["mountPath"],
  ownerReferences: ["uid"],
  ports: ["containerPort", "protocol"],
};

/**
 * True where every field of the desired object is in the live one, with the same value. What else is there, by defaults of
 * the server or by others, does not matter. Lists that the server merges by key may have more items, in any order; all other
 * lists are as long as desired. Of a ConfigMap the hashes of its values may be all that is known.
 */
export function stands(desired: KubeObject, live: KubeObject): boolean {
  return isWithin(hashData(desired), hashData(live), "");
}

function isWithin(desired: unknown, live: unknown, name: string): boolean {
  if (Array.isArray(desired)) return Array.isArray(live) && isListWithin(desired, live, name);
  if (!isMap(desired)) return desired === live;
  if (!isMap(live)) return false;
  return Object.entries(desired).every(
    ([key, value]) => value === undefined || (Object.hasOwn(live, key) && isWithin(value, live[key], key)),
  );
}

function isListWithin(desired: readonly unknown[], live: readonly unknown[], name: string): boolean {
  const by = keyOf(desired, name);
  if (by === undefined) {
    return desired.length === live.length && desired.every((item, index) => isWithin(item, live[index], ""));
  }
  return desired.every((item) => {
    const found = live.find((one) => isMap(one) && by.every((key) => one[key] === (item as Map)[key]));
    return found !== undefined && isWithin(item, found, "");
  });
}

function keyOf(desired: readonly unknown[], name: string): readonly string[] | undefined {
  const fits = (candidate: readonly string[]): boolean =>
    desired.length > 0 && desired.every((item) => isMap(item) && candidate.every((key) => item[key] !== undefined));
  const known = Object.hasOwn(keysOf, name) ? keysOf[name] : undefined;
  return known !== undefined && fits(known) ? known : keys.find(fits);
}

function isMap(value: unknown): value is Map {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
