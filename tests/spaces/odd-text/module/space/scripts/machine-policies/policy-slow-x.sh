df -h "${MOUNT:-/}" | awk '{print $5}'
# EOT
