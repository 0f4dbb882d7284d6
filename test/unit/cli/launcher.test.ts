import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "@jest/globals";

const launcher = fileURLToPath(new URL("../../../bin/node.js", import.meta.url));
const running = new URL("../../../cli/running.ts", import.meta.url);
const folder = mkdtempSync(join(tmpdir(), "tenon-launcher-"));
const script = join(folder, "script.mjs");
// It waits a second after the first signal, so that a second one would be seen.
writeFileSync(
  script,
  `import { exitForSignals } from ${JSON.stringify(running.href)};
   setInterval(() => {}, 1000);
   const ended = exitForSignals(async (again) => {
     console.log(again ? "again" : "first");
     if (!again) await new Promise((resolve) => setTimeout(resolve, 1000));
   });
   console.log("ready");
   await ended;
   process.exit(3);`,
);
afterAll(() => rmSync(folder, { recursive: true }));

/** Starts the script behind the launcher, and calls `signal` when it is ready. */
async function run(signal: (launcher: ChildProcess) => void) {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = spawn(execPath, [launcher, script], {
    detached: true,
    env: { ...env, NODE_NO_WARNINGS: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    if (text.includes("ready")) signal(child);
  });
  const code = await new Promise((resolve) => child.on("close", resolve));
  return { code, out: out.trim().split("\n") };
}

describe("bin/node.js", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("passes on %s that only the launcher got", async (name) => {
    expect(await run((child) => child.kill(name))).toEqual({ code: 3, out: ["ready", "first"] });
  });

  test("passes on Ctrl-C once where the terminal has sent it to the child too", async () => {
    expect(await run((child) => process.kill(-child.pid!, "SIGINT"))).toEqual({ code: 3, out: ["ready", "first"] });
  });
});
