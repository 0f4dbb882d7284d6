import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import type { OperatorConfig } from "../../../operator/config.ts";
import { flags } from "../../../operator/config-flags.ts";
import { readConfig } from "../../../operator/config-read.ts";
import type { Json } from "../../support/api-server/http.ts";
import { type RenderOptions, renderChart } from "../../support/helm/chart.ts";
import { describeWithHelm } from "../../support/helm/suite.ts";

const file = (name: string): string => join(import.meta.dirname, "values", `${name}.yaml`);

async function operatorOf(options: RenderOptions): Promise<Json> {
  const objects = await renderChart(options);
  return objects.find(({ kind }) => kind === "Deployment").spec.template.spec;
}

/** What the operator reads of the arguments and variables that the chart gives to it. */
async function configOf(options: RenderOptions): Promise<OperatorConfig> {
  const { containers } = await operatorOf(options);
  const fields: Record<string, string> = { "metadata.name": "tenon-operator-0", "metadata.namespace": "tenon-system" };
  const variables = containers[0].env.map(({ name, value, valueFrom }: Json) => [
    name,
    value ?? fields[valueFrom.fieldRef.fieldPath],
  ]);
  const args = containers[0].args;
  const asked = readConfig({ args, env: Object.fromEntries(variables), machine: { hostname: "h" }, version: "1" });
  if (asked.kind !== "run") throw new RangeError(JSON.stringify(asked));
  return asked.config;
}

describeWithHelm("the chart", () => {
  describe("the flags of the chart", () => {
    test("are read without a problem, for all that tests render", async () => {
      for (const name of ["default", "namespaced", "highly-available", "persistent", "least", "everything"]) {
        expect(await configOf({ files: [file(name)] })).toMatchObject({ pod: { name: "tenon-operator-0" } });
      }
    });

    test("are the operator's own defaults where nothing is set", async () => {
      const least = { args: ["--runner-image=tenon-runner:0.1.0"], env: {}, machine: { hostname: "h" }, version: "1" };
      const asked = readConfig(least);
      expect(await configOf({})).toEqual({
        ...(asked.kind === "run" && asked.config),
        pod: { name: "tenon-operator-0", namespace: "tenon-system" },
        webhook: "tenon-operator.tenon-system",
      });
    });

    test("carry every value", async () => {
      expect(await configOf({ files: [file("everything")] })).toMatchObject({
        namespaces: ["shop"],
        lease: { name: "weave-operator", durationMs: 30_000, renewDeadlineMs: 20_000, retryMs: 5_000 },
        service: "weave-operator",
        servicePort: 8443,
        tlsSecret: "weave-operator-tls",
        webhook: "weave-operator.tenon-system",
        data: { bytes: 4 * 2 ** 30 },
        concurrency: 20,
        composer: { workers: 4, memoryBytes: 512 * 2 ** 20, deadlineMs: 60_000 },
        fetch: { bytes: 128 * 2 ** 20, timeoutMs: 120_000, allowedCIDRs: ["10.0.0.0/8", "fd00::/8"] },
        runner: {
          image: `registry.example/tenon/runner@sha256:${"0123456789abcdef".repeat(4)}`,
          imagePullPolicy: "Never",
          imagePullSecrets: ["registry", "mirror"],
          allowedServiceAccounts: ["cloud"],
          resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { cpu: "2", memory: "512Mi" } },
          rollOnUpgrade: true,
        },
        logLevel: "debug",
        shutdownMs: 45_000,
      });
    });

    test("leave out no flag but those that a pod has no use for", async () => {
      const { containers } = await operatorOf({ files: [file("everything")] });
      const given = containers[0].args.map((arg: string) => /^--([a-z-]+)=/.exec(arg)![1]);
      const variables = ["pod-name", "pod-namespace"];
      const unused = ["kubeconfig", "leader-election"];
      expect([...given, ...variables, ...unused].sort()).toEqual(Object.keys(flags).sort());
    });

    test("give a pod more time to end than the operator takes", async () => {
      const { shutdownMs } = await configOf({ values: { shutdownSeconds: 45 } });
      const { terminationGracePeriodSeconds } = await operatorOf({ values: { shutdownSeconds: 45 } });
      expect([shutdownMs, terminationGracePeriodSeconds]).toEqual([45_000, 55]);
    });
  });
});
