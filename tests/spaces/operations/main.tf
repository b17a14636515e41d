# Skerry Lines, a ferry company: what a space holds besides deployments – environments of every type, retention, tags of every scope,
# channels, triggers of every kind, runbooks, freezes, subscriptions, teams (all made up, marker "ops-3h6v").
# space.json was made of it and of extra.py: applied with the official provider to an empty space of the sandbox, and dumped.

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

# ------------------------------------------------------------ environments

resource "octopusdeploy_environment" "quay" {
  name                         = "Quay"
  description                  = "Where ships are tried."
  sort_order                   = 0
  allow_dynamic_infrastructure = true
  environment_tags             = [octopusdeploy_tag.water_calm.canonical_tag_name, octopusdeploy_tag.pier_north.canonical_tag_name]

  jira_extension_settings {
    environment_type = "testing"
  }
  jira_service_management_extension_settings {
    is_enabled = false
  }
  servicenow_extension_settings {
    is_enabled = false
  }
}

resource "octopusdeploy_environment" "sea" {
  name               = "Sea"
  description        = "Where passengers are."
  sort_order         = 5
  use_guided_failure = true

  jira_extension_settings {
    environment_type = "production"
  }
  jira_service_management_extension_settings {
    is_enabled = true
  }
  servicenow_extension_settings {
    is_enabled = true
  }
}

resource "octopusdeploy_environment" "drydock" {
  name       = "Drydock"
  sort_order = 9
}

resource "octopusdeploy_parent_environment" "trials" {
  space_id           = var.octopus_space_id
  name               = "Trials"
  description        = "Parents of what pull requests make."
  use_guided_failure = true
  sort_order         = 11

  automatic_deprovisioning_rule = {
    days  = 3
    hours = 12
  }
}

resource "octopusdeploy_parent_environment" "moorings" {
  space_id = var.octopus_space_id
  name     = "Moorings"
  slug     = "the-moorings"
}

# ------------------------------------------------------------ lifecycles and retention

resource "octopusdeploy_lifecycle" "voyage" {
  name        = "Voyage"
  description = "From the quay to the sea."

  release_retention_with_strategy {
    strategy         = "Count"
    quantity_to_keep = 12
    unit             = "Days"
  }
  tentacle_retention_with_strategy {
    strategy = "Forever"
  }

  phase {
    name                         = "Quay"
    automatic_deployment_targets = [octopusdeploy_environment.quay.id]
    is_optional_phase            = true
    release_retention_with_strategy {
      strategy = "Forever"
    }
    tentacle_retention_with_strategy {
      strategy         = "Count"
      quantity_to_keep = 2
      unit             = "Items"
    }
  }
  phase {
    name                                  = "Sea"
    optional_deployment_targets           = [octopusdeploy_environment.sea.id]
    is_priority_phase                     = true
    minimum_environments_before_promotion = 1
    release_retention_with_strategy {
      strategy = "Default"
    }
    tentacle_retention_with_strategy {
      strategy = "Default"
    }
  }
}

resource "octopusdeploy_lifecycle" "short" {
  name = "Short crossing"

  release_retention_with_strategy {
    strategy = "Default"
  }
  tentacle_retention_with_strategy {
    strategy         = "Count"
    quantity_to_keep = 1
    unit             = "Items"
  }
}

resource "octopusdeploy_space_default_lifecycle_release_retention_policy" "this" {
  space_id         = var.octopus_space_id
  strategy         = "Count"
  quantity_to_keep = 45
  unit             = "Days"
}

resource "octopusdeploy_space_default_lifecycle_tentacle_retention_policy" "this" {
  space_id         = var.octopus_space_id
  strategy         = "Count"
  quantity_to_keep = 4
  unit             = "Items"
}

resource "octopusdeploy_space_default_runbook_retention_policy" "this" {
  space_id = var.octopus_space_id
  strategy = "Forever"
}

# ------------------------------------------------------------ tags of each type and scope

resource "octopusdeploy_tag_set" "water" {
  name        = "Water"
  description = "What the sea is like."
  sort_order  = 1
  scopes      = ["Environment", "Project", "Runbook", "Tenant"]
  type        = "MultiSelect"
}

resource "octopusdeploy_tag" "water_calm" {
  name        = "Calm"
  description = "Like a mirror."
  color       = "#1F5FA8"
  tag_set_id  = octopusdeploy_tag_set.water.id
  sort_order  = 1
}

resource "octopusdeploy_tag" "water_rough" {
  name       = "Rough"
  color      = "#C8102E"
  tag_set_id = octopusdeploy_tag_set.water.id
  sort_order = 2
  depends_on = [octopusdeploy_tag.water_calm]
}

resource "octopusdeploy_tag_set" "pier" {
  name       = "Pier"
  sort_order = 2
  scopes     = ["Environment", "Tenant"]
  type       = "SingleSelect"
  depends_on = [octopusdeploy_tag_set.water]
}

resource "octopusdeploy_tag" "pier_north" {
  name       = "North"
  color      = "#5B2C83"
  tag_set_id = octopusdeploy_tag_set.pier.id
  sort_order = 1
}

resource "octopusdeploy_tag_set" "remark" {
  name        = "Remark"
  description = "Any words."
  sort_order  = 3
  scopes      = ["Tenant"]
  type        = "FreeText"
  depends_on  = [octopusdeploy_tag_set.pier]
}

# ------------------------------------------------------------ tenants

resource "octopusdeploy_tenant" "skua" {
  name        = "Skua"
  description = "The fast one."
  tenant_tags = [octopusdeploy_tag.water_rough.canonical_tag_name, octopusdeploy_tag.pier_north.canonical_tag_name]
}

resource "octopusdeploy_tenant" "tern" {
  name        = "Tern"
  is_disabled = true
}

resource "octopusdeploy_tenant_project" "skua" {
  tenant_id       = octopusdeploy_tenant.skua.id
  project_id      = octopusdeploy_project.tickets.id
  environment_ids = [octopusdeploy_environment.quay.id, octopusdeploy_environment.sea.id]
}

resource "octopusdeploy_tenant_project" "tern" {
  tenant_id       = octopusdeploy_tenant.tern.id
  project_id      = octopusdeploy_project.tickets.id
  environment_ids = [octopusdeploy_environment.sea.id]
}

# ------------------------------------------------------------ feeds, templates, script modules

resource "octopusdeploy_nuget_feed" "parts" {
  name             = "Parts"
  feed_uri         = "https://parts.skerry.example/v3/index.json"
  is_enhanced_mode = true
}

resource "octopusdeploy_docker_container_registry" "hulls" {
  name     = "Hulls"
  feed_uri = "https://hulls.skerry.example"
}

resource "octopusdeploy_git_credential" "charts" {
  name     = "Charts reader"
  username = "reader"
  password = "ops-3h6v-git-reader"
}

resource "octopusdeploy_script_module" "all" {
  for_each = {
    Horn    = { syntax = "Bash", body = "horn() {\n  echo \"long blast $${1}\"\n}" }
    Anchor  = { syntax = "PowerShell", body = "function Drop-Anchor {\n  Write-Host 'dropped'\n}\n" }
    Compass = { syntax = "Python", body = "def north():\n    return 0\n" }
    Sextant = { syntax = "CSharp", body = "public static int Angle() { return 42; }" }
    Log     = { syntax = "FSharp", body = "let speed knots = knots * 1.852\n" }
  }
  name        = each.key
  description = "Written in ${each.value.syntax}."
  script {
    body   = each.value.body
    syntax = each.value.syntax
  }
}

resource "octopusdeploy_step_template" "signal" {
  name            = "Signal the harbour"
  description     = "Hoists the flags."
  action_type     = "Octopus.Script"
  step_package_id = "Octopus.Script"
  packages = [
    {
      name                 = "flags"
      package_id           = "Skerry.Flags"
      feed_id              = octopusdeploy_nuget_feed.parts.id
      acquisition_location = "ExecutionTarget"
      properties           = { extract = "True", selection_mode = "immediate", purpose = "" }
    },
    {
      name                 = "Signal.Extra"
      feed_id              = octopusdeploy_nuget_feed.parts.id
      acquisition_location = "NotAcquired"
      properties           = { extract = "False", selection_mode = "deferred", package_parameter_name = "Signal.Extra" }
    },
  ]
  parameters = [
    {
      id            = "7d1c0c52-41f0-4f0d-9f3b-000000000001"
      name          = "Signal.Flag"
      label         = "Flag"
      help_text     = "Which one."
      default_value = "Q"
      display_settings = {
        "Octopus.ControlType"   = "Select"
        "Octopus.SelectOptions" = "Q|Quebec\nH|Hotel"
      }
    },
    {
      id                      = "7d1c0c52-41f0-4f0d-9f3b-000000000002"
      name                    = "Signal.Code"
      label                   = "Code"
      default_sensitive_value = "ops-3h6v-signal-code"
      display_settings        = { "Octopus.ControlType" = "Sensitive" }
    },
    {
      id               = "7d1c0c52-41f0-4f0d-9f3b-000000000003"
      name             = "Signal.Extra"
      label            = "Extra package"
      display_settings = { "Octopus.ControlType" = "Package" }
    },
  ]
  properties = {
    "Octopus.Action.Script.ScriptBody"   = "echo \"flag #{Signal.Flag}\""
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
  }
}

# ------------------------------------------------------------ projects

resource "octopusdeploy_project_group" "shore" {
  name        = "Shore"
  description = "What stands on land."
}

resource "octopusdeploy_project" "tickets" {
  name                                 = "Tickets"
  description                          = "Sells crossings."
  project_group_id                     = octopusdeploy_project_group.shore.id
  lifecycle_id                         = octopusdeploy_lifecycle.voyage.id
  tenanted_deployment_participation    = "TenantedOrUntenanted"
  default_guided_failure_mode          = "On"
  default_to_skip_if_already_installed = true
  is_discrete_channel_release          = true
  release_notes_template               = "What is new:\n#{each change in Octopus.Release.Changes}\n- #{change.VersionRange}\n#{/each}"
  deployment_changes_template          = "#{each release in Octopus.Deployment.Changes}\n$${not terraform} #{release.Version}\n#{/each}"
  project_tags                         = [octopusdeploy_tag.water_calm.canonical_tag_name]
  included_library_variable_sets       = [octopusdeploy_script_module.all["Horn"].id, octopusdeploy_script_module.all["Compass"].id]

  connectivity_policy {
    allow_deployments_to_no_targets = true
    exclude_unhealthy_targets       = true
    skip_machine_behavior           = "SkipUnavailableMachines"
    target_roles                    = ["till"]
  }
  jira_service_management_extension_settings {
    connection_id             = "ops-jsm-connection"
    is_enabled                = true
    service_desk_project_name = "Harbour desk"
  }
  servicenow_extension_settings {
    connection_id                       = "ops-snow-connection"
    is_enabled                          = true
    is_state_automatically_transitioned = true
    standard_change_template_name       = "Crossing"
  }
}

resource "octopusdeploy_project" "lighthouse" {
  name                        = "Lighthouse"
  project_group_id            = octopusdeploy_project_group.shore.id
  lifecycle_id                = octopusdeploy_lifecycle.short.id
  is_disabled                 = true
  default_guided_failure_mode = "Off"
  connectivity_policy {
    allow_deployments_to_no_targets = false
    exclude_unhealthy_targets       = false
    skip_machine_behavior           = "None"
  }
}

resource "octopusdeploy_process" "tickets" {
  project_id = octopusdeploy_project.tickets.id
}

resource "octopusdeploy_process_step" "till" {
  process_id = octopusdeploy_process.tickets.id
  name       = "Put up the till"
  type       = "Octopus.TentaclePackage"
  properties = { "Octopus.Action.TargetRoles" = "till" }
  primary_package = {
    package_id           = "Skerry.Till"
    feed_id              = data.octopusdeploy_feeds.built_in.feeds[0].id
    acquisition_location = "Server"
    properties           = { SelectionMode = "immediate" }
  }
  packages = {
    "fares" = {
      package_id           = "Skerry.Fares"
      feed_id              = octopusdeploy_nuget_feed.parts.id
      acquisition_location = "Server"
      properties           = { SelectionMode = "immediate", Extract = "True" }
    }
  }
  execution_properties = {
    "Octopus.Action.EnabledFeatures" = ""
  }
}

resource "octopusdeploy_process_step" "chart" {
  process_id = octopusdeploy_process.tickets.id
  name       = "Read the chart"
  type       = "Octopus.Script"
  channels   = [octopusdeploy_channel.storm.id]
  git_dependencies = {
    "" = {
      repository_uri       = "https://git.skerry.example/charts.git"
      default_branch       = "main"
      git_credential_type  = "Library"
      git_credential_id    = octopusdeploy_git_credential.charts.id
      github_connection_id = ""
      file_path_filters    = ["charts/**", "tides/*.csv"]
    }
  }
  execution_properties = {
    "Octopus.Action.GitRepository.Source"  = "External"
    "Octopus.Action.RunOnServer"           = "true"
    "Octopus.Action.Script.ScriptFileName" = "charts/read.sh"
    "Octopus.Action.Script.ScriptSource"   = "GitRepository"
    "Octopus.Action.Script.Syntax"         = "Bash"
  }
  depends_on = [octopusdeploy_process_step.till]
}

resource "octopusdeploy_process_templated_step" "signal" {
  process_id       = octopusdeploy_process.tickets.id
  name             = "Hoist the flag"
  template_id      = octopusdeploy_step_template.signal.id
  template_version = octopusdeploy_step_template.signal.version
  parameters = {
    "Signal.Flag"  = "H"
    "Signal.Extra" = jsonencode({ PackageId = "Skerry.Extra", FeedId = octopusdeploy_nuget_feed.parts.id })
  }
  execution_properties = {
    "Octopus.Action.RunOnServer" = "true"
  }
  depends_on = [octopusdeploy_process_step.chart]
}

resource "octopusdeploy_process_step" "ask" {
  process_id = octopusdeploy_process.tickets.id
  name       = "Ask the bridge"
  type       = "Octopus.Manual"
  execution_properties = {
    "Octopus.Action.Manual.BlockConcurrentDeployments" = "False"
    "Octopus.Action.Manual.Instructions"               = "May we sail?"
    "Octopus.Action.Manual.ResponsibleTeamIds"         = "${octopusdeploy_team.bridge.id},teams-everyone"
    "Octopus.Action.RunOnServer"                       = "true"
  }
  depends_on = [octopusdeploy_process_templated_step.signal]
}

resource "octopusdeploy_process_steps_order" "tickets" {
  process_id = octopusdeploy_process.tickets.id
  steps      = [octopusdeploy_process_step.till.id, octopusdeploy_process_step.chart.id, octopusdeploy_process_templated_step.signal.id, octopusdeploy_process_step.ask.id]
}

data "octopusdeploy_feeds" "built_in" {
  feed_type = "BuiltIn"
  take      = 1
}

resource "octopusdeploy_process" "lighthouse" {
  project_id = octopusdeploy_project.lighthouse.id
}

resource "octopusdeploy_process_step" "lamp" {
  process_id = octopusdeploy_process.lighthouse.id
  name       = "Light the lamp"
  type       = "Octopus.Script"
  execution_properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptBody"   = "echo lit"
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
  }
  packages = {
    "oil" = {
      package_id           = "Skerry.Oil"
      feed_id              = data.octopusdeploy_feeds.built_in.feeds[0].id
      acquisition_location = "Server"
      properties           = { SelectionMode = "immediate", Extract = "False" }
    }
  }
}

resource "octopusdeploy_project_versioning_strategy" "tickets" {
  project_id = octopusdeploy_project.tickets.id
  donor_package = {
    deployment_action = octopusdeploy_process_step.till.name
    package_reference = "fares"
  }
}

resource "octopusdeploy_project_versioning_strategy" "lighthouse" {
  project_id = octopusdeploy_project.lighthouse.id
  template   = "#{Octopus.Date.Year}.#{Octopus.Date.Month}.i"
}

resource "octopusdeploy_built_in_trigger" "lighthouse" {
  project_id = octopusdeploy_project.lighthouse.id
  channel_id = ""
  release_creation_package = {
    deployment_action = octopusdeploy_process_step.lamp.name
    package_reference = "oil"
  }
  depends_on = [octopusdeploy_project_versioning_strategy.lighthouse]
}

# ------------------------------------------------------------ channels

resource "octopusdeploy_channel" "storm" {
  name         = "Storm"
  description  = "When it blows."
  project_id   = octopusdeploy_project.tickets.id
  lifecycle_id = octopusdeploy_lifecycle.short.id
  tenant_tags  = [octopusdeploy_tag.water_rough.canonical_tag_name]

  custom_field_definitions = [
    { field_name = "Wind", description = "In knots." },
    { field_name = "Captain", description = "Who decides." },
  ]
  git_reference_rules = ["refs/heads/main", "refs/heads/storm/*"]
  git_resource_rules = [
    {
      rules = ["refs/heads/main"]
      git_dependency_actions = [
        { deployment_action_slug = "read-the-chart", git_dependency_name = "" },
      ]
    },
  ]
  rule {
    version_range = "[2,3)"
    tag           = "^storm"
    action_package {
      deployment_action = octopusdeploy_process_step.till.name
    }
    action_package {
      deployment_action = octopusdeploy_process_step.till.name
      package_reference = "fares"
    }
  }
}

resource "octopusdeploy_channel" "trial" {
  name                                = "Trial"
  project_id                          = octopusdeploy_project.tickets.id
  type                                = "EphemeralEnvironment"
  parent_environment_id               = octopusdeploy_parent_environment.trials.id
  ephemeral_environment_name_template = "trial-#{Octopus.Release.CustomFields[Branch]}"
  custom_field_definitions            = [{ field_name = "Branch", description = "" }]
}

resource "octopusdeploy_channel" "night" {
  name         = "Night"
  project_id   = octopusdeploy_project.lighthouse.id
  is_default   = true
  lifecycle_id = octopusdeploy_lifecycle.voyage.id
}

# ------------------------------------------------------------ runbooks

resource "octopusdeploy_runbook" "pump" {
  project_id                  = octopusdeploy_project.tickets.id
  name                        = "Pump the bilge"
  description                 = "Every week."
  default_guided_failure_mode = "Off"
  environment_scope           = "Specified"
  environments                = [octopusdeploy_environment.sea.id, octopusdeploy_environment.quay.id]
  multi_tenancy_mode          = "TenantedOrUntenanted"
  force_package_download      = true
  runbook_tags                = [octopusdeploy_tag.water_rough.canonical_tag_name]
  connectivity_policy {
    allow_deployments_to_no_targets = true
    exclude_unhealthy_targets       = true
    skip_machine_behavior           = "SkipUnavailableMachines"
    target_roles                    = ["pump"]
  }
  retention_policy_with_strategy {
    strategy         = "Count"
    quantity_to_keep = 9
    unit             = "Days"
  }
}

resource "octopusdeploy_runbook" "polish" {
  project_id        = octopusdeploy_project.tickets.id
  name              = "Polish the brass"
  environment_scope = "FromProjectLifecycles"
  retention_policy_with_strategy {
    strategy = "Forever"
  }
}

resource "octopusdeploy_runbook" "wake" {
  project_id = octopusdeploy_project.lighthouse.id
  name       = "Wake the keeper"
  retention_policy_with_strategy {
    strategy = "Default"
  }
}

resource "octopusdeploy_process" "pump" {
  project_id = octopusdeploy_project.tickets.id
  runbook_id = octopusdeploy_runbook.pump.id
}

resource "octopusdeploy_process_step" "pump" {
  process_id = octopusdeploy_process.pump.id
  name       = "Pump"
  type       = "Octopus.Script"
  execution_properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptBody"   = "echo \"#{Pump.Hours} hours, #{Pump.Reason}\""
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
  }
}

resource "octopusdeploy_variable" "hours" {
  owner_id = octopusdeploy_project.tickets.id
  name     = "Pump.Hours"
  type     = "String"
  value    = "2"
  prompt {
    label       = "Hours"
    description = "How long."
    is_required = true
    display_settings {
      control_type = "Select"
      select_option {
        value        = "2"
        display_name = "Two"
      }
      select_option {
        value        = "8"
        display_name = "All night"
      }
    }
  }
  scope {
    processes = [octopusdeploy_runbook.pump.id]
  }
}

resource "octopusdeploy_variable" "reason" {
  owner_id = octopusdeploy_project.tickets.id
  name     = "Pump.Reason"
  type     = "String"
  value    = ""
  prompt {
    label = "Reason"
    display_settings {
      control_type = "MultiLineText"
    }
  }
}

# ------------------------------------------------------------ triggers

resource "octopusdeploy_project_scheduled_trigger" "daily" {
  space_id    = var.octopus_space_id
  project_id  = octopusdeploy_project.tickets.id
  name        = "Each morning"
  description = "Before the first crossing."
  timezone    = "Europe/Oslo"
  channel_id  = octopusdeploy_channel.storm.id
  tenant_ids  = [octopusdeploy_tenant.skua.id]
  once_daily_schedule {
    start_time   = "2026-03-01T05:30:00"
    days_of_week = ["Monday", "Friday", "Sunday"]
  }
  deploy_latest_release_action {
    source_environment_id      = octopusdeploy_environment.quay.id
    destination_environment_id = octopusdeploy_environment.sea.id
    should_redeploy            = true
  }
  depends_on = [octopusdeploy_tenant_project.skua]
}

resource "octopusdeploy_project_scheduled_trigger" "hourly" {
  space_id   = var.octopus_space_id
  project_id = octopusdeploy_project.tickets.id
  name       = "While it is light"
  timezone   = "America/New_York"
  continuous_daily_schedule {
    interval      = "OnceHourly"
    hour_interval = 3
    run_after     = "2026-03-01T06:00:00"
    run_until     = "2026-03-01T21:00:00"
    days_of_week  = ["Tuesday"]
  }
  deploy_new_release_action {
    destination_environment_id = octopusdeploy_environment.quay.id
    git_reference              = "refs/heads/main"
  }
}

resource "octopusdeploy_project_scheduled_trigger" "minutes" {
  space_id   = var.octopus_space_id
  project_id = octopusdeploy_project.tickets.id
  name       = "Every few minutes"
  continuous_daily_schedule {
    interval        = "OnceEveryMinute"
    minute_interval = 20
    run_after       = "2026-03-01T06:00:00"
    run_until       = "2026-03-01T07:00:00"
    days_of_week    = ["Wednesday", "Thursday"]
  }
  run_runbook_action {
    runbook_id             = octopusdeploy_runbook.pump.id
    target_environment_ids = [octopusdeploy_environment.sea.id, octopusdeploy_environment.quay.id]
  }
}

resource "octopusdeploy_project_scheduled_trigger" "date" {
  space_id    = var.octopus_space_id
  project_id  = octopusdeploy_project.tickets.id
  name        = "On the first"
  is_disabled = true
  days_per_month_schedule {
    monthly_schedule_type = "DateOfMonth"
    date_of_month         = "L"
    start_time            = "2026-03-01T12:00:00"
  }
  run_runbook_action {
    runbook_id             = octopusdeploy_runbook.polish.id
    target_environment_ids = [octopusdeploy_environment.sea.id]
  }
}

resource "octopusdeploy_project_scheduled_trigger" "day" {
  space_id   = var.octopus_space_id
  project_id = octopusdeploy_project.lighthouse.id
  name       = "Second Thursday"
  days_per_month_schedule {
    monthly_schedule_type = "DayOfMonth"
    day_number_of_month   = "2"
    day_of_week           = "Thursday"
    start_time            = "2026-03-01T23:15:00"
  }
  deploy_new_release_action {
    destination_environment_id = octopusdeploy_environment.quay.id
  }
}

resource "octopusdeploy_project_scheduled_trigger" "cron" {
  space_id   = var.octopus_space_id
  project_id = octopusdeploy_project.lighthouse.id
  name       = "By the tide"
  timezone   = "Pacific/Auckland"
  cron_expression_schedule {
    cron_expression = "0 15 6 * * Mon-Fri"
  }
  run_runbook_action {
    runbook_id             = octopusdeploy_runbook.wake.id
    target_environment_ids = [octopusdeploy_environment.quay.id]
  }
}

resource "octopusdeploy_project_deployment_target_trigger" "target" {
  project_id       = octopusdeploy_project.tickets.id
  name             = "A new till"
  environment_ids  = [octopusdeploy_environment.sea.id, octopusdeploy_environment.quay.id]
  event_groups     = ["MachineCritical", "MachineAvailableForDeployment"]
  event_categories = ["MachineHealthy"]
  roles            = ["till", "pump"]
  should_redeploy  = true
}

resource "octopusdeploy_external_feed_create_release_trigger" "feed" {
  space_id   = var.octopus_space_id
  project_id = octopusdeploy_project.tickets.id
  name       = "New fares"
  channel_id = octopusdeploy_channel.storm.id
  package {
    deployment_action_slug = "put-up-the-till"
    package_reference      = "fares"
  }
  depends_on = [octopusdeploy_process_step.till]
}

resource "octopusdeploy_git_trigger" "git" {
  space_id    = var.octopus_space_id
  project_id  = octopusdeploy_project.tickets.id
  name        = "New charts"
  description = "When somebody measured."
  channel_id  = octopusdeploy_channel.storm.id
  sources = [
    {
      deployment_action_slug = "read-the-chart"
      git_dependency_name    = ""
      include_file_paths     = ["charts/**"]
      exclude_file_paths     = ["charts/old/**"]
    },
  ]
  depends_on = [octopusdeploy_process_step.chart]
}

# ------------------------------------------------------------ freezes

resource "octopusdeploy_deployment_freeze" "regatta" {
  name  = "Regatta"
  start = "2031-06-01T10:00:00+02:00"
  end   = "2031-06-03T22:30:00+02:00"
}

resource "octopusdeploy_deployment_freeze_project" "regatta_tickets" {
  deploymentfreeze_id = octopusdeploy_deployment_freeze.regatta.id
  project_id          = octopusdeploy_project.tickets.id
  environment_ids     = [octopusdeploy_environment.quay.id, octopusdeploy_environment.sea.id]
}

resource "octopusdeploy_deployment_freeze_project" "regatta_lighthouse" {
  deploymentfreeze_id = octopusdeploy_deployment_freeze.regatta.id
  project_id          = octopusdeploy_project.lighthouse.id
  environment_ids     = [octopusdeploy_environment.quay.id]
}

resource "octopusdeploy_deployment_freeze_tenant" "regatta_skua" {
  deploymentfreeze_id = octopusdeploy_deployment_freeze.regatta.id
  tenant_id           = octopusdeploy_tenant.skua.id
  project_id          = octopusdeploy_project.tickets.id
  environment_id      = octopusdeploy_environment.sea.id
  depends_on          = [octopusdeploy_tenant_project.skua]
}

resource "octopusdeploy_project_deployment_freeze" "painting" {
  owner_id        = octopusdeploy_project.lighthouse.id
  name            = "Painting"
  start           = "2031-04-01T08:00:00Z"
  end             = "2031-04-01T18:00:00Z"
  environment_ids = [octopusdeploy_environment.quay.id]
  recurring_schedule = {
    type                  = "Weekly"
    unit                  = 2
    utc_offset_in_minutes = 60
    end_type              = "AfterOccurrences"
    end_after_occurrences = 6
    days_of_week          = ["Monday", "Saturday"]
  }
}

# ------------------------------------------------------------ people

resource "octopusdeploy_user" "mate" {
  username      = "mate@skerry.example"
  display_name  = "First mate"
  email_address = "mate@skerry.example"
}

resource "octopusdeploy_user" "robot" {
  username     = "tide-robot"
  display_name = "Tide robot"
  is_service   = true
}

resource "octopusdeploy_user_role" "pilot" {
  name                      = "Pilot"
  description               = "May bring ships in."
  granted_space_permissions = ["DeploymentCreate", "ProjectView", "EnvironmentView"]
}

resource "octopusdeploy_team" "bridge" {
  name        = "Bridge"
  description = "Those who steer."
  space_id    = var.octopus_space_id
  users       = [octopusdeploy_user.mate.id]
  external_security_group {
    id                  = "S-1-5-21-ops"
    display_name        = "SKERRY\\Bridge"
    display_id_and_name = true
  }
}

resource "octopusdeploy_team" "engine" {
  name     = "Engine room"
  space_id = var.octopus_space_id
  users    = [octopusdeploy_user.robot.id]
}

resource "octopusdeploy_scoped_user_role" "bridge" {
  space_id          = var.octopus_space_id
  team_id           = octopusdeploy_team.bridge.id
  user_role_id      = octopusdeploy_user_role.pilot.id
  environment_ids   = [octopusdeploy_environment.quay.id]
  project_group_ids = [octopusdeploy_project_group.shore.id]
  tenant_ids        = [octopusdeploy_tenant.skua.id]
}

resource "octopusdeploy_scoped_user_role" "engine" {
  space_id     = var.octopus_space_id
  team_id      = octopusdeploy_team.engine.id
  user_role_id = octopusdeploy_user_role.pilot.id
  project_ids  = [octopusdeploy_project.tickets.id]
}

resource "octopusdeploy_service_account_oidc_identity" "robot" {
  service_account_id = octopusdeploy_user.robot.id
  name               = "Pipeline"
  issuer             = "https://ci.skerry.example"
  subject            = "repo:skerry/tides:ref:refs/heads/main"
}

# ------------------------------------------------------------ subscriptions

resource "octopusdeploy_subscription" "storms" {
  name = "Storm warnings"
  event_notification_subscription = {
    email_teams                     = [octopusdeploy_team.bridge.id]
    email_frequency_period          = "04:00:00"
    email_priority                  = "High"
    email_show_dates_in_timezone_id = "Europe/Oslo"
    filter = {
      environments     = [octopusdeploy_environment.sea.id]
      projects         = [octopusdeploy_project.tickets.id]
      project_groups   = [octopusdeploy_project_group.shore.id]
      tenants          = [octopusdeploy_tenant.skua.id]
      tags             = [octopusdeploy_tag.water_rough.canonical_tag_name]
      event_groups     = ["DeploymentFailed"]
      event_categories = ["Modified"]
      event_agents     = []
      document_types   = ["Deployments"]
      users            = []
    }
  }
}

resource "octopusdeploy_subscription" "bell" {
  name        = "Bell"
  is_disabled = true
  event_notification_subscription = {
    webhook_uri          = "https://bell.skerry.example/ring"
    webhook_teams        = [octopusdeploy_team.engine.id]
    webhook_timeout      = "00:00:20"
    webhook_header_key   = "X-Bell"
    webhook_header_value = "ops-3h6v-bell-header"
  }
}
