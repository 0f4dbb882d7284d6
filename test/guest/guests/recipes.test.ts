import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { guest, isFresh, lacks, recipeOf } from "../../../guests/guest.ts";
import { root } from "../../../guests/paths.ts";
import { digestOf } from "../../../guests/recipe.ts";
import { recipes } from "../../../guests/recipes.ts";

const committed = recipes.filter((recipe) => recipe.committed !== undefined);

describe("the committed guests", () => {
  test.each(committed)("$name was built from the sources that are here", async (recipe) => {
    // If this fails: npm run guests, and commit what it built.
    expect(await isFresh(recipe)).toBe(true);
  });

  test.each(committed)(
    "$name is a component, small enough for git, and tells nothing of who built it",
    async (recipe) => {
      const bytes = await readFile(join(root, recipe.committed!));
      expect([...bytes.subarray(0, 8)]).toEqual([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]);
      expect(bytes.length).toBeLessThan(2 * 1024 * 1024);
      const text = bytes.toString("latin1");
      const telling = [`${root}/`, `${homedir()}/.cargo`, `${homedir()}/go`];
      expect(telling.filter((path) => text.includes(path))).toEqual([]);
    },
  );
});

describe("guest()", () => {
  test("gives the path of a committed component", async () => {
    expect(await guest("hello")).toBe(join(root, "guests/built/hello.wasm"));
    expect(await lacks("hello")).toBeUndefined();
  });

  test("refuses an unknown name and lists the known ones", async () => {
    await expect(guest("helo")).rejects.toMatchObject({
      code: "unknown-guest",
      message: expect.stringMatching(/^Cannot find the guest "helo": there are hello, echo-http, /),
    });
  });
});

describe("digestOf()", () => {
  test("changes with the salt and with the list of sources, and with nothing else", async () => {
    const recipe = recipeOf("hello");
    const digest = await digestOf(recipe);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(await digestOf({ ...recipe, name: "other" })).toBe(digest);
    expect(await digestOf({ ...recipe, salt: "1" })).not.toBe(digest);
    expect(await digestOf({ ...recipe, sources: ["guests/rust/hello"] })).not.toBe(digest);
  });
});
