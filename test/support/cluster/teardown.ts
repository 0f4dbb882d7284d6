import { env } from "node:process";
import { mustRun } from "./images.ts";
import { keepsCluster, kubeScript } from "./kube.ts";

/** Ends the cluster that `setup.ts` started; jest calls it after the last test of the tier. */
export default async function tearDown(): Promise<void> {
  if (!keepsCluster(env)) await mustRun(kubeScript(env), ["down"]);
}
