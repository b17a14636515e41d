resource "octopusdeploy_scoped_user_role" "engine_room_pilot" {
  team_id           = local.teams["Engine room"]
  user_role_id      = local.user_roles["Pilot"]
  environment_ids   = []
  project_group_ids = []
  project_ids       = [octopusdeploy_project.tickets.id]
  tenant_ids        = []
  space_id          = var.octopus_space_id
}
