# The provider does not send a sort order of 0, so the tags of a set are added in their order.

resource "octopusdeploy_tag_set" "island" {
  name        = "Island"
  description = "Where it stands"
  scopes      = ["Tenant", "Target"]
  type        = "MultiSelect"
}

resource "octopusdeploy_tag" "island_north" {
  tag_set_id = octopusdeploy_tag_set.island.id
  name       = "North"
  color      = "#1F5FA8"
  sort_order = 0
}

resource "octopusdeploy_tag" "island_south" {
  tag_set_id = octopusdeploy_tag_set.island.id
  name       = "South"
  color      = "#A81F5F"
  sort_order = 1

  depends_on = [octopusdeploy_tag.island_north]
}
