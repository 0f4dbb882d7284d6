import { spawn } from "node:child_process";
import { join } from "node:path";
import { execPath } from "node:process";
import { expect, test } from "@jest/globals";

/** Runs the guest `cli` in a process of its own, and gives it `input` in two parts. */
async function runInherited(args: readonly string[], input: string) {
  const child = spawn(execPath, [join(import.meta.dirname, "inherit.ts"), ...args], { stdio: "pipe" });
  const half = Math.floor(input.length / 2);
  child.stdin.write(input.slice(0, half));
  setTimeout(() => child.stdin.end(input.slice(half)), 20);
  const [stdout, stderr, code] = await Promise.all([
    child.stdout.toArray(),
    child.stderr.toArray(),
    new Promise((resolve) => child.once("close", resolve)),
  ]);
  return { stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString(), code };
}

test("a command that inherits the streams reads the process's input and writes its output as it is", async () => {
  const text = "line\nno end ".repeat(20_000);
  const { stdout, code } = await runInherited(["cat"], text);
  expect(stdout === text).toBe(true);
  expect(code).toBe(0);
}, 60_000);

test("a command that inherits the streams has its errors on the process's own", async () => {
  const { stdout, stderr, code } = await runInherited(["read", "/absent"], "");
  expect(stdout).toBe("");
  expect(stderr).toContain("cli: No such file or directory");
  expect(code).toBe(1);
}, 60_000);
