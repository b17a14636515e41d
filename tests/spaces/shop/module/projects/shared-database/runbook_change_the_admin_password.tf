# Each step waits for the one before it: they are added to one document, one after the other.

resource "octopusdeploy_runbook" "change_the_admin_password" {
  project_id                  = octopusdeploy_project.shared_database.id
  name                        = "Change the admin password"
  default_guided_failure_mode = "EnvironmentDefault"
  environment_scope           = "Specified"
  environments                = [local.environments["Staging"], local.environments["Production"]]
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
    strategy         = "Count"
    quantity_to_keep = 12
    unit             = "Items"
  }
}

resource "octopusdeploy_process" "change_the_admin_password" {
  project_id = octopusdeploy_project.shared_database.id
  runbook_id = octopusdeploy_runbook.change_the_admin_password.id
}

resource "octopusdeploy_process_steps_order" "change_the_admin_password" {
  process_id = octopusdeploy_process.change_the_admin_password.id

  steps = [
    octopusdeploy_process_step.change_the_admin_password_change.id,
    octopusdeploy_process_templated_step.change_the_admin_password_tell.id,
  ]
}

resource "octopusdeploy_process_step" "change_the_admin_password_change" {
  process_id = octopusdeploy_process.change_the_admin_password.id
  name       = "Change"
  slug       = "change"
  type       = "Octopus.Script"

  execution_properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptBody"   = file("${path.module}/scripts/change-the-admin-password/change.sh")
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
  }
}

resource "octopusdeploy_process_templated_step" "change_the_admin_password_tell" {
  process_id       = octopusdeploy_process.change_the_admin_password.id
  name             = "Tell"
  slug             = "tell"
  template_id      = local.step_templates["Tell the chat"].id
  template_version = local.step_templates["Tell the chat"].version

  parameters = {
    "Tell.Room" = "releases"
    "Tell.Text" = "password changed"
  }

  depends_on = [octopusdeploy_process_step.change_the_admin_password_change]
}
