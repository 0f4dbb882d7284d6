import { echoComponent, relayComponent, wat } from "../composer/wat.ts";
import type { Json, TestClient } from "./http.ts";
import { componentFrom, compositionOf, paths } from "./objects.ts";
import type { ApiServer } from "./server.ts";
import { waitFor } from "./wait.ts";
import { rollOut } from "./workloads.ts";

/** The condition of this type. */
export function conditionOf(object: Json, type: string): Json | undefined {
  return object?.status?.conditions?.find((condition: Json) => condition.type === type);
}

/** One namespace of a server, as a user of Tenon works in it. */
export interface Shop {
  readonly namespace: string;
  readonly client: TestClient;
  /** Writes the bytes into the ConfigMap `NAME-wasm`, and a Component that reads them. */
  putComponent(name: string, bytes: Uint8Array): Promise<void>;
  /** Writes the bytes into the ConfigMap `NAME-wasm` alone. */
  putBytes(name: string, bytes: Uint8Array): Promise<void>;
  /** `echo`, and `relay`, which imports what `echo` exports. */
  putPair(element?: string): Promise<void>;
  /** Applies a Composition, `pair` of both where no instances are given. */
  putComposition(
    name: string,
    more?: Readonly<Record<string, unknown>>,
    instances?: Readonly<Record<string, string>>,
  ): Promise<Json>;
  component(name: string): Promise<Json>;
  composition(name: string): Promise<Json>;
  deployment(name: string): Promise<Json>;
  /** Waits until a condition of the newest generation has this status, and this reason where one is given. */
  until(kind: "component" | "composition", name: string, wanted: Wanted): Promise<Json>;
  /** Waits for a Deployment of the newest spec of the composition, rolls it out, and waits for `Ready`. */
  deploy(name: string): Promise<Json>;
}

/** `{ Ready: "True" }`, `{ Ready: "False/WiringInvalid" }`. */
export type Wanted = Readonly<Record<string, string>>;

/** A new namespace to work in. */
export async function openShop(server: ApiServer): Promise<Shop> {
  const { client } = server;
  const namespace = await server.addNamespace("shop");
  const read = {
    component: (name: string) => client.get(paths.component(namespace, name)),
    composition: (name: string) => client.get(paths.composition(namespace, name)),
  };
  const putBytes = async (name: string, bytes: Uint8Array): Promise<void> => {
    await client.apply(paths.configMap(namespace, `${name}-wasm`), {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: `${name}-wasm` },
      binaryData: { "component.wasm": Buffer.from(bytes).toString("base64") },
    });
  };
  const putComponent = async (name: string, bytes: Uint8Array): Promise<void> => {
    await putBytes(name, bytes);
    const object = componentFrom(name, { name: `${name}-wasm`, key: "component.wasm" });
    await client.apply(paths.component(namespace, name), object);
  };
  const until = (kind: "component" | "composition", name: string, wanted: Wanted): Promise<Json> =>
    waitForObject(`${kind} ${name} to be ${JSON.stringify(wanted)}`, () => read[kind](name), wanted);
  return {
    ...read,
    namespace,
    client,
    putBytes,
    putComponent,
    until,
    async putPair(element = "u8") {
      await putComponent("echo", await wat(echoComponent(element)));
      await putComponent("relay", await wat(relayComponent(element)));
    },
    putComposition: (name, more = { exports: pairExports }, instances = { echo: "echo", relay: "relay" }) =>
      client.apply(paths.composition(namespace, name), compositionOf(name, instances, more)),
    deployment: (name) => client.get(paths.deployment(namespace, name)),
    async deploy(name) {
      await until("composition", name, { Composed: "True" });
      await waitFor("its Deployment to be of the newest revision", async () => {
        const { status } = await read.composition(name);
        const deployment = await client.get(paths.deployment(namespace, name));
        return deployment?.metadata.labels["tenon.dev/revision"] === status.updateRevision && deployment;
      });
      await rollOut(client, { namespace, name });
      return until("composition", name, { Ready: "True" });
    },
  };
}

/** What the pair is good for. */
export const pairExports = [{ name: "t:lists/relay", from: "relay/t:lists/relay" }] as const;

async function waitForObject(what: string, read: () => Promise<Json>, wanted: Wanted): Promise<Json> {
  let last: Json;
  const fits = (object: Json): boolean =>
    object?.status?.observedGeneration === object?.metadata.generation &&
    Object.entries(wanted).every(([type, text]) => {
      const [status, reason] = text.split("/");
      const condition = conditionOf(object, type);
      return condition?.status === status && (reason === undefined || condition?.reason === reason);
    });
  try {
    return await waitFor(what, async () => {
      last = await read();
      return fits(last) && last;
    });
  } catch (error) {
    (error as Error).message += `\nLast seen: ${JSON.stringify(last?.status ?? last, null, 1)}`;
    throw error;
  }
}
