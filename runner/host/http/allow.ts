import { BlockList, isIP } from "node:net";
import { specialAddresses } from "../../../api/special-addresses.ts";
import type { Grants } from "../../config.ts";
import { HttpError } from "./error.ts";

/** Where an outgoing request goes: `host` is canonical, an IPv6 address without brackets. */
export interface Destination {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
}

/** A verdict; a refusal says what was refused, and why in words for the guest's log. */
export type Verdict =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly refused: "host" | "address"; readonly reason: string };

/** What one instance may reach. */
export interface Policy {
  /** By the patterns of `allowedHosts`; a literal address is also held against the ranges. */
  permits(destination: Destination): Verdict;
  /** For an address that a name was resolved to. */
  permitsAddress(address: string): Verdict;
}

const yes: Verdict = { allowed: true };
const defaultPorts = { http: 80, https: 443 } as const;

/** Of IPv6 only 2000::/3 is global. */
const notGlobal6 = ["::/3", "4000::/2", "8000::/1"];
const notPublic = addressSet([...specialAddresses.ipv4, ...notGlobal6, ...specialAddresses.ipv6]);

/** Makes the policy of one instance; without a grant everything is refused. Throws `HttpError` for a bad pattern or range. */
export function makePolicy(grant: Grants["http"]): Policy {
  const patterns = (grant?.allowedHosts ?? []).map(parsePattern);
  const granted = addressSet(grant?.allowedCIDRs ?? []);
  const permitsAddress = (address: string): Verdict => {
    const plain = unmapped(address);
    if (isIP(plain) === 0) return { allowed: false, refused: "address", reason: `${address} is not an address` };
    if (granted(plain) || !notPublic(plain)) return yes;
    const reason = `${plain} is not a public address and no range of allowedCIDRs names it`;
    return { allowed: false, refused: "address", reason };
  };
  return {
    permitsAddress,
    permits(destination) {
      if (!patterns.some((matches) => matches(destination))) {
        const reason =
          patterns.length === 0 ? "the instance has no allowedHosts" : "no pattern of allowedHosts matches";
        return { allowed: false, refused: "host", reason };
      }
      return isIP(destination.host) === 0 ? yes : permitsAddress(destination.host);
    },
  };
}

/**
 * The destination of a scheme and an authority, or undefined where they make none. Hosts come out as they will be
 * connected to: `0x7f.1` and `2130706433` are `127.0.0.1`, names are lower case and in punycode, a final dot is gone.
 */
export function parseDestination(scheme: "http" | "https", authority: string): Destination | undefined {
  if (/[@/?#\\\s]/.test(authority)) return undefined;
  const url = URL.parse(`${scheme}://${authority}`);
  if (url === null || url.hostname === "") return undefined;
  const bracketed = url.hostname.startsWith("[");
  const host = bracketed ? url.hostname.slice(1, -1) : url.hostname.replace(/\.$/, "");
  return host === "" ? undefined : { scheme, host, port: url.port === "" ? defaultPorts[scheme] : Number(url.port) };
}

/**
 * `[SCHEME://]HOST[:PORT]`. `*` in a host stands for one or more characters of names, dots included; without a scheme
 * both are meant, without a port the scheme's own; port `*` is any. `*` alone is every host, scheme and port.
 */
function parsePattern(pattern: string): (destination: Destination) => boolean {
  if (pattern === "*") return () => true;
  const match = /^(?:(https?):\/\/)?(\[[0-9A-Fa-f:.]+\]|[^\s:/?#@[\]\\]+)(?::(\d{1,5}|\*))?\/?$/.exec(pattern);
  const [, scheme, host, port] = match ?? [];
  if (host === undefined || (port !== undefined && Number(port) > 65535)) {
    const form = 'write it as "https://api.example.com", "http://*.svc:8080" or "*"';
    throw new HttpError("bad-pattern", `Cannot use the pattern of grants.http.allowedHosts: ${pattern} (${form})`);
  }
  const hostMatches = hostMatcher(host);
  return (destination) =>
    (scheme === undefined || scheme === destination.scheme) &&
    (port === "*" || destination.port === (port === undefined ? defaultPorts[destination.scheme] : Number(port))) &&
    hostMatches(destination.host);
}

function hostMatcher(host: string): (host: string) => boolean {
  if (!host.includes("*")) {
    const wanted = parseDestination("http", host)?.host ?? host.toLowerCase();
    return (found) => found === wanted;
  }
  const parts = host
    .toLowerCase()
    .replace(/\.$/, "")
    .split("*")
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  // A wildcard is for names: it must not reach an address by matching its digits, unless it is all there is.
  const expression = new RegExp(`^${parts.join("[a-z0-9_.-]+")}$`);
  const any = host === "*";
  return (found) => any || (isIP(found) === 0 && expression.test(found));
}

/** One list for each family: a `BlockList` takes an IPv4 address for its mapped form, which `::/3` holds. */
function addressSet(ranges: readonly string[]): (address: string) => boolean {
  const lists = { 4: new BlockList(), 6: new BlockList() };
  for (const range of ranges) {
    const [address = "", bits, ...rest] = range.split("/");
    const family = isIP(address) as 0 | 4 | 6;
    const width = family === 4 ? 32 : 128;
    const prefix = bits === undefined ? width : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
    if (family === 0 || rest.length > 0 || !(prefix <= width) || address.includes("%")) {
      const form = 'write it as "10.0.0.0/8" or "fd00::/8"';
      throw new HttpError("bad-range", `Cannot use the range of grants.http.allowedCIDRs: ${range} (${form})`);
    }
    lists[family].addSubnet(address, prefix, family === 4 ? "ipv4" : "ipv6");
  }
  return (address) => (isIP(address) === 4 ? lists[4].check(address, "ipv4") : lists[6].check(address, "ipv6"));
}

/** An IPv4 address inside an IPv6 one (mapped, or through NAT64) as what is really reached; others as they are. */
function unmapped(address: string): string {
  const bare = address.replace(/%.*$/, "");
  if (isIP(bare) !== 6) return bare;
  const canonical = URL.parse(`http://[${bare}]`)?.hostname.slice(1, -1) ?? bare;
  const match = /^(?:::ffff:|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical);
  if (match === null) return canonical;
  const high = Number.parseInt(match[1]!, 16);
  const low = Number.parseInt(match[2]!, 16);
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}
