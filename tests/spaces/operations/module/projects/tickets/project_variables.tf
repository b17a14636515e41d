resource "octopusdeploy_variable" "pump_hours_pump_the_bilge" {
  owner_id = octopusdeploy_project.tickets.id
  name     = "Pump.Hours"
  type     = "String"
  value    = "2"

  prompt {
    label       = "Hours"
    description = "How long."
    is_required = true

    display_settings {
      control_type = "Select"

      select_option {
        value        = "2"
        display_name = "Two"
      }

      select_option {
        value        = "8"
        display_name = "All night"
      }
    }
  }

  scope {
    processes = [octopusdeploy_runbook.pump_the_bilge.id]
  }
}

resource "octopusdeploy_variable" "pump_reason" {
  owner_id = octopusdeploy_project.tickets.id
  name     = "Pump.Reason"
  type     = "String"
  value    = ""

  prompt {
    label = "Reason"

    display_settings {
      control_type = "MultiLineText"
    }
  }
}
