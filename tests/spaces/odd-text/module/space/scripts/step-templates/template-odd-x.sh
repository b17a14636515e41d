cat <<EOT
#{Odd.Text} ${SHELL}
EOT
