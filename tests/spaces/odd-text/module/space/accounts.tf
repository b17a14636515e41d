resource "octopusdeploy_username_password_account" "account_1" {
  name                              = "account_1"
  description                       = "\""
  username                          = "user@example.invalid"
  password                          = var.account_account_1_password
  environments                      = []
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
}

resource "octopusdeploy_username_password_account" "account_1_68038f" {
  name                              = "Account \"1\""
  description                       = "a\nb"
  username                          = "do\\main\\user"
  password                          = var.account_account_1_68038f_password
  environments                      = []
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []

  depends_on = [octopusdeploy_username_password_account.account_1]
}

resource "octopusdeploy_token_account" "account_1_token" {
  name                              = "Account \"1\" token"
  token                             = var.account_account_1_token_token
  environments                      = []
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
}

resource "octopusdeploy_username_password_account" "x106821" {
  name                              = "АКАУНТ"
  description                       = "$${x}"
  username                          = "ü\"ser"
  password                          = var.account_x106821_password
  environments                      = []
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
}
