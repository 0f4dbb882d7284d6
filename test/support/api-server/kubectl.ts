import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { findAssets } from "./assets.ts";
import { ApiServerError } from "./error.ts";
import type { ApiServer } from "./server.ts";

/** What a kubectl command printed, and how it ended. */
export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** True where there is a kubectl: tests that show what users see need it. */
export function hasKubectl(): boolean {
  return findAssets(process.env)?.kubectl !== undefined;
}

/** Runs kubectl as the admin, in this namespace, with `input` on its stdin. */
export async function kubectl(
  server: ApiServer,
  args: readonly string[],
  options: { readonly namespace?: string; readonly input?: string; readonly kubeconfig?: string } = {},
): Promise<Ran> {
  const program = server.assets.kubectl;
  if (program === undefined) throw new ApiServerError("missing", "Cannot run kubectl: it is not in PATH");
  const { namespace = "default", input = "", kubeconfig = server.admin.kubeconfig } = options;
  const child = spawn(program, [`--kubeconfig=${kubeconfig}`, `--namespace=${namespace}`, ...args], {
    // Its cache of discovery and of OpenAPI belongs to this server alone.
    env: { ...process.env, KUBECACHEDIR: join(server.folder, "kubectl-cache") },
    timeout: 60_000,
  });
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, out, err };
}
