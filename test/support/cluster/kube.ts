import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { getuid } from "node:process";

type Environment = Readonly<Record<string, string | undefined>>;

const root = resolve(import.meta.dirname, "../../..");

/** The script that makes a cluster of one node on this machine: `TENON_KUBE`, else the one beside the repository. */
export function kubeScript(env: Environment): string {
  return env["TENON_KUBE"] || resolve(root, "../shared/kube/kube");
}

/** True where the tests may use a cluster that runs already, and leave it running: `TENON_E2E_KEEP=1`. */
export function keepsCluster(env: Environment): boolean {
  return env["TENON_E2E_KEEP"] === "1";
}

/** True while a cluster of the script is up, whoever started it: there is one a machine. */
export function isUp(): boolean {
  return existsSync("/run/netns/tenon-kube");
}

/** What is missing for a cluster on this machine, with what to do; undefined where nothing is. */
export function missingCluster(env: Environment): string | undefined {
  const script = kubeScript(env);
  if (!existsSync(script)) return "no cluster: set TENON_KUBE to the path of the script kube, then npm run test:e2e";
  if (getuid?.() !== 0 || spawnSync("unshare", ["--net", "true"]).status !== 0)
    return "no cluster: it needs root and the right to make network namespaces, then npm run test:e2e";
  if (isUp() && !keepsCluster(env))
    return `a cluster is up already: end it with ${script} down, or use it with TENON_E2E_KEEP=1 npm run test:e2e`;
  return undefined;
}
