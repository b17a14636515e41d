resource "octopusdeploy_azure_subscription_account" "tried" {
  name                    = "Tried"
  subscription_id         = "0c8f1f0e-7f7d-4b1c-9a51-5f3f0c1d2e11"
  certificate             = var.account_tried_certificate
  certificate_thumbprint  = "AB"
  azure_environment       = "AzureCloud"
  management_endpoint     = "https://m.example"
  storage_endpoint_suffix = "core.example"
  environments            = []
  tenant_tags             = []
  tenants                 = []
}
