import { env, stderr } from "node:process";
import { ClusterError } from "./error.ts";
import { mustRun, provideImages } from "./images.ts";
import { kubeScript, missingCluster } from "./kube.ts";
import tearDown from "./teardown.ts";

/**
 * Starts the cluster, builds the images and loads them; jest calls it before the first test of the tier. Where it fails it
 * leaves no cluster behind.
 */
export default async function setUp(): Promise<void> {
  const missing = missingCluster(env);
  if (missing !== undefined) throw new ClusterError("missing", `Cannot start a cluster: ${missing}`);
  const kube = kubeScript(env);
  try {
    await timed("a cluster of one node", () => mustRun(kube, ["up"]));
    await timed("images of operator and runner, built and loaded", () => provideImages(kube));
  } catch (error) {
    await tearDown();
    throw error;
  }
}

async function timed(what: string, work: () => Promise<unknown>): Promise<void> {
  const started = performance.now();
  await work();
  stderr.write(`${what}: ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
}
