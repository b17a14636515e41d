#!/usr/bin/env bash
# Lays out a filesystem mirror with the stand-in provider, so that Terraform takes it for OctopusDeploy/octopusdeploy,
# and prints the path of the CLI configuration to be given as TF_CLI_CONFIG_FILE.
#
#   tests/standin/mirror.sh DIR [BINARY]
#
# BINARY: target/debug/terraform-provider-octopusdeploy unless given (cargo build -p standin-provider).
set -euo pipefail
[ $# -ge 1 ] || { echo "usage: $0 DIR [BINARY]" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
mkdir -p "$1"
dir=$(cd "$1" && pwd)
binary=${2:-${CARGO_TARGET_DIR:-$here/target}/debug/terraform-provider-octopusdeploy}
[ -x "$binary" ] || { echo "$binary is not there: cargo build -p standin-provider" >&2; exit 1; }
binary=$(cd "$(dirname "$binary")" && pwd)/$(basename "$binary")
place=$dir/registry.terraform.io/octopusdeploy/octopusdeploy/1.17.0/linux_amd64
mkdir -p "$place"
# A link saves the copy of a large binary; Terraform follows it.
ln -sfn "$binary" "$place/terraform-provider-octopusdeploy_v1.17.0"
# At once: Terraform may be reading the one of an earlier run.
cat > "$dir/terraform.tfrc.$$" <<EOF
disable_checkpoint = true
provider_installation {
  filesystem_mirror {
    path = "$dir"
  }
}
EOF
mv "$dir/terraform.tfrc.$$" "$dir/terraform.tfrc"
echo "$dir/terraform.tfrc"
