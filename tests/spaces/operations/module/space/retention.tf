resource "octopusdeploy_space_default_lifecycle_release_retention_policy" "this" {
  space_id         = var.octopus_space_id
  strategy         = "Count"
  quantity_to_keep = 45
  unit             = "Days"
}

resource "octopusdeploy_space_default_lifecycle_tentacle_retention_policy" "this" {
  space_id         = var.octopus_space_id
  strategy         = "Count"
  quantity_to_keep = 4
  unit             = "Items"
}

resource "octopusdeploy_space_default_runbook_retention_policy" "this" {
  space_id = var.octopus_space_id
  strategy = "Forever"
}
