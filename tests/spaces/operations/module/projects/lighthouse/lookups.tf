# What this project uses of the space, found by exact name. The plan stops with the names that the destination lacks.

locals {
  needs = {
    deployment_freezes = ["Regatta"]
    environments       = ["Quay"]
    lifecycles         = ["Short crossing", "Voyage"]
    project_groups     = ["Shore"]
  }
}

locals {
  deployment_freezes = merge([for x in data.octopusdeploy_deployment_freezes.space.deployment_freezes : { (x.name) = x.id } if length(setsubtract(keys(x.project_environment_scope), data.octopusdeploy_projects.of_space.projects[*].id)) == 0]...)
  environments       = { for x in data.octopusdeploy_environments.space.environments : x.name => x.id }
  lifecycles         = { for x in data.octopusdeploy_lifecycles.space.lifecycles : x.name => x.id }
  project_groups     = { for x in data.octopusdeploy_project_groups.space.project_groups : x.name => x.id }
}

data "octopusdeploy_deployment_freezes" "space" {
  take             = 10000
  include_complete = true

  lifecycle {
    postcondition {
      condition     = length(setsubtract(local.needs.deployment_freezes, self.deployment_freezes[*].name)) == 0
      error_message = "The space has no deployment freeze named: ${join(", ", setsubtract(local.needs.deployment_freezes, self.deployment_freezes[*].name))}."
    }
  }
}

data "octopusdeploy_environments" "space" {
  take = 10000

  lifecycle {
    postcondition {
      condition     = length(setsubtract(local.needs.environments, self.environments[*].name)) == 0
      error_message = "The space has no environment named: ${join(", ", setsubtract(local.needs.environments, self.environments[*].name))}."
    }
  }
}

data "octopusdeploy_lifecycles" "space" {
  take = 10000

  lifecycle {
    postcondition {
      condition     = length(setsubtract(local.needs.lifecycles, self.lifecycles[*].name)) == 0
      error_message = "The space has no lifecycle named: ${join(", ", setsubtract(local.needs.lifecycles, self.lifecycles[*].name))}."
    }
  }
}

data "octopusdeploy_project_groups" "space" {
  take = 10000

  lifecycle {
    postcondition {
      condition     = length(setsubtract(local.needs.project_groups, self.project_groups[*].name)) == 0
      error_message = "The space has no project group named: ${join(", ", setsubtract(local.needs.project_groups, self.project_groups[*].name))}."
    }
  }
}

# Freezes of other spaces may have the same name: they name other projects.
data "octopusdeploy_projects" "of_space" {
  take = 10000
}

# The server's own package feed, known by its type.
data "octopusdeploy_feeds" "built_in" {
  feed_type = "BuiltIn"
  take      = 1
}
