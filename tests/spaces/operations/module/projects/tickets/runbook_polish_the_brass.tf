resource "octopusdeploy_runbook" "polish_the_brass" {
  project_id                  = octopusdeploy_project.tickets.id
  name                        = "Polish the brass"
  default_guided_failure_mode = "EnvironmentDefault"
  environment_scope           = "FromProjectLifecycles"
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
    strategy = "Forever"
  }
}
