resource "octopusdeploy_lifecycle" "default_lifecycle" {
  name = "Default Lifecycle"
}

resource "octopusdeploy_lifecycle" "short_crossing" {
  name = "Short crossing"

  tentacle_retention_with_strategy {
    strategy         = "Count"
    quantity_to_keep = 1
    unit             = "Items"
  }
}

resource "octopusdeploy_lifecycle" "voyage" {
  name        = "Voyage"
  description = "From the quay to the sea."

  release_retention_with_strategy {
    strategy         = "Count"
    quantity_to_keep = 12
    unit             = "Days"
  }

  tentacle_retention_with_strategy {
    strategy = "Forever"
  }

  phase {
    name                                  = "Quay"
    is_optional_phase                     = true
    is_priority_phase                     = false
    minimum_environments_before_promotion = 0
    automatic_deployment_targets          = [octopusdeploy_environment.quay.id]
    optional_deployment_targets           = []

    release_retention_with_strategy {
      strategy = "Forever"
    }

    tentacle_retention_with_strategy {
      strategy         = "Count"
      quantity_to_keep = 2
      unit             = "Items"
    }
  }

  phase {
    name                                  = "Sea"
    is_optional_phase                     = false
    is_priority_phase                     = true
    minimum_environments_before_promotion = 1
    automatic_deployment_targets          = []
    optional_deployment_targets           = [octopusdeploy_environment.sea.id]

    release_retention_with_strategy {
      strategy = "Default"
    }

    tentacle_retention_with_strategy {
      strategy = "Default"
    }
  }
}
