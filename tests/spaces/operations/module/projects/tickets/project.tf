resource "octopusdeploy_project" "tickets" {
  name                                 = "Tickets"
  slug                                 = "tickets"
  description                          = "Sells crossings."
  project_group_id                     = local.project_groups["Shore"]
  lifecycle_id                         = local.lifecycles["Voyage"]
  is_disabled                          = false
  tenanted_deployment_participation    = "TenantedOrUntenanted"
  included_library_variable_sets       = [local.script_modules["Compass"], local.script_modules["Horn"]]
  default_guided_failure_mode          = "On"
  default_to_skip_if_already_installed = true
  release_notes_template               = "What is new:\n#{each change in Octopus.Release.Changes}\n- #{change.VersionRange}\n#{/each}"
  deployment_changes_template          = "#{each release in Octopus.Deployment.Changes}\n$${not terraform} #{release.Version}\n#{/each}"
  project_tags                         = ["Water/Calm"]

  connectivity_policy {
    allow_deployments_to_no_targets = true
    exclude_unhealthy_targets       = true
    skip_machine_behavior           = "SkipUnavailableMachines"
    target_roles                    = ["till"]
  }

  jira_service_management_extension_settings {
    connection_id             = "ops-jsm-connection"
    is_enabled                = true
    service_desk_project_name = "Harbour desk"
  }

  servicenow_extension_settings {
    connection_id                       = "ops-snow-connection"
    is_enabled                          = true
    is_state_automatically_transitioned = true
    standard_change_template_name       = "Crossing"
  }

  lifecycle {
    ignore_changes = [provisioning_runbook_id, deprovisioning_runbook_id]
  }
}

resource "octopusdeploy_project_versioning_strategy" "tickets" {
  project_id = octopusdeploy_project.tickets.id

  donor_package = {
    deployment_action = octopusdeploy_process_step.put_up_the_till.name
    package_reference = "fares"
  }
}
