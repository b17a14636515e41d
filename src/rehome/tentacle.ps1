# Tells the Tentacle that runs this script of another server, or looks what it knows: as tentacle.sh does, with the same settings before this
# text: $octoferry_do, $octoferry_own, $octoferry_new, $octoferry_old, $octoferry_style, $octoferry_host, $octoferry_port, $octoferry_restart.
$ErrorActionPreference = 'Stop'
function Stop-Here([string] $why) {
    Write-Host "octoferry-refused: $why"
    exit 1
}
$tentacle = $env:TentacleExecutablePath
$instance = $env:TentacleInstanceName
if (-not $tentacle -or -not (Test-Path -LiteralPath $tentacle)) { Stop-Here 'no Tentacle runs this script' }
if (-not $instance) { Stop-Here "this Tentacle has no instance's name; tell it by hand" }

function Invoke-Tentacle {
    # Windows PowerShell takes what a program writes to its error stream for an error.
    $ErrorActionPreference = 'Continue'
    $said = (& $tentacle @args --instance $instance 2>$null | Out-String)
    if ($LASTEXITCODE -ne 0) { Stop-Here "Tentacle $($args[0]) failed; what the Tentacle knew before, it still knows" }
    $said
}
function Get-Thumbprints([string] $text) {
    @([regex]::Matches($text, '[0-9A-Fa-f]{40,64}') | ForEach-Object { $_.Value } | Sort-Object -Unique)
}
function Test-Knows([string] $text, [string] $part) {
    $text.IndexOf($part, [StringComparison]::OrdinalIgnoreCase) -ge 0
}

$own = Invoke-Tentacle show-thumbprint
if (-not (Test-Knows $own $octoferry_own)) { Stop-Here "this is another Tentacle than the server's document says" }
$before = Invoke-Tentacle show-configuration

switch ($octoferry_do) {
    'look' { }
    'add' {
        if (-not (Test-Knows $before $octoferry_new)) { Invoke-Tentacle configure --trust $octoferry_new | Out-Null }
        $address = "https://${octoferry_host}:$octoferry_port"
        if ($octoferry_style -eq 'polling' -and -not (Test-Knows $before $address)) {
            Invoke-Tentacle server-comms --thumbprint $octoferry_new --style TentacleActive --host $octoferry_host --port $octoferry_port | Out-Null
        }
    }
    'remove' {
        if (-not (Test-Knows $before $octoferry_new)) { Stop-Here 'this Tentacle does not know the new server' }
        foreach ($thumbprint in Get-Thumbprints $before) {
            if ($thumbprint -eq $octoferry_old) { Invoke-Tentacle configure --remove-trust $thumbprint | Out-Null }
        }
    }
    default { Stop-Here "nothing is called $octoferry_do" }
}

$after = Invoke-Tentacle show-configuration
foreach ($thumbprint in Get-Thumbprints $before) {
    # What is not told to go stays: otherwise the running Tentacle goes on as it is.
    $goes = $octoferry_do -eq 'remove' -and $thumbprint -eq $octoferry_old
    if (-not $goes -and -not (Test-Knows $after $thumbprint)) {
        Stop-Here 'the Tentacle has lost a server that it trusted; it was not restarted, look at its configuration'
    }
}
Write-Host "octoferry-configuration: $([Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($after)))"

# A Tentacle reads its configuration when it starts. It restarts when no script runs on it any more, this one included.
if ($before -eq $after -and $octoferry_restart -ne 'yes') {
    Write-Host 'octoferry-restart: none'
    exit 0
}
$service = if ($instance -eq 'Tentacle') { 'OctopusDeploy Tentacle' } else { "OctopusDeploy Tentacle: $instance" }
if (-not (Get-Service | Where-Object { $_.Name -eq $service })) {
    Write-Host 'octoferry-restart: by hand'
    exit 0
}
$work = Join-Path "$env:TentacleHome" 'Work'
$restart = @'
$quiet = 0
for ($turn = 0; $turn -lt 1200; $turn++) {
    Start-Sleep -Seconds 3
    if (Get-ChildItem -LiteralPath $work -Force -ErrorAction SilentlyContinue) { $quiet = 0 } else { $quiet++ }
    if ($quiet -ge 2) { Get-Service | Where-Object { $_.Name -eq $service } | Restart-Service -Force; break }
}
'@
$named = "`$work = '$($work.Replace("'", "''"))'`n`$service = '$($service.Replace("'", "''"))'`n"
$encoded = [Convert]::ToBase64String([Text.Encoding]::Unicode.GetBytes($named + $restart))
# A process of the system's own, which does not end with the Tentacle.
$made = Invoke-CimMethod -ClassName Win32_Process -MethodName Create -Arguments @{ CommandLine = "powershell.exe -NoProfile -NonInteractive -EncodedCommand $encoded" }
if ($made.ReturnValue -eq 0) { Write-Host 'octoferry-restart: soon' } else { Write-Host 'octoferry-restart: by hand' }
exit 0
