import { startOperator } from "../../test/support/api-server/operator.ts";
import { startProxy } from "../../test/support/api-server/proxy.ts";
import type { ApiServer } from "../../test/support/api-server/server.ts";
import { createAll, startOrigin } from "./objects.ts";

/** Counts the TLS handshakes of an operator that comes through a proxy, and its requests. */
export async function countHandshakes(
  server: ApiServer,
  count: number,
): Promise<{ readonly handshakes: number; readonly requests: number }> {
  const namespace = await server.addNamespace("shaken");
  const [proxy, origin] = await Promise.all([startProxy(server), startOrigin({ distinct: false })]);
  const flags = [`--namespaces=${namespace}`, "--fetch-allowed-cidrs=127.0.0.0/8"];
  const operator = await startOperator(server, { name: "operator-shaken", proxy, flags });
  await createAll(server.client, { namespace, count, origin });
  await operator.idle();
  const figures = { handshakes: proxy.handshakes(), requests: proxy.requests().length };
  await operator.stop("SIGKILL");
  await Promise.all([proxy.stop(), origin.stop()]);
  return figures;
}
