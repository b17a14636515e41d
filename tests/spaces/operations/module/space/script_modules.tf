resource "octopusdeploy_script_module" "anchor" {
  name        = "Anchor"
  description = "Written in PowerShell."

  script {
    body   = file("${path.module}/scripts/script-modules/anchor.ps1")
    syntax = "PowerShell"
  }
}

resource "octopusdeploy_script_module" "compass" {
  name        = "Compass"
  description = "Written in Python."

  script {
    body   = file("${path.module}/scripts/script-modules/compass.py")
    syntax = "Python"
  }
}

resource "octopusdeploy_script_module" "horn" {
  name        = "Horn"
  description = "Written in Bash."

  script {
    body   = file("${path.module}/scripts/script-modules/horn.sh")
    syntax = "Bash"
  }
}

resource "octopusdeploy_script_module" "log" {
  name        = "Log"
  description = "Written in FSharp."

  script {
    body   = file("${path.module}/scripts/script-modules/log.fsx")
    syntax = "FSharp"
  }
}

resource "octopusdeploy_script_module" "sextant" {
  name        = "Sextant"
  description = "Written in CSharp."

  script {
    body   = "public static int Angle() { return 42; }"
    syntax = "CSharp"
  }
}
