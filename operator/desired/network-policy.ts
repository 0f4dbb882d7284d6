import { specialAddresses } from "../../api/special-addresses.ts";
import type { KubeObject } from "../kube/object.ts";
import type { DesiredInputs } from "./desired.ts";
import type { Peer, Port, Reach } from "./egress.ts";
import { runnerName } from "./names.ts";
import { makeObject, selectorLabels } from "./object.ts";
import { ports } from "./paths.ts";

/** Pods and namespaces with this label may read the runners' metrics. */
export const metricsLabel = "tenon.dev/metrics";

/** The addresses of the public internet: what is left of them is private, link-local or no place at all. */
const publicPeers: readonly Peer[] = [
  { ipBlock: { cidr: "0.0.0.0/0", except: [...specialAddresses.ipv4] } },
  { ipBlock: { cidr: "2000::/3", except: [...specialAddresses.ipv6] } },
];

const everyPod: Peer = { namespaceSelector: {} };
/** Where a cache of names on the node listens (NodeLocal DNSCache). */
const nodeLocalDns: Peer = { ipBlock: { cidr: "169.254.20.10/32" } };

/** Who may reach the runner's pods, and whom they may reach: what is served, what is granted, and nothing else. */
export function makeNetworkPolicy(
  { composition, settings }: DesiredInputs,
  { served, reach }: { readonly served: boolean; readonly reach: Reach },
): KubeObject {
  const { name } = composition.metadata;
  return makeObject(composition, {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    name: runnerName(name),
    body: {
      spec: {
        podSelector: { matchLabels: selectorLabels(name) },
        policyTypes: ["Ingress", "Egress"],
        ingress: [...(served ? [makeHttpIngress(composition.spec.service?.type)] : []), makeAdminIngress(settings)],
        egress: [
          { to: [everyPod, nodeLocalDns], ports: [port(53, "UDP"), port(53)] },
          { to: [namespacePeer(settings.operatorNamespace)], ports: [port(settings.artifactPort)] },
          ...makeGrantedEgress(reach),
        ],
      },
    },
  });
}

/** What comes through a node's port or a load balancer may come from anywhere. */
function makeHttpIngress(type: string | undefined): object {
  const open = type === "NodePort" || type === "LoadBalancer";
  return { ...(open ? {} : { from: [everyPod] }), ports: [port(ports.http)] };
}

function makeAdminIngress({ operatorNamespace }: DesiredInputs["settings"]): object {
  const label = { matchLabels: { [metricsLabel]: "true" } };
  return {
    from: [namespacePeer(operatorNamespace), { namespaceSelector: label }, { podSelector: label }],
    ports: [port(ports.admin)],
  };
}

function makeGrantedEgress({ httpPorts, httpRanges, namespaces, sockets }: Reach): object[] {
  const rules: object[] = [];
  if (httpPorts.size > 0) {
    const ranges = [...httpRanges.keys()].sort().map((cidr) => ({ ipBlock: { cidr } }));
    rules.push({ to: [...publicPeers, ...ranges], ...portsOf([...httpPorts]) });
  }
  if (namespaces.size > 0) {
    const peers = namespaces.has("*") ? [everyPod] : [...namespaces].sort().map(namespacePeer);
    rules.push({ to: peers });
  }
  const byPort = Map.groupBy(sockets.values(), (one) => one.port);
  for (const [one, granted] of [...byPort].sort(([a], [b]) => order(a) - order(b))) {
    const to = granted
      .map(({ range }) => range.cidr)
      .sort()
      .map((cidr) => ({ ipBlock: { cidr } }));
    rules.push({ to, ...(one === "*" ? {} : { ports: [port(one), port(one, "UDP")] }) });
  }
  return rules;
}

function portsOf(granted: readonly Port[]): { readonly ports?: readonly object[] } {
  if (granted.includes("*")) return {};
  return { ports: [...granted].sort((a, b) => order(a) - order(b)).map((one) => port(one as number)) };
}

function order(one: Port): number {
  return one === "*" ? Number.POSITIVE_INFINITY : one;
}

function port(number: number, protocol = "TCP"): object {
  return { port: number, protocol };
}

function namespacePeer(name: string): Peer {
  return { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } };
}
