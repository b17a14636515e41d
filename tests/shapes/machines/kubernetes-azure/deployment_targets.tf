resource "octopusdeploy_kubernetes_cluster_deployment_target" "tried" {
  name         = "Tried"
  environments = [octopusdeploy_environment.production.id]
  roles        = ["web"]
  is_disabled  = false
  tenant_tags  = []
  tenants      = []
  cluster_url  = "https://k.example"

  azure_service_principal_authentication {
    account_id             = octopusdeploy_username_password_account.login.id
    cluster_name           = "c"
    cluster_resource_group = "g"
    admin_login            = "true"
  }
}
