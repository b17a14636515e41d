function Drop-Anchor {
  Write-Host 'dropped'
}
