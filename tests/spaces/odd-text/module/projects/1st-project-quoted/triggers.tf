# All triggers arrive disabled. After the cutover: -var enable_triggers=true.

resource "octopusdeploy_project_scheduled_trigger" "trigger_t_x" {
  space_id    = var.octopus_space_id
  project_id  = octopusdeploy_project._1st_project_quoted.id
  name        = "Trigger \"t\" / $${x}"
  description = "every\nnight"
  is_disabled = !var.enable_triggers
  timezone    = "UTC"

  cron_expression_schedule {
    cron_expression = "0 0 3 ? * MON-FRI"
  }

  run_runbook_action {
    runbook_id             = octopusdeploy_runbook.restart.id
    target_environment_ids = [local.environments["A B"]]
  }
}
