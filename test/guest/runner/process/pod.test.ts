import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { RunnerDocument } from "../../../../runner/config.ts";
import { type KeyPair, makeAuthority } from "../../../support/api-server/pki.ts";
import { makeArtifact, makeConfig } from "./artifact.ts";
import { eventually, request } from "./runner.ts";

const main = fileURLToPath(new URL("../../../../runner/main.ts", import.meta.url));
let folder: string;
let artifacts: { readonly cli: string; readonly hello: string };
let pair: KeyPair;
let child: ChildProcess | undefined;
let server: Server | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tenon-pod-"));
  artifacts = { cli: await makeArtifact("cli"), hello: await makeArtifact("hello") };
  const authority = await makeAuthority("artifacts");
  pair = await authority.issueServer(["127.0.0.1"]);
  await writeFile(join(folder, "ca.crt"), authority.certificate);
  await writeFile(join(folder, "token"), "pod-token");
}, 60_000);
afterAll(() => Promise.all([folder, ...Object.values(artifacts)].map((path) => rm(path, { recursive: true }))));
afterEach(() => {
  child?.kill("SIGKILL");
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

/** Starts the runner with this document as a pod would; gives its lines and its exit code. */
async function start(document: RunnerDocument, ...args: readonly string[]) {
  const config = join(folder, "config.json");
  await writeFile(config, JSON.stringify(document));
  const { NODE_OPTIONS: _, ...env } = process.env;
  const started = spawn(execPath, [main, "--config", config, ...args], { env: { ...env, NODE_NO_WARNINGS: "1" } });
  child = started;
  let out = "";
  started.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  const texts = () => out.split("\n").filter((line) => line !== "");
  return {
    child: started,
    ended: new Promise<number | null>((resolve) => started.on("close", resolve)),
    lines: () => texts().map((line) => JSON.parse(line)),
  };
}

async function run(grants: RunnerDocument["grants"][string]) {
  const document: RunnerDocument = { ...makeConfig(artifacts.cli), grants: { app: grants } };
  const { ended, lines } = await start(document, "--command");
  const code = await ended;
  return { code, messages: lines().map(({ message }) => message) };
}

/** Serves an artifact's folder as the operator does, once `open` is called; before, it has nothing. */
async function serveArtifact(from: string) {
  const index = await readFile(join(from, "index.json"));
  const digest = `sha256:${createHash("sha256").update(index).digest("hex")}`;
  let isOpen = false;
  server = createServer({ cert: pair.certificate, key: pair.key }, (asked, response) => {
    const blob = /\/blobs\/sha256:([0-9a-f]{64})$/.exec(asked.url ?? "")?.[1];
    const known = isOpen && asked.headers.authorization === "Bearer pod-token" && asked.url?.includes(digest);
    if (!known) return void response.writeHead(404).end();
    readFile(blob === undefined ? join(from, "index.json") : join(from, "blobs", blob)).then((body) =>
      response.end(body),
    );
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as { port: number };
  const files = { caFile: join(folder, "ca.crt"), tokenFile: join(folder, "token") };
  return {
    fetch: { url: `https://127.0.0.1:${port}`, digest, ...files },
    open() {
      isOpen = true;
    },
  };
}

describe("runner/main --command", () => {
  test("exits with the command's code, or as after an abort where it trapped", async () => {
    expect(await run({ args: ["args", "a", "b"] })).toEqual({ code: 0, messages: ["a", "b"] });
    expect((await run({ args: ["exit", "1"] })).code).toBe(1);
    const trapped = await run({ args: ["panic"] });
    expect(trapped.code).toBe(134);
    expect(trapped.messages.at(-1)).toMatch(/^The command trapped in .* of app: /);
  }, 60_000);

  test("gives the guest its values from mounted files, which its own process may not read", async () => {
    const mount = join(folder, "values");
    await mkdir(join(mount, "..data"), { recursive: true });
    await writeFile(join(mount, "..data", "password"), "hunter2");
    await symlink("..data/password", join(mount, "password"));
    const env = [
      { name: "PASSWORD", file: join(mount, "password") },
      { name: "MISSING", file: join(mount, "missing"), optional: true },
    ];
    expect(await run({ args: ["env"], env })).toEqual({ code: 0, messages: ["PASSWORD=hunter2"] });
  }, 60_000);

  test("exits 2 where a value is not there, without starting anything", async () => {
    const { code, messages } = await run({ args: ["env"], env: [{ name: "A", file: join(folder, "no") }] });
    expect(code).toBe(2);
    expect(messages).toEqual([expect.stringContaining(`Cannot read the values of instance "app" from`)]);
  }, 60_000);

  test("exits 1 where the composition is no command", async () => {
    const { ended, lines } = await start(makeConfig(artifacts.hello), "--command");
    expect(await ended).toBe(1);
    expect(lines().at(-1).message).toContain("it exports no wasi:cli/run");
  }, 60_000);

  test("ends at a signal while it waits for its artifact", async () => {
    const { fetch } = await serveArtifact(artifacts.cli);
    const runner = await start({ ...makeConfig(join(folder, "waits")), fetch }, "--command");
    await eventually(() => runner.lines().some(({ message }) => message.includes("answers 404")));
    runner.child.kill("SIGTERM");
    expect(await runner.ended).toBe(143);
  }, 60_000);
});

describe("runner/main with an artifact to fetch", () => {
  test("is alive and not ready until the artifact comes, then serves, and the next time without a server", async () => {
    const { fetch, open } = await serveArtifact(artifacts.hello);
    const admin = `127.0.0.1:${await freePort()}`;
    const document = { ...makeConfig(join(folder, "fetched"), { admin }), fetch };
    const first = await start(document);
    const statusOf = async (path: string) => (await globalThis.fetch(`http://${admin}${path}`)).status;
    await eventually(() => first.lines().some(({ message }) => message.includes("answers 404")));
    await eventually(async () => (await statusOf("/healthz")) === 200);
    expect([await statusOf("/readyz"), await statusOf("/metrics"), await statusOf("/status")]).toEqual([503, 503, 503]);
    open();
    const served = await eventually(() => first.lines().find(({ port }) => port !== undefined));
    expect((await request({ port: served.port, path: "/" })).status).toBe(200);
    expect(await statusOf("/readyz")).toBe(200);
    first.child.kill("SIGTERM");
    expect(await first.ended).toBe(0);

    server!.closeAllConnections();
    server!.close();
    const second = await start(document);
    const again = await eventually(() => second.lines().find(({ port }) => port !== undefined));
    expect((await request({ port: again.port, path: "/" })).status).toBe(200);
  }, 60_000);

  test("exits 0 at a signal while it waits", async () => {
    const { fetch } = await serveArtifact(artifacts.hello);
    const runner = await start({ ...makeConfig(join(folder, "never")), fetch });
    await eventually(() => runner.lines().some(({ message }) => message.includes("answers 404")));
    runner.child.kill("SIGTERM");
    expect(await runner.ended).toBe(0);
  }, 60_000);
});

async function freePort(): Promise<number> {
  const { createServer: listen } = await import("node:net");
  const probe = listen();
  await once(probe.listen(0, "127.0.0.1"), "listening");
  const { port } = probe.address() as { port: number };
  probe.close();
  return port;
}
