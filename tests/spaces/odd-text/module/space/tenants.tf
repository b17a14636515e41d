# The links to projects and the values for them are in the projects' modules.

resource "octopusdeploy_tenant" "_0" {
  name        = "0"
  description = "0"
  is_disabled = false
  tenant_tags = []
}

resource "octopusdeploy_tenant" "o_neil_sohne_gmbh" {
  name        = "O'Neil & Söhne GmbH"
  description = "\""
  is_disabled = false

  tenant_tags = [
    "${octopusdeploy_tag_set.set_1_356f67.name}/${octopusdeploy_tag.set_1_356f67_100.name}",
    "${octopusdeploy_tag_set.set_1_356f67.name}/${octopusdeploy_tag.set_1_356f67_brace.name}",
  ]
}

resource "octopusdeploy_tenant" "tenant_one" {
  name        = "TENANT_one"
  description = "\t"
  is_disabled = false

  tenant_tags = [
    "${octopusdeploy_tag_set.set_1_x.name}/${octopusdeploy_tag.set_1_x_xcf2abf.name}",
    "${octopusdeploy_tag_set.set_1.name}/${octopusdeploy_tag.set_1_he_said_no.name}",
  ]
}

resource "octopusdeploy_tenant" "tenant_one_749f95" {
  name        = "Tenant / \"One\""
  description = "*"
  is_disabled = false

  tenant_tags = [
    "${octopusdeploy_tag_set.set_1.name}/${octopusdeploy_tag.set_1_a_b_0ac7cf.name}",
    "${octopusdeploy_tag_set.set_1_356f67.name}/${octopusdeploy_tag.set_1_356f67_x.name}",
  ]

  depends_on = [octopusdeploy_tenant.tenant_one_d21811]
}

resource "octopusdeploy_tenant" "tenant_one_d21811" {
  name        = "tenant - one"
  description = "line\nbreak\n"
  is_disabled = false
  tenant_tags = ["${octopusdeploy_tag_set.set_1.name}/${octopusdeploy_tag.set_1_a_b.name}"]

  depends_on = [octopusdeploy_tenant.tenant_one]
}

resource "octopusdeploy_tenant" "xb6b341" {
  name        = "テナント"
  description = "説明"
  is_disabled = false

  tenant_tags = [
    "${octopusdeploy_tag_set.set_1_x.name}/${octopusdeploy_tag.set_1_x_xcd3a7e.name}",
    "${octopusdeploy_tag_set.set_1_x.name}/${octopusdeploy_tag.set_1_x_e.name}",
  ]
}
