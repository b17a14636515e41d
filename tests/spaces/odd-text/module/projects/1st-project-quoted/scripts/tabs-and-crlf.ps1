if ($true) {
	Write-Host "tab"		# two tabs   
}
