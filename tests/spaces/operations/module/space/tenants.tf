# The links to projects and the values for them are in the projects' modules.

resource "octopusdeploy_tenant" "skua" {
  name        = "Skua"
  description = "The fast one."
  is_disabled = false

  tenant_tags = [
    "${octopusdeploy_tag_set.pier.name}/${octopusdeploy_tag.pier_north.name}",
    "${octopusdeploy_tag_set.water.name}/${octopusdeploy_tag.water_rough.name}",
  ]
}

resource "octopusdeploy_tenant" "tern" {
  name        = "Tern"
  is_disabled = true
  tenant_tags = []
}
