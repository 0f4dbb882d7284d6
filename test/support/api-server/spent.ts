import type { AuditedRequest, AuditMark } from "./audit.ts";
import type { Operator } from "./operator.ts";
import type { ApiServer } from "./server.ts";

const notCounted: readonly string[] = ["events", "leases"];

/**
 * What an operator asked of the API server since the mark, as `VERB RESOURCE NAME`, sorted: all but lists and watches,
 * events, the Lease, and what it does once when it starts, to its own pod and its own Secret.
 */
export async function spentSince(server: ApiServer, operator: Operator, since: AuditMark): Promise<readonly string[]> {
  const requests = await server.audit.requests({ user: operator.user, since });
  return requests
    .filter(({ verb, resource, namespace }) => {
      if (verb === "list" || verb === "watch" || notCounted.includes(resource)) return false;
      return !(namespace === "tenon-system" && (resource === "pods" || resource === "secrets"));
    })
    .map(describeRequest)
    .sort();
}

/** Those of them that write. */
export function writesOf(spent: readonly string[]): readonly string[] {
  return spent.filter((each) => !each.startsWith("get "));
}

function describeRequest({ verb, resource, subresource, name }: AuditedRequest): string {
  return `${verb} ${resource}${subresource === undefined ? "" : `/${subresource}`} ${name}`;
}
