import { afterAll, describe, expect, test } from "@jest/globals";
import { startComposer } from "../../../composer/index.ts";
import { diffComponents } from "../../../wiring/diff.ts";
import { buildComponent } from "../../support/wiring/dummy.ts";

const composer = startComposer();
afterAll(() => composer.close());

const text = `package a:b;
interface i { resource r { constructor(n: u32); } record p { x: u8 } f: func(p: p) -> own<r>; }
world w { import j: func(); export i; }`;

describe("world()", () => {
  test("gives what a component of this world has", async () => {
    const table = await composer.inspect(await composer.world([{ path: "a.wit", text }]));
    const built = await composer.inspect(await buildComponent({ kind: "wit", text }));
    expect(diffComponents(built, table)).toEqual([]);
    expect(diffComponents(table, built)).toEqual([]);
    expect(table.exports.map(({ name }) => name)).toEqual(["a:b/i"]);
  });

  test("finds packages in deps", async () => {
    const main = { path: "m.wit", text: "package m:m; world w { import c:d/x; }" };
    const dep = { path: "deps/c/d.wit", text: "package c:d; interface x { g: func(); }" };
    const table = await composer.inspect(await composer.world([main, dep]));
    expect(table.imports.map(({ name }) => name)).toEqual(["c:d/x"]);
    await expect(composer.world([main])).rejects.toMatchObject({ code: "wit", subject: "m.wit" });
  });

  test("says where the text is wrong", async () => {
    await expect(composer.world([{ path: "a.wit", text: "package a:b;\nworld w { nonsense }" }])).rejects.toMatchObject(
      {
        code: "wit",
        subject: "a.wit",
        position: { line: 2, column: 11 },
      },
    );
  });

  test("wants a name where there are several worlds", async () => {
    const sources = [{ path: "a.wit", text: "package a:b; world v {} world w { import f: func(); }" }];
    await expect(composer.world(sources)).rejects.toMatchObject({
      code: "wit",
      message: expect.stringContaining("v, w"),
    });
    expect((await composer.inspect(await composer.world(sources, { world: "w" }))).imports).toHaveLength(1);
  });

  test("is not run", async () => {
    const bytes = await composer.world([{ path: "a.wit", text }]);
    await expect(composer.flatten(bytes, { deadlines: false })).rejects.toMatchObject({
      code: "unsupported-component",
    });
  });

  test("refuses text beyond its limit and deep nesting, and goes on", async () => {
    await expect(composer.world([{ path: "a.wit", text: " ".repeat(2 ** 20) }])).rejects.toMatchObject({
      code: "too-large",
    });
    const deep = `package a:b; interface i { type t = ${"list<".repeat(5000)}u8${">".repeat(5000)}; } world w { import i; }`;
    await expect(composer.world([{ path: "a.wit", text: deep }])).rejects.toMatchObject({ code: "wit" });
    await expect(composer.world([{ path: "a.wit", text }])).resolves.toBeDefined();
  });
});
