import { env } from "node:process";
import type { Json } from "../api-server/http.ts";
import { ClusterError } from "./error.ts";
import { kubeScript } from "./kube.ts";
import { type Ran, run } from "./run.ts";

/** How kubectl is called. */
export interface KubectlOptions {
  readonly namespace?: string;
  readonly input?: string;
  readonly timeoutMs?: number;
}

/** The programs of the cluster's network run there: addresses of pods and Services are not reachable from outside. */
export function inCluster(program: string, args: readonly string[]): readonly [string, readonly string[]] {
  return [kubeScript(env), ["run", program, ...args]];
}

/** What kubectl printed, and how it ended. */
export function tryKubectl(args: readonly string[], options: KubectlOptions = {}): Promise<Ran> {
  const { namespace = "default", ...rest } = options;
  return run(...inCluster("kubectl", [`--namespace=${namespace}`, ...args]), rest);
}

/** What kubectl printed; rejects with `refused` and what it said where it failed. */
export async function kubectl(args: readonly string[], options: KubectlOptions = {}): Promise<string> {
  return orRefuse(`kubectl ${args.join(" ")}`, await tryKubectl(args, options));
}

/** What helm printed; rejects with `refused` and what it said where it failed. */
export async function helm(args: readonly string[]): Promise<string> {
  return orRefuse(`helm ${args[0]}`, await run(...inCluster("helm", args)));
}

function orRefuse(what: string, { code, out, err }: Ran): string {
  if (code === 0) return out;
  throw new ClusterError("refused", `${what} ended with ${code}: ${`${err}${out}`.trim().slice(-4000)}`);
}

/** Applies objects as a user does. */
export async function apply(namespace: string, ...objects: readonly Json[]): Promise<void> {
  const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
  await kubectl(["apply", "--server-side", "-f", "-"], { namespace, input });
}

/** The object, `composition/hello` say; undefined where there is none. */
export async function get(namespace: string, name: string): Promise<Json | undefined> {
  const text = await kubectl(["get", name, "-o", "json", "--ignore-not-found"], { namespace });
  return text === "" ? undefined : JSON.parse(text);
}

/** The objects of a kind, those with these labels where some are given. */
export async function list(namespace: string, kind: string, selector = ""): Promise<readonly Json[]> {
  return JSON.parse(await kubectl(["get", kind, "-o", "json", `--selector=${selector}`], { namespace })).items;
}

/** Adds a namespace in which the Pod Security Standard `restricted` is enforced. */
export async function addNamespace(name: string): Promise<void> {
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  await apply("default", { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });
}

/** All that the pods of the labels logged, also containers that ended before the last restart. */
export async function logs(namespace: string, selector: string): Promise<string> {
  const args = ["logs", `--selector=${selector}`, "--tail=-1", "--prefix", "--max-log-requests=20"];
  const before = await tryKubectl([...args, "--previous"], { namespace });
  return `${before.out}${await kubectl(args, { namespace })}`;
}
