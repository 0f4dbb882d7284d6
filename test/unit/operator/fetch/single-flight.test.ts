import { describe, expect, test } from "@jest/globals";
import { SingleFlight } from "../../../../operator/fetch/single-flight.ts";
import { settled } from "../../../support/clock.ts";

const forever = new AbortController().signal;

/** Work that ends when the test says so. */
function makeWork() {
  const flights: { readonly signal: AbortSignal; readonly end: PromiseWithResolvers<string> }[] = [];
  const work = (signal: AbortSignal): Promise<string> => {
    const end = Promise.withResolvers<string>();
    flights.push({ signal, end });
    return end.promise;
  };
  return { flights, work };
}

describe("SingleFlight", () => {
  test("runs the work of one key once at a time, and again afterwards", async () => {
    const { flights, work } = makeWork();
    const shared = new SingleFlight<string>();
    const all = [shared.run("a", forever, work), shared.run("a", forever, work), shared.run("b", forever, work)];
    expect(flights).toHaveLength(2);
    flights[0]!.end.resolve("one");
    flights[1]!.end.resolve("two");
    expect(await Promise.all(all)).toEqual(["one", "one", "two"]);
    const again = shared.run("a", forever, work);
    expect(flights).toHaveLength(3);
    flights[2]!.end.resolve("three");
    expect(await again).toBe("three");
  });

  test("gives all who wait the same error, and forgets it", async () => {
    const { flights, work } = makeWork();
    const shared = new SingleFlight<string>();
    const all = Promise.allSettled([shared.run("a", forever, work), shared.run("a", forever, work)]);
    flights[0]!.end.reject(new RangeError("no"));
    for (const one of await all) expect(one).toMatchObject({ status: "rejected", reason: { message: "no" } });
    void shared.run("a", forever, work);
    expect(flights).toHaveLength(2);
  });

  test("lets one leave without ending the work of the others, and ends it when the last one leaves", async () => {
    const { flights, work } = makeWork();
    const shared = new SingleFlight<string>();
    const [first, second] = [new AbortController(), new AbortController()];
    const all = Promise.allSettled([shared.run("a", first.signal, work), shared.run("a", second.signal, work)]);
    first.abort(new RangeError("first"));
    await settled();
    expect(flights[0]!.signal.aborted).toBe(false);
    second.abort(new RangeError("second"));
    expect(await all).toMatchObject([{ reason: { message: "first" } }, { reason: { message: "second" } }]);
    expect(flights[0]!.signal.aborted).toBe(true);
    // Who comes now must not get what was given up.
    void shared.run("a", forever, work);
    expect(flights).toHaveLength(2);
  });

  test("begins nothing for a signal that is aborted", async () => {
    const { flights, work } = makeWork();
    await expect(new SingleFlight<string>().run("a", AbortSignal.abort(), work)).rejects.toMatchObject({
      name: "AbortError",
    });
    expect(flights).toHaveLength(0);
  });
});
