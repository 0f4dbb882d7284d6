import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { request } from "../runner/process/runner.ts";
import { start, tenon } from "./tenon.ts";

const built = (name: string) => new URL(`../../../guests/built/${name}.wasm`, import.meta.url).pathname;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tenon-run-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("tenon run", () => {
  test("gives a command its arguments", async () => {
    expect(await tenon("run", built("cli"), "--", "args", "a", "--b")).toMatchObject({ code: 0, out: "a\n--b\n" });
  }, 30_000);

  test("ends with the guest's exit code, and 134 after a trap", async () => {
    expect((await tenon("run", built("cli"), "--", "exit", "1")).code).toBe(1);
    const trapped = await tenon("run", built("cli"), "--", "panic");
    expect([trapped.code, trapped.err]).toEqual([134, expect.stringContaining("The component trapped")]);
  }, 30_000);

  test("hands through standard input", async () => {
    const text = "line\n".repeat(10_000);
    expect(await start(["run", built("cli"), "--", "cat"], { stdin: text }).ended).toMatchObject({
      code: 0,
      out: text,
    });
  }, 30_000);

  test("gives no variable that was not asked for", async () => {
    expect((await tenon("run", built("cli"), "--", "env")).out).toBe("");
    expect((await tenon("run", built("cli"), "--env", "A=b=c", "--", "env")).out).toBe("A=b=c\n");
  }, 30_000);

  test("gives no folder that was not asked for", async () => {
    await writeFile(join(folder, "a.txt"), "text");
    expect((await tenon("run", built("cli"), "--", "read", `${folder}/a.txt`)).code).not.toBe(0);
    const read = await tenon("run", built("cli"), "--dir", `${folder}::/data`, "--", "read", "/data/a.txt");
    expect(read).toMatchObject({ code: 0, out: "text" });
  }, 30_000);

  test("lets a guest write, but not where the folder is read only", async () => {
    const write = ["--", "write", "/data/b.txt", "new"];
    expect((await tenon("run", built("cli"), "--dir", `${folder}::/data::ro`, ...write)).code).not.toBe(0);
    expect((await tenon("run", built("cli"), "--dir", `${folder}::/data`, ...write)).code).toBe(0);
    expect(await readFile(join(folder, "b.txt"), "utf8")).toBe("new");
  }, 30_000);

  test("serves a component that handles HTTP", async () => {
    const running = start(["run", built("hello"), "--listen", "0"]);
    const [, port] = await running.until(/serving http:\/\/127\.0\.0\.1:(\d+)/);
    expect(await request({ port: Number(port), path: "/" })).toMatchObject({ status: 200, body: "hello" });
    running.child.kill("SIGINT");
    expect((await running.ended).code).toBe(0);
  }, 30_000);

  test("says what a component exports that is neither", async () => {
    const { code, err } = await tenon("run", built("echo"));
    expect([code, err]).toEqual([1, expect.stringContaining("It exports tenon:test/echo")]);
  }, 30_000);

  test("runs a composition's command with its own grants, the arguments after the manifest's", async () => {
    const at = join(folder, "job.yaml");
    const grants = (more: string) => `apiVersion: tenon.dev/v1alpha1
kind: Composition
metadata: { name: job }
spec:
  instances:
    - name: tool
      component: { source: { file: { path: ${built("cli")} } } }
      grants: { ${more} }
  exports: [{ name: wasi:cli/run, from: tool/wasi:cli/run }]
`;
    await writeFile(at, grants('args: ["args", "a"]'));
    expect(await tenon("run", at, "--", "--b")).toMatchObject({ code: 0, out: "a\n--b\n" });
    await writeFile(at, grants('env: [{ name: A, value: "1" }]'));
    expect(await tenon("run", at, "--", "env")).toMatchObject({ code: 0, out: "A=1\n" });
    expect((await tenon("run", at, "--", "exit", "1")).code).toBe(1);
    expect((await tenon("run", at, "--env", "A=2", "--", "env")).code).toBe(2);
  }, 60_000);

  test("refuses sockets with a sentence", async () => {
    const { code, err } = await tenon("run", built("cli"), "--allow", "sockets");
    expect([code, err]).toEqual([2, expect.stringContaining("sockets")]);
  }, 30_000);
});

describe("tenon call", () => {
  test("composes for one call and prints JSON", async () => {
    const { code, out } = await tenon("call", built("echo"), "tenon:test/echo.echo-pair", '[7, "x"]');
    expect([code, JSON.parse(out)]).toEqual([0, [7, "x"]]);
  }, 30_000);

  test("takes what is no JSON as a string, and finds a function by its name alone", async () => {
    const { code, out } = await tenon("call", built("echo"), "echo-string", "plain words");
    expect([code, JSON.parse(out)]).toEqual([0, "plain words"]);
  }, 30_000);

  test("takes arguments by name", async () => {
    const { out } = await tenon("call", built("echo"), "echo-u64", "--args", '{"value": "18446744073709551615"}');
    expect(JSON.parse(out)).toBe("18446744073709551615");
  }, 30_000);

  test("names a function that is not there as it was asked for", async () => {
    const { code, err } = await tenon("call", built("echo"), "nothing");
    expect([code, err]).toEqual([1, expect.stringContaining('Cannot find the function "nothing": there are')]);
  }, 30_000);

  test("names the place of a bad argument", async () => {
    const { code, err } = await tenon("call", built("echo"), "echo-person", '{"name":"a","mail":1,"note":""}');
    expect([code, err]).toEqual([1, expect.stringContaining("Cannot read value.mail: expected a string, found 1")]);
  }, 30_000);

  test("calls a composition that runs", async () => {
    const manifest = new URL("../../../examples/01-user-api/compose.yaml", import.meta.url).pathname;
    const running = start(["up", manifest, "--listen", "0", "--processes", "1", "--no-watch"]);
    const [, url] = await running.until(/serving +(http:\S+)[\s\S]*Ready/);
    const { code, out } = await tenon("call", url!, "example:http/auth.authenticate", "ada-token", "ada");
    expect([code, JSON.parse(out)]).toMatchObject([0, { tag: "ok", val: { id: "ada" } }]);
    const unknown = await tenon("call", url!, "example:http/auth.nothing");
    expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining("example:http/auth.authenticate")]);
    running.child.kill("SIGTERM");
    expect((await running.ended).code).toBe(0);
  }, 60_000);

  test("says that nothing listens", async () => {
    const { code, err } = await tenon("call", "http://127.0.0.1:9", "a.b");
    expect([code, err]).toEqual([3, expect.stringContaining("Cannot reach http://127.0.0.1:9")]);
  }, 30_000);
});
