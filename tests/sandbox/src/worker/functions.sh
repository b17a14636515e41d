# What a script of a Bash step may call. Some of it prints its argument unquoted, and one function calls another
# that isn't there: scripts meet the same on a real worker.
function encode_servicemessagevalue
{
  printf '%s' "$1" | openssl enc -base64 -A
}
function decode_servicemessagevalue
{
  printf '%s' "$1" | openssl enc -base64 -A -d
}
function decrypt_variable
{
  printf '%s' "$1" | openssl enc -a -A -d -aes-256-cbc -nosalt -K "$sensitiveVariableKey" -iv "$2"
}
function set_octopusvariable
{
  local message="##octopus[setVariable name='$(encode_servicemessagevalue "$1")'"
  if [ -n "$2" ]; then message+=" value='$(encode_servicemessagevalue "$2")'"; fi
  if [ "$3" = "-sensitive" ]; then message+=" sensitive='$(encode_servicemessagevalue "True")'"; fi
  echo $message]
}
function new_octopusartifact
{
  if [ ! -e "$1" ]; then
    report_missing_artifact "The file $1 does not exist"
    return 1
  fi
  local path name length
  path=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
  name=${2:-$(basename "$1")}
  length=$(wc -c < $1)
  echo "##octopus[stdout-verbose]"
  echo "Artifact $name will be collected from $path after this step completes"
  echo "##octopus[stdout-default]"
  echo "##octopus[createArtifact path='$(encode_servicemessagevalue "$path")' name='$(encode_servicemessagevalue "$name")' length='$(encode_servicemessagevalue "$length")']"
}
function update_progress
{
  echo "##octopus[progress percentage='$(encode_servicemessagevalue "$1")' message='$(encode_servicemessagevalue "$2")']"
}
function fail_step
{
  if [ -n "$1" ]; then echo "##octopus[resultMessage message='$(encode_servicemessagevalue "$1")']"; fi
  exit 1
}
function write_verbose
{
  echo "##octopus[stdout-verbose]"
  echo $1
  echo "##octopus[stdout-default]"
}
function write_highlight
{
  echo "##octopus[stdout-highlight]"
  echo $1
  echo "##octopus[stdout-default]"
}
function write_wait
{
  echo "##octopus[stdout-wait]"
  echo $1
  echo "##octopus[stdout-default]"
}
function write_warning
{
  echo "##octopus[stdout-warning]"
  echo $1
  echo "##octopus[stdout-default]"
}
