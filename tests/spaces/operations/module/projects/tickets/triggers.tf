# All triggers arrive disabled. After the cutover: -var enable_triggers=true.

resource "octopusdeploy_project_deployment_target_trigger" "a_new_till" {
  project_id       = octopusdeploy_project.tickets.id
  name             = "A new till"
  count            = var.enable_triggers || var.triggers_are_held ? 1 : 0
  environment_ids  = [local.environments["Sea"], local.environments["Quay"]]
  event_groups     = ["MachineCritical", "MachineAvailableForDeployment"]
  event_categories = ["MachineHealthy"]
  roles            = ["till", "pump"]
  should_redeploy  = true
}

resource "octopusdeploy_project_scheduled_trigger" "each_morning" {
  space_id    = var.octopus_space_id
  project_id  = octopusdeploy_project.tickets.id
  name        = "Each morning"
  description = "Before the first crossing."
  is_disabled = !var.enable_triggers
  timezone    = "Europe/Oslo"
  channel_id  = octopusdeploy_channel.storm.id
  tenant_ids  = [octopusdeploy_tenant_project.skua.tenant_id]

  once_daily_schedule {
    days_of_week = ["Monday", "Friday", "Sunday"]
    start_time   = "2026-03-01T05:30:00"
  }

  deploy_latest_release_action {
    source_environment_id      = local.environments["Quay"]
    destination_environment_id = local.environments["Sea"]
    should_redeploy            = true
  }
}

resource "octopusdeploy_project_scheduled_trigger" "every_few_minutes" {
  space_id    = var.octopus_space_id
  project_id  = octopusdeploy_project.tickets.id
  name        = "Every few minutes"
  is_disabled = !var.enable_triggers
  timezone    = "UTC"

  continuous_daily_schedule {
    days_of_week    = ["Wednesday", "Thursday"]
    interval        = "OnceEveryMinute"
    minute_interval = 20
    run_after       = "2026-03-01T06:00:00"
    run_until       = "2026-03-01T07:00:00"
  }

  run_runbook_action {
    runbook_id             = octopusdeploy_runbook.pump_the_bilge.id
    target_environment_ids = [local.environments["Sea"], local.environments["Quay"]]
  }
}

resource "octopusdeploy_git_trigger" "new_charts" {
  space_id    = var.octopus_space_id
  project_id  = octopusdeploy_project.tickets.id
  name        = "New charts"
  description = "When somebody measured."
  is_disabled = !var.enable_triggers
  channel_id  = octopusdeploy_channel.storm.id

  sources = [
    {
      deployment_action_slug = octopusdeploy_process_step.read_the_chart.slug
      git_dependency_name    = ""
      include_file_paths     = ["charts/**"]
      exclude_file_paths     = ["charts/old/**"]
    },
  ]
}

resource "octopusdeploy_external_feed_create_release_trigger" "new_fares" {
  space_id    = var.octopus_space_id
  project_id  = octopusdeploy_project.tickets.id
  name        = "New fares"
  is_disabled = !var.enable_triggers
  channel_id  = octopusdeploy_channel.storm.id

  package {
    deployment_action_slug = octopusdeploy_process_step.put_up_the_till.slug
    package_reference      = "fares"
  }
}

# Disabled at the source as well.
resource "octopusdeploy_project_scheduled_trigger" "on_the_first" {
  space_id    = var.octopus_space_id
  project_id  = octopusdeploy_project.tickets.id
  name        = "On the first"
  is_disabled = true
  timezone    = "UTC"

  days_per_month_schedule {
    start_time            = "2026-03-01T12:00:00"
    monthly_schedule_type = "DateOfMonth"
    date_of_month         = "L"
    day_of_week           = "Sunday"
  }

  run_runbook_action {
    runbook_id             = octopusdeploy_runbook.polish_the_brass.id
    target_environment_ids = [local.environments["Sea"]]
  }
}

resource "octopusdeploy_project_scheduled_trigger" "while_it_is_light" {
  space_id    = var.octopus_space_id
  project_id  = octopusdeploy_project.tickets.id
  name        = "While it is light"
  is_disabled = !var.enable_triggers
  timezone    = "America/New_York"

  continuous_daily_schedule {
    days_of_week  = ["Tuesday"]
    interval      = "OnceHourly"
    hour_interval = 3
    run_after     = "2026-03-01T06:00:00"
    run_until     = "2026-03-01T21:00:00"
  }

  deploy_new_release_action {
    destination_environment_id = local.environments["Quay"]
    git_reference              = "refs/heads/main"
  }
}
