import { mkdirSync, realpathSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join, sep } from "node:path";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { metadataHash } from "../../../../../runner/host/filesystem/stat.ts";
import { type Sandbox, sandbox } from "./files.ts";

const name = fc.constantFrom("a", "b");
const component = fc.oneof({ weight: 5, arbitrary: name }, fc.constantFrom("..", ".", ""));
const path = fc.array(component, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/"));
/** What is made, in order, where it can be: directories, files and links to any path. */
const tree = fc.array(fc.record({ at: path, kind: fc.constantFrom("directory", "file", "link"), target: path }), {
  maxLength: 12,
});

function plant({ folder }: Sandbox, entries: readonly { at: string; kind: string; target: string }[]): void {
  for (const { at, kind, target } of entries) {
    // The tree itself is planted inside, or this test would litter.
    const where = join(folder, join("/", at));
    try {
      if (!`${realpathSync(join(where, ".."))}${sep}`.startsWith(`${folder}${sep}`)) continue;
      if (kind === "directory") mkdirSync(where);
      else if (kind === "file") writeFileSync(where, "", { flag: "wx" });
      else symlinkSync(target || ".", where);
    } catch {
      // It is there already, or its directory is not.
    }
  }
}

/** What the system itself finds at a path, without any sandbox. */
function systemFinds(box: Sandbox, path: string): { real: string; hash: object } | undefined {
  try {
    const full = `${box.folder}/${path}`;
    return { real: realpathSync(full), hash: metadataHash(statSync(full, { bigint: true })) };
  } catch {
    return undefined;
  }
}

test.each([
  ["a folder held open", {}],
  ["a folder by its path", { held: false }],
])(
  "walk() in %s finds what the system finds, and nothing outside",
  async (_kind, options) => {
    let [opened, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(tree, fc.array(path, { minLength: 1, maxLength: 5 }), async (entries, paths) => {
        const box = sandbox(options);
        try {
          plant(box, entries);
          const planted = entries.flatMap(({ at }) => [at, `${at}/${paths[0]}`]);
          for (const one of [...paths, ...planted]) {
            const there = systemFinds(box, one);
            try {
              using found = await box.call("open-at", box.root, { symlinkFollow: true }, one, {}, { read: true });
              expect(await box.call("metadata-hash", found)).toEqual(there?.hash);
              expect(`${there!.real}/`.startsWith(`${box.folder}/`)).toBe(true);
              opened++;
            } catch (error) {
              const code = (error as { payload?: string }).payload;
              if (code === undefined) throw error;
              // What is there and was refused leads out of the folder on its way, or was never named.
              if (there === undefined) continue;
              refused++;
              expect(["not-permitted", ...(one === "" ? ["no-entry"] : [])]).toContain(code);
            }
          }
        } finally {
          box.remove();
        }
      }),
      { numRuns: 150, seed: 20261124 },
    );
    // The paths are not all of one kind.
    expect(Math.min(opened, refused)).toBeGreaterThan(20);
  },
  60_000,
);
