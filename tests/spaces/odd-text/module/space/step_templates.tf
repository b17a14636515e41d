resource "octopusdeploy_step_template" "template_odd_x" {
  name            = "Template: \"odd\" / $${x}"
  description     = "## Use\r\n\r\n`a` \\ \"b\"\r\n"
  action_type     = "Octopus.Script"
  step_package_id = "Octopus.Script"
  packages        = []

  parameters = [
    {
      id            = "6f0d2a10-0000-4000-8000-000000000000"
      name          = "Odd.Text"
      label         = "Text \"t\""
      help_text     = "help\n* a\n* b"
      default_value = "$${d} %%{d} #{d}\r\n"

      display_settings = {
        "Octopus.ControlType" = "MultiLineText"
      }
    },
    {
      id                      = "6f0d2a10-0000-4000-8000-000000000001"
      name                    = "Odd.Secret"
      label                   = ""
      help_text               = ""
      default_sensitive_value = var.step_template_template_odd_x_odd_secret
      default_value           = ""

      display_settings = {
        "Octopus.ControlType" = "Sensitive"
      }
    },
    {
      id            = "6f0d2a10-0000-4000-8000-000000000002"
      name          = "Odd.Pick"
      label         = "Pick"
      help_text     = ""
      default_value = "y"

      display_settings = {
        "Octopus.ControlType"   = "Select"
        "Octopus.SelectOptions" = "x|\"X\"\ny|$${Y}"
      }
    },
    {
      id            = "6f0d2a10-0000-4000-8000-000000000003"
      name          = "Odd"
      label         = ""
      help_text     = ""
      default_value = ""

      display_settings = {
        "Octopus.ControlType" = "SingleLineText"
      }
    },
  ]

  properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptBody"   = file("${path.module}/scripts/step-templates/template-odd-x.sh")
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
  }
}
