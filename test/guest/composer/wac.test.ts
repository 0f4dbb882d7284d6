import { afterAll, describe, expect, jest, test } from "@jest/globals";
import { startComposer } from "../../../composer/index.ts";
import { guest, wat } from "../../support/composer/wat.ts";

jest.setTimeout(120_000);

const composer = startComposer();
afterAll(() => composer.close());

const packages = () => [
  { name: "test:caller", bytes: guest("edge-caller") },
  { name: "test:callee", version: "1.0.0", bytes: guest("edge-callee") },
];
const SCRIPT = `package test:composition;
let callee = new test:callee@1.0.0 {};
let front = new test:caller { "tenon:test/callee": callee["tenon:test/callee"], ... };
export front["tenon:test/caller"];`;

describe("wacPackages()", () => {
  test("lists what a script names, once each, with versions and without its own name", async () => {
    const script = `package a:own targets t:world/main@2.0.0;
      import log: t:log/api;
      let x = new t:log { y: new t:deep@1.2.3 {}.z, ... };
      let again = new t:log { ... };
      export x...;`;
    expect(await composer.wacPackages(script)).toEqual([
      { name: "t:world", version: "2.0.0" },
      { name: "t:log" },
      { name: "t:deep", version: "1.2.3" },
    ]);
  });

  test("says where a script cannot be read", async () => {
    await expect(composer.wacPackages("package a:b;\nlet x == new c:d {};")).rejects.toMatchObject({
      code: "wac",
      stage: "wacPackages",
      position: { line: 2, column: 8, rendered: expect.stringContaining("let x ==") },
    });
  });
});

describe("evaluateWac()", () => {
  test("gives the wiring that the script describes, and it composes to the same as written by hand", async () => {
    const wiring = await composer.evaluateWac(SCRIPT, packages());
    expect(wiring).toEqual({
      instances: [
        { name: "callee", component: 1 },
        { name: "front", component: 0 },
      ],
      edges: [
        {
          from: { instance: "front", item: "tenon:test/callee" },
          to: { instance: "callee", item: "tenon:test/callee" },
        },
      ],
      exports: [{ name: "tenon:test/caller", instance: "front", item: "tenon:test/caller" }],
    });
    const composed = await composer.compose(
      packages().map(({ bytes }) => bytes),
      wiring,
    );
    expect((await composer.inspect(composed)).exports.map(({ name }) => name)).toEqual(["tenon:test/caller"]);
  });

  test("names instances without a name after their package, each differently", async () => {
    const script = `package a:b;
      let caller = new test:caller { "tenon:test/callee": new test:callee@1.0.0 {}["tenon:test/callee"], ... };
      let other = new test:caller { "tenon:test/callee": new test:callee@1.0.0 {}["tenon:test/callee"], ... };
      export other...;`;
    const { instances } = await composer.evaluateWac(script, packages());
    expect(instances.map(({ name }) => name).sort()).toEqual(["callee", "callee-2", "caller", "other"]);
  });

  test("leaves an import to the host that the script imports under its own name", async () => {
    const script = `package a:b;
      import callee as "tenon:test/callee": test:callee@1.0.0;
      let front = new test:caller { ... };
      export front...;`;
    await expect(composer.evaluateWac(script, packages())).rejects.toMatchObject({ code: "wac" });
    const own = `package a:b;
      import log: interface { say: func(text: string); };
      let user = new test:user { log, ... };`;
    const user = await wat(`(component (import "log" (instance (export "say" (func (param "text" string))))))`);
    const wiring = await composer.evaluateWac(own, [{ name: "test:user", bytes: user }]);
    expect(wiring).toMatchObject({ instances: [{ name: "user" }], edges: [] });
  });

  test.each([
    [
      "a renamed import",
      `import other: interface { say: func(text: string); }; let user = new test:user { log: other };`,
      /another name, `other`/,
    ],
    [
      "an instance passed on whole",
      `let maker = new test:maker {}; let user = new test:user { log: maker };`,
      /whole instance/,
    ],
    ["a whole instance as an export", `let maker = new test:maker {}; export maker as all;`, /whole instance/],
  ])("refuses %s, which wiring cannot say", async (_what, script, message) => {
    const user = await wat(`(component (import "log" (instance (export "say" (func (param "text" string))))))`);
    const maker = await wat(`(component
      (core module $m (memory (export "m") 1) (func (export "say") (param i32 i32))
        (func (export "r") (param i32 i32 i32 i32) (result i32) unreachable))
      (core instance $i (instantiate $m))
      (alias core export $i "m" (core memory $memory)) (alias core export $i "r" (core func $realloc))
      (func $say (param "text" string) (canon lift (core func $i "say") (memory $memory) (realloc $realloc)))
      (export "say" (func $say)))`);
    const given = [
      { name: "test:user", bytes: user },
      { name: "test:maker", bytes: maker },
    ];
    await expect(composer.evaluateWac(`package a:b; ${script}`, given)).rejects.toMatchObject({
      code: "wac",
      message: expect.stringMatching(message),
    });
  });

  test("says where a name is not defined", async () => {
    await expect(composer.evaluateWac("package a:b;\nexport nothing;", [])).rejects.toMatchObject({
      code: "wac",
      message: expect.stringContaining("nothing"),
      position: { line: 2, column: 8, rendered: expect.stringContaining("export nothing;") },
    });
  });

  test("says which package is missing", async () => {
    await expect(composer.evaluateWac(SCRIPT, packages().slice(0, 1))).rejects.toMatchObject({
      code: "wac",
      message: expect.stringContaining("test:callee"),
      position: { line: 2 },
    });
  });

  test("refuses a version that is none", async () => {
    const [caller] = packages();
    await expect(composer.evaluateWac(SCRIPT, [{ ...caller!, version: "one" }])).rejects.toMatchObject({
      code: "wac",
      subject: "test:caller",
    });
  });

  test("survives a script that nests without end", async () => {
    const script = `package a:b; let x = ${"(".repeat(200_000)}y${")".repeat(200_000)};`;
    await expect(composer.wacPackages(script)).rejects.toMatchObject({
      code: expect.stringMatching(/^(wac|aborted)$/),
    });
    await expect(composer.wacPackages("package a:b;")).resolves.toEqual([]);
  });
});
