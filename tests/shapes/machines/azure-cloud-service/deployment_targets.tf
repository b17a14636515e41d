resource "octopusdeploy_azure_cloud_service_deployment_target" "tried" {
  name                       = "Tried"
  environments               = [octopusdeploy_environment.production.id]
  roles                      = ["web"]
  is_disabled                = false
  tenant_tags                = []
  tenants                    = []
  account_id                 = octopusdeploy_username_password_account.login.id
  cloud_service_name         = "c"
  storage_account_name       = "s"
  slot                       = "Staging"
  swap_if_possible           = true
  use_current_instance_count = true
}
