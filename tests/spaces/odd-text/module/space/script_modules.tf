resource "octopusdeploy_script_module" "module_one" {
  name        = "Module \"one\""
  description = "$${m}"

  script {
    body   = file("${path.module}/scripts/script-modules/module-one.sh")
    syntax = "Bash"
  }
}

resource "octopusdeploy_script_module" "module_one_d5065b" {
  name = "Module.one"

  script {
    body   = "function f { \"$${x} `\"q`\"\" }"
    syntax = "PowerShell"
  }
}
