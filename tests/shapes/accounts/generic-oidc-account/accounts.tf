resource "octopusdeploy_generic_oidc_account" "tried" {
  name                   = "Tried"
  audience               = "a"
  execution_subject_keys = ["space"]
  environments           = []
  tenant_tags            = []
  tenants                = []
}
