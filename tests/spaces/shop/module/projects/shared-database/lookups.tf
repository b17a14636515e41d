# What this project uses of the space, found by exact name. The plan stops with the names that the destination lacks.

locals {
  needs = {
    environments          = ["Production", "Staging"]
    library_variable_sets = ["Database"]
    lifecycles            = ["Platform"]
    project_groups        = ["Platform"]
    step_templates        = ["Bring the schema up to date", "Tell the chat"]
    worker_pools          = ["Linux workers"]
  }
}

locals {
  environments          = { for x in data.octopusdeploy_environments.space.environments : x.name => x.id }
  library_variable_sets = { for x in data.octopusdeploy_library_variable_sets.space.library_variable_sets : x.name => x.id }
  lifecycles            = { for x in data.octopusdeploy_lifecycles.space.lifecycles : x.name => x.id }
  project_groups        = { for x in data.octopusdeploy_project_groups.space.project_groups : x.name => x.id }
  step_templates        = { for name, found in data.octopusdeploy_step_template.space : name => found.step_template }
  worker_pools          = { for x in data.octopusdeploy_worker_pools.space.worker_pools : x.name => x.id }
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

data "octopusdeploy_worker_pools" "space" {
  take = 10000

  lifecycle {
    postcondition {
      condition     = length(setsubtract(local.needs.worker_pools, self.worker_pools[*].name)) == 0
      error_message = "The space has no worker pool named: ${join(", ", setsubtract(local.needs.worker_pools, self.worker_pools[*].name))}."
    }
  }
}
