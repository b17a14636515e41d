resource "octopusdeploy_runbook" "restart" {
  project_id                  = octopusdeploy_project._1st_project_quoted.id
  name                        = "Restart"
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

resource "octopusdeploy_process" "restart" {
  project_id = octopusdeploy_project._1st_project_quoted.id
  runbook_id = octopusdeploy_runbook.restart.id
}

resource "octopusdeploy_process_steps_order" "restart" {
  process_id = octopusdeploy_process.restart.id
  steps      = [octopusdeploy_process_step.restart_do.id]
}

resource "octopusdeploy_process_step" "restart_do" {
  process_id = octopusdeploy_process.restart.id
  name       = "Do"
  slug       = "do"
  type       = "Octopus.Script"

  execution_properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptBody"   = file("${path.module}/scripts/restart/do.sh")
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
  }
}
