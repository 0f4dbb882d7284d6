import { expect, test } from "@jest/globals";
import type { Composition } from "../../../../api/composition.ts";
import type { Library, Resolved } from "../../../../operator/fetch/library.ts";
import type { Cache, Change } from "../../../../operator/kube/cache.ts";
import type { KubeClient } from "../../../../operator/kube/client.ts";
import { type KubeObject, keyOf } from "../../../../operator/kube/object.ts";
import { Store } from "../../../../operator/kube/store.ts";
import { Inputs } from "../../../../operator/reconcile/inputs.ts";
import { KnownComponents } from "../../../../operator/reconcile/known.ts";
import { LookUp } from "../../../../operator/reconcile/look-up.ts";
import { done } from "../../../../operator/reconcile/outcome.ts";
import { Patience } from "../../../../operator/reconcile/patience.ts";
import { View } from "../../../../operator/reconcile/view.ts";
import { FakeClock } from "../../../support/clock.ts";

const hour = 3_600_000;
const signal = new AbortController().signal;
const waits = { kind: "waiting", reason: "ComponentNotReady", message: "", afterMs: 1, quietMs: 15_000 } as const;

/** One kind of a world that the test changes; its listeners hear of it as those of a real cache do. */
class Objects implements Cache {
  readonly #store = new Store();
  readonly #listeners: ((change: Change<KubeObject>) => void)[] = [];
  readonly #kind: string;
  #version = 0;

  constructor(kind: string) {
    this.#kind = kind;
  }

  /** As the API server answers; the watch does not know it yet. */
  make(name: string, uid: string): KubeObject {
    const resourceVersion = String(++this.#version);
    return { apiVersion: "v1", kind: this.#kind, metadata: { namespace: "n", name, uid, resourceVersion } };
  }

  hear(object: KubeObject): void {
    this.#tell(this.#store.put(object));
  }

  remove(key: string): void {
    const object = this.#store.get(key);
    if (object !== undefined) this.#tell(this.#store.remove(object));
  }

  #tell(change: Change<KubeObject> | undefined): void {
    if (change !== undefined) for (const listener of this.#listeners) listener(change);
  }

  get = (key: string): KubeObject | undefined => this.#store.get(key);
  list = (): readonly KubeObject[] => this.#store.list();
  byIndex = (index: string, value: string): readonly KubeObject[] => this.#store.byIndex(index, value);
  onChange = (listener: (change: Change<KubeObject>) => void): void => void this.#listeners.push(listener);
  onListed = (): void => {};
  synced = async (): Promise<void> => {};
  healthy = (): boolean => true;
}

function compositionOf(configMap: string): Composition & KubeObject {
  const grants = { configFrom: [{ configMapRef: { name: configMap } }] };
  return {
    metadata: { name: "c", namespace: "n" },
    spec: { instances: [{ name: "i", component: { name: "x" }, grants }] },
  } as unknown as Composition & KubeObject;
}

test("24 hours of churn leave nothing behind when all objects are gone", async () => {
  const clock = new FakeClock();
  const [configMaps, secrets, services] = [new Objects("ConfigMap"), new Objects("Secret"), new Objects("Service")];
  const client = { get: async ({ name }: { name: string }) => configMaps.get(`n/${name}`) } as unknown as KubeClient;
  let inspected = 0;
  const library: Library = {
    types: async () => undefined,
    recall: async () => undefined,
    bytes: async () => undefined,
    acquire: async ({ source }) => {
      inspected++;
      const revision = configMaps.get(`n/${source.configMap?.name}`)?.metadata.resourceVersion;
      return { digest: `sha256:${inspected}`, revision, size: 1, table: {} } as Resolved;
    },
  };
  const known = new KnownComponents();
  const inputs = new Inputs(client, { ConfigMap: configMaps, Secret: secrets });
  const lookUp = new LookUp(library, configMaps);
  const patience = new Patience(clock);
  const view = new View(services);
  services.onChange((change) => void view.take(change));
  const sizes = () => [known, inputs, lookUp, patience, view].map(({ size }) => size);

  const alive: string[] = [];
  let [created, most] = [0, 0];
  const remove = (name: string): void => {
    configMaps.remove(`n/${name}`);
    services.remove(`n/${name}`);
    known.delete(`n/${name}`);
    patience.end(`n/${name}`);
  };
  for (const end = clock.now() + 24 * hour; clock.now() < end; await clock.advance(clock.random() * 20_000)) {
    const dice = clock.random();
    if (dice < 0.4 || alive.length === 0) alive.push(`thing-${created++}`);
    const name = alive[Math.floor(clock.random() * alive.length)]!;
    if (dice > 0.8 || alive.length > 100) {
      const [gone] = alive.splice(alive.indexOf(name), 1);
      // The answer to a write may come after the news that its object is gone.
      const late = services.make(name, `${name} ${clock.now()}`);
      if (clock.random() < 0.3) services.hear(late);
      remove(gone!);
      if (services.get(keyOf(late)) === undefined && clock.random() < 0.3) {
        services.hear(late);
        services.remove(keyOf(late));
        view.wrote(late);
      }
      continue;
    }
    configMaps.hear(configMaps.make(name, `${name} map`));
    const source = { configMap: { name: `${name}`, key: `key-${Math.floor(clock.random() * 3)}` } };
    const resolved = await lookUp.find({ namespace: "n", source }, { signal });
    known.set(`n/${name}`, { uid: name, generation: created, resolved, outcome: done });
    expect(await inputs.read(compositionOf(name), signal)).toEqual({ hash: expect.any(String) });
    patience.left(`n/${name}`, clock.random() < 0.5 ? waits : done);
    const written = services.make(name, `${name} service`);
    view.wrote(written);
    if (clock.random() < 0.2) view.settle(written, "hash");
    services.hear(written);
    most = Math.max(most, ...sizes());
  }
  expect(created).toBeGreaterThan(1_000);
  expect(most).toBeGreaterThan(10);
  expect(most).toBeLessThan(250);
  for (const name of alive) remove(name);
  expect(sizes()).toEqual([0, 0, 0, 0, 0]);
  expect(clock.pending).toBe(0);
}, 60_000);
