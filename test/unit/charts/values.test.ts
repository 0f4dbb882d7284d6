import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { isMap, isPair, isScalar, parse, parseDocument, visit } from "yaml";
import type { Json } from "../../support/api-server/http.ts";
import { chartFolder, renderChart } from "../../support/helm/chart.ts";
import { describeWithHelm } from "../../support/helm/suite.ts";

const source = (name: string): string => readFileSync(join(chartFolder, name), "utf8");
const schema = JSON.parse(source("values.schema.json"));

/** `data.persistence.enabled` for every value that has a schema. */
function pathsOf(part: Json, path: readonly string[] = []): string[] {
  const node = part.$ref === undefined ? part : schema.definitions[part.$ref.split("/").at(-1)];
  if (node.properties === undefined || path.at(-1) === "requests") return [path.join(".")];
  return Object.entries(node.properties).flatMap(([name, child]) => pathsOf(child, [...path, name]));
}

/** The same for values: what is under a name of the schema. */
function leavesOf(value: Json, path: readonly string[] = []): string[] {
  const known = pathsOf(schema).some((one) => one.startsWith(`${path.join(".")}.`));
  if (path.length > 0 && (!known || Object.keys(value).length === 0)) return [path.join(".")];
  return Object.entries(value).flatMap(([name, child]) => leavesOf(child, [...path, name]));
}

describeWithHelm("the chart", () => {
  describe("values.yaml", () => {
    const values = parse(source("values.yaml"));

    test("has every value of the schema, and no other", () => {
      const wanted = pathsOf(schema).filter((path) => path !== "global");
      const amounts = (path: string) => path.replace(/^((runner\.)?resources\.(requests|limits))\..*/, "$1");
      const unique = (paths: readonly string[]) => [...new Set(paths.map(amounts))].sort();
      expect(unique(leavesOf(values))).toEqual(unique(wanted));
    });

    test("says of each group what it is for", () => {
      const bare: string[] = [];
      const document = parseDocument(source("values.yaml"));
      const items = isMap(document.contents) ? document.contents.items : [];
      let commented = false;
      for (const [index, { key, value }] of items.entries()) {
        if (!isScalar(key)) continue;
        // The parser gives the comment of the first key to the document.
        const own = key.commentBefore ?? (index === 0 ? (document.commentBefore ?? "first") : undefined);
        let inner = false;
        visit(value as never, (_, node) => {
          if (isPair(node) && isScalar(node.key) && node.key.commentBefore) inner = true;
          else if ((node as { commentBefore?: string } | null)?.commentBefore) inner = true;
        });
        const spaced = (key as { spaceBefore?: boolean }).spaceBefore === true;
        if (spaced) commented = false;
        commented ||= own !== undefined || inner;
        if (!commented) bare.push(String(key.value));
      }
      // What is in every pod of Kubernetes is not explained again.
      expect(bare.filter((name) => !/^(resources|pod|nodeSelector|tolerations|affinity)/.test(name))).toEqual([]);
    });
  });

  describe("values.schema.json refuses", () => {
    test.each([
      ["a value that does not exist", { replica: 2 }, "additional properties 'replica' not allowed"],
      ["one inside of a group", { "data.persistence": { enable: true } }, "/data/persistence"],
      ["a text for a number", { replicas: "two" }, "at '/replicas': got string, want integer"],
      ["a namespace that is no name", { watchNamespaces: ["Shop"] }, "/watchNamespaces/0"],
      ["a namespace twice", { watchNamespaces: ["shop", "shop"] }, "/watchNamespaces"],
      ["a size that is none", { data: { size: "much" } }, "/data/size"],
      ["a duration without unit", { leaderElection: { leaseDuration: "15" } }, "/leaderElection/leaseDuration"],
      ["a level that does not exist", { logLevel: "verbose" }, "/logLevel"],
      ["a digest that is none", { image: { digest: "sha256:1" } }, "/image/digest"],
      ["a range that is none", { fetch: { allowedCIDRs: ["10.0.0.1"] } }, "/fetch/allowedCIDRs/0"],
      ["more workers than the operator takes", { composer: { workers: 65 } }, "/composer/workers"],
      ["a right that is no label", { commonLabels: { a: 1 } }, "/commonLabels/a"],
      [
        "a resource that runners do not have",
        { "runner.resources.limits": { "nvidia.com/gpu": "1" } },
        "nvidia.com/gpu",
      ],
    ])("%s", async (_, values, message) => {
      await expect(renderChart({ values })).rejects.toThrow(message);
    });
  });

  describe("the chart refuses", () => {
    test("a memory limit that does not hold the composer's workers, and takes one that does", async () => {
      const values = (memory: string) => ({ "composer.workers": 3, "resources.limits.memory": memory });
      await expect(renderChart({ values: values("1017Mi") })).rejects.toThrow(
        "Raise resources.limits.memory to 1018Mi at least",
      );
      await expect(renderChart({ values: values("1018Mi") })).resolves.toEqual(expect.any(Array));
    });

    test("a claim for two replicas, and takes it for one", async () => {
      const values = (replicas: number) => ({ replicas, "data.persistence.enabled": true });
      await expect(renderChart({ values: values(2) })).rejects.toThrow("Set replicas to 1");
      await expect(renderChart({ values: values(1) })).resolves.toEqual(expect.any(Array));
    });

    test("a Lease that ends before its leader gives up, and takes one that ends later", async () => {
      const values = (leaseDuration: string) => ({ leaderElection: { leaseDuration, renewDeadline: "1m0.5s" } });
      await expect(renderChart({ values: values("60500ms") })).rejects.toThrow(
        "Raise leaderElection.leaseDuration above leaderElection.renewDeadline (1m0.5s), or lower that: a leader must give up before another takes over: 60500ms",
      );
      await expect(renderChart({ values: values("60501ms") })).resolves.toEqual(expect.any(Array));
    });

    test("a leader that renews only once, and takes one that gets to it again", async () => {
      const values = (retryPeriod: string) => ({ leaderElection: { renewDeadline: "6s", retryPeriod } });
      await expect(renderChart({ values: values("5s") })).rejects.toThrow(
        "Raise leaderElection.renewDeadline above 1.2 times leaderElection.retryPeriod (5s)",
      );
      await expect(renderChart({ values: values("4999ms") })).resolves.toEqual(expect.any(Array));
    });

    test("a folder that does not hold the largest component twice, and takes one that does", async () => {
      const values = (size: string) => ({ "data.size": size, "fetch.size": "32Mi" });
      await expect(renderChart({ values: values("64Mi") })).rejects.toThrow(
        "Raise data.size above twice fetch.size (32Mi)",
      );
      await expect(renderChart({ values: values("65Mi") })).resolves.toEqual(expect.any(Array));
    });

    test("to guess the name of a ServiceAccount that it does not make", async () => {
      await expect(renderChart({ values: { "serviceAccount.create": false } })).rejects.toThrow(
        "Set serviceAccount.name",
      );
    });
  });
});
