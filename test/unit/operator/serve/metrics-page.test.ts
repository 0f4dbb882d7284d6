import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import type { Component } from "../../../../api/component.ts";
import type { Composition } from "../../../../api/composition.ts";
import type { KubeObject } from "../../../../operator/kube/object.ts";
import { makeMetrics } from "../../../../operator/serve/metrics.ts";
import { readMetrics } from "../../../support/prometheus.ts";

const conditions = [{ type: "Ready", status: "True", reason: "Succeeded", message: "", lastTransitionTime: "" }];
const artifact = { digest: "sha256:0", size: 1, revision: "1" };
const numbers = { observedGeneration: 1, replicas: 1, readyReplicas: 1, updatedReplicas: 1 };
const instances = [{ name: "i", component: "c", state: "Healthy" }];
const metadata = { name: "x", namespace: "y", generation: 1 };
const component = { metadata, status: { conditions, artifact, observedGeneration: 1 } };
const composition = {
  metadata,
  spec: { replicas: 1 },
  status: { conditions, artifact, instances, edges: [], ...numbers },
};

/** The text of an operator in which everything has happened once. */
async function renderAll(): Promise<string> {
  const metrics = makeMetrics({ version: "1" });
  const state = { depth: 0, running: 0, unfinishedMs: 0, longestRunning: undefined, adds: 0, retries: 0 };
  metrics.instruments.started("a", { concurrency: 1, read: () => state });
  metrics.onRequest({ method: "GET", resource: "pods", code: "200", ms: 1, host: "a:1" });
  metrics.onComposerCall({ stage: "compose", outcome: "ok", waitedMs: 1, tookMs: 1, remembered: false });
  metrics.onVerdict({ kind: "Component", outcome: "allowed", ms: 1 });
  metrics.setLeader("a", true);
  metrics.observe({
    store: () => ({ bytes: 1, files: 1, artifacts: 1 }),
    composer: () => ({ running: 1, waiting: 1, workers: 1 }),
    components: () => [component as unknown as Component & KubeObject],
    compositions: () => [composition as unknown as Composition & KubeObject],
  });
  return (await metrics.render()).text;
}

function renderTable(text: string): string {
  const { series } = readMetrics(text);
  const rows = [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\w+)$/gm)]
    .filter(([, name = ""]) => !/^(process|nodejs)_/.test(name))
    .sort(([, one = ""], [, other = ""]) => (one < other ? -1 : 1))
    .map(([, name = "", help = "", type = ""]) => {
      const found = series.find((one) => one.name === name || one.name === `${name}_count`);
      const labels = [...(found?.labels ?? "").matchAll(/([a-z]+)="/g)].map(([, label = ""]) => `\`${label}\``);
      return `| \`${name}\` | ${type} | ${labels.join(", ")} | ${help.replace(/\.?$/, ".")} |`;
    });
  return ["| metric | type | labels | meaning |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

test("docs/operator-metrics.md lists every metric with its labels; UPDATE=1 writes it", async () => {
  const file = new URL("../../../../docs/operator-metrics.md", import.meta.url);
  const page = readFileSync(file, "utf8");
  const table = renderTable(await renderAll());
  const wanted = page.replace(/(<!-- metrics -->\n)[\s\S]*?(<!-- end -->)/, `$1\n${table}\n\n$2`);
  if (process.env["UPDATE"] === "1") writeFileSync(file, wanted);
  else expect(page).toBe(wanted);
  // A metric of which nothing was found above would have no labels in the table.
  expect(table).not.toMatch(/^\| `tenon_(component|composition|instance)_\w+` \| gauge \| {2}\|/m);
});
