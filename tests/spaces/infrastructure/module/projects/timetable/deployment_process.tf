resource "octopusdeploy_process" "deployment" {
  project_id = octopusdeploy_project.timetable.id
}

resource "octopusdeploy_process_steps_order" "deployment" {
  process_id = octopusdeploy_process.deployment.id
  steps      = [octopusdeploy_process_step.publish.id]
}

resource "octopusdeploy_process_step" "publish" {
  process_id     = octopusdeploy_process.deployment.id
  name           = "Publish"
  slug           = "publish"
  type           = "Octopus.Script"
  worker_pool_id = local.worker_pools["Bridge"]

  primary_package = {
    package_id           = "Timetable"
    feed_id              = local.feeds["Azure DevOps"]
    acquisition_location = "Server"
  }

  execution_properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptBody"   = "echo published"
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
  }
}
