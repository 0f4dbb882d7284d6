import { KubeError } from "../kube/error.ts";
import type { Outcome } from "./outcome.ts";

/**
 * Does some work of a run. That the API server denies it is an outcome, for the status to tell who has to give the right;
 * all other errors are thrown on.
 */
export async function tellDenied(work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof KubeError) || error.code !== "denied") throw error;
    return { kind: "failed", reason: "Forbidden", message: error.message, cause: error };
  }
}
