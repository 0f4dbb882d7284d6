import { describe, expect, test } from "@jest/globals";
import { Room } from "../../../../operator/fetch/room.ts";
import { FakeClock, settled } from "../../../support/clock.ts";

/** A room, and a log of who came in and who was told to go. */
function makeTestRoom(bytes: number) {
  const clock = new FakeClock();
  const room = new Room(bytes, { clock });
  const told: string[] = [];
  const take = (name: string, size: number, { obeys = true, signal = new AbortController().signal } = {}) => {
    const place = room.take(size, {
      signal,
      giveWay: () => {
        told.push(`${name} must go`);
        if (obeys) void place.then((free) => free());
      },
    });
    place.then(
      () => told.push(`${name} is in`),
      () => told.push(`${name} left`),
    );
    return place;
  };
  return { clock, told, take };
}

describe("Room", () => {
  test("lets in what fits, and the others in order of arrival when there is room", async () => {
    const { told, take, clock } = makeTestRoom(10);
    const first = await take("first", 6);
    const large = take("large", 8);
    void take("little", 1);
    await settled();
    expect(told).toEqual(["first is in"]);
    first();
    await settled();
    expect(told).toEqual(["first is in", "large is in", "little is in"]);
    (await large)();
    // Freed twice is freed once: 9 of 10 are free.
    first();
    void take("ten", 10);
    await settled();
    expect(told).not.toContain("ten is in");
    expect(clock.pending).toBe(1);
  });

  test("lets nobody give way while nobody waits, and one after the other once somebody does", async () => {
    const { told, take, clock } = makeTestRoom(10);
    await take("a", 5);
    await take("b", 5);
    await clock.advance(3_600_000);
    expect(told).toEqual(["a is in", "b is in"]);
    void take("c", 4);
    await settled();
    expect(told.slice(2)).toEqual(["a must go", "c is in"]);
    void take("d", 4);
    await settled();
    expect(told.slice(4)).toEqual(["b must go", "d is in"]);
  });

  test("gives who is in 10 seconds before it has to give way", async () => {
    const { told, take, clock } = makeTestRoom(10);
    await take("a", 10);
    void take("b", 10);
    await clock.advance(9_999);
    expect(told).toEqual(["a is in"]);
    await clock.advance(1);
    expect(told).toEqual(["a is in", "a must go", "b is in"]);
  });

  test("lets who waits leave, and those behind it in", async () => {
    const { told, take } = makeTestRoom(10);
    await take("a", 6);
    const impatient = new AbortController();
    const large = take("large", 8, { signal: impatient.signal });
    void take("little", 4);
    impatient.abort(new RangeError("enough"));
    await expect(large).rejects.toThrow("enough");
    await settled();
    expect(told).toEqual(["a is in", "large left", "little is in"]);
    await expect(take("late", 1, { signal: AbortSignal.abort(new RangeError("late")) })).rejects.toThrow("late");
  });

  test("gives one that is larger than all of it the room alone", async () => {
    const { told, take, clock } = makeTestRoom(10);
    const a = await take("a", 1);
    const huge = take("huge", 100);
    await settled();
    expect(told).toEqual(["a is in"]);
    a();
    (await huge)();
    await take("whole", 10);
    expect(told).toEqual(["a is in", "huge is in", "whole is in"]);
    expect(clock.pending).toBe(1);
  });
});
