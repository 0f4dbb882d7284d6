import { group, labelPattern } from "../../api/names.ts";
import { joinPath } from "../../api/path.ts";
import type { TemplateSpec } from "../../api/template.ts";
import type { SpecProblem } from "./desired.ts";

type StringMap = Readonly<Record<string, string>>;

const name = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const prefix = new RegExp(`${labelPattern.slice(0, -1)}(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`);
const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

const ownLabels = new Set(["component", "instance", "managed-by", "name", "part-of"].map(inAppDomain));

/** Domains whose labels and annotations change what runs in a pod, or with which rights: sidecars, profiles, cloud roles, networks. */
const acting = [
  "kubernetes.io",
  "k8s.io",
  "cncf.io",
  "istio.io",
  "linkerd.io",
  "amazonaws.com",
  "hashicorp.com",
  "openshift.io",
];

/** Keys of these domains that only describe, or that choose among what the cluster's owner has set up. */
const harmless = [
  /^app\.kubernetes\.io\//,
  /^topology\.kubernetes\.io\//,
  /^cluster-autoscaler\.kubernetes\.io\//,
  /^kubectl\.kubernetes\.io\//,
  /^(sidecar\.istio\.io|linkerd\.io)\/inject$/,
];

/** Labels and annotations that an author adds to the pods. What would override ours, or lend rights, is a problem at its key. */
export function makeTemplateMetadata(
  metadata: TemplateSpec["metadata"],
  problems: SpecProblem[],
): { readonly labels: StringMap; readonly annotations: StringMap } {
  const field = "spec.template.metadata";
  const labels = checked(metadata?.labels, { field: `${field}.labels`, problems });
  for (const [key, value] of Object.entries(labels)) {
    if (labelValue.test(value)) continue;
    problems.push({
      field: joinPath(`${field}.labels`, key),
      message: `Must be a label's value: ${JSON.stringify(value.slice(0, 64))}`,
      hint: "Write at most 63 letters, digits, -, _ and ., with a letter or digit at both ends",
    });
  }
  return { labels, annotations: checked(metadata?.annotations, { field: `${field}.annotations`, problems }) };
}

/** Annotations that an author adds to the Service. */
export function makeServiceAnnotations(annotations: StringMap | undefined, problems: SpecProblem[]): StringMap {
  const field = "spec.service.annotations";
  for (const key of Object.keys(annotations ?? {})) {
    const problem = isOurs(key) ? `Must not be a key of the operator's own: ${key}` : malformed(key);
    if (problem !== undefined)
      problems.push({ field: joinPath(field, key), message: problem, hint: "Use another key" });
  }
  return annotations ?? {};
}

function checked(
  map: StringMap = {},
  { field, problems }: { readonly field: string; readonly problems: SpecProblem[] },
): StringMap {
  for (const key of Object.keys(map)) {
    const message = refusal(key);
    if (message !== undefined) {
      problems.push({ field: joinPath(field, key), message, hint: "Remove it, or use a key of a domain of your own" });
    }
  }
  return map;
}

function refusal(key: string): string | undefined {
  if (isOurs(key)) return `Must not be a key of the operator's own: ${key}`;
  const domain = domainOf(key);
  const owner = acting.find((one) => domain === one || domain.endsWith(`.${one}`));
  if (owner !== undefined && !harmless.some((pattern) => pattern.test(key)))
    return `Must not be a key of ${owner}, these change what runs in a pod or its rights: ${key}`;
  return malformed(key);
}

function isOurs(key: string): boolean {
  const domain = domainOf(key);
  return ownLabels.has(key) || domain === group || domain.endsWith(`.${group}`);
}

function malformed(key: string): string | undefined {
  const domain = domainOf(key);
  const hasDomain = key.includes("/");
  const fits =
    name.test(key.slice(hasDomain ? domain.length + 1 : 0)) &&
    (!hasDomain || (domain.length <= 253 && prefix.test(domain)));
  return fits ? undefined : `Must be a key of Kubernetes, NAME or DOMAIN/NAME: ${JSON.stringify(key.slice(0, 64))}`;
}

/** The part before the slash; empty where there is none. */
function domainOf(key: string): string {
  return key.slice(0, Math.max(key.indexOf("/"), 0));
}

function inAppDomain(one: string): string {
  return `app.kubernetes.io/${one}`;
}
