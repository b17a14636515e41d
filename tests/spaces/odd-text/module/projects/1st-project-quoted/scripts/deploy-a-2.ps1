$x = @"
  "quoted" `$notvar $($y.Z) ${env:PATH}
"@
$z = @'
  it''s
'@
Write-Host "a`tb`n" -ForegroundColor Green
