import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { makeTestClient } from "../support/api-server/http.ts";
import { type ApiServer, startApiServer } from "../support/api-server/server.ts";
import { waitFor } from "../support/api-server/wait.ts";

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
}, 120_000);
afterAll(() => server?.stop());

const configMaps = (namespace: string) => `/api/v1/namespaces/${namespace}/configmaps`;

describe("startApiServer()", () => {
  test("serves the kinds of the CRDs", async () => {
    for (const kind of ["components", "compositions"]) {
      expect(await server.client.list(`/apis/tenon.dev/v1alpha1/${kind}`)).toEqual([]);
    }
  });

  test("gives a user the rights that were named and no others", async () => {
    const [own, other] = [await server.addNamespace(), await server.addNamespace()];
    const user = await server.addUser("reader", {
      namespaced: { [own]: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["list"] }] },
    });
    const client = makeTestClient(server.url, { ca: server.ca, user: user.credential });
    const codes = [];
    for (const path of [configMaps(own), configMaps(other), `/api/v1/namespaces/${own}/secrets`]) {
      codes.push((await client.request("GET", path)).status);
    }
    await client.close();
    expect(codes).toEqual([200, 403, 403]);
  });

  test("counts requests by user, in the order of their arrival", async () => {
    const namespace = await server.addNamespace();
    const since = await server.audit.mark();
    const at = `${configMaps(namespace)}/a`;
    await server.client.apply(at, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } });
    await server.client.get(at);
    await server.client.delete(at);
    const counted = await waitFor("three requests in the audit log", async () => {
      const requests = await server.audit.requests({ user: "test-admin", since });
      return requests.length >= 3 && requests;
    });
    expect(counted).toMatchObject(
      ["patch", "get", "delete"].map((verb) => ({
        verb,
        resource: "configmaps",
        namespace,
        name: "a",
        userAgent: "tenon-test",
      })),
    );
    expect(await server.audit.requests({ user: "nobody", since })).toEqual([]);
  });

  test("issues ServiceAccount tokens and reviews them", async () => {
    const namespace = await server.addNamespace();
    const { status: issued } = await server.client.create(
      `/api/v1/namespaces/${namespace}/serviceaccounts/default/token`,
      {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: { audiences: ["tenon.dev/artifacts"], expirationSeconds: 600 },
      },
    );
    const { status } = await server.client.create("/apis/authentication.k8s.io/v1/tokenreviews", {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      spec: { token: issued.token, audiences: ["tenon.dev/artifacts"] },
    });
    expect(status).toMatchObject({
      authenticated: true,
      user: { username: `system:serviceaccount:${namespace}:default` },
    });
  });

  test("comes back after a restart with all that was stored", async () => {
    const namespace = await server.addNamespace();
    await server.restart("SIGKILL");
    expect((await server.client.get(`/api/v1/namespaces/${namespace}`)).metadata.name).toBe(namespace);
  });

  test("leaves no process behind when the test process is killed", async () => {
    const program = `
      const { startApiServer } = await import(${JSON.stringify(join(import.meta.dirname, "../support/api-server/server.ts"))});
      const server = await startApiServer({ crds: false });
      console.log(JSON.stringify({ port: server.port, folder: server.folder }));
      process.kill(process.pid, "SIGKILL");`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, NODE_OPTIONS: "" },
    });
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const { folder } = JSON.parse(line.toString());
    await waitFor("its programs to end", () => programsIn(folder).length === 0);
    // Nobody was left to remove it.
    await rm(folder, { recursive: true });
  });
});

/** Programs that were started with a path inside `folder`; what ended and was not reaped has no command line. */
function programsIn(folder: string): readonly string[] {
  return readProcesses().filter((command) => command.includes(folder));
}

function readProcesses(): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8");
      } catch {
        return "";
      }
    });
}
