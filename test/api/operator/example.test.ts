import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { parseAllDocuments } from "yaml";
import { startComposer } from "../../../composer/index.ts";
import { build } from "../../../operator/local/build.ts";
import { ArtifactCache } from "../../../operator/local/cache.ts";
import { load } from "../../../operator/local/load.ts";
import type { Json } from "../../support/api-server/http.ts";
import { paths } from "../../support/api-server/objects.ts";
import { type Operator, startOperator } from "../../support/api-server/operator.ts";
import { type ApiServer, startApiServer } from "../../support/api-server/server.ts";
import { openShop, type Shop } from "../../support/api-server/shop.ts";

const folder = resolve(import.meta.dirname, "../../../examples/01-user-api");

let server: ApiServer;
let operator: Operator;
let shop: Shop;
let files: Server;

beforeAll(async () => {
  files = createServer((request, response) =>
    response.end(readFileSync(join(folder, "components", request.url ?? ""))),
  );
  await new Promise<void>((listening) => files.listen(0, "127.0.0.1", listening));
  server = await startApiServer();
  operator = await startOperator(server, { flags: ["--fetch-allowed-cidrs=127.0.0.1/32"] });
  shop = await openShop(server);
}, 120_000);
afterAll(async () => {
  await operator?.stop();
  await server?.stop();
  files.close();
});

/** The manifests as they stand, but for files: a cluster reads none, so a web server has them. */
function manifests(): Json[] {
  const { port } = files.address() as AddressInfo;
  return parseAllDocuments(readFileSync(join(folder, "user-api.yaml"), "utf8")).map((document) => {
    const manifest: Json = document.toJS();
    const path: string | undefined = manifest.spec.source?.file.path;
    if (path === undefined) return manifest;
    const name = path.slice(path.lastIndexOf("/") + 1);
    const sha256 = createHash("sha256")
      .update(readFileSync(join(folder, path)))
      .digest("hex");
    return { ...manifest, spec: { source: { http: { url: `http://127.0.0.1:${port}/${name}`, sha256 } } } };
  });
}

describe("examples/01-user-api in a cluster", () => {
  test("becomes what it is on a laptop: the same artifact, the same edges", async () => {
    for (const manifest of manifests()) {
      const { name } = manifest.metadata;
      const path =
        manifest.kind === "Component" ? paths.component(shop.namespace, name) : paths.composition(shop.namespace, name);
      await server.client.apply(path, manifest);
    }
    const { status } = await shop.deploy("user-api");

    const composer = startComposer();
    const cache = mkdtempSync(join(tmpdir(), "tenon-example-"));
    try {
      const { compositions } = await load([join(folder, "user-api.yaml")], { composer });
      const built = await build(compositions[0]!, { composer, cache: new ArtifactCache(cache), deadlines: true });
      expect(status.artifact.digest).toBe(built.artifact?.digest);
      const edges = built.artifact!.index.wiring.edges.map(({ from, to, import: item, how }) => ({
        from,
        to,
        interface: item,
        how,
      }));
      expect(status.edges).toEqual(edges);
      expect(status.instances.map(({ name }: Json) => name)).toEqual([
        "front",
        "auth-instance",
        "db-instance",
        "log-instance",
      ]);
    } finally {
      await composer.close();
      rmSync(cache, { recursive: true, force: true });
    }
  });
});
