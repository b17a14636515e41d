# Values that are secret, and values for library variable sets, are not here: octoferry sets them after the apply.

locals {
  template_ids = { for x in octopusdeploy_project.orders_api.template : x.name => x.id }
}

resource "octopusdeploy_tenant_project" "bougie_fils" {
  tenant_id       = local.tenants["Bougie & Fils"]
  project_id      = octopusdeploy_project.orders_api.id
  environment_ids = [local.environments["Production"]]
}

resource "octopusdeploy_tenant_project" "house_test_store" {
  tenant_id       = local.tenants["House Test Store"]
  project_id      = octopusdeploy_project.orders_api.id
  environment_ids = [local.environments["Dev"], local.environments["Staging"]]
}

resource "octopusdeploy_tenant_project" "lantern_lane" {
  tenant_id       = local.tenants["Lantern Lane"]
  project_id      = octopusdeploy_project.orders_api.id
  environment_ids = [local.environments["Production"]]
}

resource "octopusdeploy_tenant_project" "nordlicht_kerzen" {
  tenant_id       = local.tenants["Nordlicht Kerzen"]
  project_id      = octopusdeploy_project.orders_api.id
  environment_ids = [local.environments["Staging"], local.environments["Production"]]
}

resource "octopusdeploy_tenant_project_variable" "nordlicht_kerzen_orders_mailbox_production" {
  tenant_id      = octopusdeploy_tenant_project.nordlicht_kerzen.tenant_id
  project_id     = octopusdeploy_tenant_project.nordlicht_kerzen.project_id
  environment_id = local.environments["Production"]
  template_id    = local.template_ids["Orders.Mailbox"]
  value          = "bestellung@nordlicht.example"
}

resource "octopusdeploy_tenant_project" "prairie_glow" {
  tenant_id       = local.tenants["Prairie Glow"]
  project_id      = octopusdeploy_project.orders_api.id
  environment_ids = [local.environments["Production (US)"]]
}
