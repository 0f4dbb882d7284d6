import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { execPath } from "node:process";
import { describe, expect, jest, test } from "@jest/globals";
import { sha256 } from "../../../../operator/digest.ts";
import { artifactOf, keyFor, withStore } from "../../../support/store.ts";

jest.setTimeout(120_000);

const url = (path: string): string => JSON.stringify(new URL(`../../../../${path}`, import.meta.url).href);
const prelude = (folder: string): string => `
  const { openStore } = await import(${url("operator/package/store.ts")});
  const { artifactOf, keyFor } = await import(${url("test/support/store.ts")});
  const { systemClock } = await import(${url("operator/clock.ts")});
  const { sha256 } = await import(${url("operator/digest.ts")});
  const log = { warn() {} };
  const open = (bytes) => openStore({ folder: ${JSON.stringify(folder)}, bytes, clock: systemClock, log });
  const blob = (name) => Buffer.alloc(1 + (parseInt(sha256(name).slice(0, 4), 16) % 60_000), sha256(name));
`;

/** Fills the store without an end, and says each name once it is kept. */
const endless = (folder: string): string => `${prelude(folder)}
  const store = await open(${512 * 1024});
  for (let at = 0; ; at++) {
    const name = \`n\${at % 40}\`;
    const artifact = artifactOf(name, [blob(name), blob(\`\${name} too\`), "shared"]);
    await store.store(keyFor(name), artifact).catch((error) => { if (error.code !== "full") throw error; });
    await store.keepComponent("sha256:" + sha256(blob(\`c\${at % 50}\`)), blob(\`c\${at % 50}\`)).catch(() => {});
    store.hold("owner", [artifact.digest]);
    if (at === 2) console.log("begun");
  }`;

const run = (script: string): ChildProcess =>
  spawn(execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });

async function killAfter(child: ChildProcess, ms: number): Promise<void> {
  const ended = once(child, "exit");
  await once(child.stdout!, "data");
  await new Promise((resolve) => setTimeout(resolve, ms));
  child.kill("SIGKILL");
  await ended;
}

describe("a store whose process is killed", () => {
  test("has every artifact whole or not at all, at any of twenty moments", () =>
    withStore(async ({ open, folder }) => {
      let found = 0;
      for (let round = 0; round < 20; round++) {
        await killAfter(run(endless(folder)), (round * 7) % 50);
        const store = await open({ bytes: 512 * 1024 });
        expect(await readdir(join(folder, "partial"))).toEqual([]);
        for (let at = 0; at < 40; at++) {
          const kept = await store.find(keyFor(`n${at}`));
          if (kept === undefined) continue;
          found++;
          const index = await store.index(kept.digest);
          const { blobs } = JSON.parse(await readFile(index!.path, "utf8"));
          for (const { digest } of blobs) {
            const file = await store.blob(digest);
            expect(`sha256:${sha256(await readFile(file!.path))}`).toBe(digest);
          }
        }
        await expectCounted(folder, store.size().bytes);
        expect(store.size().bytes).toBeLessThanOrEqual(512 * 1024);
        await store.close();
      }
      // Otherwise nothing was tested.
      expect(found).toBeGreaterThan(20);
    }));
});

/** What the store believes to take of the disk is what its files take. */
async function expectCounted(folder: string, bytes: number): Promise<void> {
  let blocks = 0;
  for (const kind of ["artifacts", "blobs", "components", "keys", "tables"]) {
    for (const name of await readdir(join(folder, kind)))
      blocks += Math.max(1, Math.ceil((await stat(join(folder, kind, name))).size / 4096));
  }
  expect(bytes).toBe(blocks * 4096);
}

describe("a store whose disk takes no more", () => {
  test("says so, has nothing half-written, and goes on with what fits", () =>
    withStore(async ({ open, folder }) => {
      const script = `${prelude(folder)}
        const store = await open(${2 ** 24});
        await store.store(keyFor("small"), artifactOf("small", [Buffer.alloc(5000)]));
        const { code, message } = await store.store(keyFor("large"), artifactOf("large", ["fits", Buffer.alloc(200_000)])).catch((error) => error);
        await store.store(keyFor("next"), artifactOf("next"));
        await store.close();
        console.log(JSON.stringify({ code, message }));`;
      // No file of this process may be larger than 64 KiB: a limit that needs no disk of its own.
      const limited = ["-c", 'ulimit -f 64; exec "$0" "$@"', execPath, "--input-type=module", "-e", script];
      const { stdout } = spawnSync("bash", limited, { encoding: "utf8" });
      expect(JSON.parse(stdout)).toEqual({
        code: "disk-full",
        message: `Cannot write to the store, its disk has no room: ${folder}`,
      });
      const store = await open({ bytes: 2 ** 24 });
      expect(await readdir(join(folder, "partial"))).toEqual([]);
      const found = await Promise.all(["small", "large", "next"].map((name) => store.find(keyFor(name))));
      expect(found.map((one) => one !== undefined)).toEqual([true, false, true]);
      await store.store(keyFor("large"), artifactOf("large", ["fits", Buffer.alloc(200_000)]));
      expect(await store.find(keyFor("large"))).toBeDefined();
    }));
});
