import type { IncomingMessage } from "node:http";
import { parseAddress } from "../connections.ts";

/** Says why a request may come from a web page of somebody else, or undefined where it does not. */
export type ForeignCheck = (request: IncomingMessage) => string | undefined;

/**
 * Guards what a server does for whoever can reach it, against pages in the browsers of those who can. A server that listens
 * on a loopback address is asked by a loopback name or by that address: a page reaches it by a name of its own (DNS
 * rebinding). On any address, a request with an `Origin` must be for that origin. Ports of names are not compared: a tunnel
 * has its own.
 */
export function makeForeignCheck(listen: string): ForeignCheck {
  const { host } = parseAddress(listen);
  const own = host.includes(":") ? `[${host}]` : host.toLowerCase();
  const local = isLoopback(own);
  return ({ headers }) => {
    const asked = headers.host === undefined ? undefined : hostOf(`http://${headers.host}`);
    if (local && asked !== undefined && asked.hostname !== own && !isLoopback(asked.hostname)) {
      return `the header host must be localhost or ${own}: ${JSON.stringify(headers.host!.slice(0, 200))}`;
    }
    const { origin } = headers;
    if (origin === undefined || (asked !== undefined && asked.host !== "" && hostOf(origin).host === asked.host))
      return undefined;
    return `the header origin is of another site: ${JSON.stringify(origin.slice(0, 200))}`;
  };
}

function isLoopback(hostname: string): boolean {
  return hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname) || /^([\w-]+\.)*localhost$/.test(hostname);
}

/** `hostname` is lower case, and "" for what is no address: it equals no name that is trusted. */
function hostOf(url: string): { readonly host: string; readonly hostname: string } {
  return URL.parse(url) ?? { host: "", hostname: "" };
}
