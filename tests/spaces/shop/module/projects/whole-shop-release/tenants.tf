# Values that are secret, and values for library variable sets, are not here: octoferry sets them after the apply.

resource "octopusdeploy_tenant_project" "house_test_store" {
  tenant_id       = local.tenants["House Test Store"]
  project_id      = octopusdeploy_project.whole_shop_release.id
  environment_ids = []
}
