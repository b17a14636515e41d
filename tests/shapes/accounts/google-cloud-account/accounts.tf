resource "octopusdeploy_gcp_account" "tried" {
  name         = "Tried"
  json_key     = var.account_tried_json_key
  environments = []
  tenant_tags  = []
  tenants      = []
}
