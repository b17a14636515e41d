#!/bin/bash
echo "${HOME} ${VAR:-default} $((1 + 1)) $$ ${#x} $(date)"
cat <<EOT
inside ${x}
EOT
cat <<-'EOF'
	kept tabs
	EOF
printf '%s\n' "%{x}" "#{Octopus.Var}" "##{Not.Octopus}"
