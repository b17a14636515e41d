# What this project uses of the space, found by exact name. The plan stops with the names that the destination lacks.

locals {
  needs = {
    accounts              = ["Azure reporting"]
    environments          = ["Dev", "Production", "Production (US)", "Staging"]
    feeds                 = ["Shop images"]
    git_credentials       = ["Source reader"]
    library_variable_sets = ["Database", "Stores"]
    lifecycles            = ["Dev to production", "Preview only"]
    project_groups        = ["Back office"]
    projects              = ["Shared Database"]
    step_templates        = ["Bring the schema up to date"]
    tenants               = ["Bougie & Fils", "House Test Store", "Lantern Lane", "Nordlicht Kerzen", "Prairie Glow"]
  }
}

locals {
  accounts              = { for x in data.octopusdeploy_accounts.space.accounts : x.name => x.id }
  environments          = { for x in data.octopusdeploy_environments.space.environments : x.name => x.id }
  feeds                 = { for x in data.octopusdeploy_feeds.space.feeds : x.name => x.id }
  git_credentials       = { for x in data.octopusdeploy_git_credentials.space.git_credentials : x.name => x.id }
  library_variable_sets = { for x in data.octopusdeploy_library_variable_sets.space.library_variable_sets : x.name => x.id }
  lifecycles            = { for x in data.octopusdeploy_lifecycles.space.lifecycles : x.name => x.id }
  project_groups        = { for x in data.octopusdeploy_project_groups.space.project_groups : x.name => x.id }
  projects              = { for x in data.octopusdeploy_projects.space.projects : x.name => x.id }
  step_templates        = { for name, found in data.octopusdeploy_step_template.space : name => found.step_template }
  tenants               = { for x in data.octopusdeploy_tenants.space.tenants : x.name => x.id }
}

data "octopusdeploy_accounts" "space" {
  take = 10000

  lifecycle {
    postcondition {
      condition     = length(setsubtract(local.needs.accounts, self.accounts[*].name)) == 0
      error_message = "The space has no account named: ${join(", ", setsubtract(local.needs.accounts, self.accounts[*].name))}."
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

data "octopusdeploy_library_variable_sets" "space" {
  take = 10000

  lifecycle {
    postcondition {
      condition     = length(setsubtract(local.needs.library_variable_sets, self.library_variable_sets[*].name)) == 0
      error_message = "The space has no library variable set named: ${join(", ", setsubtract(local.needs.library_variable_sets, self.library_variable_sets[*].name))}."
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

data "octopusdeploy_projects" "space" {
  take = 10000

  lifecycle {
    postcondition {
      condition     = length(setsubtract(local.needs.projects, self.projects[*].name)) == 0
      error_message = "The space has no project named: ${join(", ", setsubtract(local.needs.projects, self.projects[*].name))}."
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

data "octopusdeploy_tenants" "space" {
  take = 10000

  lifecycle {
    postcondition {
      condition     = length(setsubtract(local.needs.tenants, self.tenants[*].name)) == 0
      error_message = "The space has no tenant named: ${join(", ", setsubtract(local.needs.tenants, self.tenants[*].name))}."
    }
  }
}

# The feed of the server's own releases, known by its type.
data "octopusdeploy_feeds" "releases" {
  feed_type = "OctopusProject"
  take      = 1
}
