{{/* Whole bytes of a quantity such as 256Mi. */}}
{{- define "tenon.bytes" -}}
{{- $factors := dict "" 1 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- $factor := get $factors (regexFind "[A-Za-z]*$" .) | required (printf "Cannot use this as a size, write it as 256Mi: %s" .) -}}
{{- mulf (regexFind "^[0-9.]+" . | float64) $factor | int64 -}}
{{- end -}}

{{/* Whole milliseconds of a duration such as 1m30s. */}}
{{- define "tenon.milliseconds" -}}
{{- $factors := dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 -}}
{{- $sum := 0.0 -}}
{{- range regexFindAll "[0-9.]+[a-z]+" . -1 -}}
{{- $sum = addf $sum (mulf (regexFind "^[0-9.]+" . | float64) (get $factors (regexFind "[a-z]+$" .))) -}}
{{- end -}}
{{- $sum | int64 -}}
{{- end -}}

{{/* Of the volume: a quarter more than what the operator keeps, as it writes what is new before it removes what is old. */}}
{{- define "tenon.volumeSize" -}}
{{- printf "%dMi" (add1 (div (div (mul (include "tenon.bytes" .Values.data.size | int64) 5) 4) 1048576)) -}}
{{- end -}}

{{/* Ends with what is wrong where values do not fit together; says nothing else. */}}
{{- define "tenon.check" -}}
{{- with .Values.resources.limits.memory -}}
{{- $composer := mul $.Values.composer.workers (include "tenon.bytes" $.Values.composer.memory | int64) -}}
{{- $needed := add 262144000 $composer -}}
{{- if lt (include "tenon.bytes" . | int64) $needed -}}
{{- fail (printf "Raise resources.limits.memory to %dMi at least, or lower composer.workers or composer.memory: the operator needs 250Mi, and each worker what it may use: %s" (div (add $needed 1048575) 1048576) .) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.data.persistence.enabled (gt (int .Values.replicas) 1) -}}
{{- fail (printf "Set replicas to 1, or data.persistence.enabled to false: one claim is one replica's. A replica that takes over composes again: %d" (int .Values.replicas)) -}}
{{- end -}}
{{- with .Values.leaderElection -}}
{{- $lease := include "tenon.milliseconds" .leaseDuration | int64 -}}
{{- $renew := include "tenon.milliseconds" .renewDeadline | int64 -}}
{{- $retry := include "tenon.milliseconds" .retryPeriod | int64 -}}
{{- if le $lease $renew -}}
{{- fail (printf "Raise leaderElection.leaseDuration above leaderElection.renewDeadline (%s), or lower that: a leader must give up before another takes over: %s" .renewDeadline .leaseDuration) -}}
{{- end -}}
{{- if le (mul $renew 5) (mul $retry 6) -}}
{{- fail (printf "Raise leaderElection.renewDeadline above 1.2 times leaderElection.retryPeriod (%s), or lower that: a leader must get to renew more than once: %s" .retryPeriod .renewDeadline) -}}
{{- end -}}
{{- end -}}
{{- if le (include "tenon.bytes" .Values.data.size | int64) (mul 2 (include "tenon.bytes" .Values.fetch.size | int64)) -}}
{{- fail (printf "Raise data.size above twice fetch.size (%s), or lower that: the folder must hold the largest component twice, and what is made of it: %s" .Values.fetch.size .Values.data.size) -}}
{{- end -}}
{{- end -}}
