# Tells the Tentacle that runs this script of another server, or looks what it knows. Before this text stand the settings:
#   octoferry_do     look, add or remove
#   octoferry_own    this Tentacle's thumbprint, as the servers have it
#   octoferry_new    thumbprint of the new server, octoferry_old: of the old one (for remove)
#   octoferry_style  listening or polling; octoferry_host, octoferry_port: where the new server is polled
#   octoferry_restart  yes: the Tentacle restarts though nothing was changed
# Thumbprints are in capitals. A Tentacle is told whom to trust and whom to poll; it asks no server, so it takes no key.
set -uo pipefail
stop() {
  echo "octoferry-refused: $1"
  exit 1
}
tentacle="${TentacleExecutablePath:-}"
instance="${TentacleInstanceName:-}"
[ -n "$tentacle" ] && [ -x "$tentacle" ] || stop "no Tentacle runs this script"
[ -n "$instance" ] || stop "this Tentacle has no instance's name; tell it by hand"

tell() {
  "$tentacle" "$@" --instance "$instance" </dev/null || stop "Tentacle $1 failed; what the Tentacle knew before, it still knows"
}
configuration() {
  "$tentacle" show-configuration --instance "$instance" </dev/null
}
thumbprints() {
  printf '%s' "$1" | grep -oE '[0-9A-Fa-f]{40,64}' | sort -u
}
knows() {
  [[ "${1^^}" == *"$2"* ]]
}

own="$("$tentacle" show-thumbprint --instance "$instance" </dev/null)" || stop "the Tentacle does not show its thumbprint"
knows "$own" "$octoferry_own" || stop "this is another Tentacle than the server's document says"
before="$(configuration)" || stop "the Tentacle does not show its configuration"

case "$octoferry_do" in
  look) ;;
  add)
    knows "$before" "$octoferry_new" || tell configure --trust "$octoferry_new"
    if [ "$octoferry_style" = polling ] && ! knows "$before" "HTTPS://${octoferry_host^^}:$octoferry_port"; then
      tell server-comms --thumbprint "$octoferry_new" --style TentacleActive --host "$octoferry_host" --port "$octoferry_port"
    fi
    ;;
  remove)
    knows "$before" "$octoferry_new" || stop "this Tentacle does not know the new server"
    for thumbprint in $(thumbprints "$before"); do
      [ "${thumbprint^^}" != "$octoferry_old" ] || tell configure --remove-trust "$thumbprint"
    done
    ;;
  *) stop "nothing is called $octoferry_do" ;;
esac

after="$(configuration)" || stop "the Tentacle does not show its configuration; it was not restarted"
for thumbprint in $(thumbprints "$before"); do
  # What is not told to go stays: otherwise the running Tentacle goes on as it is.
  [ "$octoferry_do-${thumbprint^^}" = "remove-$octoferry_old" ] || knows "$after" "${thumbprint^^}" ||
    stop "the Tentacle has lost a server that it trusted; it was not restarted, look at its configuration"
done
echo "octoferry-configuration: $(printf '%s' "$after" | base64 | tr -d '\n')"

# A Tentacle reads its configuration when it starts. It restarts when no script runs on it any more, this one included.
if [ "$before" = "$after" ] && [ "$octoferry_restart" != yes ]; then
  echo "octoferry-restart: none"
  exit 0
fi
unit="$(printf '%s' "${instance//\//}" | tr -s '[:space:]' '-')"
if ! systemctl cat "$unit" >/dev/null 2>&1; then
  echo "octoferry-restart: by hand"
  exit 0
fi
nohup setsid bash -c '
  quiet=0
  for ((turn = 0; turn < 1200; turn++)); do
    sleep 3
    if [ -n "$(ls -A "$1" 2>/dev/null)" ]; then quiet=0; else quiet=$((quiet + 1)); fi
    if [ "$quiet" -ge 2 ]; then
      if [ "$(id -u)" = 0 ]; then exec systemctl restart --no-block "$2"; else exec sudo -n systemctl restart --no-block "$2"; fi
    fi
  done
' octoferry-restart "${TentacleHome:-/nowhere}/Work" "$unit" </dev/null >/dev/null 2>&1 &
echo "octoferry-restart: soon"
