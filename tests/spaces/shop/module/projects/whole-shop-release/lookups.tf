# What this project uses of the space, found by exact name. The plan stops with the names that the destination lacks.

locals {
  needs = {
    library_variable_sets = ["Watching"]
    lifecycles            = ["Dev to production"]
    project_groups        = ["Platform"]
    projects              = ["Orders API", "Shared Database", "Storefront Web"]
    script_modules        = ["Chat"]
    tenants               = ["House Test Store"]
  }
}

locals {
  library_variable_sets = { for x in data.octopusdeploy_library_variable_sets.space.library_variable_sets : x.name => x.id }
  lifecycles            = { for x in data.octopusdeploy_lifecycles.space.lifecycles : x.name => x.id }
  project_groups        = { for x in data.octopusdeploy_project_groups.space.project_groups : x.name => x.id }
  projects              = { for x in data.octopusdeploy_projects.space.projects : x.name => x.id }
  script_modules        = { for x in data.octopusdeploy_script_modules.space.script_modules : x.name => x.id }
  tenants               = { for x in data.octopusdeploy_tenants.space.tenants : x.name => x.id }
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

data "octopusdeploy_script_modules" "space" {
  take = 10000

  lifecycle {
    postcondition {
      condition     = length(setsubtract(local.needs.script_modules, self.script_modules[*].name)) == 0
      error_message = "The space has no script module named: ${join(", ", setsubtract(local.needs.script_modules, self.script_modules[*].name))}."
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
