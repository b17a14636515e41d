# The channel "Default" comes with the project; it is no longer the default one when "Night" is.

resource "octopusdeploy_channel" "night" {
  project_id   = octopusdeploy_project.lighthouse.id
  name         = "Night"
  is_default   = true
  lifecycle_id = local.lifecycles["Voyage"]
}
