import { expect, test } from "@jest/globals";
import { withFolder } from "../../support/local/folder.ts";
import { tenon } from "../../support/local/tenon.ts";

const wit = (type: string) =>
  `package a:b; interface i { f: func(x: ${type}); } world w { export i; } world other { import i; }`;

test("tenon diff compares worlds, and ends with 1 where one breaks", () =>
  withFolder({ "old.wit": wit("u32"), "new/a.wit": wit("u64") }, async (cwd) => {
    expect((await tenon(["diff", "old.wit", "old.wit", "--world", "w"], { cwd })).code).toBe(0);
    const { code, out } = await tenon(["diff", "old.wit", "new", "--world", "w"], { cwd });
    expect(code).toBe(1);
    expect(out).toContain("export a:b/i changed");
    expect(await tenon(["diff", "old.wit", "new"], { cwd })).toMatchObject({
      code: 3,
      err: expect.stringContaining("--world NAME"),
    });
    const shown = await tenon(["inspect", "new", "--world", "other", "--wit"], { cwd });
    expect(shown.out).toContain("import a:b/i;");
  }));
