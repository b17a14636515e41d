resource "octopusdeploy_certificate" "client_of_the_cluster" {
  name                              = "Client of the cluster"
  notes                             = ""
  certificate_data                  = var.certificate_client_of_the_cluster_data
  environments                      = []
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
}

resource "octopusdeploy_certificate" "www_harbourline_example" {
  name                              = "www.harbourline.example"
  notes                             = "Renew in May."
  certificate_data                  = var.certificate_www_harbourline_example_data
  password                          = var.certificate_www_harbourline_example_password
  environments                      = [octopusdeploy_environment.quay.id, octopusdeploy_environment.sea.id]
  tenanted_deployment_participation = "TenantedOrUntenanted"
  tenant_tags                       = ["${octopusdeploy_tag_set.island.name}/${octopusdeploy_tag.island_north.name}"]
  tenants                           = [octopusdeploy_tenant.skerry.id]
}
