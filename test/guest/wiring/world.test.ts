import { afterAll, describe, expect, test } from "@jest/globals";
import { diffComponents } from "../../../wiring/diff.ts";
import type { TypeTable } from "../../../wiring/table.ts";
import { printWorld } from "../../../wiring/world.ts";
import { startWorkshop } from "../../support/wiring/engine.ts";
import { readFixtures } from "../../support/wiring/fixtures.ts";
import { makeInterface, printInterface } from "../../support/wiring/interfaces.ts";
import { Random } from "../../support/wiring/random.ts";

const { shop, close } = startWorkshop();
afterAll(close);

/** Builds a component from its printed world, and says how it differs and what of that breaks somebody. */
async function roundTrip(table: TypeTable) {
  const world = printWorld(table);
  const { tables } = await shop.build(new Map([["again", { kind: "wit", text: world } as const]]));
  const after = tables.get("again")!;
  const changes = diffComponents(table, after);
  const breaking = changes.filter((change) => change.breaking);
  return { world, again: printWorld(after), same: changes.length === 0, breaking };
}

/** What WIT can say and a tool would keep: no comment stands for an item. */
function isPlain(world: string): boolean {
  return !world.includes("//");
}

describe("printWorld()", () => {
  test("prints what builds the same component again, for every fixture in WIT", async () => {
    let count = 0;
    for (const { name, sources } of readFixtures()) {
      const wit = new Map([...sources].filter(([, { kind }]) => kind === "wit"));
      const { tables } = await shop.build(wit);
      for (const [component, table] of tables) {
        const { world, again, same, breaking } = await roundTrip(table);
        expect({ name, component, breaking }).toEqual({ name, component, breaking: [] });
        // An alias of a resource is lost where only functions name it: they show the resource's own name.
        if (!same) expect(name).toMatch(/^(one-resource-from-two|two-resources-from-one)$/);
        else expect({ name, component, again }).toEqual({ name, component, again: world });
        expect(isPlain(world)).toBe(true);
        count++;
      }
    }
    expect(count).toBeGreaterThan(250);
  });

  test("prints what builds the same component again, for 150 generated interfaces", async () => {
    let count = 0;
    for (let seed = 1; count < 150 && seed < 1000; seed++) {
      const body = printInterface(makeInterface(new Random(seed)));
      const text = `package t:w;\nworld w { export t:i/x; }\npackage t:i { interface x { ${body} } }`;
      const built = await shop.build(new Map([["one", { kind: "wit", text } as const]])).catch(() => undefined);
      const table = built?.tables.get("one");
      if (table === undefined) continue;
      const { world, again, same } = await roundTrip(table);
      expect({ seed, again, same }).toEqual({ seed, again: world, same: true });
      count++;
    }
    expect(count).toBe(150);
  });
});
