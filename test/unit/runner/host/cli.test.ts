import { describe, expect, test } from "@jest/globals";
import { cliInterfaces, ExitError } from "../../../../runner/host/cli.ts";
import { Trap } from "../../../../runner/host/host.ts";
import { flushLines, partialLineCharacters } from "../../../../runner/host/lines.ts";
import { bound, hostInstance } from "./bound.ts";

const cli = (name: string, host = hostInstance()) => bound(cliInterfaces, `wasi:cli/${name}`, host);

describe("environment", () => {
  test("is empty without grants", () => {
    const call = cli("environment");
    expect(call("get-environment")).toEqual([]);
    expect(call("get-arguments")).toEqual([]);
    expect(call("initial-cwd")).toBe(undefined);
  });

  test("gives granted variables, and arguments behind the instance's name", () => {
    const grants = { env: [{ name: "A", value: "1" }], args: ["--port", "80"] };
    const call = cli("environment", hostInstance(grants, { instance: "front" }));
    expect(call("get-environment")).toEqual([["A", "1"]]);
    expect(call("get-arguments")).toEqual(["front", "--port", "80"]);
  });

  test("gives each instance its own", () => {
    const one = cli("environment", hostInstance({ env: [{ name: "A", value: "1" }] }));
    const two = cli("environment", hostInstance({ env: [{ name: "B", value: "2" }] }));
    expect(one("get-environment")).toEqual([["A", "1"]]);
    expect(two("get-environment")).toEqual([["B", "2"]]);
  });
});

describe("exit", () => {
  test.each([
    ["exit", 0, 0],
    ["exit", 1, 1],
    ["exit-with-code", 0, 0],
    ["exit-with-code", 42, 42],
    ["exit-with-code", 255, 255],
  ])("%s(%i) ends the call with code %i", (name, status, code) => {
    let thrown: unknown;
    try {
      cli("exit")(name, status);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ExitError);
    expect(thrown).toBeInstanceOf(Trap);
    expect((thrown as ExitError).code).toBe(code);
  });
});

describe("stdin", () => {
  test("is empty without a grant", async () => {
    const stream = cli("stdin")("get-stdin");
    await stream.wait();
    expect(stream.read(10)).toBe(null);
  });
});

describe.each(["stdout", "stderr"])("%s", (name) => {
  const open = (host = hostInstance()) => {
    const stream = cli(name, host)(`get-${name}`);
    return { host, write: (text: string | Uint8Array) => stream.write(new Uint8Array(Buffer.from(text))) };
  };

  test("writes lines to the log under the instance's name", () => {
    const { host, write } = open();
    write("one\ntwo\r\n\nth");
    write("ree\n");
    expect(host.lines).toEqual(["one", "two", "", "three"].map((line) => ["guest", name, line]));
  });

  test("puts a line together over streams and writes, a split character too", () => {
    const host = hostInstance();
    const call = cli(name, host);
    const bytes = Buffer.from("é😀\n");
    for (const byte of bytes) call(`get-${name}`).write(new Uint8Array([byte]));
    expect(host.lines).toEqual([["guest", name, "é😀"]]);
  });

  test("writes a partial line after a moment", async () => {
    const { host, write } = open();
    write("prompt> ");
    expect(host.lines).toEqual([]);
    while (host.lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(host.lines).toEqual([["guest", name, "prompt> "]]);
  });

  test("writes a partial line at the end of the process, once", () => {
    const { host, write } = open();
    write("last words");
    flushLines(host.services);
    flushLines(host.services);
    expect(host.lines).toEqual([["guest", name, "last words"]]);
  });

  test("keeps no more than 16 KiB of a line without an end", () => {
    const { host, write } = open();
    write("x".repeat(partialLineCharacters - 1));
    expect(host.lines.length).toBe(0);
    write("x".repeat(2 * partialLineCharacters));
    expect(host.lines.map(([, , line]) => line.length)).toEqual([partialLineCharacters, partialLineCharacters]);
    flushLines(host.services);
    expect(host.lines.at(-1)![2].length).toBe(partialLineCharacters - 1);
  });
});

describe("terminals", () => {
  test.each(["stdin", "stdout", "stderr"])("%s is none for an instance that has not inherited it", (name) => {
    expect(cli(`terminal-${name}`)(`get-terminal-${name}`)).toBe(undefined);
  });
});
