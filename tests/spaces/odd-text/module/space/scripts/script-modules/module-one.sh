f() {
	printf "%s" "${1:-\"x\"}"
}
