resource "octopusdeploy_generic_oidc_account" "tried" {
  name                   = "Tried"
  audience               = ""
  execution_subject_keys = []
  environments           = []
  tenant_tags            = []
  tenants                = []
}
