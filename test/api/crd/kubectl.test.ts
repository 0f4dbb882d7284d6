import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { hasKubectl, kubectl } from "../../support/api-server/kubectl.ts";
import { componentFrom, compositionOf, paths } from "../../support/api-server/objects.ts";
import { type ApiServer, startApiServer } from "../../support/api-server/server.ts";

// Where there is no kubectl these count as skipped.
const withKubectl = hasKubectl() ? describe : describe.skip;

let server: ApiServer;
let namespace: string;

beforeAll(async () => {
  if (!hasKubectl()) return;
  server = await startApiServer();
  namespace = await server.addNamespace();
  const digest = `sha256:${"a".repeat(64)}`;
  const ready = (observedGeneration: number) => ({
    type: "Ready",
    status: "True",
    reason: "Succeeded",
    message: "All is well",
    observedGeneration,
    lastTransitionTime: "2026-01-01T00:00:00Z",
  });
  const { client } = server;
  await client.create(paths.components(namespace), componentFrom("x", { name: "c", key: "k" }));
  await client.create(paths.compositions(namespace), compositionOf("shop", { a: "x" }, { replicas: 2 }));
  await client.patch(`${paths.component(namespace, "x")}/status`, {
    status: { observedGeneration: 1, conditions: [ready(1)], artifact: { digest, revision: "1.4", size: 12 } },
  });
  await client.patch(`${paths.composition(namespace, "shop")}/status`, {
    status: {
      observedGeneration: 1,
      conditions: [ready(1)],
      instanceSummary: "1/1",
      replicas: 2,
      readyReplicas: 2,
      url: "http://shop.ns.svc:80",
      artifact: { digest, size: 12 },
      currentRevision: "5f3a",
      selector: "tenon.dev/composition=shop",
    },
  });
}, 120_000);
afterAll(() => server?.stop());

/** Standard output of a command that must succeed. */
async function shown(...args: readonly string[]): Promise<string> {
  const { code, out, err } = await kubectl(server, args, { namespace });
  expect([code, err]).toEqual([0, expect.not.stringContaining("error")]);
  return out;
}

/** A table as rows of cells; the age moves. */
const table = (text: string): readonly (readonly string[])[] =>
  text
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s{2,}/));

/** Text in one line: where lines break is kubectl's. */
const flat = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

withKubectl("kubectl get", () => {
  test("says of a Composition whether it is well and where it is", async () => {
    const [head, row] = table(await shown("get", "compositions"));
    expect(head).toEqual(["NAME", "READY", "REASON", "INSTANCES", "REPLICAS", "URL", "AGE"]);
    expect(row?.slice(0, -1)).toEqual(["shop", "True", "Succeeded", "1/1", "2", "http://shop.ns.svc:80"]);
  });

  test("adds the rest with -o wide", async () => {
    const [head, row] = table(await shown("get", "wcn", "-o", "wide"));
    expect(head?.slice(6)).toEqual(["AVAILABLE", "REVISION", "DIGEST", "MESSAGE", "AGE"]);
    expect(row?.slice(6, -1)).toEqual(["2", "5f3a", `sha256:${"a".repeat(64)}`, "All is well"]);
  });

  test("says of a Component what is in use", async () => {
    const [head, row] = table(await shown("get", "wcomp"));
    expect(head).toEqual(["NAME", "READY", "REASON", "REVISION", "AGE"]);
    expect(row?.slice(0, -1)).toEqual(["x", "True", "Succeeded", "1.4"]);
  });

  test("lists all of ours by the category tenon", async () => {
    const names = (await shown("get", "tenon", "-o", "name")).trim().split("\n");
    expect(names).toEqual(["component.tenon.dev/x", "composition.tenon.dev/shop"]);
  });
});

withKubectl("kubectl explain", () => {
  test("tells what each grant opens", async () => {
    const text = flat(await shown("explain", "composition.spec.instances.grants"));
    expect(text).toContain(
      "DESCRIPTION: What this instance may reach outside of the composition. Nothing is granted that is not named here.",
    );
    expect(text.slice(text.indexOf("FIELDS:"))).toBe(
      flat(`FIELDS:
        args <[]string> Command line arguments, without the program's name.
        config <map[string]string> Keys that wasi:config can read. They win over configFrom.
        configFrom <[]Object> ConfigMaps and Secrets whose keys wasi:config can read. A later one wins.
        env <[]Object> Environment variables. Nothing of the runner's own environment is seen.
        filesystem <[]Object> Folders that the instance finds preopened.
        http <Object> Outgoing HTTP requests.
        keyvalue <[]Object> Buckets that wasi:keyvalue can open.
        sockets <Object> TCP and UDP.`),
    );
  });

  test("says which one of several fields is wanted", async () => {
    expect(flat(await shown("explain", "component.spec.source"))).toContain(
      "Exactly one of oci, http, package, configMap and file.",
    );
  });
});

withKubectl("kubectl", () => {
  test("wait --for=condition=Ready ends when the status speaks of the newest spec", async () => {
    await shown("wait", "--for=condition=Ready", "composition/shop", "component/x", "--timeout=30s");
  });

  test("scale sets the replicas", async () => {
    await shown("scale", "composition/shop", "--replicas=4");
    expect((await server.client.get(paths.composition(namespace, "shop"))).spec.replicas).toBe(4);
  });

  test("apply refuses a misspelt grant by name, and stores nothing", async () => {
    const spec = { instances: [{ name: "a", component: { name: "x" }, grants: { htpp: {} } }] };
    const input = JSON.stringify({ ...compositionOf("typo", {}), spec });
    const { code, err } = await kubectl(server, ["apply", "-f", "-"], { namespace, input });
    expect([code, err]).toEqual([1, expect.stringContaining('unknown field "spec.instances[0].grants.htpp"')]);
    expect(await server.client.get(paths.composition(namespace, "typo"))).toBeUndefined();
  });

  test("apply shows the message of a broken rule with its field", async () => {
    const input = JSON.stringify(compositionOf("2-api", { a: "x" }));
    const { code, err } = await kubectl(server, ["apply", "-f", "-"], { namespace, input });
    expect(code).toBe(1);
    expect(err).toContain("metadata.name: Invalid value");
    expect(err).toContain("The Service takes the composition's name: use at most 63 lower case letters");
  });
});
