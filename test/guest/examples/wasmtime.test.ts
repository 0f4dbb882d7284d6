import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { wasmtime } from "../../../bench/peers.ts";
import { freePort } from "../../../bench/server.ts";

const root = join(import.meta.dirname, "../../..");
const example = join(root, "examples/01-user-api");
const { requests } = parse(readFileSync(join(example, "expect.yaml"), "utf8"));
const patience = 300_000;
// wasmtime comes from PyPI; without Python the tests are skipped and counted.
const withPip = spawnSync("python3", ["-m", "pip", "--version"]).status === 0 ? describe : describe.skip;

withPip("what tenon compose makes of examples/01-user-api, under wasmtime serve", () => {
  const folder = mkdtempSync(join(tmpdir(), "tenon-wasmtime-"));
  let child: ReturnType<typeof spawn> | undefined;
  let url: string;

  beforeAll(async () => {
    const component = join(folder, "user-api.wasm");
    execFileSync(execPath, [join(root, "cli/main.ts"), "compose", join(example, "user-api.yaml"), "-o", component]);
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    child = spawn(wasmtime(), ["serve", "-Scli", `--addr=127.0.0.1:${port}`, component], { stdio: "ignore" });
    await answers(`${url}/`, child);
  }, patience);
  afterAll(async () => {
    if (child?.exitCode === null && child.kill()) await once(child, "exit");
    rmSync(folder, { recursive: true, force: true });
  });

  test.each<{ name: string; method?: string; path: string; token?: string; status: number; json?: unknown }>(requests)(
    "gives the same answer: $name",
    async ({ method = "GET", path, token, status, json }) => {
      const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const answer = await fetch(url + path, { method, headers });
      const body = await answer.text();
      expect(answer.status).toBe(status);
      if (json !== undefined) expect(JSON.parse(body)).toEqual(json);
    },
  );
});

/** Waits for the first answer: wasmtime compiles the whole component before it listens. */
async function answers(url: string, server: ReturnType<typeof spawn>): Promise<void> {
  while (server.exitCode === null) {
    const ok = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`wasmtime ended with code ${server.exitCode}`);
}
