# The links to projects and the values for them are in the projects' modules.

resource "octopusdeploy_tenant" "skerry" {
  name        = "Skerry"
  is_disabled = false
  tenant_tags = ["${octopusdeploy_tag_set.island.name}/${octopusdeploy_tag.island_north.name}"]
}
