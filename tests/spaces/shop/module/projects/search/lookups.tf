# What this project uses of the space, found by exact name. The plan stops with the names that the destination lacks.

locals {
  needs = {
    environments          = ["Dev", "Production", "Production (US)", "Staging"]
    feeds                 = ["Shop charts", "Source archives"]
    library_variable_sets = ["Watching"]
    lifecycles            = ["Dev to production"]
    project_groups        = ["Storefront"]
  }
}

locals {
  environments          = { for x in data.octopusdeploy_environments.space.environments : x.name => x.id }
  feeds                 = { for x in data.octopusdeploy_feeds.space.feeds : x.name => x.id }
  library_variable_sets = { for x in data.octopusdeploy_library_variable_sets.space.library_variable_sets : x.name => x.id }
  lifecycles            = { for x in data.octopusdeploy_lifecycles.space.lifecycles : x.name => x.id }
  project_groups        = { for x in data.octopusdeploy_project_groups.space.project_groups : x.name => x.id }
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
