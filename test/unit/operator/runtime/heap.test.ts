import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Heap, type HeapItem, isBefore } from "../../../../operator/runtime/heap.ts";

type Step = readonly ["push", number] | readonly ["pop"] | readonly ["remove", number];

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(fc.constant("push" as const), fc.nat(20)),
  fc.tuple(fc.constant("pop" as const)),
  fc.tuple(fc.constant("remove" as const), fc.nat(1000)),
);

describe("Heap", () => {
  test("gives what a sorted list gives, whatever is pushed and removed", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const heap = new Heap<HeapItem>();
        let model: HeapItem[] = [];
        steps.forEach(([kind, value], turn) => {
          const item =
            kind === "push" ? { at: value, turn, slot: -1 } : model[kind === "pop" ? 0 : value % model.length];
          if (item === undefined) return;
          if (kind === "push") {
            heap.push(item);
            model.push(item);
          } else {
            heap.remove(item);
            expect(item.slot).toBe(-1);
            model = model.filter((other) => other !== item);
          }
          model.sort((a, b) => a.at - b.at || a.turn - b.turn);
          expect(heap.peek()).toBe(model[0]);
          expect(heap.size).toBe(model.length);
          expect(new Set(heap)).toEqual(new Set(model));
        });
      }),
    );
  });

  test("keeps its order where the last item takes the place of one below a later one", () => {
    const heap = new Heap<HeapItem>();
    const items = [0, 10, 1, 11, 12, 2, 3].map((at, turn) => ({ at, turn, slot: -1 }));
    for (const item of items) heap.push(item);
    heap.remove(items[3]!);
    const kept = [...heap];
    kept.forEach((item, slot) => {
      expect(item.slot).toBe(slot);
      expect(isBefore(item, kept[(slot - 1) >> 1] ?? item)).toBe(false);
    });
    const order: number[] = [];
    for (let first = heap.peek(); first !== undefined; first = heap.peek()) {
      order.push(first.at);
      heap.remove(first);
    }
    expect(order).toEqual([0, 1, 2, 3, 10, 12]);
  });
});
