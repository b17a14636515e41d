resource "octopusdeploy_username_password_account" "tried" {
  name                              = "Tried"
  username                          = "ops"
  environments                      = [octopusdeploy_environment.production.id]
  tenanted_deployment_participation = "TenantedOrUntenanted"
  tenant_tags                       = ["${octopusdeploy_tag_set.region.name}/${octopusdeploy_tag.region_eu.name}"]
  tenants                           = [octopusdeploy_tenant.prairie_glow.id]
}
