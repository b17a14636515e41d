# Each step waits for the one before it: they are added to one document, one after the other.

resource "octopusdeploy_process" "deployment" {
  project_id = octopusdeploy_project.warehouse_sync.id
}

resource "octopusdeploy_process_steps_order" "deployment" {
  process_id = octopusdeploy_process.deployment.id

  steps = [
    octopusdeploy_process_step.install_the_service.id,
    octopusdeploy_process_step.check_the_service.id,
  ]
}

resource "octopusdeploy_process_step" "install_the_service" {
  process_id = octopusdeploy_process.deployment.id
  name       = "Install the service"
  slug       = "install-the-service"
  type       = "Octopus.WindowsService"

  properties = {
    "Octopus.Action.TargetRoles" = "warehouse"
  }

  primary_package = {
    package_id           = "TallowWick.WarehouseSync"
    feed_id              = "feeds-builtin"
    acquisition_location = "Server"
  }

  execution_properties = {
    "Octopus.Action.EnabledFeatures"                      = "Octopus.Features.WindowsService"
    "Octopus.Action.WindowsService.CreateOrUpdateService" = "True"
    "Octopus.Action.WindowsService.CustomAccountName"     = "#{Warehouse.Login.Username}"
    "Octopus.Action.WindowsService.ServiceAccount"        = "_CUSTOM"
    "Octopus.Action.WindowsService.ServiceName"           = "tw-warehouse-sync"
    "Octopus.Action.WindowsService.StartMode"             = "delayed-auto"
  }
}

resource "octopusdeploy_process_step" "check_the_service" {
  process_id = octopusdeploy_process.deployment.id
  name       = "Check the service"
  slug       = "check-the-service"
  type       = "Octopus.Script"
  condition  = "Variable"

  properties = {
    "Octopus.Action.TargetRoles"               = "warehouse"
    "Octopus.Step.ConditionVariableExpression" = "#{if Octopus.Environment.Name == \"Production\"}true#{/if}"
  }

  execution_properties = {
    "Octopus.Action.Script.ScriptBody"   = file("${path.module}/scripts/check-the-service.ps1")
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "PowerShell"
  }

  depends_on = [octopusdeploy_process_step.install_the_service]
}
