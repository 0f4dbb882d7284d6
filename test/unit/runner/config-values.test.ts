import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { GrantsDocument, RunnerDocument } from "../../../runner/config.ts";
import { readConfig } from "../../../runner/config-read.ts";
import { readValues } from "../../../runner/config-values.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tenon-values-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
const document = (grants: Record<string, GrantsDocument>): RunnerDocument =>
  readConfig(
    JSON.stringify({
      composition: "shop",
      artifact: "/artifact",
      listen: "0.0.0.0:8080",
      admin: "0.0.0.0:9090",
      call: false,
      isolation: "Instance",
      processes: 1,
      grants,
    }),
  );
const read = async (grants: GrantsDocument) => (await readValues(document({ a: grants }))).grants["a"];

/** As the kubelet mounts a ConfigMap: files are links into `..data`, which links to a folder with a time in its name. */
async function mount(name: string, values: Record<string, string | Uint8Array>): Promise<string> {
  const version = at(join(name, "..2026_01_01_00_00_00.1"));
  await mkdir(version, { recursive: true });
  await symlink("..2026_01_01_00_00_00.1", at(join(name, "..data")));
  for (const [key, value] of Object.entries(values)) {
    await writeFile(join(version, key), value);
    await symlink(join("..data", key), at(join(name, key)));
  }
  return at(name);
}

describe("readValues()", () => {
  test("leaves grants without files as they are", async () => {
    const grants = { config: { a: "b" }, env: [{ name: "A", value: "" }], args: ["x"] };
    expect(await read(grants)).toEqual(grants);
    expect(await read({})).toEqual({});
  });

  test("reads the keys of folders as the kubelet mounts them; a later one wins, and config over all", async () => {
    const one = await mount("one", { a: "1", b: "1", c: "1", empty: "" });
    const two = await mount("two", { b: "2", c: "2" });
    expect(await read({ configFolders: [one, two], config: { c: "3" } })).toEqual({
      config: { a: "1", b: "2", c: "3", empty: "" },
    });
  });

  test("reads variables from files, and leaves out optional ones that are missing", async () => {
    const secret = await mount("secret", { key: "from a file\n" });
    const env = [
      { name: "A", value: "literal" },
      { name: "B", file: join(secret, "key") },
      { name: "C", file: join(secret, "missing"), optional: true },
    ];
    expect(await read({ env })).toEqual({
      env: [
        { name: "A", value: "literal" },
        { name: "B", value: "from a file\n" },
      ],
    });
  });

  test("keeps the values of instances apart", async () => {
    const one = await mount("one", { k: "1" });
    const { grants } = await readValues(document({ a: { configFolders: [one] }, b: { config: {} } }));
    expect(grants).toEqual({ a: { config: { k: "1" } }, b: { config: {} } });
  });

  test("takes a key that every object has for a key", async () => {
    const one = await mount("one", { __proto__x: "1", constructor: "2" });
    await writeFile(join(one, "__proto__"), "3");
    const config = (await read({ configFolders: [one] }))?.config;
    expect(Object.entries(config ?? {})).toEqual([
      ["__proto__", "3"],
      ["__proto__x", "1"],
      ["constructor", "2"],
    ]);
  });

  test("names the instance and the file that is missing, and the folder", async () => {
    await expect(read({ env: [{ name: "A", file: at("x") }] })).rejects.toMatchObject({
      code: "bad-config",
      message: `Cannot read the values of instance "a" from ${at("x")}: it is not there`,
    });
    await expect(read({ configFolders: [at("x")] })).rejects.toMatchObject({ code: "bad-config" });
  });

  test("refuses what is no text, without repeating it", async () => {
    const binary = await mount("binary", { key: Uint8Array.of(0x73, 0x65, 0x63, 0xff) });
    await expect(read({ configFolders: [binary] })).rejects.toThrow(/key: it is not UTF-8 text/);
    const zero = await mount("zero", { key: "sec\0ret" });
    await expect(read({ env: [{ name: "A", file: join(zero, "key") }] })).rejects.toThrow(
      /^(?!.*sec).*null character/s,
    );
  });

  test("reads a value of 1 MiB and no larger one", async () => {
    await writeFile(at("fits"), "x".repeat(1024 * 1024));
    await writeFile(at("large"), "x".repeat(1024 * 1024 + 1));
    expect((await read({ env: [{ name: "A", file: at("fits") }] }))?.env?.[0]?.value).toHaveLength(1024 * 1024);
    await expect(read({ env: [{ name: "A", file: at("large") }] })).rejects.toThrow("at most 1048576");
  });

  test("reads 16 MiB in all and no more", async () => {
    await writeFile(at("one"), "x".repeat(1024 * 1024));
    const variables = (length: number) =>
      Array.from({ length }, (_, index) => ({ name: `V${index}`, file: at("one") }));
    expect((await read({ env: variables(16) }))?.env).toHaveLength(16);
    await expect(read({ env: variables(17) })).rejects.toThrow("all values together");
  });

  test("does not wait for a pipe, and reads no folder as a file", async () => {
    execFileSync("mkfifo", [at("pipe")]);
    await expect(read({ env: [{ name: "A", file: at("pipe") }] })).rejects.toThrow("it is no file");
    await expect(read({ env: [{ name: "A", file: folder }] })).rejects.toThrow("it is no file");
  });
});
