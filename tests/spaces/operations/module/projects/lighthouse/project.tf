resource "octopusdeploy_project" "lighthouse" {
  name                                 = "Lighthouse"
  slug                                 = "lighthouse"
  project_group_id                     = local.project_groups["Shore"]
  lifecycle_id                         = local.lifecycles["Short crossing"]
  is_disabled                          = true
  tenanted_deployment_participation    = "Untenanted"
  default_guided_failure_mode          = "Off"
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

resource "octopusdeploy_project_versioning_strategy" "lighthouse" {
  project_id = octopusdeploy_project.lighthouse.id
  template   = "#{Octopus.Date.Year}.#{Octopus.Date.Month}.i"
}
