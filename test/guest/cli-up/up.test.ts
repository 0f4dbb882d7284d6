import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { eventually, request, startLoad } from "../runner/process/runner.ts";
import { type Running, start, tenon } from "./tenon.ts";

const example = new URL("../../../examples/01-user-api/", import.meta.url).pathname;
let folder: string;
let up: Running | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tenon-up-"));
  for (const name of ["components", "user-api.yaml", "compose.yaml"]) {
    await cp(join(example, name), join(folder, name), { recursive: true });
  }
});
afterEach(async () => {
  up?.child.kill("SIGKILL");
  await up?.ended;
  up = undefined;
  await rm(folder, { recursive: true });
});

async function serve(...args: readonly string[]): Promise<number> {
  up = start(["up", ...args, "--listen", "0", "--processes", "1"], { cwd: folder });
  const [, port] = await up.until(/serving +http:\/\/127\.0\.0\.1:(\d+)[\s\S]*Ready after/);
  return Number(port);
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  const path = join(folder, file);
  await writeFile(path, change(await readFile(path, "utf8")));
}

const ada = { path: "/users/ada", headers: { authorization: "Bearer ada-token" } };

describe("tenon up", () => {
  test("says what it wired, serves it, and shows the lines of each instance", async () => {
    const port = await serve("user-api.yaml");
    expect(up!.err()).toMatch(/front +front +example:http\/auth +auth-instance/);
    expect(JSON.parse((await request({ port, ...ada })).body)).toMatchObject({ id: "ada" });
    await up!.until(/log-instance +\| info {2}auth: ada may see ada/);
  }, 60_000);

  test("counts the calls of each connection under the names of the manifest", async () => {
    const port = await serve("user-api.yaml");
    await request({ port, ...ada });
    const [, adminPort] = /(\d+)\/metrics/.exec(up!.err())!;
    const { body } = await request({ port: Number(adminPort), path: "/metrics" });
    const calls = (from: string, to: string, name: string) =>
      body.split("\n").find((line) => line.includes(`from="${from}",to="${to}",${name}`) && line.includes('"ok"'));
    expect(calls("front", "auth-instance", 'interface="example:http/auth",function="authenticate"')).toMatch(/ 1$/);
    expect(calls("auth-instance", "db-instance", 'interface="wasi:keyvalue/readwrite",function="get"')).toMatch(
      / [1-9]/,
    );
    expect(body).not.toMatch(/from="front",to="front"|interface="actual"/);
  }, 60_000);

  test("takes a published compose.yaml, and answers its export through the gateway", async () => {
    const port = await serve("compose.yaml");
    const answer = await request(
      {
        port,
        method: "POST",
        path: "/call/example%3Ahttp%2Fauth/authenticate",
        headers: { "content-type": "application/json" },
      },
      JSON.stringify({ token: "ada-token", "user-id": "ada" }),
    );
    expect(JSON.parse(answer.body)).toMatchObject({ tag: "ok", val: { id: "ada", "display-name": "Ada Lovelace" } });
  }, 60_000);

  test("brings in an edit without losing a request", async () => {
    const port = await serve("user-api.yaml");
    const load = startLoad(port, "/", 4);
    await eventually(() => (load.statuses["200"] ?? 0) > 20);
    await edit("user-api.yaml", (text) =>
      text.replace(/^ {2}instances:/m, "  runner: { concurrency: 3 }\n  instances:"),
    );
    await up!.until(/reloaded user-api in \d+ ms/);
    const served = load.statuses["200"]!;
    await eventually(() => load.statuses["200"]! > served + 20);
    expect(Object.keys(await load.stop())).toEqual(["200"]);
  }, 60_000);

  test("explains a broken edit while the last good revision goes on, and comes back", async () => {
    const port = await serve("user-api.yaml");
    const good = await readFile(join(folder, "user-api.yaml"), "utf8");
    await edit("user-api.yaml", (text) => text.replace("name: front", "nmae: front"));
    await up!.until(/error[\s\S]*user-api\.yaml:\d+:\d+[\s\S]*nmae/);
    expect(await request({ port, ...ada })).toMatchObject({ status: 200 });
    await edit("user-api.yaml", () => good);
    await up!.until(/The files are well again/);
    expect(await request({ port, ...ada })).toMatchObject({ status: 200 });
  }, 60_000);

  test("does not take another composition of the folder for one whose manifest was emptied", async () => {
    const port = await serve(".");
    const good = await readFile(join(folder, "user-api.yaml"), "utf8");
    await edit("user-api.yaml", () => "");
    await up!.until(/Cannot find the composition that runs: user-api/);
    expect(await request({ port, ...ada })).toMatchObject({ status: 200 });
    await edit("user-api.yaml", () => good);
    await up!.until(/The files are well again/);
  }, 60_000);

  test("explains a component that is damaged while it runs, and picks up the repaired one", async () => {
    const port = await serve("user-api.yaml");
    const path = join(folder, "components", "logger.wasm");
    const good = await readFile(path);
    await writeFile(path, good.subarray(0, 100));
    await up!.until(/error(\[[\w-]+\])?: [\s\S]*logger/);
    expect(await request({ port, ...ada })).toMatchObject({ status: 200 });
    await writeFile(path, good);
    await up!.until(/The files are well again/);
  }, 60_000);

  test("ends with 0 after SIGINT, and leaves nothing that listens", async () => {
    const port = await serve("user-api.yaml");
    up!.child.kill("SIGINT");
    expect((await up!.ended).code).toBe(0);
    await expect(request({ port, path: "/" })).rejects.toMatchObject({ code: "ECONNREFUSED" });
  }, 60_000);

  test("ends with 1 and all that is wrong where the files are broken at first", async () => {
    await edit("compose.yaml", (text) => text.replace("component: authentication", "component: authentification"));
    const { code, err } = await tenon("up", join(folder, "compose.yaml"), "--listen", "0");
    expect(code).toBe(1);
    expect(err).toMatch(/compose\.yaml:\d+:\d+/);
    expect(err).toContain("authentification");
  }, 60_000);

  test("says when its port is taken", async () => {
    const port = await serve("user-api.yaml");
    const { code, err } = await tenon("up", join(folder, "user-api.yaml"), "--listen", String(port));
    expect([code, err]).toEqual([1, expect.stringContaining(`Cannot listen on 127.0.0.1:${port}`)]);
  }, 60_000);
});
