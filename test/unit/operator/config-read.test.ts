import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import type { OperatorConfig } from "../../../operator/config.ts";
import { type FlagName, flags, variableOf } from "../../../operator/config-flags.ts";
import { renderHelp, renderTable } from "../../../operator/config-help.ts";
import { readConfig } from "../../../operator/config-read.ts";
import { readVersion } from "../../../operator/version.ts";

const image = "--runner-image=registry.example/tenon-runner:1";

function read(args: readonly string[] = [], env: Readonly<Record<string, string | undefined>> = {}) {
  return readConfig({ args: [...args], env, machine: { hostname: "Laptop.local" }, version: "1.2.3" });
}

function config(args: readonly string[] = [], env: Readonly<Record<string, string | undefined>> = {}): OperatorConfig {
  const asked = read([image, ...args], env);
  if (asked.kind !== "run") throw new Error(`not accepted: ${JSON.stringify(asked)}`);
  return asked.config;
}

function problems(args: readonly string[], env: Readonly<Record<string, string | undefined>> = {}): readonly string[] {
  const asked = read([image, ...args], env);
  if (asked.kind !== "refuse") throw new Error(`not refused: ${JSON.stringify(asked)}`);
  return asked.problems;
}

/** For each flag: texts that are taken with what they become, and texts that are not. */
const cases: {
  readonly [N in FlagName]: { readonly good: readonly [string, unknown][]; readonly bad: readonly string[] };
} = {
  namespaces: {
    good: [
      ["shop", ["shop"]],
      ["shop, web,shop", ["shop", "web"]],
      ["", []],
    ],
    bad: ["Shop", "a,,b", "a b", `x${"a".repeat(63)}`, "-a", "kube.system", "*"],
  },
  kubeconfig: {
    good: [
      ["/root/.kube/config", "/root/.kube/config"],
      ["", undefined],
    ],
    bad: ["a\0b"],
  },
  "pod-name": { good: [["tenon-operator-5d9f-x2", "tenon-operator-5d9f-x2"]], bad: ["", "A", "a..b", "a/b"] },
  "pod-namespace": { good: [["tenon-system", "tenon-system"]], bad: ["", "a.b", "../x"] },
  "leader-election": {
    good: [
      ["false", false],
      ["true", true],
    ],
    bad: ["", "yes", "0", "True"],
  },
  "lease-name": { good: [["my.lease", "my.lease"]], bad: ["", "My", "a".repeat(254)] },
  "lease-duration": { good: [["1m30s", 90_000]], bad: ["15", "0s", "2h", "-1s", "15 s", "1e3s", "Infinity"] },
  "lease-renew-deadline": { good: [["3s", 3_000]], bad: ["499ms", "1h1ms", "x"] },
  "lease-retry-period": { good: [["250ms", 250]], bad: ["99ms", ""] },
  listen: {
    good: [
      [":9000", ":9000"],
      ["127.0.0.1:0", "127.0.0.1:0"],
      ["[::1]:80", "[::1]:80"],
      ["localhost:8080", "localhost:8080"],
    ],
    bad: ["", "9000", "::1:80", "[10.0.0.1]:80", ":65536", ":-1", "http://a:80", "a b:80", "[::1]"],
  },
  "secure-listen": { good: [[":9443", ":9443"]], bad: ["", "9443", ":99999"] },
  service: {
    good: [
      ["tenon", { name: "tenon", port: 443 }],
      ["tenon:8443", { name: "tenon", port: 8443 }],
    ],
    bad: ["", "1tenon", "tenon:", "tenon:0", "tenon:65536", "tenon:443:1", "a.b"],
  },
  "tls-secret": { good: [["tls", "tls"]], bad: ["", "A"] },
  webhook: {
    good: [
      ["tenon.dev", "tenon.dev"],
      ["", undefined],
    ],
    bad: ["Tenon"],
  },
  "data-folder": { good: [["/data", "/data"]], bad: ["", "data", "./data", "/a\0b"] },
  "data-size": { good: [["1Gi", 2 ** 30]], bad: ["1Mi", "2000Gi", "1GB", "-1Gi", "NaN", ""] },
  concurrency: { good: [["1", 1]], bad: ["0", "1001", "1.5", "ten", "1e2", " 1", ""] },
  "composer-workers": { good: [["4", 4]], bad: ["0", "65"] },
  "composer-memory": { good: [["512Mi", 2 ** 29]], bad: ["1Mi", "5Gi"] },
  "composer-deadline": { good: [["5m", 300_000]], bad: ["99ms", "31m"] },
  "fetch-size": { good: [["1048576", 2 ** 20]], bad: ["0", "2Gi"] },
  "fetch-timeout": { good: [["90s", 90_000]], bad: ["0s", "61m"] },
  "fetch-allowed-cidrs": {
    good: [
      ["10.0.0.0/8,fd00::/8", ["10.0.0.0/8", "fd00::/8"]],
      ["", []],
    ],
    bad: ["10.0.0.0", "10.0.0.0/33", "fd00::/129", "10.0.0/8", "10.0.0.0/8/8", "all", "10.0.0.0/-1", "10.0.0.0/"],
  },
  "runner-image": {
    good: [["registry.example:5000/a/b@sha256:00", "registry.example:5000/a/b@sha256:00"]],
    bad: ["", "a b", "-a", `a${"b".repeat(512)}`, "a;b"],
  },
  "runner-image-pull-policy": { good: [["Never", "Never"]], bad: ["never", "", "Sometimes"] },
  "runner-image-pull-secrets": { good: [["a,b.c", ["a", "b.c"]]], bad: ["A", ","] },
  "runner-service-accounts": { good: [["cloud-a", ["cloud-a"]]], bad: ["*", "a/b"] },
  "runner-requests": {
    good: [
      ["cpu=250m,memory=64Mi", { cpu: "250m", memory: "64Mi" }],
      ["", {}],
    ],
    bad: ["cpu", "cpu=", "cpu=1,cpu=2", "gpu=1", "cpu=lots", "memory=-1", "__proto__=1"],
  },
  "runner-limits": { good: [["ephemeral-storage=1Gi", { "ephemeral-storage": "1Gi" }]], bad: ["disk=1"] },
  "runner-roll-on-upgrade": { good: [["true", true]], bad: ["on"] },
  "log-level": { good: [["debug", "debug"]], bad: ["trace", "INFO", ""] },
  "shutdown-timeout": { good: [["0s", 0]], bad: ["2h", "20"] },
};

/** Where the value of a flag ends up. */
const places: { readonly [N in FlagName]: (config: OperatorConfig) => unknown } = {
  namespaces: (c) => c.namespaces,
  kubeconfig: (c) => c.kubeconfig,
  "pod-name": (c) => c.pod.name,
  "pod-namespace": (c) => c.pod.namespace,
  "leader-election": (c) => c.leaderElection,
  "lease-name": (c) => c.lease.name,
  "lease-duration": (c) => c.lease.durationMs,
  "lease-renew-deadline": (c) => c.lease.renewDeadlineMs,
  "lease-retry-period": (c) => c.lease.retryMs,
  listen: (c) => c.listen,
  "secure-listen": (c) => c.secureListen,
  service: (c) => ({ name: c.service, port: c.servicePort }),
  "tls-secret": (c) => c.tlsSecret,
  webhook: (c) => c.webhook,
  "data-folder": (c) => c.data.folder,
  "data-size": (c) => c.data.bytes,
  concurrency: (c) => c.concurrency,
  "composer-workers": (c) => c.composer.workers,
  "composer-memory": (c) => c.composer.memoryBytes,
  "composer-deadline": (c) => c.composer.deadlineMs,
  "fetch-size": (c) => c.fetch.bytes,
  "fetch-timeout": (c) => c.fetch.timeoutMs,
  "fetch-allowed-cidrs": (c) => c.fetch.allowedCIDRs,
  "runner-image": (c) => c.runner.image,
  "runner-image-pull-policy": (c) => c.runner.imagePullPolicy,
  "runner-image-pull-secrets": (c) => c.runner.imagePullSecrets,
  "runner-service-accounts": (c) => c.runner.allowedServiceAccounts,
  "runner-requests": (c) => c.runner.resources.requests,
  "runner-limits": (c) => c.runner.resources.limits,
  "runner-roll-on-upgrade": (c) => c.runner.rollOnUpgrade,
  "log-level": (c) => c.logLevel,
  "shutdown-timeout": (c) => c.shutdownMs,
};

const rows = (Object.keys(flags) as FlagName[]).map((name) => ({ name, ...cases[name] }));

describe("readConfig()", () => {
  test.each(rows)("takes good values of --$name", ({ name, good }) => {
    for (const [text, value] of good) expect(places[name](config([`--${name}=${text}`]))).toEqual(value);
  });

  test.each(rows)("refuses bad values of --$name, naming it", ({ name, bad }) => {
    for (const text of bad) {
      const found = problems([`--${name}=${text}`]);
      expect(found).toEqual([expect.stringMatching(new RegExp(`^Cannot use --${name}: it must be .`))]);
    }
  });

  test.each(rows)("takes the environment variable of --$name, and lets the flag go before it", ({ name, good }) => {
    const [text, value] = good.find(([some]) => some !== "")!;
    const asked = read(name === "runner-image" ? [] : [image], { [variableOf(name)]: text });
    expect(asked.kind).toBe("run");
    if (asked.kind === "run") expect(places[name](asked.config)).toEqual(value);
    const both = config([`--${name}=${text}`], { [variableOf(name)]: "\0" });
    expect(places[name](both)).toEqual(value);
  });

  test("has a default for all but the runner's image", () => {
    const asked = read();
    expect(asked).toEqual({
      kind: "refuse",
      problems: ["Set --runner-image: it has no default (Image of runner pods)"],
    });
    expect(config()).toMatchObject({
      namespaces: [],
      kubeconfig: undefined,
      pod: { name: "laptop.local", namespace: "tenon-system" },
      leaderElection: true,
      lease: { name: "tenon-operator", durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 },
      webhook: undefined,
      runner: { rollOnUpgrade: false, allowedServiceAccounts: [], resources: { limits: {} } },
    });
  });

  test("lists all problems at once, of flags and of variables", () => {
    const found = problems(["--log-levl=info", "serve", "--concurrency=0"], { TENON_DATA_SIZE: "much" });
    expect(found).toEqual([
      'Cannot use a flag that does not exist: "--log-levl". Did you mean "--log-level"?',
      'Cannot use an argument without a flag: "serve"',
      'Cannot use TENON_DATA_SIZE: it must be a size such as 256Mi, from 16Mi to 1024Gi: "much"',
      'Cannot use --concurrency: it must be a whole number from 1 to 1000: "0"',
    ]);
  });

  test("takes a value after a space, but not another flag", () => {
    expect(config(["--log-level", "debug"]).logLevel).toBe("debug");
    expect(problems(["--log-level", "--concurrency=3"])).toContain(
      "Cannot use --log-level without a value: write --log-level=LEVEL",
    );
    expect(problems(["--log-level"])).toEqual(["Cannot use --log-level without a value: write --log-level=LEVEL"]);
  });

  test("joins a list that is given several times, and takes the last of other values", () => {
    expect(config(["--namespaces=a", "--namespaces=b,c"]).namespaces).toEqual(["a", "b", "c"]);
    expect(config(["--concurrency=3", "--concurrency=4"]).concurrency).toBe(4);
  });

  test("takes an empty variable as one that is not set", () => {
    expect(config([], { TENON_LOG_LEVEL: "", TENON_CONCURRENCY: undefined })).toMatchObject({
      logLevel: "info",
      concurrency: 10,
    });
  });

  test.each([
    [["--lease-duration=10s"], "Raise --lease-duration or lower --lease-renew-deadline"],
    [["--lease-retry-period=9s"], "Raise --lease-renew-deadline or lower --lease-retry-period"],
    [["--data-size=64Mi"], "Raise --data-size or lower --fetch-size"],
    [["--listen=:8443"], "Change --listen or --secure-listen: both are :8443"],
  ])("refuses %j, which does not fit together", (args, start) => {
    expect(problems(args)).toEqual([expect.stringContaining(start)]);
  });

  test("takes what just fits together", () => {
    const args = ["--lease-duration=10001ms", "--lease-retry-period=8s", "--data-size=129Mi"];
    expect(config([...args, "--listen=127.0.0.1:0", "--secure-listen=127.0.0.1:0"]).data.bytes).toBe(129 * 2 ** 20);
  });

  test("shows hostile values bounded and on one line", () => {
    const [found] = problems([`--log-level=${"x\n".repeat(10_000)}`]);
    expect(found!.length).toBeLessThan(250);
    expect(found).not.toContain("\n");
  });

  test("prints the help and the version, whatever else is wrong", () => {
    expect(read(["--nonsense", "--help"])).toEqual({ kind: "print", text: renderHelp() });
    expect(read(["-h"])).toEqual({ kind: "print", text: renderHelp() });
    expect(read(["--version"])).toEqual({ kind: "print", text: "1.2.3" });
  });

  test("reads no variable that Kubernetes sets for a Service", () => {
    const ofService = /_(SERVICE_(HOST|PORT(_.*)?)|PORT(_[0-9]+_(TCP|UDP|SCTP).*)?)$/;
    expect(
      Object.keys(flags)
        .map(variableOf)
        .filter((name) => ofService.test(name)),
    ).toEqual([]);
  });
});

describe("renderHelp()", () => {
  test("has a line for every flag, with its default", () => {
    const lines = renderHelp().split("\n");
    expect(lines[0]).toBe("Usage: node bin/node.js operator/main.ts FLAGS");
    for (const [name, { value }] of Object.entries(flags)) {
      expect(lines.filter((line) => line.startsWith(`  --${name}=${value} `))).toHaveLength(1);
    }
    expect(renderHelp()).toContain("How long a leader that is silent stays the leader (15s)");
    expect(renderHelp()).toContain("Image of runner pods (must be given)");
  });
});

describe("renderTable()", () => {
  test("is the table of docs/operator-configuration.md; UPDATE=1 writes it", () => {
    const file = new URL("../../../docs/operator-configuration.md", import.meta.url);
    const page = readFileSync(file, "utf8");
    const wanted = page.replace(/(<!-- flags -->\n)[\s\S]*?(<!-- end -->)/, `$1\n${renderTable()}\n\n$2`);
    if (process.env["UPDATE"] === "1") writeFileSync(file, wanted);
    else expect(page).toBe(wanted);
  });

  test("is next to problems as the program says them", () => {
    const page = readFileSync(new URL("../../../docs/operator-configuration.md", import.meta.url), "utf8");
    const asked = read(["--lease-duration=15", "--log-levl=info"], { TENON_DATA_SIZE: "much" });
    const said = asked.kind === "refuse" ? asked.problems : [];
    expect(said).toHaveLength(4);
    for (const problem of said) expect(page).toContain(`${problem}\n`);
  });
});

describe("readVersion()", () => {
  test("is the package's", () => {
    const json = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"));
    expect(readVersion()).toBe(json.version);
  });
});
