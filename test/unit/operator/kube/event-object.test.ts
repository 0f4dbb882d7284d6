import { describe, expect, test } from "@jest/globals";
import { eventName, eventRef, type Happening, makeEvent } from "../../../../operator/kube/event-object.ts";
import { configMap } from "./fake-client.ts";

const happening: Happening = {
  regarding: configMap("web", 7),
  type: "Warning",
  reason: "ComposeFailed",
  action: "Compose",
  note: 'Cannot wire "cart"',
};
const counted = { name: "web.1", instance: "tenon-0", firstAt: Date.UTC(2026, 0, 1), lastAt: Date.UTC(2026, 0, 2) };

describe("makeEvent()", () => {
  test("has all that the API server requires", () => {
    expect(makeEvent(happening, { ...counted, count: 1 })).toEqual({
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      metadata: { name: "web.1", namespace: "shop" },
      eventTime: "2026-01-01T00:00:00.000000Z",
      reportingController: "tenon.dev/operator",
      reportingInstance: "tenon-0",
      type: "Warning",
      reason: "ComposeFailed",
      action: "Compose",
      note: 'Cannot wire "cart"',
      regarding: {
        apiVersion: "v1",
        kind: "ConfigMap",
        namespace: "shop",
        name: "web",
        uid: "uid-web",
        resourceVersion: "7",
      },
    });
  });

  test("counts once it happened more than once", () => {
    expect(makeEvent(happening, { ...counted, count: 2 })).toMatchObject({
      series: { count: 2, lastObservedTime: "2026-01-02T00:00:00.000000Z" },
    });
  });

  test("cuts a note after 1024 bytes, between characters, and leaves its lines", () => {
    const note = (text: string) =>
      (makeEvent({ ...happening, note: text }, { ...counted, count: 1 }) as { note?: string }).note!;
    expect(note("a".repeat(1024))).toBe("a".repeat(1024));
    expect(note("a".repeat(1025))).toBe(`${"a".repeat(1021)}…`);
    for (const unit of ["ä", "語", "😀"]) {
      for (let shift = 0; shift < 4; shift++) {
        const cut = note("a".repeat(shift) + unit.repeat(2_000));
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(1024);
        expect(cut).toMatch(new RegExp(`^a*(${unit})+…$`, "u"));
      }
    }
    expect(note("a\nb\u0000\u001bc")).toBe("a\nb  c");
  });
});

describe("eventRef()", () => {
  test("puts the Event of an object of the cluster into the namespace default", () => {
    expect(eventRef(happening, "x").namespace).toBe("shop");
    const { namespace: _, ...metadata } = happening.regarding.metadata as { namespace?: string; name: string };
    expect(eventRef({ ...happening, regarding: { ...happening.regarding, metadata } }, "x").namespace).toBe("default");
  });
});

describe("eventName()", () => {
  test("is a valid name, however long the object's is", () => {
    const named = (name: string) => eventName({ ...happening, regarding: configMap(name, 1) }, "0123456789abcdef");
    expect(named("web")).toBe("web.0123456789abcdef");
    for (let length = 225; length <= 253; length++) {
      const name = named(`${"a".repeat(length - 20)}${".-".repeat(9)}bb`.slice(0, 253));
      expect(name.length).toBeLessThanOrEqual(253);
      expect(name).toMatch(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?\.0123456789abcdef$/);
      expect(name).not.toMatch(/[.-]\.0123/);
    }
  });
});
