"$($x)" `
 | Out-Null
