# Values that are secret, and values for library variable sets, are not here: octoferry sets them after the apply.

locals {
  template_ids = { for x in octopusdeploy_project.storefront_web.template : x.name => x.id }
}

resource "octopusdeploy_tenant_project" "bougie_fils" {
  tenant_id       = local.tenants["Bougie & Fils"]
  project_id      = octopusdeploy_project.storefront_web.id
  environment_ids = [local.environments["Production"]]
}

resource "octopusdeploy_tenant_project_variable" "bougie_fils_web_hostname_production" {
  tenant_id      = octopusdeploy_tenant_project.bougie_fils.tenant_id
  project_id     = octopusdeploy_tenant_project.bougie_fils.project_id
  environment_id = local.environments["Production"]
  template_id    = local.template_ids["Web.HostName"]
  value          = "bougie.example"
}

resource "octopusdeploy_tenant_project" "cera_viva" {
  tenant_id       = local.tenants["Cera Viva"]
  project_id      = octopusdeploy_project.storefront_web.id
  environment_ids = [local.environments["Staging"], local.environments["Production"]]
}

resource "octopusdeploy_tenant_project" "house_test_store" {
  tenant_id       = local.tenants["House Test Store"]
  project_id      = octopusdeploy_project.storefront_web.id
  environment_ids = [local.environments["Dev"], local.environments["Staging"]]
}

resource "octopusdeploy_tenant_project" "lantern_lane" {
  tenant_id       = local.tenants["Lantern Lane"]
  project_id      = octopusdeploy_project.storefront_web.id
  environment_ids = [local.environments["Production"]]
}

resource "octopusdeploy_tenant_project_variable" "lantern_lane_web_hostname_production" {
  tenant_id      = octopusdeploy_tenant_project.lantern_lane.tenant_id
  project_id     = octopusdeploy_tenant_project.lantern_lane.project_id
  environment_id = local.environments["Production"]
  template_id    = local.template_ids["Web.HostName"]
  value          = "lanternlane.example"
}

resource "octopusdeploy_tenant_project" "nordlicht_kerzen" {
  tenant_id       = local.tenants["Nordlicht Kerzen"]
  project_id      = octopusdeploy_project.storefront_web.id
  environment_ids = [local.environments["Staging"], local.environments["Production"]]
}

resource "octopusdeploy_tenant_project_variable" "nordlicht_kerzen_web_hostname_production" {
  tenant_id      = octopusdeploy_tenant_project.nordlicht_kerzen.tenant_id
  project_id     = octopusdeploy_tenant_project.nordlicht_kerzen.project_id
  environment_id = local.environments["Production"]
  template_id    = local.template_ids["Web.HostName"]
  value          = "shop.nordlicht.example"
}

resource "octopusdeploy_tenant_project_variable" "nordlicht_kerzen_web_hostname_staging" {
  tenant_id      = octopusdeploy_tenant_project.nordlicht_kerzen.tenant_id
  project_id     = octopusdeploy_tenant_project.nordlicht_kerzen.project_id
  environment_id = local.environments["Staging"]
  template_id    = local.template_ids["Web.HostName"]
  value          = "staging.nordlicht.example"
}

resource "octopusdeploy_tenant_project" "prairie_glow" {
  tenant_id       = local.tenants["Prairie Glow"]
  project_id      = octopusdeploy_project.storefront_web.id
  environment_ids = [local.environments["Production (US)"]]
}

resource "octopusdeploy_tenant_project_variable" "prairie_glow_web_certificate_production_us" {
  tenant_id      = octopusdeploy_tenant_project.prairie_glow.tenant_id
  project_id     = octopusdeploy_tenant_project.prairie_glow.project_id
  environment_id = local.environments["Production (US)"]
  template_id    = local.template_ids["Web.Certificate"]
  value          = local.certificates["api.tallowandwick.example"]
}

resource "octopusdeploy_tenant_project_variable" "prairie_glow_web_hostname_production_us" {
  tenant_id      = octopusdeploy_tenant_project.prairie_glow.tenant_id
  project_id     = octopusdeploy_tenant_project.prairie_glow.project_id
  environment_id = local.environments["Production (US)"]
  template_id    = local.template_ids["Web.HostName"]
  value          = "prairieglow.example"
}
