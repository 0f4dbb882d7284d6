import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { openBackends } from "../../../../runner/backends/open.ts";
import type { Grants } from "../../../../runner/config.ts";
import { type Command, loadCommand } from "./command.ts";

let hosts: Command;
let cli: Command;
beforeAll(async () => {
  [hosts, cli] = await Promise.all([loadCommand("hosts"), loadCommand("cli")]);
}, 60_000);

let parent: string;
let folder: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "tenon-hosts-"));
  folder = join(parent, "data");
  mkdirSync(folder);
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const mount = (readOnly = false): Grants => ({ filesystem: [{ path: folder, guestPath: "/data", readOnly }] });

describe("a command without grants", () => {
  test("has no files, no environment, an empty input, and ends well", async () => {
    expect(await hosts.run(["climb", "/data"])).toMatchObject({ stdout: expect.arrayContaining(["write NotFound"]) });
    expect(await cli.run(["env"])).toMatchObject({ stdout: [], code: 0 });
    expect(await cli.run(["cat"])).toMatchObject({ stdout: [], code: 0 });
  });

  test("gets no socket and no name, and the log says so once", async () => {
    const { stdout, log } = await hosts.run(["sockets"]);
    expect(stdout).toEqual(["connect Some(PermissionDenied)", "bind Some(PermissionDenied)", "resolve true"]);
    expect(log).toEqual([["warn", "Cannot create a TCP socket: this runner gives no sockets to guests"]]);
  });

  test("reaches no bucket", async () => {
    const { stdout } = await hosts.run(["keyvalue", "default"]);
    expect(stdout).toEqual(["open Error::AccessDenied"]);
  });
});

describe("a command", () => {
  test("reads its arguments and environment", async () => {
    expect((await cli.run(["args", "one", "", "a b"])).stdout).toEqual(["one", "", "a b"]);
    const env = [{ name: "NAME", value: "value" }];
    expect((await cli.run(["env"], { env })).stdout).toEqual(["NAME=value"]);
  });

  test("ends with its exit code, and says on stderr why", async () => {
    expect((await cli.run(["exit", "0"])).code).toBe(0);
    expect((await cli.run(["exit", "1"])).code).toBe(1);
    expect(await cli.run(["no such"])).toMatchObject({ code: 1, stderr: [expect.stringMatching(/^cli: unknown/)] });
  });

  test("has what it prints without a line's end written", async () => {
    expect((await hosts.run(["partial"])).stdout).toEqual(["no end"]);
  });

  test("sleeps, tells the time and draws random numbers", async () => {
    const before = Math.floor(Date.now() / 1000);
    const { stdout } = await hosts.run(["clocks"]);
    expect(stdout[0]).toBe("slept true");
    const seconds = Number(stdout[1]!.split(" ")[1]);
    expect(seconds).toBeGreaterThanOrEqual(before);
    expect(seconds).toBeLessThanOrEqual(Date.now() / 1000);
    expect((await hosts.run(["random"])).stdout).toEqual(["map 499500"]);
  });

  test("reads its configuration by both interfaces", async () => {
    const { stdout } = await hosts.run(["config", "url"], { config: { url: "x", other: "" } });
    const all = '[("url", "x"), ("other", "")]';
    expect(stdout).toEqual([`store Some("x") ${all}`, `runtime Some("x") ${all}`]);
    expect((await hosts.run(["config", "url"])).stdout).toEqual(["store None []", "runtime None []"]);
  });

  test("logs with level and context", async () => {
    expect((await hosts.run(["log"])).log).toEqual([
      ["info", "plain"],
      ["critical", "context: one"],
      ["critical", "context: two"],
    ]);
  });
});

describe("a command with a folder", () => {
  test("does with files what a standard library does", async () => {
    const { stdout, stderr, code } = await hosts.run(["files", "/data"], mount());
    expect(stderr).toEqual([]);
    expect(stdout).toEqual([
      "content hello, world",
      "rewritten hello, there",
      "cut 5",
      "large true",
      "names copied linked moved one",
      "exists false",
      "left 2",
    ]);
    expect(code).toBe(0);
    expect(readdirSync(folder).sort()).toEqual(["copied", "moved"]);
    expect(readFileSync(join(folder, "copied")).equals(Buffer.alloc(300_000, "x"))).toBe(true);
  });

  test("reads and changes nothing outside of it", async () => {
    writeFileSync(join(parent, "secret"), "secret");
    mkdirSync(join(folder, "one"));
    writeFileSync(join(folder, "readable"), "four");
    symlinkSync("..", join(folder, "link"));
    execFileSync("mkfifo", [join(folder, "pipe")]);
    const { stdout } = await hosts.run(["climb", "/data"], mount());
    expect(stdout).toEqual([
      "/data/../secret PermissionDenied",
      "/data/one/../../secret PermissionDenied",
      "/data/link/secret PermissionDenied",
      "/etc/passwd NotFound",
      "/data/pipe PermissionDenied",
      "/data/readable read 4",
      "written",
    ]);
  });

  test("reads a read-only one and changes nothing", async () => {
    writeFileSync(join(folder, "readable"), "four");
    const { stdout } = await hosts.run(["climb", "/data"], mount(true));
    expect(stdout.slice(-2)).toEqual(["/data/readable read 4", "write ReadOnlyFilesystem"]);
    expect(await hosts.run(["files", "/data"], mount(true))).toMatchObject({ code: 1 });
    expect(existsSync(join(folder, "one"))).toBe(false);
    expect((await cli.run(["list", "/data"], mount(true))).stdout).toEqual(["readable"]);
  });
});

describe.each(["memory", "sqlite"])("a command with a bucket of a %s backend", (kind) => {
  const sqlite = () => ({ keyvalue: { sqlite: { path: join(parent, "keyvalue.db") } } });
  const backends = () => openBackends({ main: kind === "memory" ? { keyvalue: { memory: {} } } : sqlite() });
  const keyvalue = [{ backend: "main", bucket: "default", access: "ReadWrite" as const }];

  test("uses store, atomics and batch of 0.2.0-draft2", async () => {
    const open = await backends();
    const { stdout, code } = await hosts.run(["keyvalue", "default"], { keyvalue }, open);
    expect(stdout).toEqual([
      "set Ok(())",
      'get Some(Ok("value")) None',
      "exists true false",
      "increment 40 -2",
      'not a number Err(Error::Other("Cannot increment: the value is not a decimal number: 5 bytes"))',
      "swap true",
      'failed Some(Ok("swapped"))',
      "again true",
      "many [true, false, true]",
      "listed 1002",
      'left ["key"]',
    ]);
    expect(code).toBe(0);
    await open.close();
  });

  test("uses store, atomics and batch of 0.2.0-draft", async () => {
    const open = await backends();
    const { stdout } = await hosts.run(["keyvalue-draft", ""], { keyvalue }, open);
    expect(stdout).toEqual(["increment 41", "many [true, false]", "listed [1000, 502]"]);
    await open.close();
  });

  test("changes nothing of a read-only one", async () => {
    const open = await backends();
    open.keyvalue("main").set("default", "key", Buffer.from("before"));
    const readOnly = [{ ...keyvalue[0]!, access: "ReadOnly" as const }];
    const { stdout, code } = await hosts.run(["keyvalue", "default"], { keyvalue: readOnly }, open);
    expect(stdout.slice(0, 3)).toEqual([
      "set Err(Error::AccessDenied)",
      'get Some(Ok("before")) None',
      "exists true false",
    ]);
    expect(code).toBe(1);
    await open.close();
  });
});
