resource "octopusdeploy_step_template" "sandbox_say_hello" {
  name            = "Sandbox - Say hello"
  description     = "A community step template for tests"
  action_type     = "Octopus.Script"
  step_package_id = "Octopus.Script"
  packages        = []

  parameters = [
    {
      id            = "5fd4ca08-0000-4000-8000-00000000000a"
      name          = "Hello.Who"
      label         = "Who"
      help_text     = ""
      default_value = "you"

      display_settings = {
        "Octopus.ControlType" = "SingleLineText"
      }
    },
  ]

  properties = {
    "Octopus.Action.Script.ScriptBody"   = "echo \"hello #{Hello.Who}\""
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
  }
}

resource "octopusdeploy_step_template" "signal_the_harbour" {
  name            = "Signal the harbour"
  description     = "Hoists the flags."
  action_type     = "Octopus.Script"
  step_package_id = "Octopus.Script"

  packages = [
    {
      name                 = "flags"
      package_id           = "Skerry.Flags"
      feed_id              = octopusdeploy_nuget_feed.parts.id
      acquisition_location = "ExecutionTarget"

      properties = {
        extract                = "True"
        selection_mode         = "immediate"
        purpose                = ""
        package_parameter_name = ""
      }
    },
    {
      name                 = "Signal.Extra"
      package_id           = ""
      feed_id              = octopusdeploy_nuget_feed.parts.id
      acquisition_location = "NotAcquired"

      properties = {
        extract                = "False"
        selection_mode         = "deferred"
        purpose                = ""
        package_parameter_name = "Signal.Extra"
      }
    },
  ]

  parameters = [
    {
      id            = "7d1c0c52-41f0-4f0d-9f3b-000000000001"
      name          = "Signal.Flag"
      label         = "Flag"
      help_text     = "Which one."
      default_value = "Q"

      display_settings = {
        "Octopus.ControlType"   = "Select"
        "Octopus.SelectOptions" = "Q|Quebec\nH|Hotel"
      }
    },
    {
      id                      = "7d1c0c52-41f0-4f0d-9f3b-000000000002"
      name                    = "Signal.Code"
      label                   = "Code"
      help_text               = ""
      default_sensitive_value = var.step_template_signal_the_harbour_signal_code
      default_value           = ""

      display_settings = {
        "Octopus.ControlType" = "Sensitive"
      }
    },
    {
      id            = "7d1c0c52-41f0-4f0d-9f3b-000000000003"
      name          = "Signal.Extra"
      label         = "Extra package"
      help_text     = ""
      default_value = ""

      display_settings = {
        "Octopus.ControlType" = "Package"
      }
    },
  ]

  properties = {
    "Octopus.Action.Script.ScriptBody"   = "echo \"flag #{Signal.Flag}\""
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
  }
}
