# Values that are secret, and values for library variable sets, are not here: octoferry sets them after the apply.

locals {
  template_ids = { for x in octopusdeploy_project._1st_project_quoted.template : x.name => x.id }
}

resource "octopusdeploy_tenant_project" "tenant_one" {
  tenant_id       = local.tenants["TENANT_one"]
  project_id      = octopusdeploy_project._1st_project_quoted.id
  environment_ids = [local.environments["A B"], local.environments["a-b"]]
}

resource "octopusdeploy_tenant_project_variable" "tenant_one_project_text_a_b" {
  tenant_id      = octopusdeploy_tenant_project.tenant_one.tenant_id
  project_id     = octopusdeploy_tenant_project.tenant_one.project_id
  environment_id = local.environments["A B"]
  template_id    = local.template_ids["Project.Text"]
  value          = "  "
}

resource "octopusdeploy_tenant_project" "tenant_one_749f95" {
  tenant_id       = local.tenants["Tenant / \"One\""]
  project_id      = octopusdeploy_project._1st_project_quoted.id
  environment_ids = [local.environments["A B"], local.environments["a-b"]]
}

resource "octopusdeploy_tenant_project_variable" "tenant_one_749f95_project_text_a_b" {
  tenant_id      = octopusdeploy_tenant_project.tenant_one_749f95.tenant_id
  project_id     = octopusdeploy_tenant_project.tenant_one_749f95.project_id
  environment_id = local.environments["A B"]
  template_id    = local.template_ids["Project.Text"]
  value          = "$${a}\r\n\"b\" \\"
}
