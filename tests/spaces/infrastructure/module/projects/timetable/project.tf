resource "octopusdeploy_project" "timetable" {
  name                                 = "Timetable"
  slug                                 = "timetable"
  project_group_id                     = local.project_groups["Default Project Group"]
  lifecycle_id                         = local.lifecycles["Default Lifecycle"]
  is_disabled                          = false
  tenanted_deployment_participation    = "Untenanted"
  default_guided_failure_mode          = "EnvironmentDefault"
  default_to_skip_if_already_installed = false
  deployment_changes_template          = ""
  project_tags                         = []

  connectivity_policy {
    allow_deployments_to_no_targets = false
    exclude_unhealthy_targets       = false
    skip_machine_behavior           = "None"
    target_roles                    = []
  }
}

resource "octopusdeploy_project_versioning_strategy" "timetable" {
  project_id = octopusdeploy_project.timetable.id
  template   = "#{Octopus.Version.LastMajor}.#{Octopus.Version.LastMinor}.#{Octopus.Version.LastPatch}.#{Octopus.Version.NextRevision}"
}
