import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { sha256 } from "../../operator/digest.ts";
import type { Json, TestClient } from "../../test/support/api-server/http.ts";
import { compositionOf, paths } from "../../test/support/api-server/objects.ts";

/** Serves components on loopback: `/NUMBER` is the guest `hello`, with a custom section of its own where bytes are distinct. */
export interface Origin {
  component(index: number): Json;
  /** Downloads so far. */
  served(): number;
  stop(): Promise<void>;
}

/** Starts it. */
export async function startOrigin({ distinct }: { readonly distinct: boolean }): Promise<Origin> {
  const guest = readFileSync(join(import.meta.dirname, "../../guests/built/hello.wasm"));
  const bytesOf = (index: number): Uint8Array => (distinct ? withSection(guest, index) : guest);
  let served = 0;
  const server = createServer((request, response) => {
    served++;
    response.end(bytesOf(Number(request.url!.slice(1))));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    component: (index) => ({
      apiVersion: "tenon.dev/v1alpha1",
      kind: "Component",
      metadata: { name: nameOf(index) },
      spec: { source: { http: { url: `http://127.0.0.1:${port}/${index}`, sha256: sha256(bytesOf(index)) } } },
    }),
    served: () => served,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Names of a Component and of the Composition of it. */
export function nameOf(index: number): string {
  return `app-${index}`;
}

/** One instance, served over HTTP. */
export function composition(index: number, { env = "0", replicas = 1 } = {}): Json {
  const name = nameOf(index);
  const handler = "wasi:http/incoming-handler";
  const object = compositionOf(
    name,
    { hello: name },
    { replicas, exports: [{ name: handler, from: `hello/${handler}` }] },
  );
  object.spec.instances[0].grants = { env: [{ name: "ROUND", value: env }] };
  return object;
}

/** The same component with a custom section of its own. */
function withSection(component: Uint8Array, index: number): Uint8Array {
  const section = new Uint8Array([0, 6, 1, "n".charCodeAt(0), 0, 0, 0, 0]);
  new DataView(section.buffer).setUint32(4, index, true);
  return Buffer.concat([component, section]);
}

/** Does `work` for the numbers below `count`, a few at once. */
export async function forEach(count: number, work: (index: number) => Promise<unknown>, atOnce = 10): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

/** Creates a Component and its Composition for each number. */
export async function createAll(
  client: TestClient,
  { namespace, count, origin }: { readonly namespace: string; readonly count: number; readonly origin: Origin },
): Promise<void> {
  await forEach(count, async (index) => {
    await client.create(paths.components(namespace), origin.component(index));
    await client.create(paths.compositions(namespace), composition(index));
  });
}
