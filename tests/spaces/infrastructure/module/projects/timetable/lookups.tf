# What this project uses of the space, found by exact name. The plan stops with the names that the destination lacks.

locals {
  needs = {
    accounts           = ["AWS full"]
    certificates       = ["www.harbourline.example"]
    deployment_targets = ["Polling small"]
    feeds              = ["Azure DevOps"]
    lifecycles         = ["Default Lifecycle"]
    project_groups     = ["Default Project Group"]
    worker_pools       = ["Bridge"]
  }
}

locals {
  accounts           = { for x in data.octopusdeploy_accounts.space.accounts : x.name => x.id }
  certificates       = { for x in data.octopusdeploy_certificates.space.certificates : x.name => x.id }
  deployment_targets = { for x in data.octopusdeploy_deployment_targets.space.deployment_targets : x.name => x.id }
  feeds              = { for x in data.octopusdeploy_feeds.space.feeds : x.name => x.id }
  lifecycles         = { for x in data.octopusdeploy_lifecycles.space.lifecycles : x.name => x.id }
  project_groups     = { for x in data.octopusdeploy_project_groups.space.project_groups : x.name => x.id }
  worker_pools       = { for x in data.octopusdeploy_worker_pools.space.worker_pools : x.name => x.id }
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

data "octopusdeploy_certificates" "space" {
  take = 10000

  lifecycle {
    postcondition {
      condition     = length(setsubtract(local.needs.certificates, self.certificates[*].name)) == 0
      error_message = "The space has no certificate named: ${join(", ", setsubtract(local.needs.certificates, self.certificates[*].name))}."
    }
  }
}

data "octopusdeploy_deployment_targets" "space" {
  take = 10000

  lifecycle {
    postcondition {
      condition     = length(setsubtract(local.needs.deployment_targets, self.deployment_targets[*].name)) == 0
      error_message = "The space has no deployment target named: ${join(", ", setsubtract(local.needs.deployment_targets, self.deployment_targets[*].name))}."
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

data "octopusdeploy_worker_pools" "space" {
  take = 10000

  lifecycle {
    postcondition {
      condition     = length(setsubtract(local.needs.worker_pools, self.worker_pools[*].name)) == 0
      error_message = "The space has no worker pool named: ${join(", ", setsubtract(local.needs.worker_pools, self.worker_pools[*].name))}."
    }
  }
}
