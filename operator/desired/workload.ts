import type { Composition } from "../../api/composition.ts";
import type { Wiring } from "../../wiring/spec.ts";
import type { Desired, SpecProblem } from "./desired.ts";

/** What kind of workload a composition is. */
export interface WorkloadPlan {
  readonly kind: Desired["kind"];
  /** It answers on its port for requests, and has a Service. */
  readonly served: boolean;
}

const command = /^wasi:cli\/run@0\.2\.\d+$/;
const handler = /^wasi:http\/incoming-handler@0\.2\.\d+$/;

/**
 * Decides what runs the pods. `schedule`: a CronJob. What exports `wasi:cli/run` and is not served: a Job. All else: a
 * Deployment. Served is what exports `wasi:http/incoming-handler`, and what `service.call` asks for.
 */
export function planWorkload({ spec }: Composition, wiring: Wiring, problems: SpecProblem[]): WorkloadPlan {
  const runs = wiring.exports.some(({ name }) => command.test(name));
  const served = spec.service?.call === true || wiring.exports.some(({ name }) => handler.test(name));
  if ((spec.triggers ?? []).length > 0) {
    const message = "Cannot serve triggers, this version runs none";
    problems.push({ field: "spec.triggers", message, hint: "Remove triggers, and call the exports through HTTP" });
  }
  if (spec.schedule !== undefined) {
    if (!runs) {
      const message = "Cannot run the composition on a schedule: it exports no wasi:cli/run";
      problems.push({ field: "spec.schedule", message, hint: "Export one in spec.exports, or remove schedule" });
    }
    return { kind: "CronJob", served: false };
  }
  if (spec.service !== undefined && !served) {
    const message = "Cannot serve the composition: it exports no wasi:http/incoming-handler, and service.call is false";
    problems.push({
      field: "spec.service",
      message,
      hint: "Export one in spec.exports, set call: true, or remove service",
    });
  }
  return { kind: runs && !served ? "Job" : "Deployment", served };
}
