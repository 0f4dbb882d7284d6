import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../../..");
const patience = 300_000;

describe("the packed package, installed in an empty folder", () => {
  let folder: string;
  const tenon = async (...args: string[]) => (await run("npx", ["tenon", ...args], { cwd: folder })).stdout;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tenon-package-"));
    // A copy: `prepack` writes `dist`, which other tests of this checkout may be about to read.
    const source = join(folder, "source");
    await cp(root, source, {
      recursive: true,
      filter: (path) => !/\/(\.git|\.cache|target|dist|node_modules)$/.test(path.slice(root.length)),
    });
    await run("ln", ["-s", join(root, "node_modules"), join(source, "node_modules")]);
    await run("npm", ["pack", "--pack-destination", folder], { cwd: source, maxBuffer: 2 ** 24 });
    const [tarball] = (await readdir(folder)).filter((name) => name.endsWith(".tgz"));
    await writeFile(join(folder, "package.json"), "{}");
    await run("npm", ["install", "--no-audit", "--no-fund", join(folder, tarball!)], { cwd: folder });
    await cp(join(root, "examples/01-user-api"), join(folder, "example"), { recursive: true });
    await rm(source, { recursive: true });
  }, patience);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test(
    "npx tenon checks the example",
    async () => {
      expect(await tenon("check", "example")).toContain("user-api");
    },
    patience,
  );

  test(
    "npx tenon composes and answers a call",
    async () => {
      const args = ["example/compose.yaml", "example:http/auth.authenticate", '"stolen"', '"ada"'];
      expect(JSON.parse(await tenon("call", ...args))).toEqual({ tag: "unauthorized" });
    },
    patience,
  );

  test(
    "tenon/link instantiates a component",
    async () => {
      const component = JSON.stringify(join(root, "guests/built/edge-callee.wasm"));
      await writeFile(
        join(folder, "link.mjs"),
        `import { readFileSync } from "node:fs";
       import { instantiate } from "tenon/link";
       const exports = await instantiate(readFileSync(${component}), {});
       const weight = await exports["tenon:test/callee"].weigh({ first: "a", second: "bc", third: "é" });
       process.stdout.write(String(weight));`,
      );
      const { stdout } = await run(execPath, ["link.mjs"], { cwd: folder });
      expect(stdout).toBe("5");
    },
    patience,
  );
});
