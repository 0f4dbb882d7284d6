import { KubeError } from "./error.ts";
import type { Resource } from "./object.ts";

/** What a path addresses beside the kind. */
export interface Target {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: "status";
}

/** `/apis/apps/v1/namespaces/NS/deployments/NAME/status`. Throws `invalid` for a name that would change the path. */
export function pathOf(resource: Resource, { namespace, name, subresource }: Target): string {
  const { apiVersion, plural, namespaced } = resource;
  const parts = [apiVersion.includes("/") ? "apis" : "api", ...apiVersion.split("/")];
  if (namespaced && namespace !== undefined) parts.push("namespaces", segment(namespace, "namespace"));
  parts.push(plural);
  if (name !== undefined) parts.push(segment(name, "name"));
  if (subresource !== undefined) parts.push(subresource);
  return `/${parts.map(encodeURIComponent).join("/")}`;
}

/** `?a=1&b=true`, without the values that are undefined; empty where nothing is left. */
export function queryOf(values: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) if (value !== undefined) query.set(key, String(value));
  return query.size === 0 ? "" : `?${query}`;
}

// Percent-encoding leaves dots alone, and servers and proxies between resolve "..", so encoding alone is not enough.
function segment(text: string, what: "name" | "namespace"): string {
  if (typeof text !== "string" || text === "" || text === "." || text === ".." || /[/%]/.test(text))
    throw new KubeError("invalid", `Cannot address an object by its ${what}: ${JSON.stringify(text)}`);
  return text;
}
