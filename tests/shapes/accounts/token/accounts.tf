resource "octopusdeploy_token_account" "tried" {
  name         = "Tried"
  token        = var.account_tried_token
  environments = []
  tenant_tags  = []
  tenants      = []
}
