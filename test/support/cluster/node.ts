import { readdir, readFile } from "node:fs/promises";
import type { Json } from "../api-server/http.ts";
import { waitFor } from "../api-server/wait.ts";
import { get } from "./cluster.ts";
import { ClusterError } from "./error.ts";

/** The processes of a pod's containers that run this program, by their ids on the node, which is this machine. */
export async function processesOf(pod: Json, program: string): Promise<readonly number[]> {
  const uid: string = pod.metadata.uid;
  const found = await Promise.all((await readdir("/proc")).map((entry) => holds(entry, { uid, program })));
  return found.filter((pid) => pid !== undefined);
}

async function holds(
  entry: string,
  { uid, program }: { readonly uid: string; readonly program: string },
): Promise<number | undefined> {
  if (!/^\d+$/.test(entry)) return undefined;
  try {
    const cgroup = await readFile(`/proc/${entry}/cgroup`, "utf8");
    if (!cgroup.includes(uid) && !cgroup.includes(uid.replaceAll("-", "_"))) return undefined;
    const command = await readFile(`/proc/${entry}/cmdline`, "utf8");
    return command.split("\0").includes(program) ? Number(entry) : undefined;
  } catch {
    // It ended meanwhile.
    return undefined;
  }
}

/** Kills the one process of the pod that runs this program with SIGKILL, and waits until its container started again. */
export async function killContainer(pod: Json, program: string): Promise<void> {
  const pids = await processesOf(pod, program);
  const [pid] = pids;
  if (pid === undefined || pids.length > 1)
    throw new ClusterError("missing", `Cannot kill ${program} of ${pod.metadata.name}, it has ${pids.length} of them`);
  process.kill(pid, "SIGKILL");
  const { namespace, name } = pod.metadata;
  const restarts = pod.status.containerStatuses[0].restartCount;
  await waitFor(
    `the container of ${name} to start again`,
    async () => {
      const [status] = (await get(namespace, `pod/${name}`))?.status.containerStatuses ?? [];
      return status?.restartCount > restarts && status.state.running !== undefined;
    },
    { timeoutMs: 60_000, everyMs: 200 },
  );
}

/** What the images start. */
export const programs = {
  operator: "/opt/tenon/operator/main.js",
  runner: "/opt/tenon/runner/main.js",
} as const;
