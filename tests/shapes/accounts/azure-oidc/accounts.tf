resource "octopusdeploy_azure_openid_connect" "tried" {
  name            = "Tried"
  subscription_id = "0c8f1f0e-7f7d-4b1c-9a51-5f3f0c1d2e11"
  tenant_id       = "1d9a2b3c-8e6f-4c2d-ab62-6a4b1d2e3f22"
  application_id  = "2eab3c4d-9f70-4d3e-bc73-7b5c2e3f4a33"
  audience        = "api"
  environments    = []
  tenant_tags     = []
  tenants         = []
}
