import { describe, expect, test } from "@jest/globals";
import { command, desiredOf, find, type Given, type Json, problemsOf } from "./inputs.ts";

const policyOf = (yaml: string, given: Given = {}): Json => find(desiredOf(yaml, given), "NetworkPolicy").spec;
const granted = (grants: string): Json[] =>
  policyOf(`instances: [{ name: a, component: { name: x }, grants: ${grants} }]`).egress.slice(2);
const problems = (grants: string) =>
  problemsOf(`instances: [{ name: a, component: { name: x }, grants: ${grants} }]`).map(({ field }) => field);
const tcp = (port: number) => ({ port, protocol: "TCP" });
const cidrsOf = ({ to }: Json) => to.map(({ ipBlock }: Json) => ipBlock.cidr);

describe("makeNetworkPolicy()", () => {
  test("lets runners without grants reach names and the operator's artifacts, and nothing else", () => {
    const policy = policyOf("{}");
    expect(policy.policyTypes).toEqual(["Ingress", "Egress"]);
    expect(policy.egress).toEqual([
      {
        to: [{ namespaceSelector: {} }, { ipBlock: { cidr: "169.254.20.10/32" } }],
        ports: [{ port: 53, protocol: "UDP" }, tcp(53)],
      },
      {
        to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "tenon-system" } } }],
        ports: [tcp(9443)],
      },
    ]);
  });

  test("lets every pod call what is served, and everybody what has a port of the nodes", () => {
    expect(policyOf("{}").ingress[0]).toEqual({ from: [{ namespaceSelector: {} }], ports: [tcp(8080)] });
    for (const type of ["NodePort", "LoadBalancer"]) {
      expect(policyOf(`service: { type: ${type} }`).ingress[0]).toEqual({ ports: [tcp(8080)] });
    }
  });

  test("shows metrics to the operator and to what is labelled for it, and closes the rest of what is not served", () => {
    const { ingress } = policyOf("{}", { exports: [command] });
    expect(ingress).toHaveLength(1);
    expect(ingress[0].ports).toEqual([tcp(9090)]);
    expect(ingress[0].from).toEqual([
      { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "tenon-system" } } },
      { namespaceSelector: { matchLabels: { "tenon.dev/metrics": "true" } } },
      { podSelector: { matchLabels: { "tenon.dev/metrics": "true" } } },
    ]);
  });

  test("opens the ports of allowed hosts to public addresses, without a private or link-local one", () => {
    const [rule, ...rest] = granted(
      `{ http: { allowedHosts: ["https://api.example.com", "http://example.org", "http://x.org:8080"] } }`,
    );
    expect(rest).toEqual([]);
    expect(rule.ports).toEqual([tcp(80), tcp(443), tcp(8080)]);
    expect(cidrsOf(rule)).toEqual(["0.0.0.0/0", "2000::/3"]);
    const { except } = rule.to[0].ipBlock;
    for (const range of ["10.0.0.0/8", "169.254.0.0/16", "127.0.0.0/8", "192.168.0.0/16"])
      expect(except).toContain(range);
  });

  test("opens private ranges only where allowedCIDRs names them, in the form that Kubernetes takes", () => {
    const [rule] = granted(
      `{ http: { allowedHosts: ["https://10.1.2.3"], allowedCIDRs: ["10.1.2.3/16", "FD00::1/8"] } }`,
    );
    expect(cidrsOf(rule)).toEqual(["0.0.0.0/0", "2000::/3", "10.1.0.0/16", "fd00::/8"]);
    expect(rule.ports).toEqual([tcp(443)]);
    expect(granted(`{ http: { allowedCIDRs: ["10.0.0.0/8"] } }`)).toEqual([]);
  });

  test("has no ports where every port is allowed", () => {
    for (const host of ["*", "http://*.example.com:*"]) {
      expect(granted(`{ http: { allowedHosts: ["${host}"] } }`)[0]).not.toHaveProperty("ports");
    }
  });

  test.each([
    ["http://api.team.svc:8080", "team"],
    ["http://api.team.svc.cluster.local", "team"],
    ["http://api", "store"],
  ])(
    "opens the namespace of a Service whose addresses are granted, whatever its pods' port is: %s",
    (host, namespace) => {
      const peer = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } };
      expect(granted(`{ http: { allowedHosts: ["${host}"], allowedCIDRs: ["10.96.0.0/12"] } }`)[1]).toEqual({
        to: [peer],
      });
      expect(granted(`{ http: { allowedHosts: ["${host}"] } }`)).toHaveLength(1);
    },
  );

  test("opens all namespaces for a pattern over them, and none for a host outside of the cluster", () => {
    const ranges = `allowedCIDRs: ["10.96.0.0/12"]`;
    expect(granted(`{ http: { allowedHosts: ["http://*.svc:8080"], ${ranges} } }`)[1]).toEqual({
      to: [{ namespaceSelector: {} }],
    });
    expect(granted(`{ http: { allowedHosts: ["http://x.example.com"], ${ranges} } }`)).toHaveLength(1);
  });

  test("opens the addresses of sockets, for TCP and UDP", () => {
    const rules = granted(`{ sockets: { allowedAddresses: ["10.0.0.9/8:5432", "[fd00::/8]:5432", "1.2.3.4/32:*"] } }`);
    expect(rules).toEqual([
      {
        to: [{ ipBlock: { cidr: "10.0.0.0/8" } }, { ipBlock: { cidr: "fd00::/8" } }],
        ports: [tcp(5432), { port: 5432, protocol: "UDP" }],
      },
      { to: [{ ipBlock: { cidr: "1.2.3.4/32" } }] },
    ]);
  });

  test("names the grant that no runner could read", () => {
    const hosts = `{ http: { allowedHosts: ["https://ok.example", "https://x:99999", "https://x:0", "https://user@x"], allowedCIDRs: ["1.2.3.4/33"] } }`;
    expect(problems(hosts)).toEqual([
      ...[1, 2, 3].map((index) => `spec.instances[0].grants.http.allowedHosts[${index}]`),
      "spec.instances[0].grants.http.allowedCIDRs[0]",
    ]);
    expect(
      problems(`{ sockets: { allowedAddresses: ["10.0.0.0/33:1", "10.0.0.0/8:70000", "10.0.0.0/8:0"] } }`),
    ).toHaveLength(3);
  });
});
