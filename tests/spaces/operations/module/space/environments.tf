resource "octopusdeploy_environment" "drydock" {
  name             = "Drydock"
  sort_order       = 9
  environment_tags = []
}

resource "octopusdeploy_environment" "quay" {
  name                         = "Quay"
  description                  = "Where ships are tried."
  sort_order                   = 0
  allow_dynamic_infrastructure = true

  environment_tags = [
    "${octopusdeploy_tag_set.pier.name}/${octopusdeploy_tag.pier_north.name}",
    "${octopusdeploy_tag_set.water.name}/${octopusdeploy_tag.water_calm.name}",
  ]

  jira_extension_settings {
    environment_type = "testing"
  }

  jira_service_management_extension_settings {
    is_enabled = false
  }

  servicenow_extension_settings {
    is_enabled = false
  }
}

resource "octopusdeploy_environment" "sea" {
  name               = "Sea"
  description        = "Where passengers are."
  sort_order         = 5
  use_guided_failure = true
  environment_tags   = []

  jira_extension_settings {
    environment_type = "production"
  }

  jira_service_management_extension_settings {
    is_enabled = true
  }

  servicenow_extension_settings {
    is_enabled = true
  }
}

resource "octopusdeploy_parent_environment" "moorings" {
  space_id           = var.octopus_space_id
  name               = "Moorings"
  slug               = "the-moorings"
  use_guided_failure = false
}

resource "octopusdeploy_parent_environment" "trials" {
  space_id           = var.octopus_space_id
  name               = "Trials"
  slug               = "trials"
  description        = "Parents of what pull requests make."
  use_guided_failure = true

  automatic_deprovisioning_rule = {
    days  = 3
    hours = 12
  }
}
