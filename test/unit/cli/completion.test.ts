import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { withFolder } from "../../support/local/folder.ts";
import { tenon } from "../../support/local/tenon.ts";

const has = (shell: string): boolean => spawnSync(shell, ["-c", "true"]).status === 0;

/** What bash offers after these words. */
async function complete(...words: readonly string[]): Promise<string[]> {
  const { out } = await tenon(["completion", "bash"]);
  const list = words.map((word) => `'${word}'`).join(" ");
  const script = `${out}\nCOMP_WORDS=(tenon ${list}); COMP_CWORD=${words.length}; compopt() { :; }; _tenon; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, status } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
  return stdout.trim().split("\n");
}

describe("tenon completion", () => {
  test("offers commands, options and values to bash", async () => {
    expect(await complete("ch")).toEqual(["check"]);
    expect(await complete("check", "--o")).toEqual(["--output"]);
    expect(await complete("check", "-o", "j")).toEqual(["json"]);
    expect(await complete("graph", "--format", "m")).toEqual(["mermaid"]);
    expect(await complete("completion", "f")).toEqual(["fish"]);
    expect(await complete("check", "some")).toEqual([""]);
  });

  test.each(["bash", "zsh", "fish"])("names every command and option to %s", async (shell) => {
    const { code, out } = await tenon(["completion", shell]);
    expect(code).toBe(0);
    for (const word of ["check", "compose", "inspect", "diff", "graph", "completion", "mermaid", "wit"])
      expect(out).toContain(word);
  });

  for (const shell of ["bash", "zsh", "fish"]) {
    (has(shell) ? test : test.skip)(`is a script that ${shell} can read`, async () => {
      const { out } = await tenon(["completion", shell]);
      await withFolder({ script: out }, async (folder) => {
        const { status, stderr } = spawnSync(shell, ["-n", join(folder, "script")], { encoding: "utf8" });
        expect([status, stderr]).toEqual([0, ""]);
      });
    });
  }

  (has("fish") ? test : test.skip)("offers commands and values to fish", async () => {
    const { out } = await tenon(["completion", "fish"]);
    await withFolder({ script: out }, async (folder) => {
      const offered = (line: string) => {
        const run = `source ${join(folder, "script")}; complete -C '${line}'`;
        return spawnSync("fish", ["--no-config", "-c", run], { encoding: "utf8" })
          .stdout.split("\n")
          .map((one) => one.split("\t")[0]);
      };
      expect(offered("tenon chec")).toEqual(["check", ""]);
      expect(offered("tenon graph --format m")).toEqual(["mermaid", ""]);
    });
  });

  test("refuses a shell that it does not know", async () => {
    expect(await tenon(["completion", "powershell"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("bash, zsh, fish"),
    });
  });
});
