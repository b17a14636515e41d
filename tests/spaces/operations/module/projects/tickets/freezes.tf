resource "octopusdeploy_deployment_freeze_project" "nights" {
  deploymentfreeze_id = local.deployment_freezes["Nights"]
  project_id          = octopusdeploy_project.tickets.id
  environment_ids     = [local.environments["Sea"]]
}

resource "octopusdeploy_deployment_freeze_project" "regatta" {
  deploymentfreeze_id = local.deployment_freezes["Regatta"]
  project_id          = octopusdeploy_project.tickets.id
  environment_ids     = [local.environments["Quay"], local.environments["Sea"]]
}

resource "octopusdeploy_deployment_freeze_tenant" "regatta_skua_sea" {
  deploymentfreeze_id = local.deployment_freezes["Regatta"]
  tenant_id           = octopusdeploy_tenant_project.skua.tenant_id
  project_id          = octopusdeploy_project.tickets.id
  environment_id      = local.environments["Sea"]
}
