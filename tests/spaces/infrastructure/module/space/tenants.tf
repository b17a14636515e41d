# The links to projects and the values for them are in the projects' modules.

resource "octopusdeploy_tenant" "skerry" {
  name        = "Skerry"
  tenant_tags = [octopusdeploy_tag.island_north.canonical_tag_name]
}
