import { describe, expect, test } from "@jest/globals";
import { componentName, wiringSpec } from "../../../../operator/compose/spec.ts";
import { compositionOf } from "../../../support/local/composition.ts";

const http = { url: "https://example.com/a.wasm", sha256: "a".repeat(64) };

describe("componentName()", () => {
  test("is the Component's name, or one that no Component can have", () => {
    expect(componentName({ name: "auth" })).toBe("auth");
    expect(componentName({ source: { file: { path: "a.wasm" } } })).toBe("file:a.wasm");
    expect(componentName({ source: { http } })).toBe(`source:${JSON.stringify({ http })}`);
  });

  test("is one name for one source, and another for another", () => {
    const one = componentName({ source: { http } });
    expect(componentName({ source: { http: { ...http } } })).toBe(one);
    expect(componentName({ source: { http: { ...http, sha256: "b".repeat(64) } } })).not.toBe(one);
  });
});

describe("wiringSpec()", () => {
  test("has what the wiring reads, and leaves out what is not given", () => {
    const short = compositionOf("instances: [{ name: a, component: { name: b } }]");
    expect(wiringSpec(short)).toEqual({ name: "shop", wiring: "Auto", instances: [{ name: "a", component: "b" }] });
    const ends = { from: "a/t:i/x", to: "shop/t:i/x" };
    const full = compositionOf(
      `instances: [{ name: a, component: { name: b } }]\nwiring: Explicit\nconnections: [${JSON.stringify(ends)}]\nexports: [{ name: "t:i/y", from: "a/t:i/y" }]`,
    );
    expect(wiringSpec(full)).toMatchObject({
      wiring: "Explicit",
      connections: [ends],
      exports: [{ name: "t:i/y", from: "a/t:i/y" }],
    });
  });
});
