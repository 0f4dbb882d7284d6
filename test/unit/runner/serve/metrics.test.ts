import { describe, expect, test } from "@jest/globals";
import { defaultLimits } from "../../../../runner/config.ts";
import { renderMetrics } from "../../../../runner/serve/metrics.ts";
import { makeStatus } from "../../../../runner/serve/status.ts";
import { countRejection, countRequest, emptyStats } from "../../../../runner/stats.ts";
import type { Snapshot } from "../../../../runner/supervisor.ts";

function makeSnapshot(): Snapshot {
  const stats = emptyStats();
  countRequest(stats, 200, 0.004);
  countRequest(stats, 204, 0.2);
  countRequest(stats, 500, 99);
  countRejection(stats, "queue");
  return {
    config: {
      composition: "shop",
      artifact: "/a",
      listen: "",
      admin: "",
      adminToken: "secret-token",
      call: true,
      isolation: "Instance",
      processes: 1,
      limits: defaultLimits,
      grants: { cart: { env: [{ name: "KEY", value: "secret-value" }] } },
      backends: {},
    },
    info: {
      artifact: "sha256:0",
      instances: [
        { name: "cart", component: "cart", digest: "sha256:1" },
        { name: "store", component: "store", digest: "sha256:2" },
      ],
      edges: [
        { from: "cart", to: "store", interface: "shop:db/store", function: "get" },
        { from: "cart", to: "store", interface: "shop:db/store", function: "put" },
      ],
      exports: [],
      notResettable: null,
    },
    stats: { ...stats, edges: [7, 1, 2, 0], traps: { store: 1 } },
    workers: [{ pid: 1, state: "ready", uptimeSeconds: 3, requests: 3 }],
    restarts: 2,
    lastRestart: null,
  };
}

describe("renderMetrics()", () => {
  test("renders what Prometheus reads", async () => {
    const { text, type } = await renderMetrics(makeSnapshot());
    expect(type).toContain("text/plain");
    const lines = text.split("\n");
    for (const line of [
      "# TYPE tenon_requests_total counter",
      'tenon_requests_total{composition="shop",code="2xx"} 2',
      'tenon_requests_total{composition="shop",code="5xx"} 1',
      "# TYPE tenon_request_duration_seconds histogram",
      'tenon_request_duration_seconds_bucket{le="0.0025",composition="shop"} 0',
      'tenon_request_duration_seconds_bucket{le="0.005",composition="shop"} 1',
      'tenon_request_duration_seconds_bucket{le="0.25",composition="shop"} 2',
      'tenon_request_duration_seconds_bucket{le="30",composition="shop"} 2',
      'tenon_request_duration_seconds_bucket{le="+Inf",composition="shop"} 3',
      'tenon_request_duration_seconds_count{composition="shop"} 3',
      'tenon_limit_rejections_total{composition="shop",limit="queue"} 1',
      'tenon_edge_calls_total{composition="shop",from="cart",to="store",interface="shop:db/store",function="get",outcome="ok"} 7',
      'tenon_edge_calls_total{composition="shop",from="cart",to="store",interface="shop:db/store",function="get",outcome="trap"} 1',
      'tenon_instance_traps_total{composition="shop",instance="cart"} 0',
      'tenon_instance_traps_total{composition="shop",instance="store"} 1',
      'tenon_worker_restarts_total{composition="shop"} 2',
    ]) {
      expect(lines).toContain(line);
    }
  });

  test("holds no secret", async () => {
    expect((await renderMetrics(makeSnapshot())).text).not.toContain("secret");
  });
});

describe("makeStatus()", () => {
  const now = Date.parse("2026-11-24T12:00:00Z");
  const trapped = (time: string, failures: number): Snapshot => {
    const snapshot = makeSnapshot();
    const lastTrap = { time, function: "save", message: "unreachable", requestId: "r" };
    return { ...snapshot, stats: { ...snapshot.stats, failures, lastTraps: { store: lastTrap } } };
  };

  test.each([
    ["Degraded", "2026-11-24T11:59:00Z", 1],
    ["Failing", "2026-11-24T11:59:00Z", 3],
    ["Healthy", "2026-11-24T11:50:00Z", 3],
  ] as const)("calls an instance %s", (state, time, failures) => {
    const { instances } = makeStatus(trapped(time, failures), { ready: true, now });
    expect(instances.map((one) => one.state)).toEqual(["Healthy", state]);
  });

  test("calls every instance Unknown while nothing serves", () => {
    const { instances } = makeStatus(makeSnapshot(), { ready: false, now });
    expect(instances.map((one) => one.state)).toEqual(["Unknown", "Unknown"]);
  });

  test("adds up an edge's functions", () => {
    expect(makeStatus(makeSnapshot(), { ready: true, now }).edges).toEqual([
      { from: "cart", to: "store", interface: "shop:db/store", calls: 10, traps: 1 },
    ]);
  });

  test("holds no secret", () => {
    expect(JSON.stringify(makeStatus(makeSnapshot(), { ready: true, now }))).not.toContain("secret");
  });
});
