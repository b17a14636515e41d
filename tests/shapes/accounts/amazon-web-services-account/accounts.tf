resource "octopusdeploy_aws_account" "tried" {
  name         = "Tried"
  access_key   = "AKIA1"
  secret_key   = var.account_tried_secret_key
  region       = "eu-west-1"
  environments = []
  tenant_tags  = []
  tenants      = []
}
