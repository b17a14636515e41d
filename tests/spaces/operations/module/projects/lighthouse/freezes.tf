resource "octopusdeploy_deployment_freeze_project" "regatta" {
  deploymentfreeze_id = local.deployment_freezes["Regatta"]
  project_id          = octopusdeploy_project.lighthouse.id
  environment_ids     = [local.environments["Quay"]]
}

resource "octopusdeploy_project_deployment_freeze" "painting" {
  owner_id        = octopusdeploy_project.lighthouse.id
  name            = "Painting"
  start           = "2031-04-01T08:00:00Z"
  end             = "2031-04-01T18:00:00Z"
  environment_ids = [local.environments["Quay"]]

  lifecycle {
    ignore_changes = [recurring_schedule]
  }
}
