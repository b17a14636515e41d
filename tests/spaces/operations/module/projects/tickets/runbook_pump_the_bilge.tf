resource "octopusdeploy_runbook" "pump_the_bilge" {
  project_id                  = octopusdeploy_project.tickets.id
  name                        = "Pump the bilge"
  description                 = "Every week."
  default_guided_failure_mode = "Off"
  environment_scope           = "Specified"
  environments                = [local.environments["Sea"], local.environments["Quay"]]
  multi_tenancy_mode          = "TenantedOrUntenanted"
  force_package_download      = true
  runbook_tags                = ["Water/Rough"]

  connectivity_policy {
    allow_deployments_to_no_targets = true
    exclude_unhealthy_targets       = true
    skip_machine_behavior           = "SkipUnavailableMachines"
    target_roles                    = ["pump"]
  }

  retention_policy_with_strategy {
    strategy         = "Count"
    quantity_to_keep = 9
    unit             = "Days"
  }
}

resource "octopusdeploy_process" "pump_the_bilge" {
  project_id = octopusdeploy_project.tickets.id
  runbook_id = octopusdeploy_runbook.pump_the_bilge.id
}

resource "octopusdeploy_process_steps_order" "pump_the_bilge" {
  process_id = octopusdeploy_process.pump_the_bilge.id
  steps      = [octopusdeploy_process_step.pump_the_bilge_pump.id]
}

resource "octopusdeploy_process_step" "pump_the_bilge_pump" {
  process_id = octopusdeploy_process.pump_the_bilge.id
  name       = "Pump"
  slug       = "pump"
  type       = "Octopus.Script"

  execution_properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptBody"   = "echo \"#{Pump.Hours} hours, #{Pump.Reason}\""
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
  }
}
