# Members are not here: octoferry adds those who are at the destination under the name that users.json gives them.

resource "octopusdeploy_team" "bridge" {
  name        = "Bridge"
  description = "Those who steer."
  space_id    = var.octopus_space_id

  external_security_group {
    id                  = "S-1-5-21-ops"
    display_name        = "SKERRY\\Bridge"
    display_id_and_name = true
  }
}

resource "octopusdeploy_team" "engine_room" {
  name     = "Engine room"
  space_id = var.octopus_space_id
}

# It belongs to the server: one of this name is taken as it is.
resource "octopusdeploy_user_role" "pilot" {
  name                      = "Pilot"
  description               = "May bring ships in."
  granted_space_permissions = ["EnvironmentView", "DeploymentCreate", "ProjectView"]

  lifecycle {
    ignore_changes = all
  }
}

resource "octopusdeploy_scoped_user_role" "bridge_pilot" {
  team_id           = octopusdeploy_team.bridge.id
  user_role_id      = octopusdeploy_user_role.pilot.id
  environment_ids   = [octopusdeploy_environment.quay.id]
  project_group_ids = [octopusdeploy_project_group.shore.id]
  project_ids       = []
  tenant_ids        = [octopusdeploy_tenant.skua.id]
  space_id          = var.octopus_space_id
}
