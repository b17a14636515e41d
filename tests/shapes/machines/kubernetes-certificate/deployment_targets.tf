resource "octopusdeploy_kubernetes_cluster_deployment_target" "tried" {
  name         = "Tried"
  environments = [octopusdeploy_environment.production.id]
  roles        = ["web"]
  is_disabled  = false
  tenant_tags  = []
  tenants      = []
  cluster_url  = "https://k.example"

  certificate_authentication {
    client_certificate = octopusdeploy_certificate.shop_example.id
  }
}
