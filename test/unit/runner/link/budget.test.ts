import { describe, expect, test } from "@jest/globals";
import { heldBytes } from "../../../../runner/host/host.ts";
import { Budget } from "../../../../runner/link/budget.ts";
import { HandleTable, someHostResource } from "../../../../runner/link/handles.ts";

const trap = expect.objectContaining({ name: "Trap", message: expect.stringMatching(/hold more than 1000 bytes/) });
const holding = (bytes: number) => ({ [heldBytes]: bytes });
const setUp = () => {
  const budget = new Budget(1000);
  return { budget, table: new HandleTable(() => true, budget), other: new HandleTable(() => true, budget) };
};

describe("Budget", () => {
  test("traps where the objects of all tables that share it hold too much together", () => {
    const { table, other } = setUp();
    table.add(holding(400), someHostResource);
    other.add(holding(88), someHostResource);
    expect(() => table.add(holding(0), someHostResource)).toThrow(trap);
  });

  test("traps at the fourth object that says nothing of what it holds", () => {
    const { table } = setUp();
    for (let i = 0; i < 3; i++) table.add({}, someHostResource);
    expect(() => table.add({}, someHostResource)).toThrow(trap);
  });

  test("traps at an object that grows too much, and not at one that no table owns", () => {
    const { budget, table } = setUp();
    const object = { [heldBytes]: 0 };
    table.add(object, someHostResource);
    object[heldBytes] = 700;
    budget.recount(object);
    expect(budget.bytes).toBe(956);
    object[heldBytes] = 800;
    expect(() => budget.recount(object)).toThrow(trap);
    budget.recount(holding(5000));
    expect(budget.bytes).toBe(956);
  });

  test("counts nothing for resources of guests, and for borrows", () => {
    const { budget, table } = setUp();
    table.add(7, 3);
    table.addBorrow(holding(900), 0, { up: undefined, borrows: 0, lent: [] });
    expect(budget.bytes).toBe(0);
  });

  test.each<[string, (table: HandleTable, handle: number) => unknown]>([
    ["was taken", (table, handle) => table.takeAny(handle)],
    ["was dropped", (table, handle) => table.drop(handle, someHostResource)],
    ["was cleared away", (table) => table.clear()],
    ["came after the snapshot", (table) => table.restore()],
  ])("gives back what an object held that %s", (_what, end) => {
    const { budget, table } = setUp();
    table.save();
    for (let i = 0; i < 10; i++) {
      const handle = table.add(holding(700), someHostResource);
      expect(budget.bytes).toBe(956);
      end(table, handle);
      expect(budget.bytes).toBe(0);
    }
  });
});
