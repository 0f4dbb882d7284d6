import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { env, stderr } from "node:process";
import { promisify } from "node:util";
import { parseAllDocuments } from "yaml";
import type { Json } from "../api-server/http.ts";
import type { PolicyRule } from "../api-server/users.ts";
import { HelmError } from "./error.ts";
import { provideHelm } from "./helm.ts";

/** The chart in the tree. */
export const chartFolder = resolve(import.meta.dirname, "../../../charts/tenon");

/** How a test renders the chart. */
export interface RenderOptions {
  /** `tenon` where it is not given. */
  readonly release?: string;
  /** `tenon-system` where it is not given. */
  readonly namespace?: string;
  readonly values?: object;
  /** Files of values, before `values`. */
  readonly files?: readonly string[];
}

const run = promisify(execFile);
/** That of the tests' API server: what helm takes itself for without a cluster depends on how it was built. */
const kubernetes = "1.34.4";

let helm: Promise<string> | undefined;

/** Runs helm; gives what it printed. Rejects with `refused` and what it said where it ends with an error. */
export async function runHelm(
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  helm ??= provideHelm(env, (line) => stderr.write(`${line}\n`));
  const path = await helm;
  try {
    const { stdout } = await run(path, [...args], { env: { ...env, ...options.env }, maxBuffer: 2 ** 26 });
    return stdout;
  } catch (error) {
    const { stderr, stdout, message } = error as { stderr?: string; stdout?: string; message: string };
    throw new HelmError("refused", `${stderr ?? ""}${stdout ?? ""}`.trim() || message);
  }
}

/** What `helm template` prints. */
export function renderText({ release = "tenon", ...options }: RenderOptions = {}): Promise<string> {
  return runHelm(["template", release, chartFolder, "--kube-version", kubernetes, ...argumentsOf(options)]);
}

/** The objects that the chart makes of these values. */
export async function renderChart(options: RenderOptions = {}): Promise<readonly Json[]> {
  return parseObjects(await renderText(options));
}

/** What `helm lint --strict` says; rejects with it where it finds something. */
export function lintChart(options: RenderOptions = {}): Promise<string> {
  return runHelm(["lint", "--strict", chartFolder, "--kube-version", kubernetes, ...argumentsOf(options)]);
}

/** The arguments of helm for these values. */
export function argumentsOf({ namespace = "tenon-system", values = {}, files = [] }: RenderOptions): readonly string[] {
  const set = Object.entries(values).map(([name, value]) => ["--set-json", `${name}=${JSON.stringify(value)}`]);
  return ["--namespace", namespace, ...files.flatMap((file) => ["--values", file]), ...set.flat()];
}

/** The objects of a text of several documents. */
export function parseObjects(text: string): readonly Json[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS())
    .filter((object) => object !== null);
}

/** The rights that the chart gives to the operator: the same shape as those of a test user (`Rights`). */
export interface ChartRules {
  readonly rules: readonly PolicyRule[];
  readonly namespaced: Readonly<Record<string, readonly PolicyRule[]>>;
}

/** The rights of the chart's ServiceAccount: all rules of the roles that are bound to it. */
export async function chartRules(options: RenderOptions = {}): Promise<ChartRules> {
  const objects = await renderChart(options);
  const account = objects.find(({ kind }) => kind === "Deployment").spec.template.spec.serviceAccountName;
  const namespaced: Record<string, PolicyRule[]> = {};
  const rules: PolicyRule[] = [];
  for (const { kind, metadata, roleRef, subjects } of objects) {
    if (!["ClusterRoleBinding", "RoleBinding"].includes(kind)) continue;
    if (!subjects.some(({ name }: Json) => name === account)) continue;
    const role = objects.find(
      (one) =>
        one.kind === roleRef.kind &&
        one.metadata.name === roleRef.name &&
        one.metadata.namespace === metadata.namespace,
    );
    if (kind === "ClusterRoleBinding") rules.push(...role.rules);
    else namespaced[metadata.namespace] = [...(namespaced[metadata.namespace] ?? []), ...role.rules];
  }
  return { rules, namespaced };
}
