# What this project uses of the space, found by exact name. The plan stops with the names that the destination lacks.

locals {
  needs = {
    deployment_freezes  = ["Nights", "Regatta"]
    environments        = ["Quay", "Sea"]
    feeds               = ["Parts"]
    git_credentials     = ["Charts reader"]
    lifecycles          = ["Short crossing", "Voyage"]
    parent_environments = ["Trials"]
    project_groups      = ["Shore"]
    script_modules      = ["Compass", "Horn"]
    step_templates      = ["Signal the harbour"]
    teams               = ["Bridge", "Engine room"]
    tenants             = ["Skua", "Tern"]
    user_roles          = ["Pilot"]
  }
}

locals {
  deployment_freezes  = merge([for x in data.octopusdeploy_deployment_freezes.space.deployment_freezes : { (x.name) = x.id } if length(setsubtract(keys(x.project_environment_scope), data.octopusdeploy_projects.of_space.projects[*].id)) == 0]...)
  environments        = { for x in data.octopusdeploy_environments.space.environments : x.name => x.id }
  feeds               = { for x in data.octopusdeploy_feeds.space.feeds : x.name => x.id }
  git_credentials     = { for x in data.octopusdeploy_git_credentials.space.git_credentials : x.name => x.id }
  lifecycles          = { for x in data.octopusdeploy_lifecycles.space.lifecycles : x.name => x.id }
  parent_environments = { for x in data.octopusdeploy_parent_environments.space.parent_environments : x.name => x.id }
  project_groups      = { for x in data.octopusdeploy_project_groups.space.project_groups : x.name => x.id }
  script_modules      = { for x in data.octopusdeploy_script_modules.space.script_modules : x.name => x.id }
  step_templates      = { for name, found in data.octopusdeploy_step_template.space : name => found.step_template }
  teams               = merge([for space in ["", var.octopus_space_id] : { for x in data.octopusdeploy_teams.space.teams : x.name => x.id if x.space_id == space }]...)
  tenants             = { for x in data.octopusdeploy_tenants.space.tenants : x.name => x.id }
  user_roles          = { for x in data.octopusdeploy_user_roles.space.user_roles : x.name => x.id }
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

data "octopusdeploy_feeds" "space" {
  take = 10000

  lifecycle {
    postcondition {
      condition     = length(setsubtract(local.needs.feeds, self.feeds[*].name)) == 0
      error_message = "The space has no feed named: ${join(", ", setsubtract(local.needs.feeds, self.feeds[*].name))}."
    }
  }
}

data "octopusdeploy_git_credentials" "space" {
  take = 10000

  lifecycle {
    postcondition {
      condition     = length(setsubtract(local.needs.git_credentials, self.git_credentials[*].name)) == 0
      error_message = "The space has no Git credential named: ${join(", ", setsubtract(local.needs.git_credentials, self.git_credentials[*].name))}."
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

data "octopusdeploy_parent_environments" "space" {
  take = 10000

  lifecycle {
    postcondition {
      condition     = length(setsubtract(local.needs.parent_environments, self.parent_environments[*].name)) == 0
      error_message = "The space has no parent environment named: ${join(", ", setsubtract(local.needs.parent_environments, self.parent_environments[*].name))}."
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

data "octopusdeploy_script_modules" "space" {
  take = 10000

  lifecycle {
    postcondition {
      condition     = length(setsubtract(local.needs.script_modules, self.script_modules[*].name)) == 0
      error_message = "The space has no script module named: ${join(", ", setsubtract(local.needs.script_modules, self.script_modules[*].name))}."
    }
  }
}

data "octopusdeploy_step_template" "space" {
  for_each = toset(local.needs.step_templates)
  name     = each.value

  lifecycle {
    postcondition {
      condition     = self.step_template != null
      error_message = "The space has no step template named: ${self.name}."
    }
  }
}

data "octopusdeploy_teams" "space" {
  take = 10000

  lifecycle {
    postcondition {
      condition     = length(setsubtract(local.needs.teams, self.teams[*].name)) == 0
      error_message = "The space has no team named: ${join(", ", setsubtract(local.needs.teams, self.teams[*].name))}."
    }
  }
}

data "octopusdeploy_tenants" "space" {
  take = 10000

  lifecycle {
    postcondition {
      condition     = length(setsubtract(local.needs.tenants, self.tenants[*].name)) == 0
      error_message = "The space has no tenant named: ${join(", ", setsubtract(local.needs.tenants, self.tenants[*].name))}."
    }
  }
}

data "octopusdeploy_user_roles" "space" {
  take = 10000

  lifecycle {
    postcondition {
      condition     = length(setsubtract(local.needs.user_roles, self.user_roles[*].name)) == 0
      error_message = "The space has no user role named: ${join(", ", setsubtract(local.needs.user_roles, self.user_roles[*].name))}."
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
