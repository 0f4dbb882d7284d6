/** Who refuses pods, by what the API server says; the first that fits. */
const known: readonly (readonly [RegExp, string])[] = [
  [/exceeded quota|must specify .* for/i, "a quota of the namespace does not allow them"],
  [/violates PodSecurity/i, "the namespace's Pod Security level does not allow them"],
  [/maximum .* usage per|minimum .* usage per/i, "a LimitRange of the namespace does not allow them"],
  [/serviceaccount .* not found/i, "their ServiceAccount is not there"],
  [/no PriorityClass with name/i, "their PriorityClass is not there"],
  [/admission webhook|failed calling webhook/i, "an admission webhook refuses them"],
];

/** Why no pods can be made, in words. The name of the pod that was tried is left out: it is another one every time. */
export function explainRefusal(text: string): string {
  const message = text
    .replace(/^pods? "[^"]*" is forbidden: /, "")
    .replace(/^error looking up service account \S+: /, "");
  const why = known.find(([pattern]) => pattern.test(text))?.[1] ?? "the API server refuses them";
  return `Cannot create pods, ${why}: ${message}`;
}
