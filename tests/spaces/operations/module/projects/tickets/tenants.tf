# Values that are secret, and values for library variable sets, are not here: octoferry sets them after the apply.

resource "octopusdeploy_tenant_project" "skua" {
  tenant_id       = local.tenants["Skua"]
  project_id      = octopusdeploy_project.tickets.id
  environment_ids = [local.environments["Quay"], local.environments["Sea"]]
}

resource "octopusdeploy_tenant_project" "tern" {
  tenant_id       = local.tenants["Tern"]
  project_id      = octopusdeploy_project.tickets.id
  environment_ids = [local.environments["Sea"]]
}
