import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { loadArtifact } from "../../../runner/artifact-load.ts";

const emptyModule = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
const digest = createHash("sha256").update(emptyModule).digest("hex");
const blob = { digest: `sha256:${digest}`, size: emptyModule.length };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tenon-load-"));
  await mkdir(join(folder, "blobs"));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(index: unknown, bytes: Uint8Array = emptyModule): Promise<void> {
  await writeFile(join(folder, "index.json"), typeof index === "string" ? index : JSON.stringify(index));
  await writeFile(join(folder, "blobs", digest), bytes);
}
const indexOf = (...blobs: readonly object[]) => ({ format: 1, name: "a", plan: { modules: blobs }, blobs });

describe("loadArtifact()", () => {
  test("gives a compiled module for each blob, the same one for the same digest", async () => {
    await write(indexOf(blob, blob));
    const { modules, digest: index } = await loadArtifact(folder);
    expect(modules).toHaveLength(2);
    expect(WebAssembly.Module.exports(modules[0]!)).toEqual([]);
    expect(modules[0]).toBe(modules[1]);
    expect(index).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test.each([
    ["a changed blob of the same size", indexOf(blob), Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 1), "its sha256 is"],
    ["a blob that was cut", indexOf(blob), emptyModule.subarray(0, 4), "it has 4 bytes, the index says 8"],
    ["an index that is no JSON", "{", emptyModule, "it is not JSON"],
    ["an index of tomorrow", { format: 2 }, emptyModule, "this runner reads format 1, and the index has format 2"],
    ["an index without blobs", { format: 1, plan: { modules: [] } }, emptyModule, "same number of modules"],
    ["null", null, emptyModule, "format undefined"],
    [
      "a digest that leads elsewhere",
      indexOf({ digest: "sha256:../../x", size: 8 }),
      emptyModule,
      "it names a blob by",
    ],
  ])("refuses %s", async (_, index, bytes, why) => {
    await write(index, bytes);
    await expect(loadArtifact(folder)).rejects.toMatchObject({
      code: "artifact-corrupt",
      message: expect.stringContaining(why),
    });
  });

  test("names the file that is missing", async () => {
    await expect(loadArtifact(join(folder, "none"))).rejects.toMatchObject({
      code: "artifact-unreadable",
      message: expect.stringContaining("none/index.json"),
    });
  });
});
