# The provider does not send a sort order of 0, so the tags of a set are added in their order.

resource "octopusdeploy_tag_set" "pier" {
  name        = "Pier"
  description = ""
  scopes      = ["Environment", "Tenant"]
  sort_order  = 2
  type        = "SingleSelect"
}

resource "octopusdeploy_tag" "pier_north" {
  tag_set_id = octopusdeploy_tag_set.pier.id
  name       = "North"
  color      = "#5B2C83"
  sort_order = 1
}

resource "octopusdeploy_tag_set" "remark" {
  name        = "Remark"
  description = "Any words."
  scopes      = ["Tenant"]
  sort_order  = 3
  type        = "FreeText"
}

resource "octopusdeploy_tag_set" "water" {
  name        = "Water"
  description = "What the sea is like."
  scopes      = ["Environment", "Project", "Runbook", "Tenant"]
  sort_order  = 1
  type        = "MultiSelect"
}

resource "octopusdeploy_tag" "water_calm" {
  tag_set_id  = octopusdeploy_tag_set.water.id
  name        = "Calm"
  description = "Like a mirror."
  color       = "#1F5FA8"
  sort_order  = 1
}

resource "octopusdeploy_tag" "water_rough" {
  tag_set_id = octopusdeploy_tag_set.water.id
  name       = "Rough"
  color      = "#C8102E"
  sort_order = 2

  depends_on = [octopusdeploy_tag.water_calm]
}
