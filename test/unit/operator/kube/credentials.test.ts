import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { connect as connectTo, type Socket } from "node:net";
import { delimiter, join } from "node:path";
import { env, execPath } from "node:process";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { KubeClient } from "../../../../operator/kube/client.ts";
import { createKubeClient } from "../../../../operator/kube/create-client.ts";
import { type ObjectRef, resources } from "../../../../operator/kube/object.ts";
import { makeAuthority } from "../../../support/api-server/pki.ts";
import { FakeClock } from "../../../support/clock.ts";
import { configMap, keepLog } from "./fake-client.ts";
import { answer, failure, startWire, type Wire } from "./wire.ts";

const ref: ObjectRef = { resource: resources.configMaps, namespace: "shop", name: "a" };
let wire: Wire;
let accepted = "Bearer one";
let clock: FakeClock;
const clients: KubeClient[] = [];

beforeEach(async () => {
  accepted = "Bearer one";
  clock = new FakeClock();
  wire = await startWire(({ headers }, response) =>
    headers.authorization === accepted
      ? answer(response, 200, configMap("a", 1))
      : answer(response, 401, failure(401, "Unauthorized", "Unauthorized")),
  );
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await wire.stop();
});

function connect(kubeconfig: string): KubeClient {
  const client = createKubeClient({ kubeconfig, clock, log: keepLog().log });
  clients.push(client);
  return client;
}

describe("credentials", () => {
  test("a token goes into each request; a refused one is denied", async () => {
    expect(await connect(await wire.kubeconfig({ token: "one" })).get(ref)).toBeDefined();
    accepted = "Bearer two";
    await expect(connect(await wire.kubeconfig({ token: "one" })).get(ref)).rejects.toMatchObject({ code: "denied" });
  });

  test("a user and a password go as Basic, an impersonated user as a header", async () => {
    accepted = `Basic ${Buffer.from("me:pass").toString("base64")}`;
    await connect(await wire.kubeconfig({ username: "me", password: "pass", as: "someone" })).get(ref);
    expect(wire.received[0]!.headers).toMatchObject({ "impersonate-user": "someone" });
  });

  test.each([
    ["tokenFile, beside the kubeconfig", (): object => ({ tokenFile: "token" })],
    [
      "the older spelling",
      (): object => ({ "auth-provider": { name: "tokenFile", config: { tokenFile: join(wire.folder, "token") } } }),
    ],
  ])("a token file that rotates costs one refusal at most: %s", async (_, user) => {
    await writeFile(join(wire.folder, "token"), "one\n");
    const client = connect(await wire.kubeconfig(user()));
    await client.get(ref);
    await writeFile(join(wire.folder, "token"), "two\n");
    accepted = "Bearer two";
    await expect(client.get(ref)).rejects.toMatchObject({ code: "denied" });
    expect(await client.get(ref)).toBeDefined();
    expect(wire.received).toHaveLength(3);
  });

  test("many requests that are refused at once load credentials once", async () => {
    const counter = join(wire.folder, "count");
    await writeFile(counter, "");
    const plugin = await writePlugin(`
      require("fs").appendFileSync(${JSON.stringify(counter)}, "x");
      const token = require("fs").readFileSync(${JSON.stringify(counter)}, "utf8").length === 1 ? "one" : "two";
      console.log(JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status: { token } }));
    `);
    const client = connect(await wire.kubeconfig({ exec: plugin }));
    const all = () => Promise.allSettled(Array.from({ length: 20 }, () => client.get(ref)));
    expect((await all()).every(({ status }) => status === "fulfilled")).toBe(true);
    accepted = "Bearer two";
    expect((await all()).every(({ status }) => status === "rejected")).toBe(true);
    expect((await all()).every(({ status }) => status === "fulfilled")).toBe(true);
  });

  test("a plugin that fails is an error without what it printed", async () => {
    const plugin = await writePlugin(
      'console.log("{\\"s3cret"); console.error("s3cret"); process.exit(process.argv[2] ?? 0)',
    );
    for (const args of [[...plugin.args, "1"], plugin.args]) {
      const got = await connect(await wire.kubeconfig({ exec: { ...plugin, args } }))
        .get(ref)
        .catch((error: Error) => error);
      expect(got).toMatchObject({ code: "config" });
      expect(`${(got as Error).stack} ${JSON.stringify((got as Error).cause)}`).not.toContain("s3cret");
    }
  });

  test("a plugin that hangs holds up a request for no longer than its time", async () => {
    const end = join(wire.folder, "end");
    const plugin = await writePlugin(
      `setInterval(() => require("fs").existsSync(${JSON.stringify(end)}) && process.exit(0), 20)`,
    );
    const got = connect(await wire.kubeconfig({ exec: plugin }))
      .get(ref)
      .catch((error: unknown) => error);
    await clock.advance(30_000);
    expect(await got).toMatchObject({ code: "unavailable", message: expect.stringMatching(/within 30 s/) });
    await writeFile(end, "");
  });

  test("a token that is no header is an error, and does not reach its message", async () => {
    const got = await connect(await wire.kubeconfig({ token: "s3cret\nx-evil: 1" }))
      .get(ref)
      .catch((error: Error) => error);
    expect(got).toMatchObject({ name: "KubeError" });
    expect((got as Error).message).not.toContain("s3cret");
    expect(wire.received).toHaveLength(0);
  });
});

describe("a kubeconfig", () => {
  test.each([
    ["that is missing", undefined, /ENOENT/],
    ["that is no YAML", "token: s3cret: [", /kubeconfig/],
    ["that is empty", "", /kubeconfig/],
    ["that is no object", "7", /kubeconfig/],
    ["without a server", JSON.stringify({ clusters: [{ name: "c", cluster: {} }] }), /clusters\[0\]/],
  ])("%s is refused, without its content", async (_, text, message) => {
    const file = join(wire.folder, "broken");
    if (text !== undefined) await writeFile(file, text);
    const error = await Promise.resolve()
      .then(() => connect(file).get(ref))
      .catch((reason: Error) => reason);
    expect(error).toMatchObject({ code: "config", message: expect.stringMatching(message) });
    expect((error as Error).message).not.toContain("s3cret");
  });

  test("whose server has no TLS, or is no URL, is refused, unless it says that this is meant", async () => {
    await expect(connect(await wire.kubeconfig({ token: "one" }, {})).get(ref)).rejects.toMatchObject({
      code: "config",
      message: expect.stringMatching(/without TLS/),
    });
    await expect(
      connect(await wire.kubeconfig({ token: "one" }, { server: "ftp://x" })).get(ref),
    ).rejects.toMatchObject({ code: "config", message: expect.stringMatching(/no http\(s\) URL/) });
  });

  test("whose server has a path keeps it", async () => {
    const cluster = { server: `${wire.url}/k8s/clusters/c-1/`, "insecure-skip-tls-verify": true };
    await connect(await wire.kubeconfig({ token: "one" }, cluster)).get(ref);
    expect(wire.received[0]!.path).toBe("/k8s/clusters/c-1/api/v1/namespaces/shop/configmaps/a");
  });
});

describe("without a file given", () => {
  const given = env["KUBECONFIG"];
  afterEach(() => {
    if (given === undefined) delete env["KUBECONFIG"];
    else env["KUBECONFIG"] = given;
  });

  test("the files of KUBECONFIG are merged, and the first one's context counts", async () => {
    const second = join(wire.folder, "second");
    await writeFile(
      second,
      JSON.stringify({ users: [{ name: "other", user: { token: "two" } }], "current-context": "no" }),
    );
    env["KUBECONFIG"] = [await wire.kubeconfig({ token: "one" }), second].join(delimiter);
    const client = createKubeClient({ clock, log: keepLog().log });
    clients.push(client);
    expect(await client.get(ref)).toBeDefined();
  });

  test("files of KUBECONFIG that define the same twice are refused", async () => {
    const file = await wire.kubeconfig({ token: "one" });
    env["KUBECONFIG"] = [file, file].join(delimiter);
    expect(() => createKubeClient({ clock, log: keepLog().log })).toThrow(
      expect.objectContaining({ code: "config", message: expect.stringMatching(/Duplicate/) }),
    );
  });
});

describe("TLS", () => {
  test("a server that another authority signed is refused; a new authority in the file is followed", async () => {
    const [mine, other] = await Promise.all([makeAuthority("mine"), makeAuthority("other")]);
    const issued = await mine.issueServer(["127.0.0.1"]);
    const secure = await startWire((_, response) => answer(response, 200, configMap("a", 1)), {
      cert: issued.certificate,
      key: issued.key,
    });
    try {
      const ca = join(secure.folder, "ca.crt");
      await writeFile(ca, other.certificate);
      const client = connect(await secure.kubeconfig({ token: "one" }, { "certificate-authority": ca }));
      await expect(client.get(ref)).rejects.toMatchObject({ code: "unavailable" });
      expect(secure.received).toHaveLength(0);
      await writeFile(ca, mine.certificate);
      await clock.advance(1_000);
      expect(await client.get(ref)).toBeDefined();
      await clock.advance(1_000);
      await client.get(ref);
      const before = secure.connections();
      // The same authority, and another one beside it: new connections, and the old ones end.
      await writeFile(ca, `${mine.certificate}\n${other.certificate}`);
      await clock.advance(1_000);
      await client.get(ref);
      expect(secure.connections()).toBe(before + 1);
      await writeFile(ca, other.certificate);
      await clock.advance(1_000);
      await expect(client.get(ref)).rejects.toMatchObject({ code: "unavailable" });
    } finally {
      await secure.stop();
    }
  });
});

describe("a proxy", () => {
  test("is asked for a tunnel to the server, which is checked all the same, and sees no credentials", async () => {
    const authority = await makeAuthority("mine");
    const { certificate: cert, key } = await authority.issueServer(["127.0.0.1"]);
    const secure = await startWire((_, response) => answer(response, 200, configMap("a", 1)), { cert, key });
    const asked: string[] = [];
    const proxy = createServer().on("connect", (request, socket: Socket) => {
      asked.push(`${request.url} ${request.headers.authorization}`);
      const { hostname, port } = new URL(`http://${request.url}`);
      const tunnel = connectTo(Number(port), hostname, () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
      tunnel.pipe(socket).pipe(tunnel);
      for (const each of [tunnel, socket]) each.on("error", () => each.destroy());
    });
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    try {
      const cluster = {
        "certificate-authority-data": Buffer.from(authority.certificate).toString("base64"),
        "proxy-url": `http://127.0.0.1:${(proxy.address() as { port: number }).port}`,
      };
      expect(await connect(await secure.kubeconfig({ token: "one" }, cluster)).get(ref)).toBeDefined();
      expect(asked).toEqual([`${new URL(secure.url).host} undefined`]);
      expect(secure.received[0]!.headers.authorization).toBe("Bearer one");
      const other = Buffer.from((await makeAuthority("other")).certificate).toString("base64");
      const wrong = { ...cluster, "certificate-authority-data": other };
      await expect(connect(await secure.kubeconfig({ token: "one" }, wrong)).get(ref)).rejects.toMatchObject({
        code: "unavailable",
      });
      expect(secure.received).toHaveLength(1);
    } finally {
      await secure.stop();
      proxy.close();
    }
  });

  test("that speaks SOCKS is refused", async () => {
    const cluster = { "insecure-skip-tls-verify": true, "proxy-url": "socks5://127.0.0.1:1080" };
    await expect(connect(await wire.kubeconfig({ token: "one" }, cluster)).get(ref)).rejects.toMatchObject({
      code: "config",
    });
  });
});

async function writePlugin(script: string): Promise<{ apiVersion: string; command: string; args: string[] }> {
  const file = join(wire.folder, "plugin.cjs");
  await writeFile(file, script);
  return { apiVersion: "client.authentication.k8s.io/v1", command: execPath, args: [file] };
}
