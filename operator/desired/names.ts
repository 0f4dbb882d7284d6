import { childName } from "../../api/names.ts";
import type { Desired } from "./desired.ts";
import { hashOf } from "./hash.ts";

/** A CronJob's name gets eleven characters more for each of its Jobs. */
const maxCronJobName = 52;

/** The name of what runs the pods. A Job runs once and cannot be changed, so each revision has one of its own. */
export function workloadName(composition: string, kind: Desired["kind"], revision: string): string {
  switch (kind) {
    case "Deployment":
      return composition;
    case "Job":
      return childName(composition, revision);
    case "CronJob":
      return cronJobName(composition);
  }
}

function cronJobName(composition: string): string {
  if (composition.length <= maxCronJobName) return composition;
  return `${composition.slice(0, maxCronJobName - 11).replace(/-+$/, "")}-${hashOf(composition, 10)}`;
}

/**
 * The name of the ServiceAccount. It has nothing in it that would conflict with a foreign one of the same name, which
 * server-side apply would then take over: with a part of the composition's uid, nobody else has one of this name.
 */
export function serviceAccountName(composition: string, uid: string): string {
  return childName(composition, `runner-${hashOf(uid, 6)}`);
}

/** The name of the NetworkPolicy and of the PodDisruptionBudget. */
export function runnerName(composition: string): string {
  return childName(composition, "runner");
}

/** The name of a revision's ConfigMap: the pods of an older one keep their own. */
export function configMapName(composition: string, revision: string): string {
  return childName(composition, revision);
}
