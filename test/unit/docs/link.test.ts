import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execPath } from "node:process";
import { pathToFileURL } from "node:url";
import { expect, test } from "@jest/globals";

const root = join(import.meta.dirname, "../../..");

test("the program of docs/link.md prints what the page says", () => {
  const page = readFileSync(join(root, "docs/link.md"), "utf8");
  const [, program] = /```js\n([\s\S]*?)```/.exec(page)!;
  const [, printed] = /```text\n([\s\S]*?)```/.exec(page)!;
  // What the package exports is built from this file.
  const library = pathToFileURL(join(root, "runner/link/library.ts")).href;
  expect(program).toContain('from "tenon/link"');
  const { stdout, stderr } = spawnSync(execPath, ["--no-warnings", "--input-type=module"], {
    cwd: root,
    input: program!.replace("tenon/link", library),
    encoding: "utf8",
    env: {},
  });
  expect({ stdout, stderr }).toEqual({ stdout: printed, stderr: "" });
}, 60_000);
