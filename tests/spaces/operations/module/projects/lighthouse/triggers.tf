# All triggers arrive disabled. After the cutover: -var enable_triggers=true.

resource "octopusdeploy_built_in_trigger" "lighthouse" {
  count      = var.enable_triggers ? 1 : 0
  project_id = octopusdeploy_project.lighthouse.id
  channel_id = ""

  release_creation_package = {
    deployment_action = octopusdeploy_process_step.light_the_lamp.name
    package_reference = "oil"
  }

  depends_on = [octopusdeploy_project_versioning_strategy.lighthouse]
}

resource "octopusdeploy_project_scheduled_trigger" "by_the_tide" {
  space_id    = var.octopus_space_id
  project_id  = octopusdeploy_project.lighthouse.id
  name        = "By the tide"
  is_disabled = !var.enable_triggers
  timezone    = "Pacific/Auckland"

  cron_expression_schedule {
    cron_expression = "0 15 6 * * Mon-Fri"
  }

  run_runbook_action {
    runbook_id             = octopusdeploy_runbook.wake_the_keeper.id
    target_environment_ids = [local.environments["Quay"]]
  }
}

resource "octopusdeploy_project_scheduled_trigger" "second_thursday" {
  space_id    = var.octopus_space_id
  project_id  = octopusdeploy_project.lighthouse.id
  name        = "Second Thursday"
  is_disabled = !var.enable_triggers
  timezone    = "UTC"

  days_per_month_schedule {
    start_time            = "2026-03-01T23:15:00"
    monthly_schedule_type = "DayOfMonth"
    day_number_of_month   = "2"
    day_of_week           = "Thursday"
  }

  deploy_new_release_action {
    destination_environment_id = local.environments["Quay"]
  }
}
