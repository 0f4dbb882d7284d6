import { afterAll, describe, expect, jest, test } from "@jest/globals";
import { startComposer } from "../../../composer/index.ts";
import type { ComposeWiring } from "../../../composer/protocol.ts";
import { guest, wat } from "../../support/composer/wat.ts";

jest.setTimeout(120_000);

const composer = startComposer();
afterAll(() => composer.close());

const CALLEE = "tenon:test/callee";
const edge: ComposeWiring = {
  instances: [
    { name: "front", component: 0 },
    { name: "back", component: 1 },
  ],
  edges: [{ from: { instance: "front", item: CALLEE }, to: { instance: "back", item: CALLEE } }],
  exports: [{ name: "tenon:test/caller", instance: "front", item: "tenon:test/caller" }],
};
const pair = () => [guest("edge-caller"), guest("edge-callee")];

describe("compose()", () => {
  test("fuses two components: the edge's import is gone, the export is there", async () => {
    const table = await composer.inspect(await composer.compose(pair(), edge));
    expect(table.imports.map(({ name }) => name)).not.toContain(CALLEE);
    expect(table.exports.map(({ name }) => name)).toEqual(["tenon:test/caller"]);
  });

  test("gives the same bytes for the same inputs, whatever was done before, and in another composer", async () => {
    const first = Buffer.from(await composer.compose(pair(), edge));
    await composer.inspect(guest("echo"));
    await composer.flatten(guest("hello"), { deadlines: true });
    expect(Buffer.from(await composer.compose(pair(), edge)).equals(first)).toBe(true);
    const other = startComposer();
    expect(Buffer.from(await other.compose(pair(), edge)).equals(first)).toBe(true);
    await other.close();
  });

  test("keeps 200 instances of one component near its size", async () => {
    const bytes = guest("hello");
    const instances = Array.from({ length: 200 }, (_, nth) => ({ name: `n${nth}`, component: 0 }));
    const composed = await composer.compose([bytes], { instances, edges: [], exports: [] });
    expect(composed.byteLength).toBeLessThan(bytes.byteLength + 200 * 600);
    const { plan } = await composer.flatten(composed, { deadlines: false });
    const names = plan.componentInstances.filter(({ path }) => path.length === 1).map(({ path }) => path[0]);
    expect(names.sort()).toEqual(instances.map(({ name }) => name).sort());
  });

  test("refuses more than 1000 nested modules and components, with the number", async () => {
    const components = await Promise.all(
      Array.from({ length: 501 }, (_, nth) => wat(`(component (core module (global i32 (i32.const ${nth}))))`)),
    );
    const wiring = (count: number): ComposeWiring => ({
      instances: components.slice(0, count).map((_, nth) => ({ name: `n${nth}`, component: nth })),
      edges: [],
      exports: [],
    });
    await expect(composer.compose(components, wiring(501))).rejects.toMatchObject({
      code: "too-large",
      message: expect.stringContaining("1000"),
    });
    await expect(composer.compose(components.slice(0, 499), wiring(499))).resolves.toBeDefined();
  });

  test("connects an export inside an export by its inner name", async () => {
    const maker = await wat(`(component
      (core module $m (func (export "f") (result i32) (i32.const 7)))
      (core instance $i (instantiate $m))
      (func $f (result u32) (canon lift (core func $i "f")))
      (instance $api (export "f" (func $f)))
      (export "t:a/api" (instance $api)))`);
    const user = await wat(`(component (import "f" (func (result u32))) )`);
    const wiring: ComposeWiring = {
      instances: [
        { name: "user", component: 0 },
        { name: "maker", component: 1 },
      ],
      edges: [{ from: { instance: "user", item: "f" }, to: { instance: "maker", item: "t:a/api", inner: "f" } }],
      exports: [],
    };
    expect((await composer.inspect(await composer.compose([user, maker], wiring))).imports).toEqual([]);
  });

  test("reads a small view of a large buffer, and leaves the buffer to its owner", async () => {
    const [caller, callee] = pair();
    const large = new Uint8Array(2 ** 20);
    large.set(caller!, 1000);
    const view = large.subarray(1000, 1000 + caller!.byteLength);
    const composed = await composer.compose([view, callee!], edge);
    expect(Buffer.from(composed).equals(await composer.compose(pair(), edge))).toBe(true);
    expect(view.byteLength).toBe(caller!.byteLength);
  });
});

describe("compose() refuses, saying what it is about:", () => {
  const refused = async (change: Partial<ComposeWiring>, components: Uint8Array[] = pair()) =>
    composer.compose(components, { ...edge, ...change });

  test.each<[string, Partial<ComposeWiring>, object]>([
    ["an index without a component", { instances: [{ name: "front", component: 7 }] }, { subject: "front" }],
    [
      "a name used twice",
      { instances: [...edge.instances, { name: "back", component: 1 }] },
      { subject: "back", message: expect.stringContaining("before") },
    ],
    [
      "an edge to no instance",
      { edges: [{ from: { instance: "front", item: CALLEE }, to: { instance: "bakc", item: CALLEE } }] },
      { subject: "bakc" },
    ],
    [
      "an edge to no export",
      { edges: [{ from: { instance: "front", item: CALLEE }, to: { instance: "back", item: "t:a/b" } }] },
      { subject: `front/${CALLEE}`, message: expect.stringContaining("t:a/b") },
    ],
    ["an export of nothing", { exports: [{ name: "x", instance: "back", item: "nope" }] }, { subject: "x" }],
  ])("%s", async (_what, change, expected) => {
    await expect(refused(change)).rejects.toMatchObject({ code: "wiring", stage: "compose", ...expected });
  });

  test("a cycle, naming an instance in it", async () => {
    const ring = await wat(`(component
      (import "a" (func))
      (core func $a (canon lower (func 0)))
      (core module $m (import "h" "a" (func)) (export "f" (func 0)))
      (core instance $i (instantiate $m (with "h" (instance (export "a" (func $a))))))
      (func $f (canon lift (core func $i "f")))
      (export "b" (func $f)))`);
    const wiring: ComposeWiring = {
      instances: [
        { name: "x", component: 0 },
        { name: "y", component: 0 },
      ],
      edges: [
        { from: { instance: "x", item: "a" }, to: { instance: "y", item: "b" } },
        { from: { instance: "y", item: "a" }, to: { instance: "x", item: "b" } },
      ],
      exports: [],
    };
    const failure = {
      code: "wiring",
      message: expect.stringContaining("cycle"),
      subject: expect.stringMatching(/^[xy]$/),
    };
    await expect(composer.compose([ring], wiring)).rejects.toMatchObject(failure);
  });

  test("an edge whose types differ", async () => {
    const other = await wat(`(component
      (core module $m (func (export "f"))) (core instance $i (instantiate $m))
      (func $f (canon lift (core func $i "f")))
      (instance $api (export "measure" (func $f))) (export "${CALLEE}" (instance $api)))`);
    await expect(refused({}, [guest("edge-caller"), other])).rejects.toMatchObject({
      code: "wiring",
      subject: `front/${CALLEE}`,
    });
  });

  test("host imports of one name and two types, with both instances", async () => {
    const of = (type: string) =>
      wat(`(component (import "t:a/clock" (instance (export "now" (func (result ${type}))))))`);
    const wiring: ComposeWiring = {
      instances: [
        { name: "p", component: 0 },
        { name: "q", component: 1 },
      ],
      edges: [],
      exports: [],
    };
    await expect(composer.compose([await of("u32"), await of("u64")], wiring)).rejects.toMatchObject({
      code: "wiring",
      subject: "t:a/clock",
      message: expect.stringMatching(/`p`.*`q`|`q`.*`p`/),
    });
  });

  test("a function body that is not valid, with the index of its component", async () => {
    const broken = await wat(`(component (core module (func (result i32) i32.const 7)))`);
    broken[Buffer.from(broken).lastIndexOf(Buffer.from([0x41, 0x07]))] = 0x42;
    const wiring: ComposeWiring = { ...edge, instances: [...edge.instances, { name: "broken", component: 2 }] };
    const failure = { code: "invalid-component", subject: "2", message: expect.stringContaining("type mismatch") };
    await expect(composer.compose([...pair(), broken], wiring)).rejects.toMatchObject(failure);
  });

  test("bytes that are no component, with the index", async () => {
    await expect(composer.compose([guest("edge-caller"), Uint8Array.of(1, 2, 3)], edge)).rejects.toMatchObject({
      subject: "1",
      stage: "compose",
    });
  });
});
