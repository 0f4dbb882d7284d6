{{/* What the operator does in the namespaces that it watches, and nothing else. */}}
{{- define "tenon.namespaceRules" -}}
- apiGroups: [tenon.dev]
  resources: [components, compositions]
  verbs: [list, watch]
- apiGroups: [tenon.dev]
  resources: [components/status, compositions/status]
  verbs: [patch]
# What Compositions own. A server-side apply of a new object needs create beside patch.
- apiGroups: [apps]
  resources: [deployments]
  verbs: [list, watch, create, patch, delete]
- apiGroups: [batch]
  resources: [jobs, cronjobs]
  verbs: [list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [services, serviceaccounts]
  verbs: [list, watch, create, patch, delete]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [list, watch, create, patch, delete]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, list, watch, create, patch, delete]
# Only metadata is listed and watched; get reads those that a Composition names.
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, list, watch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end -}}

{{/* What is not in a namespace. */}}
{{- define "tenon.clusterRules" -}}
# Whose pod asks for an artifact.
- apiGroups: [authentication.k8s.io]
  resources: [tokenreviews]
  verbs: [create]
{{- if .Values.webhook.enabled }}
# The CA bundle of our own webhook.
- apiGroups: [admissionregistration.k8s.io]
  resources: [validatingwebhookconfigurations]
  resourceNames: [{{ include "tenon.clusterName" . }}]
  verbs: [get, patch]
{{- end }}
{{- end -}}

{{/* What it does where it runs itself. A right to create cannot be bound to a name. */}}
{{- define "tenon.ownRules" -}}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [{{ include "tenon.name" . }}]
  verbs: [get, update]
- apiGroups: [""]
  resources: [secrets]
  verbs: [create]
- apiGroups: [""]
  resources: [secrets]
  resourceNames: [{{ include "tenon.name" . }}-tls]
  verbs: [get, update]
# The label of the leader, which the Service selects, on its own pod. The names of a Deployment's pods are not known before,
# so that this cannot be narrowed to them.
- apiGroups: [""]
  resources: [pods]
  verbs: [patch]
{{- end -}}
