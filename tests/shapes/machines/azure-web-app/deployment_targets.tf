resource "octopusdeploy_azure_web_app_deployment_target" "tried" {
  name                = "Tried"
  environments        = [octopusdeploy_environment.production.id]
  roles               = ["web"]
  is_disabled         = false
  tenant_tags         = []
  tenants             = []
  account_id          = octopusdeploy_username_password_account.login.id
  resource_group_name = "g"
  web_app_name        = "w"
  web_app_slot_name   = "s"
}
