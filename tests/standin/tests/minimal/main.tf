terraform {
  required_providers {
    octopusdeploy = { source = "OctopusDeploy/octopusdeploy" }
  }
}

variable "octopus_server" { type = string }
variable "octopus_apikey" {
  type      = string
  sensitive = true
}
variable "octopus_space_id" { type = string }

provider "octopusdeploy" {
  address  = var.octopus_server
  api_key  = var.octopus_apikey
  space_id = var.octopus_space_id
}

resource "octopusdeploy_project_group" "g" { name = "G" }
data "octopusdeploy_lifecycles" "l" {
  partial_name = "Default Lifecycle"
  take         = 1
}
resource "octopusdeploy_project" "p" {
  name             = "P"
  lifecycle_id     = data.octopusdeploy_lifecycles.l.lifecycles[0].id
  project_group_id = octopusdeploy_project_group.g.id
}
resource "octopusdeploy_runbook" "none" {
  name       = "None"
  project_id = octopusdeploy_project.p.id
}
resource "octopusdeploy_runbook" "old" {
  name       = "Old"
  project_id = octopusdeploy_project.p.id
  retention_policy { quantity_to_keep = 10 }
}
resource "octopusdeploy_runbook" "oldf" {
  name       = "Old forever"
  project_id = octopusdeploy_project.p.id
  retention_policy { should_keep_forever = true }
}
resource "octopusdeploy_runbook" "oldh" {
  name       = "Old hundred"
  project_id = octopusdeploy_project.p.id
  retention_policy { quantity_to_keep = 100 }
}
resource "octopusdeploy_runbook" "d" {
  name       = "Default"
  project_id = octopusdeploy_project.p.id
  retention_policy_with_strategy { strategy = "Default" }
}
resource "octopusdeploy_runbook" "f" {
  name       = "Forever"
  project_id = octopusdeploy_project.p.id
  retention_policy_with_strategy { strategy = "Forever" }
}
resource "octopusdeploy_runbook" "c" {
  name       = "Count"
  project_id = octopusdeploy_project.p.id
  retention_policy_with_strategy {
    strategy         = "Count"
    quantity_to_keep = 7
    unit             = "Days"
  }
}
resource "octopusdeploy_lifecycle" "minimal" { name = "Minimal" }
resource "octopusdeploy_lifecycle" "phase" {
  name = "One phase"
  phase { name = "P" }
}
resource "octopusdeploy_environment" "e" { name = "E" }
resource "octopusdeploy_tag_set" "t" { name = "T" }
resource "octopusdeploy_tag" "t" {
  name       = "One"
  color      = "#112233"
  tag_set_id = octopusdeploy_tag_set.t.id
}
resource "octopusdeploy_username_password_account" "a" {
  name     = "UP"
  username = "u"
}
resource "octopusdeploy_aws_account" "a" {
  name       = "AWS"
  access_key = "AK"
  secret_key = "sk"
}
resource "octopusdeploy_token_account" "a" {
  name  = "TK"
  token = "tk"
}
resource "octopusdeploy_docker_container_registry" "f" {
  name     = "D"
  feed_uri = "https://d.example"
}
resource "octopusdeploy_nuget_feed" "f" {
  name     = "N"
  feed_uri = "https://n.example"
}
resource "octopusdeploy_maven_feed" "f" {
  name     = "M"
  feed_uri = "https://m.example"
}
resource "octopusdeploy_github_repository_feed" "f" {
  name     = "GH"
  feed_uri = "https://api.github.com"
}
resource "octopusdeploy_helm_feed" "f" {
  name     = "H"
  feed_uri = "https://h.example"
}
resource "octopusdeploy_static_worker_pool" "w" { name = "S" }
resource "octopusdeploy_dynamic_worker_pool" "w" {
  name        = "DY"
  worker_type = "UbuntuDefault"
}
resource "octopusdeploy_library_variable_set" "l" { name = "L" }
resource "octopusdeploy_machine_policy" "m" { name = "MP" }
resource "octopusdeploy_machine_proxy" "m" {
  name     = "MX"
  host     = "h.example"
  username = "u"
  password = "p"
}
resource "octopusdeploy_git_credential" "g" {
  name     = "GC"
  username = "u"
  password = "p"
}
resource "octopusdeploy_tenant" "t" { name = "TE" }
resource "octopusdeploy_channel" "c" {
  name       = "CH"
  project_id = octopusdeploy_project.p.id
}
resource "octopusdeploy_cloud_region_deployment_target" "c" {
  name         = "CR"
  environments = [octopusdeploy_environment.e.id]
  roles        = ["r"]
}
resource "octopusdeploy_step_template" "s" {
  name            = "ST"
  action_type     = "Octopus.Script"
  step_package_id = "Octopus.Script"
  parameters      = []
  packages        = []
  properties      = { "Octopus.Action.Script.ScriptBody" = "x" }
}
resource "octopusdeploy_process" "p" { project_id = octopusdeploy_project.p.id }
resource "octopusdeploy_process_step" "s" {
  process_id = octopusdeploy_process.p.id
  name       = "Step"
  type       = "Octopus.Script"
}
resource "octopusdeploy_variable" "v" {
  owner_id = octopusdeploy_project.p.id
  name     = "V"
  type     = "String"
}
resource "octopusdeploy_certificate" "c" {
  name             = "CE"
  certificate_data = "aGVsbG8="
  password         = "p"
}
resource "octopusdeploy_project_scheduled_trigger" "t" {
  name       = "T"
  space_id   = var.octopus_space_id
  project_id = octopusdeploy_project.p.id
  cron_expression_schedule { cron_expression = "0 0 6 * * Mon-Fri" }
  deploy_new_release_action { destination_environment_id = octopusdeploy_environment.e.id }
}
resource "octopusdeploy_project_deployment_target_trigger" "t" {
  name       = "DT"
  project_id = octopusdeploy_project.p.id
}
