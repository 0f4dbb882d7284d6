import { afterEach, describe, expect, test } from "@jest/globals";
import { ownerIndex } from "../../../../operator/kube/cache.ts";
import type { KubeClient, Page, Selection, WatchEvent } from "../../../../operator/kube/client.ts";
import { KubeError, type KubeErrorCode } from "../../../../operator/kube/error.ts";
import { type KubeObject, resources } from "../../../../operator/kube/object.ts";
import { type CacheOptions, startCache } from "../../../../operator/kube/start-cache.ts";
import { startCaches } from "../../../../operator/kube/start-caches.ts";
import { FakeClock } from "../../../support/clock.ts";
import { configMap, fakeClient, keepLog, Stream } from "./fake-client.ts";

const selection: Selection = { resource: resources.configMaps };
const controllers: AbortController[] = [];
afterEach(() => {
  for (const controller of controllers.splice(0)) controller.abort();
});

type Listed = NonNullable<Parameters<KubeClient["list"]>[1]>;
type Watched = Parameters<KubeClient["watch"]>[1];

/** A server of one kind: a test says what it has, and how it answers. */
function makeServer() {
  const server = {
    items: [] as KubeObject[],
    version: 10,
    lists: [] as Listed[],
    watches: [] as Watched[],
    streams: [] as Stream[],
    /** Each list fails with it. */
    listFailure: undefined as KubeError | undefined,
    watchFailure: undefined as KubeError | undefined,
    /** Items of a page. */
    pageSize: 500,
    opens: true,
  };
  // A loop without a wait would never let the test go on: it is stopped, and the test fails.
  const bounded = (): Promise<void> | undefined =>
    server.lists.length + server.watches.length > 10_000 ? new Promise(() => undefined) : undefined;
  const list = async (_: Selection, options: Listed = {}): Promise<Page> => {
    server.lists.push(options);
    await bounded();
    if (server.listFailure !== undefined) throw server.listFailure;
    const from = Number(options.next ?? 0);
    const next = from + server.pageSize;
    const resourceVersion = String(server.version);
    const items = server.items.slice(from, next);
    return { items, resourceVersion, next: next < server.items.length ? String(next) : undefined };
  };
  async function* watch(_: Selection, options: Watched): AsyncGenerator<WatchEvent> {
    server.watches.push(options);
    await bounded();
    if (server.watchFailure !== undefined) throw server.watchFailure;
    if (server.opens) options.onOpen?.();
    const stream = new Stream();
    server.streams.push(stream);
    options.signal?.addEventListener("abort", () => stream.fail(new KubeError("unavailable", "given up")));
    yield* stream;
  }
  return Object.assign(server, { client: fakeClient({ list, watch }) });
}

function start(server: { readonly client: KubeClient }, more: Partial<CacheOptions<KubeObject>> = {}) {
  const clock = new FakeClock();
  const { log, lines } = keepLog();
  const controller = new AbortController();
  controllers.push(controller);
  const cache = startCache<KubeObject>(server.client, selection, { clock, log, signal: controller.signal, ...more });
  const changes: string[] = [];
  cache.onChange(({ type, object }) => changes.push(`${type} ${object.metadata.name}`));
  return { clock, cache, changes, lines, controller };
}

const names = (objects: readonly KubeObject[]): string[] => objects.map(({ metadata }) => metadata.name);
const failed = (code: KubeErrorCode, retryAfterMs?: number): KubeError =>
  new KubeError(code, `made by a test: ${code}`, retryAfterMs === undefined ? {} : { retryAfterMs });

describe("startCache()", () => {
  test("lists once from the server's cache, in pages, and watches from there", async () => {
    const server = makeServer();
    server.items = [configMap("a", 1), configMap("b", 2), configMap("c", 3)];
    server.pageSize = 2;
    const { cache, changes, clock } = start(server);
    expect(cache.healthy()).toBe(false);
    await cache.synced();
    await clock.advance(0);
    expect(server.lists.map(({ resourceVersion, limit, next }) => ({ resourceVersion, limit, next }))).toEqual([
      { resourceVersion: "0", limit: 500, next: undefined },
      { resourceVersion: undefined, limit: 500, next: "2" },
    ]);
    expect(server.watches).toMatchObject([{ resourceVersion: "10" }]);
    expect(server.watches[0]!.timeoutSeconds).toBeGreaterThanOrEqual(300);
    expect(server.watches[0]!.timeoutSeconds).toBeLessThanOrEqual(600);
    expect(changes).toEqual(["added a", "added b", "added c"]);
    expect(cache.get("shop/b")).toEqual(configMap("b", 2));
    expect(names(cache.list())).toEqual(["a", "b", "c"]);
    expect(cache.healthy()).toBe(true);
  });

  test("keeps of an object what it is told to, listed or watched", async () => {
    const server = makeServer();
    server.items = [configMap("a", 1, { labels: { x: "1" } })];
    const keep = (object: KubeObject): KubeObject => configMap(object.metadata.name, 0);
    const { cache, clock } = start(server, { keep });
    await clock.advance(0);
    server.streams[0]!.push({ type: "ADDED", object: configMap("b", 11, { labels: { x: "1" } }) });
    await clock.advance(0);
    expect(cache.list()).toEqual([configMap("a", 0), configMap("b", 0)]);
  });

  test("tells of each list after all that it changed, whatever a listener throws", async () => {
    const server = makeServer();
    server.items = [configMap("a", 1)];
    const { cache, changes, clock, lines } = start(server);
    cache.onListed(() => {
      throw new RangeError("made by a test");
    });
    cache.onListed(({ namespace, resourceVersion }) => changes.push(`listed ${namespace} ${resourceVersion}`));
    await clock.advance(0);
    expect(changes).toEqual(["added a", "listed undefined 10"]);
    Object.assign(server, { items: [], version: 20 });
    server.streams[0]!.fail(failed("expired"));
    await clock.advance(60_000);
    expect(changes).toEqual(["added a", "listed undefined 10", "deleted a", "listed undefined 20"]);
    expect(lines.filter(({ message }) => message === "A listener failed")).toHaveLength(2);
  });

  test("follows events, and begins the next watch after the last one or the last bookmark", async () => {
    const server = makeServer();
    server.items = [configMap("a", 1)];
    const { cache, changes, clock } = start(server);
    await clock.advance(0);
    server.streams[0]!.push(
      { type: "ADDED", object: configMap("b", 11) },
      { type: "MODIFIED", object: configMap("a", 12) },
      { type: "DELETED", object: configMap("b", 13) },
      { type: "DELETED", object: configMap("unknown", 14) },
      { type: "BOOKMARK", object: configMap("", 20) },
    );
    await clock.advance(5_000);
    server.streams[0]!.end();
    await clock.advance(0);
    expect(changes).toEqual(["added a", "added b", "updated a", "deleted b"]);
    expect(cache.list()).toEqual([configMap("a", 12)]);
    expect(server.watches.map(({ resourceVersion }) => resourceVersion)).toEqual(["10", "20"]);
    expect(server.lists).toHaveLength(1);
  });

  test("says nothing of a version that it has already", async () => {
    const server = makeServer();
    server.items = [configMap("a", 1)];
    const { changes, clock } = start(server);
    await clock.advance(0);
    server.streams[0]!.push({ type: "MODIFIED", object: configMap("a", 1) });
    await clock.advance(0);
    expect(changes).toEqual(["added a"]);
  });

  test("keeps no managedFields, from lists and from watches", async () => {
    const server = makeServer();
    server.items = [configMap("a", 1, { managedFields: [{}] })];
    const { cache, clock } = start(server);
    await clock.advance(0);
    server.streams[0]!.push({ type: "ADDED", object: configMap("b", 11, { managedFields: [{}] }) });
    await clock.advance(0);
    expect(cache.list()).toEqual([configMap("a", 1), configMap("b", 11)]);
  });

  test("finds by owner and by the indexes given", async () => {
    const server = makeServer();
    const ownerReferences = [{ apiVersion: "v1", kind: "X", name: "x", uid: "u", controller: true }];
    server.items = [configMap("a", 1, { ownerReferences }), configMap("b", 2, { labels: { app: "x" } })];
    const indexes = { app: (object: KubeObject) => [object.metadata.labels?.["app"] ?? "none"] };
    const { cache, clock } = start(server, { indexes });
    await clock.advance(0);
    expect(names(cache.byIndex(ownerIndex, "u"))).toEqual(["a"]);
    expect(names(cache.byIndex("app", "x"))).toEqual(["b"]);
    expect(names(cache.byIndex("app", "none"))).toEqual(["a"]);
  });

  test("a listener that throws is logged, and the others are called", async () => {
    const server = makeServer();
    const { cache, changes, clock, lines } = start(server);
    cache.onChange(() => {
      throw new RangeError("broken listener");
    });
    const heard: string[] = [];
    cache.onChange(({ object }) => heard.push(object.metadata.name));
    server.items = [configMap("a", 1), configMap("b", 2)];
    await clock.advance(0);
    expect(changes).toEqual(["added a", "added b"]);
    expect(heard).toEqual(["a", "b"]);
    expect(lines.filter(({ level }) => level === "error")).toMatchObject([{ key: "shop/a" }, { key: "shop/b" }]);
  });
});

describe("after a failure", () => {
  test("a version that is too old is listed anew, newest, and deletions in between are told", async () => {
    const server = makeServer();
    server.items = [configMap("gone", 1), configMap("kept", 2)];
    const { changes, clock, cache } = start(server);
    await clock.advance(0);
    server.items = [configMap("kept", 2), configMap("new", 30)];
    server.version = 30;
    server.streams[0]!.fail(failed("expired"));
    await clock.advance(200);
    expect(changes).toEqual(["added gone", "added kept", "deleted gone", "added new"]);
    expect(server.lists.map(({ resourceVersion }) => resourceVersion)).toEqual(["0", undefined]);
    expect(server.watches.map(({ resourceVersion }) => resourceVersion)).toEqual(["10", "30"]);
    expect(names(cache.list())).toEqual(["kept", "new"]);
  });

  test("a watch that broke goes on where it was, without a list", async () => {
    const server = makeServer();
    const { clock, changes, lines } = start(server);
    await clock.advance(0);
    server.streams[0]!.push({ type: "ADDED", object: configMap("a", 11) });
    server.streams[0]!.fail(failed("unavailable"));
    await clock.advance(200);
    expect(server.watches.map(({ resourceVersion }) => resourceVersion)).toEqual(["10", "11"]);
    expect(server.lists).toHaveLength(1);
    expect(changes).toEqual(["added a"]);
    expect(lines.filter(({ level }) => level === "warn")).toMatchObject([{ code: "unavailable" }]);
  });

  test("a list that breaks in the middle deletes nothing", async () => {
    const server = makeServer();
    server.items = [configMap("a", 1), configMap("b", 2)];
    const { clock, cache, changes } = start(server);
    await clock.advance(0);
    server.pageSize = 1;
    server.streams[0]!.fail(failed("expired"));
    // The first page comes, the second does not.
    const list = server.client.list;
    Object.assign(server.client, {
      list: (given: Selection, options: Listed) =>
        options.next === undefined ? list(given, options) : Promise.reject(failed("unavailable")),
    });
    await clock.advance(60_000);
    expect(server.lists.length).toBeGreaterThan(2);
    expect(names(cache.list())).toEqual(["a", "b"]);
    expect(changes).toEqual(["added a", "added b"]);
  });

  test.each([
    ["lists", { listFailure: failed("denied") }],
    ["watches", { watchFailure: failed("unavailable") }],
    ["watches with a version that is too old", { watchFailure: failed("expired") }],
    ["watches for ever as invalid", { watchFailure: failed("invalid") }],
  ])("a server that refuses %s is asked ever more rarely, and never given up", async (_, failure) => {
    const server = Object.assign(makeServer(), failure);
    const { clock, lines } = start(server);
    const asked = (): number => server.lists.length + server.watches.length;
    await clock.advance(10_000);
    const first = asked();
    expect(first).toBeGreaterThanOrEqual(5);
    expect(first).toBeLessThanOrEqual(20);
    await clock.advance(600_000);
    const later = asked() - first;
    // Two requests an attempt at most, an attempt each 15 to 30 s.
    expect(later).toBeGreaterThanOrEqual(18);
    expect(later).toBeLessThanOrEqual(90);
    expect(lines.length).toBeGreaterThan(18);
    Object.assign(server, { listFailure: undefined, watchFailure: undefined });
    await clock.advance(30_000);
    expect(server.streams).toHaveLength(1);
  });

  test("a server that ends each watch at once makes no hot loop", async () => {
    const server = makeServer();
    const { clock } = start(server);
    for (let index = 0; index < 600; index++) {
      server.streams.at(-1)?.end();
      await clock.advance(1_000);
    }
    expect(server.watches.length).toBeLessThan(60);
    expect(server.watches.length).toBeGreaterThan(20);
  });

  test("a server that sends an event and breaks the watch, again and again, is followed all the same", async () => {
    const server = makeServer();
    const { clock, cache } = start(server);
    await clock.advance(0);
    for (let index = 0; index < 100; index++) {
      server.streams.at(-1)!.push({ type: "MODIFIED", object: configMap("a", 100 + index) });
      server.streams.at(-1)!.fail(failed("unavailable"));
      await clock.advance(200);
      expect(cache.get("shop/a")?.metadata.resourceVersion).toBe(String(100 + index));
    }
    expect(server.lists).toHaveLength(1);
    expect(server.watches).toHaveLength(101);
  });

  test("a server that opens, sends an event and calls the version too old makes no hot loop", async () => {
    const server = makeServer();
    const { clock } = start(server);
    for (let index = 0; index < 600; index++) {
      server.streams.at(-1)?.push({ type: "MODIFIED", object: configMap("a", 100 + index) });
      server.streams.at(-1)?.fail(failed("expired"));
      await clock.advance(1_000);
    }
    expect(server.lists.length).toBeLessThan(60);
  });

  test("the wait begins anew once a watch has lived", async () => {
    const server = makeServer();
    server.watchFailure = failed("unavailable");
    const { clock } = start(server);
    await clock.advance(300_000);
    server.watchFailure = undefined;
    await clock.advance(30_000);
    expect(server.streams).toHaveLength(1);
    await clock.advance(60_000);
    server.streams[0]!.fail(failed("unavailable"));
    await clock.advance(200);
    expect(server.streams).toHaveLength(2);
  });

  test("a server that says how long to wait is not asked earlier", async () => {
    const server = makeServer();
    server.listFailure = failed("throttled", 20_000);
    const { clock } = start(server);
    await clock.advance(19_999);
    expect(server.lists).toHaveLength(1);
    await clock.advance(1);
    expect(server.lists).toHaveLength(2);
  });

  test("a list with too many bytes is asked for in pages, and in smaller ones, down to ten", async () => {
    const server = makeServer();
    server.listFailure = failed("too-large");
    const { clock } = start(server);
    await clock.advance(300_000);
    const asked = server.lists.map(({ resourceVersion, limit }) => `${resourceVersion} ${limit}`);
    expect(asked.slice(0, 4)).toEqual(["0 500", "undefined 500", "undefined 250", "undefined 125"]);
    expect(asked.at(-1)).toBe("undefined 10");
  });

  test("more objects than may be kept are refused, listed or watched", async () => {
    const server = makeServer();
    server.items = [configMap("a", 1), configMap("b", 2)];
    const listing = start(server, { maxObjects: 1 });
    await listing.clock.advance(10_000);
    expect(listing.cache.list()).toEqual([]);
    expect(listing.lines.filter(({ level }) => level === "warn")[0]).toMatchObject({ code: "too-large" });

    const other = makeServer();
    other.items = [configMap("a", 1)];
    const watching = start(other, { maxObjects: 1 });
    await watching.clock.advance(0);
    other.streams[0]!.push({ type: "MODIFIED", object: configMap("a", 11) });
    await watching.clock.advance(0);
    expect(watching.lines.filter(({ level }) => level === "warn")).toEqual([]);
    for (let index = 0; index < 100; index++) {
      other.streams.at(-1)!.push({ type: "ADDED", object: configMap(`more ${index}`, 100 + index) });
      await watching.clock.advance(60_000);
    }
    expect(watching.cache.list().length).toBeLessThanOrEqual(2);
  });

  test("a server that gives empty pages for ever is not followed for ever", async () => {
    const server = makeServer();
    let asked = 0;
    Object.assign(server.client, {
      list: async () => {
        asked++;
        return { items: [], resourceVersion: "1", next: "again" };
      },
    });
    const { clock } = start(server);
    await clock.advance(60_000);
    expect(asked).toBeLessThan(20);
  });
});

describe("healthy()", () => {
  test("is true while an open watch is quiet for no longer than it may be", async () => {
    const server = makeServer();
    const { clock, cache } = start(server);
    await clock.advance(0);
    const mayBeQuietMs = server.watches[0]!.timeoutSeconds * 1000 + 30_000;
    await clock.advance(mayBeQuietMs);
    expect(cache.healthy()).toBe(true);
    await clock.advance(1);
    expect(cache.healthy()).toBe(false);
    server.streams[0]!.push({ type: "BOOKMARK", object: configMap("", 20) });
    await clock.advance(0);
    expect(cache.healthy()).toBe(true);
  });

  test.each([
    ["that is refused", { watchFailure: failed("denied") }],
    ["that never opens", { opens: false }],
  ])("becomes false a minute after the last open watch, with one %s", async (_, failure) => {
    const server = makeServer();
    const { clock, cache } = start(server);
    await clock.advance(100_000);
    expect(cache.healthy()).toBe(true);
    Object.assign(server, failure);
    server.streams[0]!.fail(failed("unavailable"));
    await clock.advance(60_000);
    expect(cache.healthy()).toBe(true);
    await clock.advance(1);
    expect(cache.healthy()).toBe(false);
    await clock.advance(600_000);
    expect(cache.healthy()).toBe(false);
  });
});

describe("the end", () => {
  test("aborting ends the loop, with the watch and the wait, and leaves no timer", async () => {
    const server = makeServer();
    const { clock, controller } = start(server);
    await clock.advance(0);
    controller.abort();
    await clock.advance(100_000);
    expect(server.watches).toHaveLength(1);
    expect(clock.pending).toBe(0);

    const broken = Object.assign(makeServer(), { listFailure: failed("denied") });
    const waiting = start(broken);
    await waiting.clock.advance(1_000);
    waiting.controller.abort();
    const { length } = broken.lists;
    await waiting.clock.advance(100_000);
    expect(broken.lists).toHaveLength(length);
    expect(waiting.clock.pending).toBe(0);
  });

  test("synced() rejects when its signal is aborted, or the loop's", async () => {
    const server = Object.assign(makeServer(), { listFailure: failed("denied") });
    const { cache, controller } = start(server);
    await expect(cache.synced(AbortSignal.abort(new RangeError("enough")))).rejects.toThrow("enough");
    const own = new AbortController();
    const waiting = cache.synced(own.signal);
    own.abort(new RangeError("too long"));
    await expect(waiting).rejects.toThrow("too long");
    const still = cache.synced();
    controller.abort(new RangeError("the end"));
    await expect(still).rejects.toThrow("the end");
  });
});

describe("startCaches()", () => {
  test("is one cache over several namespaces", async () => {
    const objects = ["one", "two"].map((namespace) => configMap("a", 1, { namespace }));
    const asked: (string | undefined)[] = [];
    const list = async ({ namespace }: Selection): Promise<Page> => {
      asked.push(namespace);
      const items = objects.filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace);
      return { items, resourceVersion: "1", next: undefined };
    };
    async function* watch(_: Selection, { onOpen }: Watched): AsyncGenerator<WatchEvent> {
      onOpen?.();
      yield* new Stream();
    }
    const clock = new FakeClock();
    const { signal } = new AbortController();
    const options = { clock, log: keepLog().log, signal, indexes: { all: () => ["x"] } };
    const cache = startCaches(fakeClient({ list, watch }), selection, { ...options, namespaces: ["one", "two"] });
    const changes: string[] = [];
    cache.onChange(({ object }) => changes.push(object.metadata.namespace!));
    expect(cache.healthy()).toBe(false);
    await cache.synced();
    expect(asked).toEqual(["one", "two"]);
    expect(changes.sort()).toEqual(["one", "two"]);
    expect(cache.list()).toEqual(objects);
    expect(cache.byIndex("all", "x")).toEqual(objects);
    expect(cache.get("two/a")).toEqual(objects[1]);
    expect(cache.get("three/a")).toBeUndefined();
    expect(cache.healthy()).toBe(true);

    const whole = startCaches(fakeClient({ list, watch }), selection, { ...options, namespaces: [] });
    await whole.synced();
    expect(asked.at(-1)).toBeUndefined();
    expect(whole.list()).toEqual(objects);
  });
});
