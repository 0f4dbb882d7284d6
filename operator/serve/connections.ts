import type { Server, ServerResponse } from "node:http";
import type { Server as SecureServer } from "node:https";
import type { Socket } from "node:net";

/** Closes connections of an address that has more than `most`: one pod does not keep all others out. */
export function boundPerAddress(server: Server | SecureServer, most: number): void {
  const counts = new Map<string, number>();
  server.on("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? "";
    const count = (counts.get(address) ?? 0) + 1;
    counts.set(address, count);
    socket.once("close", () => {
      const left = counts.get(address)! - 1;
      if (left === 0) counts.delete(address);
      else counts.set(address, left);
    });
    if (count > most) socket.destroy();
  });
}

/**
 * Gives the function that ends a server: it accepts nothing new, answers what is in flight, and after `graceMs` cuts the
 * rest. To be called before the first request.
 */
export function makeDrain(server: Server | SecureServer): (graceMs: number) => Promise<void> {
  let draining = false;
  const active = new Set<ServerResponse>();
  server.prependListener("request", (_, response: ServerResponse) => {
    active.add(response);
    response.shouldKeepAlive &&= !draining;
    response.once("close", () => active.delete(response));
  });
  return async (graceMs) => {
    draining = true;
    for (const response of active) response.shouldKeepAlive = false;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    await closed;
    clearTimeout(cut);
  };
}
