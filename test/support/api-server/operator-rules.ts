import type { PolicyRule, Rights } from "./users.ts";

const readAndWrite = ["get", "list", "watch", "create", "patch", "delete"];

/** The rights of an operator of the whole cluster. A test holds the chart's roles against the calls that are made with these. */
export function operatorRules(namespace: string): Rights {
  const cluster: readonly PolicyRule[] = [
    { apiGroups: ["tenon.dev"], resources: ["components", "compositions"], verbs: ["list", "watch"] },
    { apiGroups: ["tenon.dev"], resources: ["components/status", "compositions/status"], verbs: ["patch"] },
    { apiGroups: ["apps"], resources: ["deployments"], verbs: readAndWrite },
    { apiGroups: ["batch"], resources: ["jobs", "cronjobs"], verbs: readAndWrite },
    { apiGroups: [""], resources: ["services", "serviceaccounts", "configmaps"], verbs: readAndWrite },
    { apiGroups: [""], resources: ["secrets"], verbs: ["get", "list", "watch"] },
    { apiGroups: ["policy"], resources: ["poddisruptionbudgets"], verbs: readAndWrite },
    { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs: readAndWrite },
    { apiGroups: ["events.k8s.io"], resources: ["events"], verbs: ["create", "patch"] },
    { apiGroups: ["authentication.k8s.io"], resources: ["tokenreviews"], verbs: ["create"] },
    {
      apiGroups: ["admissionregistration.k8s.io"],
      resources: ["validatingwebhookconfigurations"],
      verbs: ["get", "patch"],
    },
  ];
  const own: readonly PolicyRule[] = [
    { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "create", "update"] },
    { apiGroups: [""], resources: ["secrets"], verbs: ["get", "create", "update"] },
    { apiGroups: [""], resources: ["pods"], verbs: ["patch"] },
  ];
  return { rules: cluster, namespaced: { [namespace]: own } };
}
