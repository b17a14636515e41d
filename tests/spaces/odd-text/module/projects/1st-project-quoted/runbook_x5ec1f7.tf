resource "octopusdeploy_runbook" "x5ec1f7" {
  project_id                  = octopusdeploy_project._1st_project_quoted.id
  name                        = ".."
  description                 = "\""
  default_guided_failure_mode = "EnvironmentDefault"
  environment_scope           = "All"
  environments                = []
  multi_tenancy_mode          = "Untenanted"
  force_package_download      = false
  runbook_tags                = []

  connectivity_policy {
    allow_deployments_to_no_targets = true
    exclude_unhealthy_targets       = false
    skip_machine_behavior           = "None"
    target_roles                    = []
  }

  retention_policy_with_strategy {
    strategy = "Default"
  }
}

resource "octopusdeploy_process" "x5ec1f7" {
  project_id = octopusdeploy_project._1st_project_quoted.id
  runbook_id = octopusdeploy_runbook.x5ec1f7.id
}

resource "octopusdeploy_process_steps_order" "x5ec1f7" {
  process_id = octopusdeploy_process.x5ec1f7.id
  steps      = [octopusdeploy_process_step.x5ec1f7_x8a5eda.id]
}

resource "octopusdeploy_process_step" "x5ec1f7_x8a5eda" {
  process_id = octopusdeploy_process.x5ec1f7.id
  name       = "/"
  slug       = "unnamed"
  type       = "Octopus.Script"

  execution_properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptBody"   = file("${path.module}/scripts/unnamed/unnamed.sh")
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
  }
}
