import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { paths } from "../../support/api-server/objects.ts";
import { type Operator, startOperator } from "../../support/api-server/operator.ts";
import { type ApiServer, startApiServer } from "../../support/api-server/server.ts";
import { openShop, pairExports, type Shop } from "../../support/api-server/shop.ts";
import { waitFor } from "../../support/api-server/wait.ts";
import { readMetrics, type Series } from "../../support/prometheus.ts";

let server: ApiServer;
let operator: Operator;
let shop: Shop;

beforeAll(async () => {
  server = await startApiServer();
  operator = await startOperator(server);
  shop = await openShop(server);
  await shop.putPair();
  await shop.putComposition("pair", { exports: pairExports, service: { call: true }, replicas: 2 });
  await shop.deploy("pair");
}, 120_000);
afterAll(async () => {
  await operator?.stop();
  await server?.stop();
});

async function scrape(): Promise<readonly Series[]> {
  const { series, problems } = readMetrics(await operator.metrics());
  expect(problems).toEqual([]);
  return series;
}

const ofPair = ({ labels }: Series): boolean => labels.includes('composition="pair"');

describe("/metrics of an operator at work", () => {
  test("says of a Composition what its status says", async () => {
    const { status } = await waitFor("the replicas in the status", async () => {
      const composition = await shop.composition("pair");
      return composition.status?.readyReplicas === 2 ? composition : undefined;
    });
    const value = (name: string, labels: string): number | undefined =>
      series.find((one) => one.name === name && one.labels.includes(labels))?.value;
    const series = (await scrape()).filter(ofPair);
    expect(value("tenon_composition_info", `digest="${status?.artifact?.digest}"`)).toBe(1);
    expect(value("tenon_composition_status_condition", 'type="Ready",status="True"')).toBe(1);
    expect(value("tenon_composition_status_condition", 'type="Ready",status="False"')).toBe(0);
    expect(value("tenon_composition_replicas_ready", "")).toBe(2);
    expect(value("tenon_composition_edges", "")).toBe(status?.edges?.length);
  });

  test("counts reconciles, requests and calls of the composer", async () => {
    const series = await scrape();
    const sum = (name: string, labels = ""): number =>
      series
        .filter((one) => one.name === name && one.labels.includes(labels))
        .reduce((all, { value }) => all + value, 0);
    expect(sum("controller_runtime_reconcile_total", 'controller="component",result="success"')).toBeGreaterThan(0);
    expect(sum("controller_runtime_reconcile_panics_total")).toBe(0);
    expect(sum("workqueue_adds_total", 'name="composition"')).toBeGreaterThan(0);
    expect(sum("rest_client_requests_total", 'method="PATCH"')).toBeGreaterThan(0);
    expect(sum("rest_client_requests_total", 'host=""')).toBe(0);
    expect(sum("tenon_composer_calls_total", 'outcome="ok"')).toBeGreaterThan(0);
    expect(sum("tenon_artifact_store_bytes")).toBeGreaterThan(0);
  });

  test("drops the series of a Composition with it", async () => {
    expect((await scrape()).some(ofPair)).toBe(true);
    await server.client.delete(`${paths.compositions(shop.namespace)}/pair`);
    await waitFor("the series to go", async () => ((await scrape()).some(ofPair) ? undefined : true));
  });
});
