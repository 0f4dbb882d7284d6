import { speaks } from "./catalogue.ts";
import { typed } from "./functions.ts";
import { HostError, type HostFunction, type HostInstance, type HostInterface, stateless, Trap } from "./host.ts";

/** The resource `network`: a token that opens nothing. */
export class Network {
  readonly [stateless] = true;
}

const tcpMethods = [
  "start-bind",
  "finish-bind",
  "start-connect",
  "finish-connect",
  "start-listen",
  "finish-listen",
  "accept",
  "local-address",
  "remote-address",
  "is-listening",
  "address-family",
  "set-listen-backlog-size",
  "keep-alive-enabled",
  "set-keep-alive-enabled",
  "keep-alive-idle-time",
  "set-keep-alive-idle-time",
  "keep-alive-interval",
  "set-keep-alive-interval",
  "keep-alive-count",
  "set-keep-alive-count",
  "hop-limit",
  "set-hop-limit",
  "receive-buffer-size",
  "set-receive-buffer-size",
  "send-buffer-size",
  "set-send-buffer-size",
  "subscribe",
  "shutdown",
];
const udpMethods = [
  "start-bind",
  "finish-bind",
  "stream",
  "local-address",
  "remote-address",
  "address-family",
  "unicast-hop-limit",
  "set-unicast-hop-limit",
  "receive-buffer-size",
  "set-receive-buffer-size",
  "send-buffer-size",
  "set-send-buffer-size",
  "subscribe",
];

/**
 * `wasi:sockets` 0.2 in its honest empty form: standard libraries import it, so everything is there, and no socket is
 * ever made and no name resolved: `access-denied`, with one line in the log for each instance that tries.
 */
export const socketsInterfaces: readonly HostInterface[] = [
  define("instance-network", () => ({ "instance-network": typed(() => new Network()) })),
  { ...define("network", () => ({ "network-error-code": typed(() => undefined) })), resources: { network: Network } },
  define("tcp-create-socket", (host) => ({ "create-tcp-socket": typed(() => deny(host, "create a TCP socket")) })),
  define("udp-create-socket", (host) => ({ "create-udp-socket": typed(() => deny(host, "create a UDP socket")) })),
  define("ip-name-lookup", (host) => ({
    "resolve-addresses": typed((_network: Network, name: string) => deny(host, `resolve "${name.slice(0, 255)}"`)),
    ...unreachable("resolve-address-stream", ["resolve-next-address", "subscribe"]),
  })),
  define("tcp", () => unreachable("tcp-socket", tcpMethods)),
  define("udp", () => ({
    ...unreachable("udp-socket", udpMethods),
    ...unreachable("incoming-datagram-stream", ["receive", "subscribe"]),
    ...unreachable("outgoing-datagram-stream", ["check-send", "send", "subscribe"]),
  })),
];

const told = new WeakSet<HostInstance>();

function define(name: string, bind: (host: HostInstance) => Record<string, HostFunction>): HostInterface {
  return { name: `wasi:sockets/${name}`, speaks: speaks(`wasi:sockets/${name}`), bind: (_guest, host) => bind(host) };
}

function deny(host: HostInstance, what: string): never {
  if (!told.has(host)) {
    told.add(host);
    host.services.log.write(host.instance, "warn", `Cannot ${what}: this runner gives no sockets to guests`);
  }
  throw new HostError("access-denied");
}

/** Methods of a resource that is never handed out: they are linked, and no handle can reach them. */
function unreachable(resource: string, methods: readonly string[]): Record<string, HostFunction> {
  const call = typed(() => {
    throw new Trap(`There is no ${resource}`);
  });
  return Object.fromEntries(methods.map((method) => [`[method]${resource}.${method}`, call]));
}
