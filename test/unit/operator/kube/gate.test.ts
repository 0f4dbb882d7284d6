import { describe, expect, test } from "@jest/globals";
import { Gate } from "../../../../operator/kube/gate.ts";
import { FakeClock, settled } from "../../../support/clock.ts";

const makeGate = (places: number, clock = new FakeClock()): Gate => new Gate(places, { clock, holdMs: 1000 });

/** Work that ends when it is told to. */
function works(gate: Gate, begun: string[]) {
  return (name: string, signal?: AbortSignal) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const done = gate.run(signal, () => {
      begun.push(name);
      return promise;
    });
    done.catch(() => {});
    return { done, end: () => resolve(name), fail: () => reject(new Error(name)) };
  };
}

describe("Gate", () => {
  test("lets as many through as it has places, the others in their order", async () => {
    const begun: string[] = [];
    const work = works(makeGate(2), begun);
    const [a, b, c, d] = [work("a"), work("b"), work("c"), work("d")];
    await settled();
    expect(begun).toEqual(["a", "b"]);
    b.end();
    expect(await b.done).toBe("b");
    await settled();
    expect(begun).toEqual(["a", "b", "c"]);
    a.fail();
    await expect(a.done).rejects.toThrow("a");
    await settled();
    expect(begun).toEqual(["a", "b", "c", "d"]);
    for (const each of [c, d]) each.end();
    expect(await Promise.all([c.done, d.done])).toEqual(["c", "d"]);
  });

  test("lets go who gives up while it waits, and nobody else", async () => {
    const begun: string[] = [];
    const work = works(makeGate(1), begun);
    const giving = new AbortController();
    const a = work("a");
    const b = work("b", giving.signal);
    const c = work("c");
    giving.abort(new Error("given up"));
    await expect(b.done).rejects.toThrow("given up");
    a.end();
    await settled();
    expect(begun).toEqual(["a", "c"]);
    c.end();
    await c.done;
    work("d").end();
    await settled();
    expect(begun).toEqual(["a", "c", "d"]);
  });

  test("takes no place for who has given up before, or gives up when the turn has come", async () => {
    const begun: string[] = [];
    const work = works(makeGate(1), begun);
    await expect(work("a", AbortSignal.abort(new Error("before"))).done).rejects.toThrow("before");
    const late = new AbortController();
    const b = work("b");
    const c = work("c", late.signal);
    b.end();
    await settled();
    late.abort(new Error("late"));
    c.end();
    expect(await c.done).toBe("c");
    expect(begun).toEqual(["b", "c"]);
  });

  test("passes the place of work that lasts too long on, once, and lets it go on", async () => {
    const clock = new FakeClock();
    const begun: string[] = [];
    const work = works(makeGate(1, clock), begun);
    const [slow, b, c] = [work("slow"), work("b"), work("c")];
    await clock.advance(999);
    expect(begun).toEqual(["slow"]);
    await clock.advance(1);
    expect(begun).toEqual(["slow", "b"]);
    slow.end();
    expect(await slow.done).toBe("slow");
    await settled();
    expect(begun).toEqual(["slow", "b"]);
    b.end();
    await settled();
    expect(begun).toEqual(["slow", "b", "c"]);
    c.end();
    await c.done;
    expect(clock.pending).toBe(0);
  });
});
