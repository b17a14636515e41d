# The channel "Default" comes with the project.

resource "octopusdeploy_channel" "storm" {
  project_id          = octopusdeploy_project.tickets.id
  name                = "Storm"
  description         = "When it blows."
  lifecycle_id        = local.lifecycles["Short crossing"]
  tenant_tags         = ["Water/Rough"]
  git_reference_rules = ["refs/heads/main", "refs/heads/storm/*"]

  custom_field_definitions = [
    {
      field_name  = "Wind"
      description = "In knots."
    },
    {
      field_name  = "Captain"
      description = "Who decides."
    },
  ]

  lifecycle {
    ignore_changes = [rule, git_resource_rules]
  }
}

resource "octopusdeploy_channel" "trial" {
  project_id                          = octopusdeploy_project.tickets.id
  name                                = "Trial"
  type                                = "EphemeralEnvironment"
  parent_environment_id               = local.parent_environments["Trials"]
  ephemeral_environment_name_template = "trial-#{Octopus.Release.CustomFields[Branch]}"

  custom_field_definitions = [
    {
      field_name  = "Branch"
      description = ""
    },
  ]
}
