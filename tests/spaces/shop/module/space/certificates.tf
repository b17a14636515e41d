resource "octopusdeploy_certificate" "api_tallowandwick_example" {
  name                              = "api.tallowandwick.example"
  notes                             = ""
  certificate_data                  = var.certificate_api_tallowandwick_example_data
  environments                      = []
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
}

resource "octopusdeploy_certificate" "shop_tallowandwick_example" {
  name                              = "shop.tallowandwick.example"
  notes                             = "Renew in November."
  certificate_data                  = var.certificate_shop_tallowandwick_example_data
  password                          = var.certificate_shop_tallowandwick_example_password
  environments                      = [octopusdeploy_environment.production_us.id, octopusdeploy_environment.production.id]
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
}
