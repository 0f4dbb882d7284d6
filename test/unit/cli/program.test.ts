import { describe, expect, test } from "@jest/globals";
import { Command } from "commander";
import type { Cli, MakeCommand } from "../../../cli/command.ts";
import { CliError } from "../../../cli/error.ts";
import { LocalError } from "../../../operator/local/error.ts";
import { offlineCommands, tenon } from "../../support/local/tenon.ts";

const failing =
  (error: Error): MakeCommand =>
  () =>
    new Command("fail").action(() => {
      throw error;
    });

describe("runCli()", () => {
  test("ends with 2 on a wrong command line, and says what was meant", async () => {
    expect(await tenon(["chekc"])).toEqual({
      code: 2,
      out: "",
      err: "error: Unknown command 'chekc'\nhint   Did you mean check?\n",
    });
    expect(await tenon(["check"])).toEqual({ code: 2, out: "", err: "error: Missing required argument 'path'\n" });
    expect(await tenon(["check", ".", "--outputt"])).toEqual({
      code: 2,
      out: "",
      err: "error: Unknown option '--outputt'\nhint   Did you mean --output?\n",
    });
    expect(await tenon(["check", ".", "-o", "xml"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("human, json, yaml"),
    });
    expect(await tenon([])).toMatchObject({ code: 2, err: expect.stringContaining("Usage: tenon") });
  });

  test("ends with 0 on help and version", async () => {
    const help = await tenon(["--help"]);
    expect(help).toMatchObject({ code: 0, err: "" });
    expect(help.out).toMatch(/Exit codes:\n {2}0 {3}all is well\n {2}1 {3}.*\n {2}2 {3}.*\n {2}3 {3}.*\n {2}70 /);
    expect(await tenon(["--version"])).toEqual({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), err: "" });
  });

  test.each(offlineCommands.map((make) => [make({} as Cli).name()]))("gives %s a help with examples", async (name) => {
    const { code, out } = await tenon([name, "--help"]);
    expect(code).toBe(0);
    expect(out).toMatch(/\nExamples:\n {2}\$ /);
  });

  test.each([
    ["findings", 1],
    ["usage", 2],
    ["unreadable", 3],
  ] as const)("ends a %s with %i, its message and its hint", async (code, exit) => {
    const commands = [failing(new CliError(code, "Cannot do it", { hint: "Do another thing" }))];
    expect(await tenon(["fail"], { commands })).toEqual({
      code: exit,
      out: "",
      err: "error: Cannot do it\nhint   Do another thing\n",
    });
  });

  test("ends with 2 where local mode refuses an option", async () => {
    const commands = [failing(new LocalError("option", "Cannot find the folder"))];
    expect(await tenon(["fail"], { commands })).toEqual({ code: 2, out: "", err: "error: Cannot find the folder\n" });
  });

  test("ends with 3 where the cache cannot be written", async () => {
    const commands = [failing(new LocalError("cache", "Cannot write to the cache folder"))];
    expect(await tenon(["fail"], { commands })).toMatchObject({ code: 3, out: "" });
  });

  test("ends with 70 on a bug, and shows a stack only where TENON_DEBUG asks for it", async () => {
    const commands = [failing(new TypeError("x is not a function"))];
    const calm = await tenon(["fail"], { commands });
    expect(calm).toMatchObject({ code: 70, out: "" });
    expect(calm.err).toBe(
      "error: Tenon failed, which is a bug: x is not a function\nhint   Run it again with TENON_DEBUG=1 and report what it prints\n",
    );
    expect((await tenon(["fail"], { commands, env: { TENON_DEBUG: "1" } })).err).toMatch(/\n {4}at /);
  });
});
