import { componentConditions, compositionConditions, reasons } from "../../api/conditions.ts";
import type { Json } from "./api-server/http.ts";
import { conditionsOf } from "./kstatus.ts";

const known: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Component: componentConditions,
  Composition: compositionConditions,
};
/** Present only while they are True. */
const abnormal: readonly string[] = ["Reconciling", "Stalled"];
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/**
 * What is wrong with the status of a Component or a Composition: nothing, where it keeps to kstatus and to the conventions of
 * the project. For every object that a test ends with: `expect(findStatusProblems(object)).toEqual([])`.
 */
export function findStatusProblems(object: Json): readonly string[] {
  const { metadata, status } = object;
  if (status === undefined) return ["there is no status"];
  const conditions = conditionsOf(object);
  return [
    ...(status.observedGeneration === undefined ? ["status has no observedGeneration"] : []),
    ...(status.observedGeneration > metadata.generation ? ["status.observedGeneration is of the future"] : []),
    ...conditions.flatMap((condition) => problemsOf(condition, object)),
    ...(new Set(conditions.map(({ type }) => type)).size < conditions.length ? ["a condition is there twice"] : []),
    ...contradictions(object),
  ];
}

function problemsOf({ type, status, reason, message, ...times }: Json, { kind, metadata }: Json): string[] {
  const { observedGeneration, lastTransitionTime } = times;
  const problems: string[] = [];
  if (!Object.hasOwn(known[kind] ?? {}, type)) problems.push(`${type} is no condition of a ${kind}`);
  if (!["True", "False", "Unknown"].includes(status)) problems.push(`${type} has no status: ${status}`);
  if (abnormal.includes(type) && status !== "True") problems.push(`${type} is there and not True: ${status}`);
  if (!Object.hasOwn(reasons, reason ?? "")) problems.push(`${type} has an undocumented reason: ${reason}`);
  if (typeof message !== "string" || message === "") problems.push(`${type} has no message`);
  if (typeof message === "string" && message.endsWith(".")) problems.push(`${type} ends its message with a period`);
  if (!time.test(lastTransitionTime)) problems.push(`${type} has no time of its transition: ${lastTransitionTime}`);
  if (observedGeneration === undefined) problems.push(`${type} has no observedGeneration`);
  else if (observedGeneration > metadata.generation) problems.push(`${type} is of a generation of the future`);
  return problems;
}

/** `Ready` is there, and all that reads it comes to the same end as all that reads kstatus. */
function contradictions(object: Json): string[] {
  const conditions = conditionsOf(object);
  const find = (type: string) => conditions.find((one) => one.type === type);
  const [ready, reconciling, stalled] = ["Ready", ...abnormal].map(find);
  if (ready === undefined) return ["there is no condition Ready"];
  const problems: string[] = [];
  if (reconciling !== undefined && stalled !== undefined) problems.push("both Reconciling and Stalled are there");
  // `kubectl wait --for=condition=Ready` must not end before those that read kstatus.
  for (const { type } of ready.status === "True" ? [reconciling, stalled].filter((one) => one !== undefined) : [])
    problems.push(`Ready is True and ${type} is there`);
  if (ready.status !== "True" && reconciling === undefined && stalled === undefined && object.spec?.suspend !== true)
    problems.push("Ready is not True, and neither Reconciling nor Stalled says whether it will be");
  return problems;
}
