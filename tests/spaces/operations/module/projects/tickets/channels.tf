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

  git_resource_rules = [
    {
      rules = ["refs/heads/main"]

      git_dependency_actions = [
        {
          deployment_action_slug = "read-the-chart"
          git_dependency_name    = ""
        },
      ]
    },
  ]

  rule {
    version_range = "[2,3)"
    tag           = "^storm"

    action_package {
      deployment_action = "Put up the till"
    }

    action_package {
      deployment_action = "Put up the till"
      package_reference = "fares"
    }
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
