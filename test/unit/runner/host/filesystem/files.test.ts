import { mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { openLimit } from "../../../../../runner/host/filesystem/descriptor.ts";
import { FileIoError } from "../../../../../runner/host/filesystem/error.ts";
import { filesystemInterfaces } from "../../../../../runner/host/filesystem/filesystem.ts";
import { IoError } from "../../../../../runner/host/streams.ts";
import { bound, hostInstance, refusal } from "../bound.ts";
import { open, readAll, type Sandbox, type SandboxOptions, sandbox, writeAll } from "./files.ts";

let box: Sandbox;
afterEach(() => box.remove());
const at = (path: string) => join(box.folder, path);

describe("get-directories()", () => {
  beforeEach(() => {
    box = sandbox();
  });

  test("gives nothing without a grant", () => {
    expect(bound(filesystemInterfaces, "wasi:filesystem/preopens")("get-directories")).toEqual([]);
  });

  test("gives each granted folder under its guest path", () => {
    const grant = (guestPath: string) => ({ path: box.folder, guestPath, readOnly: true });
    const host = hostInstance({ filesystem: [grant("/a"), grant("/b")] });
    const directories = bound(filesystemInterfaces, "wasi:filesystem/preopens", host)("get-directories");
    expect(directories.map(([, path]: [unknown, string]) => path)).toEqual(["/a", "/b"]);
  });

  test("traps, naming the guest's path and not the machine's, where the folder is gone", () => {
    const host = hostInstance({ filesystem: [{ path: at("gone"), guestPath: "/data", readOnly: true }] });
    const call = bound(filesystemInterfaces, "wasi:filesystem/preopens", host);
    expect(() => call("get-directories")).toThrow('Cannot open the folder granted as "/data": ENOENT');
  });
});

describe.each<readonly [string, SandboxOptions]>([
  ["a folder held open", {}],
  ["a folder by its path", { held: false }],
])("%s", (_kind, options) => {
  beforeEach(() => {
    box = sandbox(options);
  });

  describe("read and write", () => {
    test("write() puts bytes at an offset and read() gives them back, then the end", async () => {
      const file = await open(box, "file", ["create", "read", "write"]);
      expect(await box.call("write", file, Buffer.from("hello"), 3n)).toBe(5n);
      expect(await box.call("read", file, 100n, 0n)).toEqual([Buffer.from("\0\0\0hello"), false].map(bytes));
      expect(await box.call("read", file, 2n, 4n)).toEqual([Buffer.from("el"), false].map(bytes));
      expect(await box.call("read", file, 2n, 8n)).toEqual([new Uint8Array(0), true]);
      expect(await box.call("read", file, 0n, 0n)).toEqual([new Uint8Array(0), false]);
    });

    test("read() answers at most a mebibyte, whatever is asked for", async () => {
      writeFileSync(at("big"), new Uint8Array(3 * 1024 * 1024));
      const [found] = await box.call("read", await open(box, "big"), 2n ** 64n - 1n, 0n);
      expect(found.length).toBe(1024 * 1024);
    });

    test("an offset beyond what can be is an error, not a wrap", async () => {
      const file = await open(box, "file", ["create", "read", "write"]);
      expect(await refusal(() => box.call("read", file, 1n, 2n ** 64n - 1n))).toBe("invalid");
      expect(await refusal(() => box.call("write", file, new Uint8Array(1), 2n ** 63n))).toBe("file-too-large");
      expect(await refusal(() => box.call("set-size", file, 2n ** 64n - 1n))).toBe("file-too-large");
    });

    test("a file that was not opened for it is bad-descriptor", async () => {
      const written = await open(box, "file", ["create", "write"]);
      expect(await refusal(() => box.call("read", written, 1n, 0n))).toBe("bad-descriptor");
      expect(await refusal(() => box.call("read-via-stream", written, 0n))).toBe("bad-descriptor");
      const read = await open(box, "file");
      expect(await refusal(() => box.call("write", read, new Uint8Array(1), 0n))).toBe("bad-descriptor");
      expect(await refusal(() => box.call("write-via-stream", read, 0n))).toBe("bad-descriptor");
      expect(await refusal(() => box.call("append-via-stream", read))).toBe("bad-descriptor");
      expect(await refusal(() => box.call("set-size", read, 0n))).toBe("bad-descriptor");
    });

    test("a directory is bad-descriptor for what files do, a file not-directory for what directories do", async () => {
      expect(await refusal(() => box.call("read", box.root, 1n, 0n))).toBe("bad-descriptor");
      expect(await refusal(() => box.call("write", box.root, new Uint8Array(1), 0n))).toBe("bad-descriptor");
      const file = await open(box, "file", ["create", "read", "write"]);
      expect(await refusal(() => box.call("stat-at", file, {}, "x"))).toBe("not-directory");
      expect(await refusal(() => box.call("create-directory-at", file, "x"))).toBe("not-directory");
      expect(await refusal(() => box.call("read-directory", file))).toBe("not-directory");
    });

    test("set-size() cuts and grows, sync() and advise() answer", async () => {
      writeFileSync(at("file"), "hello");
      const file = await open(box, "file", ["read", "write"]);
      await box.call("set-size", file, 2n);
      expect(readFileSync(at("file"), "utf8")).toBe("he");
      await box.call("set-size", file, 4n);
      expect(readFileSync(at("file"), "utf8")).toBe("he\0\0");
      for (const descriptor of [file, box.root]) {
        await box.call("sync", descriptor);
        await box.call("sync-data", descriptor);
      }
      box.call("advise", file, 0n, 1n, "normal");
    });
  });

  describe("streams", () => {
    test("write to a file and read it back, beyond their buffers", async () => {
      const text = "0123456789abcdef".repeat(20_000);
      const file = await open(box, "file", ["create", "read", "write"]);
      await writeAll(box.call("write-via-stream", file, 0n), text);
      expect(readFileSync(at("file"), "utf8")).toBe(text);
      expect(await readAll(box.call("read-via-stream", file, 10n))).toBe(text.slice(10));
    });

    test("append at the end, also where it has moved", async () => {
      writeFileSync(at("log"), "a");
      const file = await open(box, "log", ["write"]);
      const stream = await box.call("append-via-stream", file);
      await writeAll(stream, "b");
      writeFileSync(at("log"), "c", { flag: "a" });
      await writeAll(stream, "d");
      expect(readFileSync(at("log"), "utf8")).toBe("abcd");
    });

    test("see what the guest has written since they read ahead", async () => {
      writeFileSync(at("file"), "aaaaaaaa");
      const file = await open(box, "file", ["read", "write"]);
      const stream = box.call("read-via-stream", file, 0n);
      await stream.wait();
      expect(Buffer.from(stream.read(2)).toString()).toBe("aa");
      await box.call("write", file, Buffer.from("bbbb"), 2n);
      expect(await readAll(stream)).toBe("bbbbaa");
    });

    test("go on when the descriptor is dropped, and finish their writes when they are", async () => {
      const file = await open(box, "file", ["create", "read", "write"]);
      const output = box.call("write-via-stream", file, 0n);
      output.write(Buffer.from("hello"));
      output[Symbol.dispose]();
      const input = box.call("read-via-stream", file, 0n);
      file[Symbol.dispose]();
      file[Symbol.dispose]();
      expect(await readAll(input)).toBe("hello");
      expect(output.capacity()).toBe(null);
    });

    test("hold back a writer that does not wait", async () => {
      const file = await open(box, "file", ["create", "write"]);
      const stream = box.call("write-via-stream", file, 0n);
      stream.write(new Uint8Array(stream.capacity()));
      expect(stream.capacity()).toBe(0);
      await stream.wait();
      expect(stream.capacity()).toBeGreaterThan(0);
    });

    test("fail with the file's error code", async () => {
      const file = await open(box, "file", ["create", "write"]);
      const stream = box.call("write-via-stream", file, BigInt(Number.MAX_SAFE_INTEGER));
      await writeAll(stream, "x");
      expect(stream.capacity()).toBe(null);
      expect(stream.failure.code).toBe("file-too-large");
    });

    test("filesystem-error-code() reads the code of a file's error, and of no other", () => {
      const call = bound(filesystemInterfaces, "wasi:filesystem/types");
      expect(call("filesystem-error-code", new FileIoError("insufficient-space", undefined))).toBe(
        "insufficient-space",
      );
      expect(call("filesystem-error-code", new IoError("other"))).toBe(undefined);
    });
  });

  describe("directories", () => {
    test("are made, listed and removed", async () => {
      await box.call("create-directory-at", box.root, "one/");
      mkdirSync(at("two"));
      writeFileSync(at("three"), "");
      symlinkSync("nowhere", at("four"));
      expect(await list(box.root)).toEqual([
        { name: "four", type: "symbolic-link" },
        { name: "one", type: "directory" },
        { name: "three", type: "regular-file" },
        { name: "two", type: "directory" },
      ]);
      await box.call("remove-directory-at", box.root, "one");
      await box.call("remove-directory-at", box.root, "two/");
      await box.call("unlink-file-at", box.root, "three");
      await box.call("unlink-file-at", box.root, "four");
      expect(await list(box.root)).toEqual([]);
    });

    test("refuse what does not fit them", async () => {
      mkdirSync(at("full/x"), { recursive: true });
      writeFileSync(at("file"), "");
      expect(await refusal(() => box.call("create-directory-at", box.root, "full"))).toBe("exist");
      expect(await refusal(() => box.call("remove-directory-at", box.root, "full"))).toBe("not-empty");
      expect(await refusal(() => box.call("remove-directory-at", box.root, "file"))).toBe("not-directory");
      expect(await refusal(() => box.call("unlink-file-at", box.root, "full"))).toBe("is-directory");
      expect(await refusal(() => box.call("unlink-file-at", box.root, "file/"))).toBe("not-directory");
      expect(await refusal(() => box.call("remove-directory-at", box.root, "."))).toBe("invalid");
    });

    test("list many entries, each once", async () => {
      for (let i = 0; i < 300; i++) writeFileSync(at(`file-${i}`), "");
      const names = (await list(box.root)).map(({ name }) => name);
      expect(new Set(names).size).toBe(300);
      expect(names.length).toBe(300);
    });

    test("say that a name is not UTF-8, and go on behind it", async () => {
      writeFileSync(Buffer.concat([Buffer.from(`${box.folder}/`), Buffer.from([0xff, 0xfe])]), "");
      writeFileSync(at("good"), "");
      const stream = await box.call("read-directory", box.root);
      const call = bound(filesystemInterfaces, "wasi:filesystem/types");
      const answers: unknown[] = [];
      for (let i = 0; i < 3; i++) {
        try {
          answers.push((await call("[method]directory-entry-stream.read-directory-entry", stream))?.name);
        } catch (error) {
          answers.push((error as { payload: string }).payload);
        }
      }
      expect(answers).toContain("illegal-byte-sequence");
      expect(answers).toContain("good");
      expect(answers[2]).toBe(undefined);
    });

    test("rename-at() moves between directories and replaces a file", async () => {
      mkdirSync(at("sub"));
      writeFileSync(at("file"), "new");
      writeFileSync(at("sub/file"), "old");
      await box.call("rename-at", box.root, "file", await open(box, "sub"), "file");
      expect(readFileSync(at("sub/file"), "utf8")).toBe("new");
      await box.call("rename-at", box.root, "sub/", box.root, "moved/");
      expect(readFileSync(at("moved/file"), "utf8")).toBe("new");
    });

    test("symlink-at() and readlink-at() keep the target as it is, and know no absolute one", async () => {
      await box.call("symlink-at", box.root, "../other/file", "link");
      expect(await box.call("readlink-at", box.root, "link")).toBe("../other/file");
      expect(await refusal(() => box.call("symlink-at", box.root, "/etc/passwd", "bad"))).toBe("not-permitted");
      symlinkSync("/etc/passwd", at("host"));
      expect(await refusal(() => box.call("readlink-at", box.root, "host"))).toBe("not-permitted");
      expect(await refusal(() => box.call("readlink-at", box.root, "."))).toBe("invalid");
    });
  });

  describe("metadata", () => {
    test("stat() tells type, size and times", async () => {
      writeFileSync(at("file"), "hello");
      const { mtimeMs } = statSync(at("file"));
      const stat = await box.call("stat", await open(box, "file"));
      expect(stat).toMatchObject({ type: "regular-file", size: 5n, linkCount: 1n });
      expect(Number(stat.dataModificationTimestamp.seconds)).toBe(Math.floor(mtimeMs / 1000));
      expect((await box.call("stat", box.root)).type).toBe("directory");
    });

    test("stat-at() follows a link only where it is told to", async () => {
      writeFileSync(at("file"), "hello");
      symlinkSync("file", at("link"));
      expect((await box.call("stat-at", box.root, { symlinkFollow: true }, "link")).type).toBe("regular-file");
      expect((await box.call("stat-at", box.root, { symlinkFollow: false }, "link")).type).toBe("symbolic-link");
      expect(await refusal(() => box.call("stat-at", box.root, {}, "file/"))).toBe("not-directory");
    });

    test("set-times() and set-times-at() set one, both or none", async () => {
      writeFileSync(at("file"), "");
      const file = await open(box, "file", ["read", "write"]);
      const when = (seconds: number) => ({
        tag: "timestamp",
        val: { seconds: BigInt(seconds), nanoseconds: 500_000_000 },
      });
      await box.call("set-times", file, when(1000), when(2000));
      await box.call("set-times-at", box.root, {}, "file", { tag: "no-change" }, when(3000));
      await box.call("set-times-at", box.root, {}, "file", { tag: "no-change" }, { tag: "no-change" });
      const stat = await box.call("stat", file);
      expect(stat.dataAccessTimestamp).toEqual({ seconds: 1000n, nanoseconds: 500_000_000 });
      expect(stat.dataModificationTimestamp).toEqual({ seconds: 3000n, nanoseconds: 500_000_000 });
      await box.call("set-times", box.root, when(4000), { tag: "now" });
      expect((await box.call("stat", box.root)).dataAccessTimestamp.seconds).toBe(4000n);
      const bad = { tag: "timestamp", val: { seconds: 2n ** 64n - 1n, nanoseconds: 0 } };
      expect(await refusal(() => box.call("set-times", file, bad, bad))).toBe("invalid");
    });

    test("metadata-hash() is a file's identity: the same by every name, and after a change", async () => {
      writeFileSync(at("one"), "");
      writeFileSync(at("two"), "");
      await box.call("link-at", box.root, {}, "one", box.root, "again");
      const before = await box.call("metadata-hash-at", box.root, {}, "one");
      writeFileSync(at("one"), "changed");
      expect(await box.call("metadata-hash", await open(box, "again"))).toEqual(before);
      expect(await box.call("metadata-hash-at", box.root, {}, "two")).not.toEqual(before);
      expect(await box.call("is-same-object", await open(box, "one"), await open(box, "again"))).toBe(true);
      expect(await box.call("is-same-object", await open(box, "one"), await open(box, "two"))).toBe(false);
    });

    test("get-flags() tells what a file was opened for", async () => {
      const file = await open(box, "file", ["create", "write", "dataIntegritySync"]);
      expect(box.call("get-flags", file)).toEqual({
        read: false,
        write: true,
        fileIntegritySync: false,
        dataIntegritySync: true,
        requestedWriteSync: false,
        mutateDirectory: false,
      });
      expect(box.call("get-flags", box.root)).toMatchObject({ mutateDirectory: true, write: false });
    });
  });

  describe("openAt()", () => {
    test("creates, insists on a new file, and truncates", async () => {
      expect(await refusal(() => open(box, "file"))).toBe("no-entry");
      await open(box, "file", ["create", "write"]);
      expect(await refusal(() => open(box, "file", ["create", "exclusive", "write"]))).toBe("exist");
      writeFileSync(at("file"), "hello");
      await open(box, "file", ["truncate", "write"]);
      expect(readFileSync(at("file"), "utf8")).toBe("");
      symlinkSync("nowhere", at("link"));
      expect(await refusal(() => open(box, "link", ["create", "exclusive", "write"]))).toBe("exist");
    });

    test("does not write directories, nor take a file for one", async () => {
      writeFileSync(at("file"), "");
      expect(await refusal(() => open(box, ".", ["write"]))).toBe("is-directory");
      expect(await refusal(() => open(box, "file", ["directory", "read"]))).toBe("not-directory");
      expect(await refusal(() => open(box, "file", ["directory", "create"]))).toBe("invalid");
    });

    test("closes what is dropped, and what a look-up has opened on its way", async () => {
      mkdirSync(at("a/b/c"), { recursive: true });
      writeFileSync(at("a/b/c/file"), "");
      const opened = () => readdirSync("/proc/self/fd").filter((name) => links(name)?.startsWith(box.folder)).length;
      const before = opened();
      for (let i = 0; i < 20; i++) {
        using _file = await open(box, "a/b/../b/c/file");
        using _directory = await open(box, "a/b/c");
        await refusal(() => open(box, "a/b/c/absent"));
        await refusal(() => open(box, "a/b/c/../../../.."));
      }
      while (opened() > before) await new Promise((resolve) => setImmediate(resolve));
      expect(opened()).toBe(before);
    });

    test("gives a guest at most so many descriptors, and more when some are dropped", async () => {
      writeFileSync(at("file"), "");
      const held: Disposable[] = [];
      const code = await refusal(async () => {
        while (held.length <= openLimit) held.push(await open(box, "file"));
      });
      expect(code).toBe("quota");
      expect(await refusal(() => box.call("read-directory", box.root))).toBe("quota");
      held.pop()![Symbol.dispose]();
      held.push(await open(box, "file"));
      for (const descriptor of held) descriptor[Symbol.dispose]();
    });
  });
});

async function list(directory: object): Promise<{ name: string; type: string }[]> {
  const stream = await box.call("read-directory", directory);
  const call = bound(filesystemInterfaces, "wasi:filesystem/types");
  const entries: { name: string; type: string }[] = [];
  for (;;) {
    const entry = await call("[method]directory-entry-stream.read-directory-entry", stream);
    if (entry === undefined) break;
    entries.push(entry);
  }
  stream[Symbol.dispose]();
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What a descriptor of this process is open at. */
function links(descriptor: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return undefined;
  }
}

/** Buffers compare with plain byte arrays only as what they are. */
function bytes<T>(value: T): T | Uint8Array {
  return value instanceof Uint8Array ? new Uint8Array(value) : value;
}
