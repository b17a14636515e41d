resource "octopusdeploy_ssh_connection_deployment_target" "tried" {
  name                  = "Tried"
  environments          = [octopusdeploy_environment.production.id]
  roles                 = ["web"]
  is_disabled           = false
  tenant_tags           = []
  tenants               = []
  account_id            = octopusdeploy_username_password_account.login.id
  host                  = "b.example"
  port                  = 2222
  fingerprint           = "SHA256:x"
  dot_net_core_platform = "linux-x64"
}
