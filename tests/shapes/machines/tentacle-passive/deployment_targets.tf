resource "octopusdeploy_listening_tentacle_deployment_target" "tried" {
  name                              = "Tried"
  environments                      = [octopusdeploy_environment.production.id]
  roles                             = ["web"]
  machine_policy_id                 = octopusdeploy_machine_policy.patient.id
  is_disabled                       = true
  tenanted_deployment_participation = "TenantedOrUntenanted"
  tenant_tags                       = ["${octopusdeploy_tag_set.region.name}/${octopusdeploy_tag.region_eu.name}"]
  tenants                           = [octopusdeploy_tenant.prairie_glow.id]
  proxy_id                          = octopusdeploy_machine_proxy.barn.id
  tentacle_url                      = "https://a.example:10933/"
  thumbprint                        = "AB"
}
