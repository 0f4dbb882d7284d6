{{- define "tenon.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name -}}
{{- end -}}
{{- end -}}

{{/* Of the Deployment, the Service, the Lease and most others: at most 63 characters, with room for what is added. */}}
{{- define "tenon.name" -}}
{{- printf "%s-operator" (include "tenon.fullname" . | trunc 40 | trimSuffix "-") -}}
{{- end -}}

{{/* Of objects of the cluster: releases in several namespaces may have the same name. */}}
{{- define "tenon.clusterName" -}}
{{- printf "%s.%s" (include "tenon.name" .) .Release.Namespace -}}
{{- end -}}

{{- define "tenon.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "tenon.name" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- required "Set serviceAccount.name, or let the chart create one with serviceAccount.create" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "tenon.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end -}}

{{- define "tenon.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name (.Chart.Version | replace "+" "_") }}
{{ include "tenon.selectorLabels" . }}
app.kubernetes.io/part-of: tenon
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Metadata after the name: labels and annotations. Takes a list: the root, more labels, more annotations. */}}
{{- define "tenon.metadata" -}}
{{- $root := index . 0 -}}
labels:
  {{- include "tenon.labels" $root | nindent 2 }}
  {{- with index . 1 }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with merge (dict) (index . 2) $root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* An image of a values block: the digest, else the tag, else the chart's appVersion. Takes a list: the block, the root. */}}
{{- define "tenon.image" -}}
{{- $image := index . 0 -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $image.repository (default (index . 1).Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end -}}
