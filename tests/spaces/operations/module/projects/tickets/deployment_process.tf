# Each step waits for the one before it: they are added to one document, one after the other.

resource "octopusdeploy_process" "deployment" {
  project_id = octopusdeploy_project.tickets.id
}

resource "octopusdeploy_process_steps_order" "deployment" {
  process_id = octopusdeploy_process.deployment.id

  steps = [
    octopusdeploy_process_step.put_up_the_till.id,
    octopusdeploy_process_step.read_the_chart.id,
    octopusdeploy_process_templated_step.hoist_the_flag.id,
    octopusdeploy_process_step.ask_the_bridge.id,
  ]
}

resource "octopusdeploy_process_step" "put_up_the_till" {
  process_id = octopusdeploy_process.deployment.id
  name       = "Put up the till"
  slug       = "put-up-the-till"
  type       = "Octopus.TentaclePackage"

  properties = {
    "Octopus.Action.TargetRoles" = "till"
  }

  primary_package = {
    package_id           = "Skerry.Till"
    feed_id              = data.octopusdeploy_feeds.built_in.feeds[0].id
    acquisition_location = "Server"

    properties = {
      "SelectionMode" = "immediate"
    }
  }

  packages = {
    "fares" = {
      package_id           = "Skerry.Fares"
      feed_id              = local.feeds["Parts"]
      acquisition_location = "Server"

      properties = {
        "Extract"       = "True"
        "SelectionMode" = "immediate"
      }
    }
  }

  execution_properties = {
    "Octopus.Action.EnabledFeatures" = ""
  }
}

resource "octopusdeploy_process_step" "read_the_chart" {
  process_id = octopusdeploy_process.deployment.id
  name       = "Read the chart"
  slug       = "read-the-chart"
  type       = "Octopus.Script"
  channels   = [octopusdeploy_channel.storm.id]

  git_dependencies = {
    "" = {
      repository_uri       = "https://git.skerry.example/charts.git"
      default_branch       = "main"
      file_path_filters    = ["charts/**", "tides/*.csv"]
      git_credential_type  = "Library"
      git_credential_id    = local.git_credentials["Charts reader"]
      github_connection_id = ""
    }
  }

  execution_properties = {
    "Octopus.Action.GitRepository.Source"  = "External"
    "Octopus.Action.RunOnServer"           = "true"
    "Octopus.Action.Script.ScriptFileName" = "charts/read.sh"
    "Octopus.Action.Script.ScriptSource"   = "GitRepository"
    "Octopus.Action.Script.Syntax"         = "Bash"
  }

  depends_on = [octopusdeploy_process_step.put_up_the_till]
}

resource "octopusdeploy_process_templated_step" "hoist_the_flag" {
  process_id       = octopusdeploy_process.deployment.id
  name             = "Hoist the flag"
  slug             = "hoist-the-flag"
  template_id      = local.step_templates["Signal the harbour"].id
  template_version = local.step_templates["Signal the harbour"].version

  parameters = {
    "Signal.Flag" = "H"

    "Signal.Extra" = jsonencode({
      "FeedId"    = local.feeds["Parts"]
      "PackageId" = "Skerry.Extra"
    })
  }

  execution_properties = {
    "Octopus.Action.RunOnServer" = "true"
  }

  depends_on = [octopusdeploy_process_step.read_the_chart]
}

resource "octopusdeploy_process_step" "ask_the_bridge" {
  process_id = octopusdeploy_process.deployment.id
  name       = "Ask the bridge"
  slug       = "ask-the-bridge"
  type       = "Octopus.Manual"

  execution_properties = {
    "Octopus.Action.Manual.BlockConcurrentDeployments" = "False"
    "Octopus.Action.Manual.Instructions"               = "May we sail?"
    "Octopus.Action.Manual.ResponsibleTeamIds"         = "${local.teams["Bridge"]},teams-everyone"
    "Octopus.Action.RunOnServer"                       = "true"
  }

  depends_on = [octopusdeploy_process_templated_step.hoist_the_flag]
}
