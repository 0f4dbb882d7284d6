import type { GrantsSpec } from "../../api/grants.ts";
import { parseRange, type Range } from "./cidr.ts";
import type { SpecProblem } from "./desired.ts";

/** A peer of a NetworkPolicy, and a port of one. */
export type Peer = Readonly<Record<string, unknown>>;
/** A port, or every one. */
export type Port = number | "*";

/** What grants let the runner's pods reach, as a NetworkPolicy can say it: addresses and ports, no names. */
export interface Reach {
  /** Ports of allowed hosts, outside of the cluster and in allowed ranges. */
  readonly httpPorts: ReadonlySet<Port>;
  readonly httpRanges: ReadonlyMap<string, Range>;
  /** Namespaces of Services that are allowed hosts; "*" for all. Their pods may listen on any port. */
  readonly namespaces: ReadonlySet<string>;
  /** By `RANGE:PORT`. */
  readonly sockets: ReadonlyMap<string, { readonly range: Range; readonly port: Port }>;
}

const hostPattern = /^(?:(https?):\/\/)?(\[[0-9A-Fa-f:.]+\]|[^\s:/?#@[\]\\]+)(?::(\d{1,5}|\*))?\/?$/;

/** Collects what the grants of all instances reach: pods are the smallest thing that a NetworkPolicy knows. */
export class ReachPlan implements Reach {
  readonly httpPorts = new Set<Port>();
  readonly httpRanges = new Map<string, Range>();
  readonly namespaces = new Set<string>();
  readonly sockets = new Map<string, { readonly range: Range; readonly port: Port }>();
  readonly #problems: SpecProblem[];
  readonly #own: string;

  /** `own` is the namespace that a name without one means. */
  constructor(own: string, problems: SpecProblem[]) {
    this.#own = own;
    this.#problems = problems;
  }

  /** Adds one instance's grants. What the runner could not read is a problem. */
  add({ http, sockets }: GrantsSpec, field: string): void {
    const hosts = http?.allowedHosts ?? [];
    const ranges = http?.allowedCIDRs ?? [];
    for (const [index, host] of hosts.entries()) {
      this.#addHost(host, { field: `${field}.http.allowedHosts[${index}]`, inside: ranges.length > 0 });
    }
    for (const [index, text] of ranges.entries()) {
      const range = this.#range(text, `${field}.http.allowedCIDRs[${index}]`);
      if (range !== undefined && hosts.length > 0) this.httpRanges.set(range.cidr, range);
    }
    for (const [index, text] of (sockets?.allowedAddresses ?? []).entries()) {
      this.#addSocket(text, `${field}.sockets.allowedAddresses[${index}]`);
    }
  }

  #addHost(pattern: string, { field, inside }: { readonly field: string; readonly inside: boolean }): void {
    if (pattern === "*") {
      this.httpPorts.add("*");
      return;
    }
    const [, scheme, host, port] = hostPattern.exec(pattern) ?? [];
    if (host === undefined || Number(port ?? 1) > 65_535 || Number(port ?? 1) === 0) {
      const message = `Must be an origin: ${JSON.stringify(pattern)}`;
      const hint = 'Write it as "https://api.example.com", "http://*.svc:8080" or "*"';
      this.#problems.push({ field, message, hint });
      return;
    }
    if (port === undefined) {
      if (scheme !== "https") this.httpPorts.add(80);
      if (scheme !== "http") this.httpPorts.add(443);
    } else this.httpPorts.add(port === "*" ? "*" : Number(port));
    // Without a granted range the runner refuses a Service's address.
    if (inside) this.#addNamespace(host.toLowerCase());
  }

  #addNamespace(host: string): void {
    const names = host
      .replace(/\.$/, "")
      .replace(/\.svc(\.cluster\.local)?$/, "")
      .split(".");
    const isService = /\.svc(\.cluster\.local)?\.?$/.test(host) || !/[.[]/.test(host);
    if (!isService) return;
    const namespace = names.length === 1 && !host.includes(".") ? this.#own : names.at(-1)!;
    this.namespaces.add(namespace.includes("*") ? "*" : namespace);
  }

  #addSocket(text: string, field: string): void {
    const [, bare, port = ""] = /^\[?([^\]]+?)\]?:(\d{1,5}|\*)$/.exec(text) ?? [];
    const range = bare === undefined ? undefined : parseRange(bare);
    if (range === undefined || Number(port === "*" ? 1 : port) > 65_535 || port === "0") {
      const message = `Must be a range with a port: ${JSON.stringify(text)}`;
      this.#problems.push({ field, message, hint: 'Write it as "10.0.0.0/8:5432" or "[fd00::/8]:53"' });
      return;
    }
    this.sockets.set(`${range.cidr} ${port}`, { range, port: port === "*" ? "*" : Number(port) });
  }

  #range(text: string, field: string): Range | undefined {
    const range = parseRange(text);
    if (range === undefined) {
      const message = `Must be a range of addresses: ${JSON.stringify(text)}`;
      this.#problems.push({ field, message, hint: 'Write it as "10.0.0.0/8" or "fd00::/8"' });
    }
    return range;
  }
}
