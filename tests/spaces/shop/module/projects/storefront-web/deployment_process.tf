# Each step waits for the one before it: they are added to one document, one after the other.

resource "octopusdeploy_process" "deployment" {
  project_id = octopusdeploy_project.storefront_web.id
}

resource "octopusdeploy_process_steps_order" "deployment" {
  process_id = octopusdeploy_process.deployment.id

  steps = [
    octopusdeploy_process_step.deploy_search.id,
    octopusdeploy_process_step.roll_through_the_web_servers.id,
    octopusdeploy_process_step.buy_a_candle.id,
    octopusdeploy_process_templated_step.tell_that_it_failed.id,
  ]
}

resource "octopusdeploy_process_step" "deploy_search" {
  process_id   = octopusdeploy_process.deployment.id
  name         = "Deploy Search"
  slug         = "deploy-search"
  type         = "Octopus.DeployRelease"
  environments = [local.environments["Dev"], local.environments["Staging"]]

  primary_package = {
    package_id           = local.projects["Search"]
    feed_id              = data.octopusdeploy_feeds.releases.feeds[0].id
    acquisition_location = "NotAcquired"
  }

  execution_properties = {
    "Octopus.Action.DeployRelease.DeploymentCondition" = "IfNotCurrentVersion"
    "Octopus.Action.DeployRelease.ProjectId"           = local.projects["Search"]
    "Octopus.Action.RunOnServer"                       = "true"

    "Octopus.Action.DeployRelease.Variables" = jsonencode({
      "Search.Replicas" = "2"
    })
  }
}

resource "octopusdeploy_process_step" "roll_through_the_web_servers" {
  process_id = octopusdeploy_process.deployment.id
  name       = "Roll through the web servers"
  slug       = "roll-through-the-web-servers"
  type       = "Octopus.Script"

  properties = {
    "Octopus.Action.MaxParallelism" = "1"
    "Octopus.Action.TargetRoles"    = "bastion,warehouse"
  }

  execution_properties = {
    "Octopus.Action.Script.ScriptBody"   = file("${path.module}/scripts/roll-through-the-web-servers.sh")
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
  }

  depends_on = [octopusdeploy_process_step.deploy_search]
}

resource "octopusdeploy_process_child_steps_order" "roll_through_the_web_servers" {
  process_id = octopusdeploy_process.deployment.id
  parent_id  = octopusdeploy_process_step.roll_through_the_web_servers.id

  children = [
    octopusdeploy_process_child_step.unpack_the_site.id,
    octopusdeploy_process_child_step.copy_the_theme.id,
    octopusdeploy_process_templated_child_step.tell_operations.id,
  ]
}

resource "octopusdeploy_process_child_step" "unpack_the_site" {
  process_id = octopusdeploy_process.deployment.id
  parent_id  = octopusdeploy_process_step.roll_through_the_web_servers.id
  name       = "Unpack the site"
  slug       = "unpack-the-site"
  type       = "Octopus.TentaclePackage"

  primary_package = {
    package_id           = "TallowWick.Storefront"
    feed_id              = "feeds-builtin"
    acquisition_location = "ExecutionTarget"
  }

  execution_properties = {
    "Octopus.Action.EnabledFeatures"                  = "Octopus.Features.SubstituteInFiles"
    "Octopus.Action.SubstituteInFiles.OutputEncoding" = "utf-8"
    "Octopus.Action.SubstituteInFiles.TargetFiles"    = "config/*.json\nweb.config"
  }
}

resource "octopusdeploy_process_child_step" "copy_the_theme" {
  process_id  = octopusdeploy_process.deployment.id
  parent_id   = octopusdeploy_process_step.roll_through_the_web_servers.id
  name        = "Copy the theme"
  slug        = "copy-the-theme"
  type        = "Octopus.TransferPackage"
  notes       = "Off since themes come with the site."
  is_disabled = true
  channels    = [octopusdeploy_channel.preview.id]

  primary_package = {
    package_id           = "com.tallowwick:theme"
    feed_id              = local.feeds["Shop Maven"]
    acquisition_location = "Server"
  }

  execution_properties = {
    "Octopus.Action.Package.TransferPath" = "/srv/themes"
  }

  depends_on = [octopusdeploy_process_child_step.unpack_the_site]
}

resource "octopusdeploy_process_templated_child_step" "tell_operations" {
  process_id       = octopusdeploy_process.deployment.id
  parent_id        = octopusdeploy_process_step.roll_through_the_web_servers.id
  name             = "Tell operations"
  slug             = "tell-operations"
  template_id      = local.step_templates["Tell the chat"].id
  template_version = local.step_templates["Tell the chat"].version
  tenant_tags      = ["Contract/Gold"]

  parameters = {
    "Tell.Room" = "ops"
    "Tell.Text" = "one server done"
  }

  depends_on = [octopusdeploy_process_child_step.copy_the_theme]
}

resource "octopusdeploy_process_step" "buy_a_candle" {
  process_id     = octopusdeploy_process.deployment.id
  name           = "Buy a candle"
  slug           = "buy-a-candle"
  type           = "Octopus.Script"
  worker_pool_id = local.worker_pools["Linux workers"]

  container = {
    feed_id = local.feeds["Shop images"]
    image   = "tools/browser:22"
  }

  packages = {
    "scripts" = {
      package_id           = "TallowWick.Smoke"
      feed_id              = local.feeds["Shop NuGet"]
      acquisition_location = "Server"

      properties = {
        "Extract"       = "True"
        "SelectionMode" = "immediate"
      }
    }
  }

  execution_properties = {
    "Octopus.Action.AutoRetry.MaximumCount" = "2"
    "Octopus.Action.RunOnServer"            = "true"
    "Octopus.Action.Script.ScriptBody"      = file("${path.module}/scripts/buy-a-candle.sh")
    "Octopus.Action.Script.ScriptSource"    = "Inline"
    "Octopus.Action.Script.Syntax"          = "Bash"
  }

  depends_on = [octopusdeploy_process_step.roll_through_the_web_servers]
}

resource "octopusdeploy_process_templated_step" "tell_that_it_failed" {
  process_id       = octopusdeploy_process.deployment.id
  name             = "Tell that it failed"
  slug             = "tell-that-it-failed"
  template_id      = local.step_templates["Tell the chat"].id
  template_version = local.step_templates["Tell the chat"].version
  condition        = "Failure"

  parameters = {
    "Tell.Room" = "ops"
    "Tell.Text" = "#{Octopus.Project.Name} failed: #{Octopus.Deployment.Error}"
  }

  depends_on = [octopusdeploy_process_step.buy_a_candle]
}
