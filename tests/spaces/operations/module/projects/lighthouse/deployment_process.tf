resource "octopusdeploy_process" "deployment" {
  project_id = octopusdeploy_project.lighthouse.id
}

resource "octopusdeploy_process_steps_order" "deployment" {
  process_id = octopusdeploy_process.deployment.id
  steps      = [octopusdeploy_process_step.light_the_lamp.id]
}

resource "octopusdeploy_process_step" "light_the_lamp" {
  process_id = octopusdeploy_process.deployment.id
  name       = "Light the lamp"
  slug       = "light-the-lamp"
  type       = "Octopus.Script"

  packages = {
    "oil" = {
      package_id           = "Skerry.Oil"
      feed_id              = data.octopusdeploy_feeds.built_in.feeds[0].id
      acquisition_location = "Server"

      properties = {
        "Extract"       = "False"
        "SelectionMode" = "immediate"
      }
    }
  }

  execution_properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptBody"   = "echo lit"
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
  }
}
