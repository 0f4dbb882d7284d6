import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { makeMetrics } from "../../../operator/serve/metrics.ts";

const root = join(import.meta.dirname, "../../..");
const read = (name: string): string => readFileSync(join(root, name), "utf8");

describe("docs/operations.md", () => {
  test("has every metric of the operator, and no other", async () => {
    const metrics = makeMetrics({ version: "1" });
    metrics.observe({ components: () => [], compositions: () => [] });
    const { text } = await metrics.render();
    const served = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!);
    const ours = served.filter((name) => !/^(process|nodejs)_/.test(name));
    const table = read("docs/operations.md").split("\n## Metrics\n")[1]!.split("\nWorth an alert")[0]!;
    const named = [...table.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)].map(([, name]) => name!);
    expect([...new Set(named)].sort()).toEqual([...new Set(ours)].sort());
  });
});

test.each(["install", "operations"])("docs/%s.md names only values that the chart has", (name) => {
  const values = parse(read("charts/tenon/values.yaml"));
  const isThere = (path: string) =>
    path.split(".").reduce((at, part) => (at as Record<string, unknown> | undefined)?.[part], values) !== undefined;
  const groups = Object.keys(values).join("|");
  const page = read(`docs/${name}.md`);
  const named = [...page.matchAll(new RegExp(`(?:\`|--set '?)((?:${groups})(?:\\.[A-Za-z]+)*)[=\`:]`, "g"))];
  expect(named.length).toBeGreaterThan(5);
  expect(named.map(([, path]) => path!).filter((path) => !isThere(path))).toEqual([]);
});
