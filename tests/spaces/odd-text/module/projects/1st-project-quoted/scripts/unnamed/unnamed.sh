#{if x}
	echo "%{http_code}"
#{/if}