echo "${1}"
