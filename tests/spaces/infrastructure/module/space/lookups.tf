# What this module uses and does not make, found by exact name. The plan stops with the names that the destination lacks.

locals {
  needs = {
    accounts = ["Account of tomorrow"]
    feeds    = ["Azure DevOps"]
  }
}

locals {
  accounts = { for x in data.octopusdeploy_accounts.space.accounts : x.name => x.id }
  feeds    = { for x in data.octopusdeploy_feeds.space.feeds : x.name => x.id }
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

data "octopusdeploy_feeds" "space" {
  take = 10000

  lifecycle {
    postcondition {
      condition     = length(setsubtract(local.needs.feeds, self.feeds[*].name)) == 0
      error_message = "The space has no feed named: ${join(", ", setsubtract(local.needs.feeds, self.feeds[*].name))}."
    }
  }
}
