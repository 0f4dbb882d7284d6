import { execFileSync } from "node:child_process";
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { refusal } from "../bound.ts";
import { open, readAll, type Sandbox, type SandboxOptions, sandbox } from "./files.ts";

let box: Sandbox;
let secret: string;
function prepare(options: SandboxOptions): void {
  box = sandbox(options);
  secret = join(box.folder, "..", "secret");
  writeFileSync(secret, "secret");
  mkdirSync(join(box.folder, "sub/deep"), { recursive: true });
  writeFileSync(join(box.folder, "sub/file"), "inside");
}
afterEach(() => box.remove());

const at = (path: string) => join(box.folder, path);

describe.each<readonly [string, SandboxOptions]>([
  ["a folder held open", {}],
  ["a folder by its path", { held: false }],
])("%s", (_kind, options) => {
  beforeEach(() => prepare(options));

  const everyCall: readonly (readonly [string, (path: string) => unknown])[] = [
    ["open-at", (path) => open(box, path)],
    ["open-at create", (path) => open(box, path, ["create", "write"])],
    ["stat-at", (path) => box.call("stat-at", box.root, { symlinkFollow: true }, path)],
    ["metadata-hash-at", (path) => box.call("metadata-hash-at", box.root, { symlinkFollow: true }, path)],
    ["create-directory-at", (path) => box.call("create-directory-at", box.root, path)],
    ["remove-directory-at", (path) => box.call("remove-directory-at", box.root, path)],
    ["unlink-file-at", (path) => box.call("unlink-file-at", box.root, path)],
    ["readlink-at", (path) => box.call("readlink-at", box.root, path)],
    ["symlink-at", (path) => box.call("symlink-at", box.root, "target", path)],
    ["rename-at from", (path) => box.call("rename-at", box.root, path, box.root, "new")],
    ["rename-at to", (path) => box.call("rename-at", box.root, "sub/file", box.root, path)],
    ["link-at from", (path) => box.call("link-at", box.root, {}, path, box.root, "new")],
    ["link-at to", (path) => box.call("link-at", box.root, {}, "sub/file", box.root, path)],
    [
      "set-times-at",
      (path) => box.call("set-times-at", box.root, { symlinkFollow: true }, path, { tag: "now" }, { tag: "now" }),
    ],
  ];

  describe.each(everyCall)("%s", (_name, call) => {
    test.each([
      ["..", "not-permitted"],
      ["../secret", "not-permitted"],
      ["sub/../../secret", "not-permitted"],
      ["sub/deep/../../../secret", "not-permitted"],
      ["./.././secret", "not-permitted"],
      ["/etc/passwd", "not-permitted"],
      ["//etc/passwd", "not-permitted"],
      ["/", "not-permitted"],
      ["", "no-entry"],
      ["sub\0/file", "invalid"],
      ["sub/file\0", "invalid"],
      [`${"a/".repeat(2500)}a`, "name-too-long"],
      ["a".repeat(300), "name-too-long"],
      ["sub/file/x", "not-directory"],
      ["absent/x", "no-entry"],
    ])("refuses %j", async (path, code) => {
      expect(await refusal(() => call(path))).toBe(code);
    });

    test("refuses to go through a link that leaves the folder", async () => {
      symlinkSync("..", at("up"));
      symlinkSync(join(box.folder, ".."), at("absolute"));
      symlinkSync("sub/../..", at("crooked"));
      symlinkSync("up", at("chained"));
      for (const link of ["up", "absolute", "crooked", "chained", "sub/../up"]) {
        expect(await refusal(() => call(`${link}/secret`))).toBe("not-permitted");
      }
      expect(readFileSync(secret, "utf8")).toBe("secret");
    });
  });

  describe("openAt()", () => {
    test("refuses a link at the end that leaves the folder", async () => {
      symlinkSync("../secret", at("relative"));
      symlinkSync(secret, at("absolute"));
      expect(await refusal(() => open(box, "relative"))).toBe("not-permitted");
      expect(await refusal(() => open(box, "absolute"))).toBe("not-permitted");
      expect(await refusal(() => open(box, "relative", ["write", "truncate"]))).toBe("not-permitted");
      expect(readFileSync(secret, "utf8")).toBe("secret");
    });

    test("creates nothing behind a dangling link that leaves the folder", async () => {
      symlinkSync("../made", at("dangling"));
      expect(await refusal(() => open(box, "dangling", ["create", "write"]))).toBe("not-permitted");
      expect(existsSync(join(box.folder, "../made"))).toBe(false);
    });

    test("follows links that stay inside, and not where it was told not to", async () => {
      symlinkSync("sub", at("link"));
      symlinkSync("deep/../file", at("sub/other"));
      expect(await readAll(box.call("read-via-stream", await open(box, "link/other"), 0n))).toBe("inside");
      expect(await refusal(() => open(box, "sub/other", ["read"], { follow: false }))).toBe("loop");
    });

    test("ends with loop on links that lead to each other", async () => {
      symlinkSync("b", at("a"));
      symlinkSync("a", at("b"));
      expect(await refusal(() => open(box, "a"))).toBe("loop");
      expect(await refusal(() => open(box, "a/x"))).toBe("loop");
    });

    test("ends with loop on links that multiply", async () => {
      symlinkSync("sub", at("l0"));
      for (let i = 1; i < 12; i++) symlinkSync(`l${i - 1}/../l${i - 1}/../l${i - 1}`, at(`l${i}`));
      expect(await refusal(() => open(box, "l11"))).toBe("loop");
    });

    test("keeps a subdirectory's descriptor below that subdirectory", async () => {
      const sub = await open(box, "sub");
      expect(await refusal(() => open(box, "../sub/file", ["read"], { base: sub }))).toBe("not-permitted");
      using file = await open(box, "deep/../file", ["read"], { base: sub });
      expect(box.call("get-type", file)).toBe("regular-file");
    });

    test("refuses pipes, sockets and devices, without waiting for their other end", async () => {
      execFileSync("mkfifo", [at("pipe")]);
      const server = createServer().listen(at("socket"));
      await new Promise((resolve) => server.once("listening", resolve));
      expect(await refusal(() => open(box, "pipe"))).toBe("not-permitted");
      expect(await refusal(() => open(box, "pipe", ["write"]))).toBe("not-permitted");
      expect(await refusal(() => open(box, "socket"))).toBe("not-permitted");
      await new Promise((resolve) => server.close(resolve));
      const devices = sandbox({ ...options, folder: "/dev" });
      expect(await refusal(() => open(devices, "zero"))).toBe("not-permitted");
      expect((await devices.call("stat-at", devices.root, {}, "zero")).type).toBe("character-device");
      devices.remove();
    });

    test("wants a directory where the path ends with a slash", async () => {
      expect(await refusal(() => open(box, "sub/file/"))).toBe("not-directory");
      expect(await refusal(() => open(box, "sub/file/."))).toBe("not-directory");
      expect(await refusal(() => open(box, "made/", ["create", "write"]))).toBe("is-directory");
      expect(box.call("get-type", await open(box, "sub/"))).toBe("directory");
    });

    test("gives the directory itself for a dot", async () => {
      for (const path of [".", "./", "sub/..", "sub/deep/../.."]) {
        expect(await box.call("is-same-object", await open(box, path), box.root)).toBe(true);
      }
    });
  });

  describe("a read-only grant", () => {
    const now = { tag: "now" };
    test.each<readonly [string, (closed: Sandbox) => unknown]>([
      ["open-at write", (closed) => open(closed, "sub/file", ["read", "write"])],
      ["open-at create", (closed) => open(closed, "new", ["create"])],
      ["open-at truncate", (closed) => open(closed, "sub/file", ["truncate"])],
      ["open-at mutate-directory", (closed) => open(closed, "sub", ["read", "mutateDirectory"])],
      ["create-directory-at", ({ call, root }) => call("create-directory-at", root, "new")],
      ["remove-directory-at", ({ call, root }) => call("remove-directory-at", root, "sub/deep")],
      ["unlink-file-at", ({ call, root }) => call("unlink-file-at", root, "sub/file")],
      ["symlink-at", ({ call, root }) => call("symlink-at", root, "x", "new")],
      ["rename-at", ({ call, root }) => call("rename-at", root, "sub/file", root, "new")],
      ["rename-at into", ({ call, root }) => call("rename-at", box.root, "sub/file", root, "new")],
      ["rename-at out of", ({ call, root }) => call("rename-at", root, "sub/file", box.root, "new")],
      ["link-at", ({ call, root }) => call("link-at", root, {}, "sub/file", root, "new")],
      ["link-at into", ({ call, root }) => call("link-at", box.root, {}, "sub/file", root, "new")],
      ["link-at out of", ({ call, root }) => call("link-at", root, {}, "sub/file", box.root, "new")],
      ["set-times-at", ({ call, root }) => call("set-times-at", root, {}, "sub/file", now, now)],
      ["set-times of the folder", ({ call, root }) => call("set-times", root, now, now)],
      ["set-times of a file", async (closed) => closed.call("set-times", await open(closed, "sub/file"), now, now)],
      ["set-size", async (closed) => closed.call("set-size", await open(closed, "sub/file"), 0n)],
      ["write", async (closed) => closed.call("write", await open(closed, "sub/file"), new Uint8Array(1), 0n)],
      ["write-via-stream", async (closed) => closed.call("write-via-stream", await open(closed, "sub/file"), 0n)],
      ["append-via-stream", async (closed) => closed.call("append-via-stream", await open(closed, "sub/file"))],
      [
        "create in an opened subdirectory",
        async (closed) => open(closed, "x", ["create"], { base: await open(closed, "sub") }),
      ],
    ])("refuses %s", async (_name, call) => {
      const closed = sandbox({ ...options, readOnly: true, folder: box.folder });
      expect(await refusal(() => call(closed))).toBe("read-only");
      expect(readFileSync(at("sub/file"), "utf8")).toBe("inside");
      expect(existsSync(at("new"))).toBe(false);
      closed.remove();
    });

    test("can be read and listed", async () => {
      const closed = sandbox({ ...options, readOnly: true, folder: box.folder });
      expect(await readAll(closed.call("read-via-stream", await open(closed, "sub/file"), 0n))).toBe("inside");
      expect(closed.call("get-flags", closed.root)).toMatchObject({ read: true, mutateDirectory: false });
      closed.remove();
    });
  });

  test("linkAt() gives a file a second name", async () => {
    await box.call("link-at", box.root, {}, "sub/file", box.root, "second");
    linkSync(at("second"), at("third"));
    expect((await box.call("stat-at", box.root, {}, "second")).linkCount).toBe(3n);
  });
});

describe("a tree that moves", () => {
  beforeEach(() => prepare({}));

  test("keeps a descriptor at its directory when a link takes the name", async () => {
    using sub = await open(box, "sub");
    renameSync(at("sub"), at("moved"));
    symlinkSync("..", at("sub"));
    const file = await open(box, "file", ["read"], { base: sub });
    expect(await readAll(box.call("read-via-stream", file, 0n))).toBe("inside");
  });

  test.each<readonly [string, () => string]>([
    [
      "directories and links",
      () => {
        mkdirSync(at("a"));
        writeFileSync(at("a/secret"), "inside");
        symlinkSync("..", at("b"));
        return "a/secret";
      },
    ],
    [
      "files and links",
      () => {
        writeFileSync(at("a"), "inside");
        symlinkSync("../secret", at("b"));
        return "a";
      },
    ],
  ])("never lets go out of the folder while %s change places", async (_kinds, plant) => {
    const path = plant();
    let running = true;
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const swapping = (async () => {
      while (running) {
        renameSync(at("a"), at("c"));
        renameSync(at("b"), at("a"));
        await turn();
        renameSync(at("a"), at("b"));
        renameSync(at("c"), at("a"));
        await turn();
      }
    })();
    const found = new Set<string>();
    for (let i = 0; i < 500; i++) {
      try {
        using file = await open(box, path);
        found.add(await readAll(box.call("read-via-stream", file, 0n)));
      } catch (error) {
        found.add((error as { payload: string }).payload);
      }
    }
    running = false;
    await swapping;
    expect(found).not.toContain("secret");
    // The tree is as it was planted again.
    expect(await readAll(box.call("read-via-stream", await open(box, path), 0n))).toBe("inside");
  });
});
