import { describe, expect, test } from "@jest/globals";
import { stateless } from "../../../../runner/host/host.ts";
import { type BorrowScope, HandleTable, someHostResource } from "../../../../runner/link/handles.ts";

const [hostType, guestType, otherGuest] = [0, 5, 6];
class Apple {}
class Pear {}
const fits = (object: unknown, resource: number) => resource === hostType && object instanceof Apple;
const scope = (): BorrowScope => ({ up: undefined, borrows: 0, lent: [] });

describe("HandleTable", () => {
  test("never gives out 0, and gives freed indices out again, last first", () => {
    const table = new HandleTable(fits);
    expect([table.add(1, guestType), table.add(2, guestType), table.add(3, guestType)]).toEqual([1, 2, 3]);
    table.take(1, guestType);
    table.take(3, guestType);
    expect([table.add(4, guestType), table.add(5, guestType)]).toEqual([3, 1]);
    expect(table.size).toBe(3);
  });
  test.each([0, -1, 2, 7, 1.5, Number.NaN])("does not know the handle %p", (handle) => {
    const table = new HandleTable(fits);
    table.add(1, guestType);
    expect(() => table.rep(handle, guestType)).toThrow(/^unknown handle/);
    expect(() => table.takeAny(handle)).toThrow(/^unknown handle/);
    expect(() => table.drop(handle, guestType)).toThrow(/^unknown handle/);
  });
  test("refuses another resource type", () => {
    const table = new HandleTable(fits);
    const guest = table.add(1, guestType);
    expect(() => table.rep(guest, otherGuest)).toThrow(/^handle of another resource type/);
    expect(() => table.rep(guest, hostType)).toThrow(/^handle of another resource type/);
    expect(table.rep(guest, guestType)).toBe(1);
  });
  test("tells an object that a host added by its class", () => {
    const table = new HandleTable(fits);
    const [apple, pear] = [table.add(new Apple(), someHostResource), table.add(new Pear(), someHostResource)];
    expect(table.rep(apple, hostType)).toBeInstanceOf(Apple);
    for (const handle of [apple, pear])
      expect(() => table.rep(handle, guestType)).toThrow(/^handle of another resource type/);
    expect(() => table.rep(pear, hostType)).toThrow(/^handle of another resource type/);
    expect(() => table.take(pear, hostType)).toThrow(/^handle of another resource type/);
    expect(() => table.drop(pear, hostType)).toThrow(/^handle of another resource type/);
  });
  test("keeps a lent handle until it comes back", () => {
    const table = new HandleTable(fits);
    const [handle, call] = [table.add(1, guestType), scope()];
    table.lend(handle, call);
    expect(() => table.take(handle, guestType)).toThrow(/while it is borrowed/);
    expect(() => table.drop(handle, guestType)).toThrow(/while it is borrowed/);
    for (const [owner, lent] of call.lent) owner.unlend(lent);
    expect(table.drop(handle, guestType)).toEqual({ owned: true, rep: 1 });
  });
  test("counts borrows in their scope, and does not give them away", () => {
    const table = new HandleTable(fits);
    const call = scope();
    const handle = table.addBorrow(1, guestType, call);
    expect(call.borrows).toBe(1);
    expect(() => table.take(handle, guestType)).toThrow(/^cannot give away a borrowed handle/);
    table.lend(handle, call);
    expect(call.lent).toEqual([]);
    expect(table.drop(handle, guestType)).toEqual({ owned: false, rep: 1 });
    expect(call.borrows).toBe(0);
  });
  test("traps at a million handles", () => {
    const table = new HandleTable(fits);
    for (let i = 0; i < 1 << 20; i++) table.add(i, guestType);
    expect(() => table.add(0, guestType)).toThrow("more than 1048576 handles");
  });
  test("restore() brings handles back and gives the host objects that came since", () => {
    const table = new HandleTable(fits);
    const [kept, late] = [{ [stateless]: true }, { name: "late" }];
    table.add(kept, hostType);
    table.add(7, guestType);
    table.save();
    table.take(2, guestType);
    table.add(late, hostType);
    expect(table.canRestore()).toBe(true);
    expect(table.restore()).toEqual([late]);
    expect(table.rep(2, guestType)).toBe(7);
    expect(table.add(1, guestType)).toBe(3);
  });
  test("clear() gives the owned host objects, once", () => {
    const table = new HandleTable(fits);
    const [own, lent] = [{}, {}];
    table.add(own, hostType);
    table.add(7, guestType);
    table.addBorrow(lent, hostType, scope());
    expect(table.clear()).toEqual([own]);
    expect(table.clear()).toEqual([]);
    expect(() => table.rep(1, hostType)).toThrow(/^unknown handle/);
  });
  test("canRestore() is false where a saved host object may have changed", () => {
    const table = new HandleTable(fits);
    table.add({}, hostType);
    table.save();
    expect(table.canRestore()).toBe(false);
  });
  test("canRestore() is false without a saved table, and when a saved host object is gone", () => {
    const table = new HandleTable(fits);
    expect(table.canRestore()).toBe(false);
    table.add({ [stateless]: true }, hostType);
    table.save();
    expect(table.canRestore()).toBe(true);
    table.take(1, hostType);
    expect(table.canRestore()).toBe(false);
  });
});
