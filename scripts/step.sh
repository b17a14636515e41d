#!/usr/bin/env bash
# What the steps of octoferry do in a run: it travels in the package beside the binary and is sourced by the body of
# each step template, in the shell that has get_octopusvariable. Secrets go through pipes alone: never into a variable of
# ours, an argument, the environment or a file.

octoferry_program="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/octoferry"

# Says why the step stops. A value in the text may be anybody's: none of it may be a message to Octopus. Nothing goes to standard
# error: Octopus reads the two streams apart, so that lines of one may come under the level that was set for others.
octoferry_stop() {
  local text="${1//[[:cntrl:]]/ }"
  text="${text//'##octopus['/'# #octopus['}"
  printf '##octopus[stdout-error]\nerror: %s\n##octopus[stdout-default]\n' "$text"
  printf "##octopus[resultMessage message='%s']\n" "$(encode_servicemessagevalue "$text")"
  exit 1
}

# The value of one of the step's own parameters; none of them is a secret.
octoferry_parameter() {
  get_octopusvariable "Octoferry.Step.$1"
}

# Puts the value of a parameter that must have one into octoferry_value. (Not to standard output: what stops a step is said there.)
octoferry_required() {
  octoferry_value="$(octoferry_parameter "$1")"
  case "$octoferry_value" in
    '' | *'#{Octoferry.'*)
      octoferry_stop "The parameter Octoferry.Step.$1 of this step has no value (it reads \"$octoferry_value\"). Is the library variable set Octoferry linked to this project, and does the run happen in the environment Octoferry?"
      ;;
  esac
}

# What makes every later answer of get_octopusvariable look empty is found here, before anything is written.
octoferry_check() {
  local tool printing
  for tool in openssl dirname tr; do
    command -v "$tool" >/dev/null || octoferry_stop "$tool is not on the PATH of this worker or container, and octoferry's steps need it."
  done
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64 | Linux-amd64) ;;
    *) octoferry_stop "This worker is $(uname -s) on $(uname -m); octoferry needs Linux on x86-64." ;;
  esac
  [ -n "$(get_octopusvariable Octopus.Task.Id)" ] || octoferry_stop "The run's variables can't be read; does openssl work on this worker?"
  for printing in OctopusPrintVariables OctopusPrintEvaluatedVariables; do
    case "$(get_octopusvariable "$printing" | tr -d '[:space:]')" in
      [Tt][Rr][Uu][Ee]) octoferry_stop "The variable $printing is True: Octopus prints the run's variables into the log. Remove it, then run again." ;;
    esac
  done
  chmod +x "$octoferry_program"
}

# Whether Octopus has put the run's variables into the array octopus_parameters, where they are as they are stored. What
# get_octopusvariable gives is evaluated: a secret that holds #{ may come out as another one.
octoferry_is_raw() {
  local kind=''
  case "$(get_octopusvariable OctopusEnabledFeatureToggles)" in
    *BashParametersArrayFeatureToggle*) ;;
    *) return 1 ;;
  esac
  IFS= read -r -n 10 kind < <(declare -p octopus_parameters 2>/dev/null) || true
  [ "$kind" = 'declare -A' ]
}

# Writes the stream of secrets for these Octopus variables to standard output. The three keys may be kept under other names;
# octoferry knows them by its own. A value that can't be read ends the stream without its trailer: the reader refuses it.
octoferry_secrets() {
  local name variable count=0
  printf 'octoferry-secrets/1\0' || return 1
  for name in "$@"; do
    case "$name" in
      Octoferry.Source.ApiKey) variable="$octoferry_source_key" ;;
      Octoferry.Destination.ApiKey) variable="$octoferry_destination_key" ;;
      Octoferry.Module.Key) variable="$octoferry_module_key" ;;
      *) variable="$name" ;;
    esac
    # Without an encoded name (a tool that could not be started) the answer would look like "absent".
    [ -n "$(encode_servicemessagevalue "$variable")" ] || return 1
    printf '%s\0' "$name" || return 1
    # What a person enters for octoferry's own use may be an expression.
    if [ "${octoferry_raw+yes}" ] && [ "${octopus_parameters["$variable"]+yes}" ] && [[ $name != Octoferry.Source.* && $name != Octoferry.Destination.* && $name != Octoferry.Backend.* && $name != Octoferry.Module.* ]]; then
      printf '%s' "${octopus_parameters["$variable"]}" || return 1
    else
      get_octopusvariable "$variable" || return 1
    fi
    printf '\0' || return 1
    count=$((count + 1))
  done
  printf '\0%s\0' "$count"
}

# A step that seed made brings digests of what it was made for: octoferry stops before it uses a key for anything else.
octoferry_digest() {
  local digest
  digest="$(octoferry_parameter "$1")"
  [ -z "$digest" ] || octoferry_option=("$2=$digest")
}

# The certificate of a server that is trusted by its thumbprint.
octoferry_thumbprint() {
  local thumbprint
  thumbprint="$(octoferry_parameter "$1")"
  [ -z "$thumbprint" ] || octoferry_option+=("$2=$thumbprint")
}

# What a parameter holds, as a file for the program: octoferry_file PARAMETER OPTION FILE adds OPTION=FILE to octoferry_option. Steps of older
# templates don't have every parameter.
octoferry_file() {
  local text
  text="$(octoferry_parameter "$1")"
  [ -n "$text" ] || return 0
  printf '%s\n' "$text" >"$PWD/$3" || octoferry_stop "The file $3 can't be written."
  octoferry_option+=("$2=$PWD/$3")
}

# Certificates that the worker doesn't know.
octoferry_trust() {
  local octoferry_option=()
  octoferry_file CaCertificates --ca-file octoferry-ca.pem
  octoferry_trusted=("${octoferry_option[@]+"${octoferry_option[@]}"}")
}

# The one provider that Terraform may use.
octoferry_lock() {
  local octoferry_option=()
  octoferry_file ProviderLock --provider-lock octoferry-provider.lock.hcl
  octoferry_locked=("${octoferry_option[@]+"${octoferry_option[@]}"}")
}

octoferry_prepare() {
  local octoferry_option=()
  set -uo pipefail
  # What is written here holds names of variables, settings, and the module.
  umask 077
  octoferry_check
  octoferry_required SourceUrl && local url="$octoferry_value"
  octoferry_required SourceSpace && local space="$octoferry_value"
  octoferry_required SourceApiKeyVariable && octoferry_source_key="$octoferry_value"
  octoferry_required ModuleKeyVariable && octoferry_module_key="$octoferry_value"
  octoferry_destination_key=''
  octoferry_module="$PWD/octoferry-module"
  octoferry_as_stored=()
  unset octoferry_raw
  if octoferry_is_raw; then
    octoferry_raw=yes
    octoferry_as_stored=(--raw)
  fi
  octoferry_digest SourceDigest --source-digest
  octoferry_thumbprint SourceThumbprint --source-thumbprint
  case "$(octoferry_parameter SourceIsCopy)" in [Tt]rue) octoferry_option+=(--source-is-copy) ;; esac
  octoferry_source=("--source-url=$url" "--source-space=$space" "${octoferry_option[@]+"${octoferry_option[@]}"}")
  octoferry_trust
}

octoferry_prepare_destination() {
  local octoferry_option=()
  octoferry_required DestinationUrl && local url="$octoferry_value"
  octoferry_required DestinationSpace && local space="$octoferry_value"
  octoferry_required DestinationApiKeyVariable && octoferry_destination_key="$octoferry_value"
  octoferry_digest DestinationDigest --destination-digest
  octoferry_thumbprint DestinationThumbprint --destination-thumbprint
  octoferry_destination=("--destination-url=$url" "--destination-space=$space" "${octoferry_option[@]+"${octoferry_option[@]}"}")
}

octoferry_prepare_backend() {
  local line octoferry_option=()
  octoferry_digest BackendDigest --backend-digest
  octoferry_required BackendType
  octoferry_backend=("--backend=$octoferry_value" "${octoferry_option[@]+"${octoferry_option[@]}"}")
  while IFS= read -r line || [ -n "$line" ]; do
    line="${line%$'\r'}"
    [ -z "$line" ] || octoferry_backend+=("--backend-config=$line")
  done <<<"$(octoferry_parameter BackendConfig)"
}

# octoferry_serialize space | octoferry_serialize project
octoferry_serialize() {
  local what=("$1") part=() name=() branch line
  octoferry_prepare
  octoferry_lock
  # Behind the options and a --, where nothing is an option.
  [ "$1" = space ] || { octoferry_required Project && name=(-- "$octoferry_value"); }
  # Steps of older templates don't have this parameter.
  branch="$(octoferry_parameter Branch)"
  [ -z "$branch" ] || what+=("--branch=$branch")
  while IFS= read -r line || [ -n "$line" ]; do
    line="${line%$'\r'}"
    case "$line" in
      '') ;;
      '--only '* | '--exclude '* | '--exclude-except '* | '--lookup '* | '--rename '* | '--map '*) part+=("${line%% *}=${line#* }") ;;
      *) octoferry_stop "The parameter Octoferry.Step.Selection of this step has a line that is no option: $line" ;;
    esac
  done <<<"$(octoferry_parameter Selection)"
  [ ${#part[@]} = 0 ] || what+=("${part[@]}" --for-all)
  octoferry_secrets Octoferry.Source.ApiKey Octoferry.Module.Key |
    "$octoferry_program" --step serialize "${what[@]}" --out "$octoferry_module" --push --secrets stdin "${octoferry_locked[@]+"${octoferry_locked[@]}"}" "${octoferry_trusted[@]+"${octoferry_trusted[@]}"}" "${octoferry_source[@]}" "${name[@]+"${name[@]}"}"
}

# Fetches the newest module (octoferry_fetch project --project ID …) and reads the names that it needs into octoferry_names.
# Names go to standard output, which is a file here, and talk to standard error, which is the output of the step here.
octoferry_fetch() {
  local name
  octoferry_names=()
  # shellcheck disable=SC2069 # Indeed: only one of the two goes to the file.
  octoferry_secrets Octoferry.Source.ApiKey Octoferry.Module.Key |
    "$octoferry_program" --step needs "$octoferry_module" --fetch "$@" --secrets stdin "${octoferry_trusted[@]+"${octoferry_trusted[@]}"}" "${octoferry_source[@]}" 2>&1 >"$PWD/octoferry-names" ||
    exit
  while IFS= read -r -d '' name; do
    octoferry_names+=("$name")
  done <"$PWD/octoferry-names"
}

# octoferry_deploy space | octoferry_deploy project
octoferry_deploy() {
  local fetch=("$1") options=() snapshot
  octoferry_prepare
  octoferry_prepare_destination
  octoferry_prepare_backend
  [ "$1" = space ] || { octoferry_required Project && fetch+=("--project=$octoferry_value"); }
  snapshot="$(get_octopusvariable Octopus.RunbookSnapshot.Id)"
  [ -z "$snapshot" ] || fetch+=("--snapshot=$snapshot")
  case "$(octoferry_parameter ForeignTerraform)" in [Tt]rue) fetch+=(--allow-foreign-terraform) ;; esac
  case "$(octoferry_parameter EnableTriggers)" in [Tt]rue) options+=(--enable-triggers) ;; esac
  case "$(octoferry_parameter AllowDestroy)" in [Tt]rue) options+=(--allow-destroy) ;; esac
  case "$(octoferry_parameter Placeholders)" in [Tt]rue) options+=(--placeholders) ;; esac
  case "$(octoferry_parameter Existing)" in adopt) options+=(--existing adopt) ;; esac
  octoferry_fetch "${fetch[@]}"
  octoferry_secrets "${octoferry_names[@]}" |
    "$octoferry_program" --step deploy "$octoferry_module" --secrets stdin "${octoferry_as_stored[@]+"${octoferry_as_stored[@]}"}" "${octoferry_trusted[@]+"${octoferry_trusted[@]}"}" "${octoferry_source[@]}" "${octoferry_destination[@]}" "${octoferry_backend[@]}" "${options[@]+"${options[@]}"}"
}

# The secret values of the tenant of this run.
octoferry_deploy_tenant() {
  local project tenant environment run snapshot
  octoferry_prepare
  octoferry_prepare_destination
  octoferry_required Project && project="$octoferry_value"
  # Ids: a name may hold an expression, which Octopus has replaced by the value of a variable, a secret one too.
  tenant="$(get_octopusvariable Octopus.Deployment.Tenant.Id)"
  environment="$(get_octopusvariable Octopus.Environment.Id)"
  [ -n "$tenant" ] || octoferry_stop "This run is for no tenant. Run it for each tenant that the log of Deploy Project names."
  run=("--tenant=$tenant" "--environment=$environment")
  snapshot="$(get_octopusvariable Octopus.RunbookSnapshot.Id)"
  octoferry_fetch project "--project=$project" "${run[@]}" ${snapshot:+"--snapshot=$snapshot"}
  octoferry_secrets "${octoferry_names[@]}" |
    "$octoferry_program" --step deploy "$octoferry_module" "${run[@]}" --secrets stdin "${octoferry_as_stored[@]+"${octoferry_as_stored[@]}"}" "${octoferry_trusted[@]+"${octoferry_trusted[@]}"}" "${octoferry_destination[@]}"
}

octoferry_packages() {
  local line choice=()
  octoferry_prepare
  octoferry_prepare_destination
  while IFS= read -r line || [ -n "$line" ]; do
    line="${line%$'\r'}"
    case "$line" in
      '') ;;
      --used) choice+=(--used) ;;
      '--only '* | '--newest '*) choice+=("${line%% *}=${line#* }") ;;
      *) octoferry_stop "The parameter Octoferry.Step.PackageChoice of this step has a line that is no option: $line" ;;
    esac
  done <<<"$(octoferry_parameter PackageChoice)"
  octoferry_secrets Octoferry.Source.ApiKey Octoferry.Destination.ApiKey Octoferry.Module.Key |
    "$octoferry_program" --step packages --secrets stdin "${octoferry_trusted[@]+"${octoferry_trusted[@]}"}" "${octoferry_source[@]}" "${octoferry_destination[@]}" "${choice[@]+"${choice[@]}"}"
}

octoferry_read_feeds() {
  local line feeds=() names=(Octoferry.Source.ApiKey Octoferry.Module.Key)
  octoferry_prepare
  while IFS= read -r line || [ -n "$line" ]; do
    line="${line%$'\r'}"
    [ -n "$line" ] || continue
    feeds+=("--feed=$line")
    names+=("Octopus.Action.Package[$line].Feed.Password")
  done <<<"$(octoferry_parameter Feeds)"
  octoferry_secrets "${names[@]}" |
    "$octoferry_program" --step read-feeds --secrets stdin "${octoferry_as_stored[@]+"${octoferry_as_stored[@]}"}" "${octoferry_trusted[@]+"${octoferry_trusted[@]}"}" "${octoferry_source[@]}" "${feeds[@]+"${feeds[@]}"}"
}

octoferry_rehome() {
  local line value options=()
  octoferry_prepare
  octoferry_prepare_destination
  octoferry_required RehomeWhat && local rehome="$octoferry_value"
  case "$rehome" in check | add | remove) ;; *) octoferry_stop "The parameter Octoferry.Step.RehomeWhat of this step is $rehome: it may be check, add or remove." ;; esac
  while IFS= read -r line || [ -n "$line" ]; do
    line="${line%$'\r'}"
    [ -z "$line" ] || options+=("--only=$line")
  done <<<"$(octoferry_parameter RehomeOnly)"
  value="$(octoferry_parameter PolledAt)"
  [ -z "$value" ] || options+=("--polled-at=$value")
  value="$(octoferry_parameter NewThumbprint)"
  [ -z "$value" ] || options+=("--new-thumbprint=$value")
  value="$(octoferry_parameter OldThumbprint)"
  [ -z "$value" ] || options+=("--old-thumbprint=$value")
  octoferry_secrets Octoferry.Source.ApiKey Octoferry.Destination.ApiKey Octoferry.Module.Key |
    "$octoferry_program" --step rehome "$rehome" --yes --secrets stdin "${octoferry_trusted[@]+"${octoferry_trusted[@]}"}" "${octoferry_source[@]}" "${octoferry_destination[@]}" "${options[@]+"${options[@]}"}"
}

octoferry_check_worker() {
  local part names=(Octoferry.Source.ApiKey Octoferry.Destination.ApiKey Octoferry.Module.Key)
  octoferry_prepare
  octoferry_prepare_destination
  octoferry_prepare_backend
  octoferry_lock
  for part in AccessKey SecretKey Client Password SubscriptionNumber TenantId JsonKey Username; do
    names+=("Octoferry.Backend.Account.$part")
  done
  octoferry_secrets "${names[@]}" |
    "$octoferry_program" --step check --worker --secrets stdin "${octoferry_locked[@]+"${octoferry_locked[@]}"}" "${octoferry_trusted[@]+"${octoferry_trusted[@]}"}" "${octoferry_source[@]}" "${octoferry_destination[@]}" "${octoferry_backend[@]}"
}
