# All triggers arrive disabled. After the cutover: -var enable_triggers=true.

resource "octopusdeploy_built_in_trigger" "warehouse_sync" {
  count      = var.enable_triggers ? 1 : 0
  project_id = octopusdeploy_project.warehouse_sync.id
  channel_id = octopusdeploy_channel.main_line.id

  release_creation_package = {
    deployment_action = octopusdeploy_process_step.install_the_service.name
    package_reference = ""
  }

  depends_on = [octopusdeploy_project_versioning_strategy.warehouse_sync]
}

resource "octopusdeploy_project_deployment_target_trigger" "new_machine_in_the_barn" {
  project_id       = octopusdeploy_project.warehouse_sync.id
  name             = "New machine in the barn"
  count            = var.enable_triggers || var.triggers_are_held ? 1 : 0
  environment_ids  = [local.environments["Production"]]
  event_groups     = ["Machine"]
  event_categories = ["MachineAdded"]
  roles            = ["warehouse"]
  should_redeploy  = true
}

resource "octopusdeploy_project_scheduled_trigger" "restart_over_lunch" {
  space_id    = var.octopus_space_id
  project_id  = octopusdeploy_project.warehouse_sync.id
  name        = "Restart over lunch"
  description = "It leaks memory."
  is_disabled = !var.enable_triggers
  timezone    = "UTC"

  continuous_daily_schedule {
    days_of_week  = ["Monday", "Wednesday", "Friday"]
    interval      = "OnceHourly"
    hour_interval = 4
    run_after     = "2026-01-05T08:00:00"
    run_until     = "2026-01-05T18:30:00"
  }

  run_runbook_action {
    runbook_id             = octopusdeploy_runbook.restart_the_sync.id
    target_environment_ids = [local.environments["Production"]]
  }
}
