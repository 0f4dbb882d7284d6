import { compositionLabel } from "../../api/names.ts";
import { applied } from "./applied.ts";
import { makeConfigMap } from "./config-map.ts";
import { makeDeployment } from "./deployment.ts";
import type { Desired, DesiredInputs, SpecProblem } from "./desired.ts";
import { ReachPlan } from "./egress.ts";
import { hashOf } from "./hash.ts";
import { makeCronJob, makeJob } from "./job.ts";
import { configMapName } from "./names.ts";
import { makeNetworkPolicy } from "./network-policy.ts";
import { makePodDisruptionBudget } from "./pdb.ts";
import { finishPodTemplate, makePodTemplate } from "./pod.ts";
import { makeRunnerDocument } from "./runner-config.ts";
import { makeService, serviceUrl } from "./service.ts";
import { chooseServiceAccount, makeServiceAccount } from "./service-account.ts";
import { Values } from "./values.ts";
import { Volumes } from "./volumes.ts";
import { planWorkload } from "./workload.ts";

const revisionLength = 10;

const makers = { Deployment: makeDeployment, Job: makeJob, CronJob: makeCronJob } as const;

/** The objects that a composition should be, or everything in its spec that keeps it from being any, in the order of the spec's parts. */
export function makeDesired(inputs: DesiredInputs): Desired | { readonly problems: readonly SpecProblem[] } {
  const { composition, artifact, wiring } = inputs;
  const { metadata, spec } = composition;
  const problems: SpecProblem[] = [];
  const volumes = new Volumes(spec.template?.spec?.volumes ?? [], problems);
  const values = new Values(problems);
  const plan = planWorkload(composition, wiring, problems);
  const document = makeRunnerDocument(inputs, { volumes, values, problems });
  const reach = new ReachPlan(metadata.namespace ?? "", problems);
  for (const [index, { grants = {} }] of spec.instances.entries()) reach.add(grants, `spec.instances[${index}].grants`);
  const account = chooseServiceAccount(inputs, problems);
  const pod = makePodTemplate(inputs, { plan, serviceAccount: account.name, volumes, values, problems });
  // A Job that ran does not run again because the operator's own settings changed.
  const author = plan.kind === "Job" ? (spec.template ?? null) : pod;
  const revision = hashOf([artifact.digest, document, author, inputs.inputs], revisionLength);
  const image = chooseImage(inputs, { kind: plan.kind, revision });
  const configMap = configMapName(metadata.name, revision);
  const template = finishPodTemplate(pod, { revision, image, configMap });
  const budget = plan.kind === "Deployment" ? makePodDisruptionBudget(inputs) : undefined;
  const objects = [
    ...(account.own ? [makeServiceAccount(inputs)] : []),
    makeConfigMap(inputs, document, { revision, problems }),
    makeNetworkPolicy(inputs, { served: plan.served, reach }),
    ...(plan.served ? [makeService(inputs, problems)] : []),
    ...(budget === undefined ? [] : [budget]),
    makers[plan.kind](inputs, { revision, image, template }),
  ];
  if (problems.length > 0) return { problems };
  return {
    kind: plan.kind,
    objects: objects.map(applied),
    revision,
    url: plan.served ? serviceUrl(inputs) : undefined,
    selector: `${compositionLabel}=${metadata.name}`,
  };
}

/** What runs keeps its image while its revision stays, unless upgrades roll; a Job cannot have another one at all. */
function chooseImage(
  { running, settings }: DesiredInputs,
  { kind, revision }: { readonly kind: Desired["kind"]; readonly revision: string },
): string {
  const same = running.find((one) => one.revision === revision);
  const keeps = same !== undefined && (kind === "Job" || !settings.rollOnUpgrade);
  return keeps ? same.image : settings.image;
}
