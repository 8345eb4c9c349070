{{/* What the objects are called, and the nodes: FULLNAME-0.FULLNAME. */}}
{{- define "screening.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $full := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{- default $full .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "screening.edgeName" -}}
{{ include "screening.fullname" . }}-edge
{{- end -}}

{{- define "screening.edgeNamespace" -}}
{{ default .Release.Namespace .Values.edge.namespace }}
{{- end -}}

{{- define "screening.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{ default (include "screening.fullname" .) .Values.serviceAccount.name }}
{{- else -}}
{{ default "default" .Values.serviceAccount.name }}
{{- end -}}
{{- end -}}

{{/* CONTEXT is dict "root" "image". */}}
{{- define "screening.imageOf" -}}
{{ .image.repository }}{{ if .image.digest }}@{{ .image.digest }}{{ else }}:{{ default .root.Chart.AppVersion .image.tag }}{{ end }}
{{- end -}}

{{- define "screening.image" -}}
{{ include "screening.imageOf" (dict "root" . "image" .Values.image) }}
{{- end -}}

{{/* Labels that pods are selected by; two releases in one namespace are told apart by the instance. CONTEXT is dict "root" "component". */}}
{{- define "screening.selector" -}}
app.kubernetes.io/name: screening
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end -}}

{{/* Labels of all objects; "component" may be empty. */}}
{{- define "screening.labels" -}}
app.kubernetes.io/name: screening
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/part-of: mail
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Without the version: a label of a StatefulSet's volumeClaimTemplates can never be changed. */}}
{{- define "screening.podLabels" -}}
{{ include "screening.selector" . }}
app.kubernetes.io/part-of: mail
{{- end -}}

{{/* All cache nodes as the others know them, a TOML array; empty for one. */}}
{{- define "screening.seeds" -}}
{{- $name := include "screening.fullname" . -}}
{{- $seeds := list -}}
{{- if gt (int .Values.replicas) 1 -}}
{{- range until (int .Values.replicas) -}}
{{- $seeds = append $seeds (printf "%s-%d.%s:4053" $name . $name) -}}
{{- end -}}
{{- end -}}
{{ toJson $seeds }}
{{- end -}}

{{/* A value as TOML: a string as JSON has it, an array, an inline table. */}}
{{- define "screening.toml" -}}
{{- if kindIs "map" . -}}
{ {{- range $i, $key := keys . | sortAlpha }}{{ if $i }},{{ end }} {{ $key }} = {{ include "screening.toml" (get $ $key) }}{{ end }} }
{{- else if kindIs "slice" . -}}
[{{ range $i, $item := . }}{{ if $i }}, {{ end }}{{ include "screening.toml" $item }}{{ end }}]
{{- else -}}
{{ mustToRawJson . }}
{{- end -}}
{{- end -}}

{{/*
A map of settings as variables, one a line, as a ConfigMap has them. CONTEXT is dict "prefix" "settings". A text that cannot be read as TOML
is itself the value; one that could (a number, a date, true) is quoted.
*/}}
{{- define "screening.variables" -}}
{{- range $name := keys .settings | sortAlpha }}
{{- $value := get $.settings $name }}
{{- $variable := printf "%s__%s" $.prefix (upper $name) }}
{{- if kindIs "map" $value }}
{{- include "screening.variables" (dict "prefix" $variable "settings" $value) }}
{{- else if kindIs "invalid" $value }}
{{- else if and (kindIs "string" $value) (regexMatch "^[A-Za-z/*].*$" $value) (not (has $value (list "true" "false" "inf" "nan"))) }}
{{ $variable }}: '{{ $value | replace "'" "''" }}'
{{- else }}
{{ $variable }}: '{{ include "screening.toml" $value | replace "'" "''" }}'
{{- end }}
{{- end }}
{{- end -}}

{{/* Settings of the cache nodes: what follows from other values, and over it what the operator says. */}}
{{- define "screening.cacheVariables" -}}
{{- $allowed := concat (list "127.0.0.0/8") .Values.networks | join "," -}}
{{- $endpoints := dict
    "plugin" (list (printf "tcp://0.0.0.0:10025?allow=%s" $allowed))
    "policy" (list (printf "tcp://0.0.0.0:10026?allow=%s" $allowed))
    "dnsbl" (list (printf "udp://0.0.0.0:10053?allow=%s" $allowed) (printf "tcp://0.0.0.0:10053?allow=%s" $allowed))
    "memcache" (list (printf "tcp://0.0.0.0:10211?allow=%s" $allowed))
    "http" (list "tcp://0.0.0.0:10080?allow=any" "unix://DATA_DIR/http.sock?mode=0660") -}}
{{- $cluster := dict
    "listen" "0.0.0.0:4053"
    "seeds" (include "screening.seeds" . | fromJsonArray)
    "peers" (list (printf "*.%s" (include "screening.fullname" .)) (include "screening.edgeName" .)) -}}
{{- if .Values.tls.insecure }}{{ $_ := set $cluster "insecure" true }}{{ end -}}
{{- $own := dict
    "node" (dict "data_dir" "/var/lib/screening/node")
    "endpoints" $endpoints
    "cluster" $cluster
    "store" (dict "provider" .Values.store.provider) -}}
{{- if .Values.resolver.enabled }}{{ $_ := set $own "dnsbl" (dict "resolver" (list "127.0.0.1:5353")) }}{{ end -}}
{{- include "screening.variables" (dict "prefix" "SCREENING" "settings" (mergeOverwrite $own (deepCopy .Values.settings))) }}
{{- end -}}

{{- define "screening.edgeVariables" -}}
{{- $endpoints := dict
    "dnsblog" (list (printf "unix://%s/dnsblog?mode=0660" .Values.edge.socketPath))
    "memcache" (list (printf "unix://%s/memcache?mode=0660" .Values.edge.socketPath)) -}}
{{- $cluster := dict
    "roles" list
    "seeds" (include "screening.seeds" . | fromJsonArray)
    "peers" (list (printf "*.%s" (include "screening.fullname" .)) (include "screening.edgeName" .)) -}}
{{- if .Values.tls.insecure }}{{ $_ := set $cluster "insecure" true }}{{ end -}}
{{- $own := dict "endpoints" $endpoints "cluster" $cluster -}}
{{- include "screening.variables" (dict "prefix" "SCREENING" "settings" (mergeOverwrite $own (deepCopy .Values.edge.settings))) }}
{{- end -}}

{{- define "screening.policy" -}}
{{ default (.Files.Get "files/screening.toml") .Values.policy }}
{{- end -}}

{{- define "screening.edgePolicy" -}}
{{ default (include "screening.policy" .) .Values.edge.policy }}
{{- end -}}

{{- define "screening.storeSecret" -}}
{{- if .Values.store.connection -}}
{{ include "screening.fullname" . }}-connection
{{- else -}}
{{ .Values.store.existingSecret }}
{{- end -}}
{{- end -}}

{{- define "screening.tlsSecret" -}}
{{- if .Values.tls.certificate -}}
{{ include "screening.fullname" . }}-node-tls
{{- else -}}
{{ .Values.tls.existingSecret }}
{{- end -}}
{{- end -}}

{{/* Where the files of the certificate are, for all pods. */}}
{{- define "screening.tlsEnv" -}}
- name: SCREENING__CLUSTER__TLS__CERTIFICATE
  value: /etc/screening-tls/tls.crt
- name: SCREENING__CLUSTER__TLS__KEY
  value: /etc/screening-tls/tls.key
- name: SCREENING__CLUSTER__TLS__CA
  value: /etc/screening-tls/ca.crt
{{- end -}}

{{/* What cannot work, told before anything is installed. What one value alone may be is in values.schema.json. */}}
{{- define "screening.validate" -}}
{{- $replicas := int .Values.replicas -}}
{{- if and (gt $replicas 1) (eq .Values.store.provider "sqlite") -}}
{{- fail (printf "replicas is %d and store.provider is sqlite: a file serves one node. Set store.provider to postgresql, or replicas to 1." $replicas) -}}
{{- end -}}
{{- if eq $replicas 2 -}}
{{- fail "replicas is 2: of two nodes neither is a majority when they lose each other. Set replicas to 1, or to 3 or more." -}}
{{- end -}}
{{- if and (eq .Values.store.provider "postgresql") (not (include "screening.storeSecret" .)) -}}
{{- fail "store.provider is postgresql: set store.existingSecret to a Secret that holds the connection string, or store.connection to the string itself." -}}
{{- end -}}
{{- if and (gt $replicas 1) (not .Values.tls.enabled) (not .Values.tls.insecure) -}}
{{- fail (printf "replicas is %d and tls.enabled is false: set tls.insecure to true if nobody else can reach the nodes, or tls.enabled to true." $replicas) -}}
{{- end -}}
{{- if and .Values.tls.enabled .Values.tls.insecure -}}
{{- fail "tls.enabled and tls.insecure are both true: one of them says what is meant." -}}
{{- end -}}
{{- with .Values.tls -}}
{{- if and (or .certificate .key .ca) (not (and .certificate .key .ca)) -}}
{{- fail "tls.certificate, tls.key and tls.ca belong together: give all three, or none and a Secret as tls.existingSecret." -}}
{{- end -}}
{{- if and .certificate .certManager.enabled -}}
{{- fail "tls.certificate is given and tls.certManager.enabled is true: both make the Secret of the nodes. Use one." -}}
{{- end -}}
{{- if and .certManager.enabled (not .enabled) -}}
{{- fail "tls.certManager.enabled is true and tls.enabled is false: the certificate would be used by nobody. Set tls.enabled to true." -}}
{{- end -}}
{{- if and .enabled (not .certificate) (not .existingSecret) -}}
{{- fail "tls.enabled is true: set tls.existingSecret to a Secret with tls.crt, tls.key and ca.crt, or give the three texts." -}}
{{- end -}}
{{- end -}}
{{- if and .Values.edge.enabled (eq $replicas 1) -}}
{{- fail "edge.enabled is true and replicas is 1: a single node lets no other join. Set replicas to 3 or more." -}}
{{- end -}}
{{- end -}}
