import { describe, expect, test } from "@jest/globals";
import { MemoryBackend } from "../../../../../runner/backends/memory.ts";
import type { Grants } from "../../../../../runner/config.ts";
import type { Backends, KeyValueBackend } from "../../../../../runner/host/host.ts";
import { keyvalueInterfaces } from "../../../../../runner/host/keyvalue/keyvalue.ts";
import {
  batchBytesLimit,
  batchLimit,
  keyBytesLimit,
  valueBytesLimit,
} from "../../../../../runner/host/keyvalue/limits.ts";
import { bound, hostInstance, refusal } from "../bound.ts";

type Grant = NonNullable<Grants["keyvalue"]>[number];
const grant = (bucket: string, options: Partial<Grant> = {}): Grant => ({
  backend: "main",
  bucket,
  access: "ReadWrite",
  ...options,
});

/** An instance with grants over memory backends, by name; `call("store", "open", …)`. */
function guest(grants: readonly Grant[], options: { version?: string; main?: KeyValueBackend } = {}) {
  const made = new Map<string, KeyValueBackend>([["main", options.main ?? new MemoryBackend()]]);
  const backends: Backends = {
    keyvalue: (name) => {
      if (!made.has(name)) made.set(name, new MemoryBackend());
      return made.get(name)!;
    },
    close: async () => {},
  };
  const host = hostInstance({ keyvalue: grants }, { backends });
  const version = options.version ?? "0.2.0-draft2";
  const call = (name: string, func: string, ...args: unknown[]) =>
    bound(keyvalueInterfaces, `wasi:keyvalue/${name}`, host, { version })(func, ...args);
  const open = (name: string) => call("store", "open", name);
  const method = (name: string, bucket: unknown, ...args: unknown[]) =>
    call("store", `[method]bucket.${name}`, bucket, ...args);
  return { host, call, open, method };
}

const bytes = (text: string) => new Uint8Array(Buffer.from(text));

describe("open()", () => {
  test("refuses every bucket without a grant, and says so in the log", async () => {
    const { host, open } = guest([]);
    expect(await refusal(() => open("default"))).toEqual({ tag: "access-denied" });
    expect(host.lines).toEqual([["guest", "warn", 'Cannot open bucket "default": no grant of this instance names it']]);
  });

  test("says once what is not granted, and not for ever new names", async () => {
    const { host, open } = guest([]);
    for (let i = 0; i < 100; i++) {
      await refusal(() => open("same"));
      await refusal(() => open(`bucket-${i}`));
    }
    expect(host.lines.length).toBe(16);
  });

  test("opens what is granted and nothing else", async () => {
    const { open } = guest([grant("sessions")]);
    expect(open("sessions")).toBeDefined();
    for (const name of ["other", "", "default", "main", "main/other", "sessions/"]) {
      expect(await refusal(() => open(name))).toEqual({ tag: "access-denied" });
    }
  });

  test("takes the empty name for default", async () => {
    const { open, method } = guest([grant("default")]);
    await method("set", open(""), "k", bytes("v"));
    expect(await method("get", open("default"), "k")).toEqual(bytes("v"));
  });

  test("tells buckets of one name apart by their backends", async () => {
    const { open, method } = guest([grant("b", { backend: "one" }), grant("b", { backend: "two" })]);
    expect(await refusal(() => open("b"))).toEqual({
      tag: "other",
      val: 'Cannot open bucket "b": several are granted, name one of one/b, two/b',
    });
    await method("set", open("one/b"), "k", bytes("v"));
    expect(await method("exists", open("two/b"), "k")).toBe(false);
    expect(await method("exists", open("one/b"), "k")).toBe(true);
  });
});

describe("bucket", () => {
  test("keeps, finds, lists and deletes", async () => {
    const { open, method } = guest([grant("b")]);
    const bucket = open("b");
    await method("set", bucket, "k", bytes("v"));
    expect(await method("get", bucket, "k")).toEqual(bytes("v"));
    expect(await method("get", bucket, "absent")).toBe(undefined);
    expect(await method("exists", bucket, "k")).toBe(true);
    expect(await method("list-keys", bucket, undefined)).toEqual({ keys: ["k"] });
    await method("delete", bucket, "k");
    expect(await method("exists", bucket, "k")).toBe(false);
  });

  test("answers without a promise where the backend does", () => {
    const { open, method } = guest([grant("b")]);
    expect(method("exists", open("b"), "k")).toBe(false);
  });

  test("refuses every change of a read-only grant and changes nothing", async () => {
    const main = new MemoryBackend();
    main.set("b", "k", bytes("1"));
    const { call, open, method } = guest([grant("b", { access: "ReadOnly" })], { main });
    const bucket = open("b");
    const cas = await call("atomics", "[static]cas.new", bucket, "k");
    const changes: readonly (() => unknown)[] = [
      () => method("set", bucket, "k", bytes("2")),
      () => method("delete", bucket, "k"),
      () => call("atomics", "increment", bucket, "k", 1n),
      () => call("batch", "set-many", bucket, [["k", bytes("2")]]),
      () => call("batch", "set-many", bucket, []),
      () => call("batch", "delete-many", bucket, ["k"]),
    ];
    for (const change of changes) expect(await refusal(change)).toEqual({ tag: "access-denied" });
    expect(await refusal(() => call("atomics", "swap", cas, bytes("2")))).toEqual({
      tag: "store-error",
      val: { tag: "access-denied" },
    });
    expect(await method("get", bucket, "k")).toEqual(bytes("1"));
  });

  test("takes keys and values up to their limits, and says the limit above", async () => {
    const { open, method } = guest([grant("b")]);
    const bucket = open("b");
    const key = "é".repeat(keyBytesLimit / 2);
    await method("set", bucket, key, new Uint8Array(valueBytesLimit));
    expect((await method("get", bucket, key)).length).toBe(valueBytesLimit);
    const longer = { tag: "other", val: "Cannot use a key of more than 1024 bytes" };
    for (const func of ["get", "delete", "exists", "list-keys"]) {
      expect(await refusal(() => method(func, bucket, `${key}x`))).toEqual(longer);
    }
    expect(await refusal(() => method("set", bucket, `${key}x`, bytes("")))).toEqual(longer);
    expect(await refusal(() => method("set", bucket, "k", new Uint8Array(valueBytesLimit + 1)))).toEqual({
      tag: "other",
      val: "Cannot set a value of more than 4194304 bytes: 4194305",
    });
  });

  test("tells the guest a backend's message, and of a bug only that there was one", async () => {
    const main = new MemoryBackend({ bytes: 100 });
    const small = guest([grant("b")], { main });
    expect(await refusal(() => small.method("set", small.open("b"), "k", new Uint8Array(200)))).toEqual({
      tag: "other",
      val: "Cannot set a key: the memory backend holds at most 100 bytes",
    });
    main.get = () => {
      throw new TypeError("undefined is not at /home/secret");
    };
    expect(await refusal(() => small.method("get", small.open("b"), "k"))).toEqual({
      tag: "other",
      val: "The key-value backend failed",
    });
    expect(small.host.lines.at(-1)).toEqual(["guest", "error", "Key-value backend: undefined is not at /home/secret"]);
  });

  test("takes a backend that answers later, and one that fails later", async () => {
    const main = new MemoryBackend() as KeyValueBackend;
    main.get = async () => bytes("late");
    main.exists = async () => {
      throw new Error("late");
    };
    const { open, method } = guest([grant("b")], { main });
    expect(await method("get", open("b"), "k")).toEqual(bytes("late"));
    expect(await refusal(() => method("exists", open("b"), "k"))).toMatchObject({ tag: "other" });
  });
});

describe("list-keys", () => {
  const filled = () => {
    const main = new MemoryBackend();
    for (let i = 0; i < 2500; i++) main.set("b", `key-${i}`, new Uint8Array(0));
    return main;
  };

  test.each(["0.2.0-draft", "0.2.0-draft2"])("of %s gives every key once, by pages", async (version) => {
    const { open, method } = guest([grant("b")], { version, main: filled() });
    const bucket = open("b");
    const seen: string[] = [];
    let cursor: unknown;
    do {
      const page = await method("list-keys", bucket, cursor);
      seen.push(...page.keys);
      cursor = page.cursor;
      if (cursor !== undefined) expect(typeof cursor).toBe(version === "0.2.0-draft" ? "bigint" : "string");
    } while (cursor !== undefined);
    expect(seen.length).toBe(2500);
    expect(new Set(seen).size).toBe(2500);
  });

  test("of 0.2.0-draft takes a number from another handle, from before, and from beyond the end", async () => {
    const { open, method } = guest([grant("b")], { version: "0.2.0-draft", main: filled() });
    const bucket = open("b");
    const first = await method("list-keys", bucket, undefined);
    const second = await method("list-keys", bucket, first.cursor);
    expect(await method("list-keys", open("b"), first.cursor)).toEqual(second);
    expect(await method("list-keys", bucket, 0n)).toEqual(first);
    expect(await method("list-keys", bucket, 2n ** 64n - 1n)).toEqual({ keys: [] });
  });
});

describe("atomics", () => {
  test("increment() of 0.2.0-draft2 counts up and down", async () => {
    const { call, open } = guest([grant("b")]);
    expect(await call("atomics", "increment", open("b"), "n", 2n)).toBe(2n);
    expect(await call("atomics", "increment", open("b"), "n", -5n)).toBe(-3n);
  });

  test("increment() of 0.2.0-draft has no negative answer", async () => {
    const main = new MemoryBackend();
    main.set("b", "n", bytes("-5"));
    const { call, open } = guest([grant("b")], { main, version: "0.2.0-draft" });
    expect(await refusal(() => call("atomics", "increment", open("b"), "n", 2n))).toMatchObject({ tag: "other" });
    expect(await call("atomics", "increment", open("b"), "n", 10n)).toBe(7n);
  });

  test("swap() sets what has not changed, and else gives a handle of the newest value", async () => {
    const { call, open, method } = guest([grant("b")]);
    const bucket = open("b");
    const first = await call("atomics", "[static]cas.new", bucket, "k");
    const late = await call("atomics", "[static]cas.new", bucket, "k");
    expect(call("atomics", "[method]cas.current", first)).toBe(undefined);
    await call("atomics", "swap", first, bytes("one"));
    // biome-ignore lint/suspicious/noExplicitAny: the payload of this error carries a handle
    const error: any = await refusal(() => call("atomics", "swap", late, bytes("two")));
    expect(error.tag).toBe("cas-failed");
    expect(call("atomics", "[method]cas.current", error.val)).toEqual(bytes("one"));
    await call("atomics", "swap", error.val, bytes("two"));
    expect(await method("get", bucket, "k")).toEqual(bytes("two"));
  });
});

describe.each(["0.2.0-draft", "0.2.0-draft2"])("batch of %s", (version) => {
  test("sets, gets and deletes many", async () => {
    const { call, open } = guest([grant("b")], { version });
    const bucket = open("b");
    await call("batch", "set-many", bucket, [
      ["a", bytes("1")],
      ["b", bytes("2")],
    ]);
    expect(await call("batch", "get-many", bucket, ["b", "absent", "a"])).toEqual([
      ["b", bytes("2")],
      undefined,
      ["a", bytes("1")],
    ]);
    await call("batch", "delete-many", bucket, ["a", "absent", "b"]);
    expect(await call("batch", "get-many", bucket, ["a", "b"])).toEqual([undefined, undefined]);
  });

  test("is bounded in keys and in bytes, and does nothing of what is too much", async () => {
    const main = new MemoryBackend();
    const { call, open } = guest([grant("b")], { version, main });
    const bucket = open("b");
    const keys = Array.from({ length: batchLimit + 1 }, (_, i) => `${i}`);
    const tooMany = { tag: "other", val: "Cannot use more than 1000 keys in one batch: 1001" };
    expect(await refusal(() => call("batch", "get-many", bucket, keys))).toEqual(tooMany);
    expect(await refusal(() => call("batch", "delete-many", bucket, keys))).toEqual(tooMany);
    const empty = keys.map((key) => [key, bytes("")]);
    expect(await refusal(() => call("batch", "set-many", bucket, empty))).toEqual(tooMany);
    await call("batch", "set-many", bucket, empty.slice(1));
    const large = Array.from({ length: 5 }, (_, i) => [`large${i}`, new Uint8Array(valueBytesLimit)]);
    const tooLarge = {
      tag: "other",
      val: `Cannot move more than ${batchBytesLimit} bytes of values in one batch: 20971520`,
    };
    expect(await refusal(() => call("batch", "set-many", bucket, large))).toEqual(tooLarge);
    expect(main.exists("b", "large0")).toBe(false);
    await call("batch", "set-many", bucket, large.slice(1));
    const names = ["large1", "large2", "large3", "large4", "large1"];
    expect(await refusal(() => call("batch", "get-many", bucket, names))).toEqual(tooLarge);
    expect((await call("batch", "get-many", bucket, names.slice(1))).length).toBe(4);
    const bad = [
      ["fine", bytes("")],
      ["x".repeat(keyBytesLimit + 1), bytes("")],
    ];
    expect(await refusal(() => call("batch", "set-many", bucket, bad))).toMatchObject({ tag: "other" });
    expect(main.exists("b", "fine")).toBe(false);
  });
});
