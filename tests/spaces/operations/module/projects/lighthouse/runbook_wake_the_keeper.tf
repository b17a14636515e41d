resource "octopusdeploy_runbook" "wake_the_keeper" {
  project_id                  = octopusdeploy_project.lighthouse.id
  name                        = "Wake the keeper"
  default_guided_failure_mode = "EnvironmentDefault"
  environment_scope           = "All"
  environments                = []
  multi_tenancy_mode          = "Untenanted"
  force_package_download      = false
  runbook_tags                = []

  connectivity_policy {
    allow_deployments_to_no_targets = true
    exclude_unhealthy_targets       = false
    skip_machine_behavior           = "None"
    target_roles                    = []
  }

  retention_policy_with_strategy {
    strategy = "Default"
  }
}
