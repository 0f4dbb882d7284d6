{{/* The flags of the operator. The pod's name and namespace are variables. */}}
{{- define "tenon.args" -}}
- --lease-name={{ include "tenon.name" . }}
- --lease-duration={{ .Values.leaderElection.leaseDuration }}
- --lease-renew-deadline={{ .Values.leaderElection.renewDeadline }}
- --lease-retry-period={{ .Values.leaderElection.retryPeriod }}
- --listen=:8080
- --secure-listen=:8443
- --service={{ include "tenon.name" . }}:{{ .Values.service.port }}
- --tls-secret={{ include "tenon.name" . }}-tls
{{- if .Values.webhook.enabled }}
- --webhook={{ include "tenon.clusterName" . }}
{{- end }}
- --data-folder=/var/lib/tenon
- --data-size={{ .Values.data.size }}
- --concurrency={{ .Values.concurrency }}
- --composer-workers={{ .Values.composer.workers }}
- --composer-memory={{ .Values.composer.memory }}
- --composer-deadline={{ .Values.composer.deadline }}
- --fetch-size={{ .Values.fetch.size }}
- --fetch-timeout={{ .Values.fetch.timeout }}
{{- with .Values.fetch.allowedCIDRs }}
- --fetch-allowed-cidrs={{ join "," . }}
{{- end }}
- --runner-image={{ include "tenon.image" (list .Values.runner.image .) }}
- --runner-image-pull-policy={{ .Values.runner.image.pullPolicy }}
{{- with .Values.runner.imagePullSecrets }}
- --runner-image-pull-secrets={{ join "," . }}
{{- end }}
{{- with .Values.runner.serviceAccounts }}
- --runner-service-accounts={{ join "," . }}
{{- end }}
{{- /* Always given: an empty one is none, and not the operator's default. */}}
- --runner-requests={{ include "tenon.amounts" .Values.runner.resources.requests }}
- --runner-limits={{ include "tenon.amounts" .Values.runner.resources.limits }}
- --runner-roll-on-upgrade={{ .Values.runner.rollOnUpgrade }}
{{- with .Values.watchNamespaces }}
- --namespaces={{ join "," . }}
{{- end }}
- --log-level={{ .Values.logLevel }}
- --shutdown-timeout={{ .Values.shutdownSeconds }}s
{{- end -}}

{{/* cpu=100m,memory=128Mi */}}
{{- define "tenon.amounts" -}}
{{- $amounts := list -}}
{{- range $name, $amount := . -}}
{{- $amounts = append $amounts (printf "%s=%v" $name $amount) -}}
{{- end -}}
{{- join "," $amounts -}}
{{- end -}}
