# The sample space of the demo: a bookshop's six projects, what they share, and its secrets (all made up, marker "bk-4w8n").
# space.json was made of it: applied with the official provider to an empty space of the sandbox, and dumped.

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

locals {
  environments = ["Development", "Test", "Staging", "Production"]
  # Secrets that share a name under different scopes: project, name, environments, value.
  scoped_secrets = flatten([
    for name in ["Database.Password", "Broker.Password"] : [
      for project in ["catalogue", "payments", "storefront"] : [
        for environment in ["Test", "Staging", "Production"] : {
          project     = project
          name        = name
          environment = environment
          value       = "bk-4w8n-${project}-${lower(replace(name, ".", "-"))}-${lower(environment)}"
        } if !(project == "storefront" && name == "Broker.Password")
      ]
    ]
  ])
  project_ids = {
    database   = octopusdeploy_project.database.id
    catalogue  = octopusdeploy_project.catalogue.id
    payments   = octopusdeploy_project.payments.id
    storefront = octopusdeploy_project.storefront.id
    search     = octopusdeploy_project.search.id
    release    = octopusdeploy_project.release.id
  }
  # Plain settings of a service, the same names in each environment.
  settings = {
    "Http.Port"           = { Development = "8080", Test = "8081", Staging = "80", Production = "80" }
    "Log.Level"           = { Development = "Debug", Test = "Debug", Staging = "Information", Production = "Warning" }
    "Database.Host"       = { Development = "localhost", Test = "sql-test.quay.example", Staging = "sql-staging.quay.example", Production = "sql.quay.example" }
    "Replicas"            = { Development = "1", Test = "1", Staging = "2", Production = "6" }
    "Feature.NewCheckout" = { Development = "True", Test = "True", Staging = "True", Production = "False" }
    "Cache.TimeToLive"    = { Development = "00:00:05", Test = "00:00:30", Staging = "00:05:00", Production = "00:15:00" }
  }
  plain_settings = flatten([
    for project in ["catalogue", "payments", "storefront", "search"] : [
      for name, values in local.settings : [
        for environment, value in values : { project = project, name = name, environment = environment, value = value }
      ]
    ]
  ])
}

# ------------------------------------------------------------ environments, lifecycles, groups, tags

resource "octopusdeploy_environment" "all" {
  for_each                     = toset(local.environments)
  name                         = each.key
  description                  = "Where the bookshop is in ${lower(each.key)}."
  sort_order                   = index(local.environments, each.key)
  use_guided_failure           = each.key == "Production"
  allow_dynamic_infrastructure = each.key != "Production"
}

resource "octopusdeploy_lifecycle" "shop" {
  name        = "Shop"
  description = "From development to production, in order."

  release_retention_with_strategy {
    strategy         = "Count"
    quantity_to_keep = 30
    unit             = "Days"
  }
  tentacle_retention_with_strategy {
    strategy         = "Count"
    quantity_to_keep = 3
    unit             = "Items"
  }

  phase {
    name                         = "Development"
    automatic_deployment_targets = [octopusdeploy_environment.all["Development"].id]
  }
  phase {
    name                                  = "Test and staging"
    minimum_environments_before_promotion = 1
    optional_deployment_targets           = [octopusdeploy_environment.all["Test"].id, octopusdeploy_environment.all["Staging"].id]
  }
  phase {
    name                        = "Production"
    optional_deployment_targets = [octopusdeploy_environment.all["Production"].id]
    release_retention_with_strategy {
      strategy = "Forever"
    }
  }
}

resource "octopusdeploy_lifecycle" "hotfix" {
  name        = "Hotfix"
  description = "Straight to staging."

  phase {
    name                        = "Staging"
    optional_deployment_targets = [octopusdeploy_environment.all["Staging"].id]
  }
  phase {
    name                        = "Production"
    optional_deployment_targets = [octopusdeploy_environment.all["Production"].id]
  }
}

resource "octopusdeploy_project_group" "shop" {
  name        = "Shop"
  description = "What customers meet."
}

resource "octopusdeploy_project_group" "foundation" {
  name        = "Foundation"
  description = "What everything stands on."
}

resource "octopusdeploy_tag_set" "country" {
  name        = "Country"
  description = "Where a branch is."
  sort_order  = 1
}

resource "octopusdeploy_tag" "denmark" {
  name       = "Denmark"
  color      = "#C8102E"
  tag_set_id = octopusdeploy_tag_set.country.id
  sort_order = 1
}

resource "octopusdeploy_tag" "scotland" {
  name       = "Scotland"
  color      = "#005EB8"
  tag_set_id = octopusdeploy_tag_set.country.id
  sort_order = 2
  depends_on = [octopusdeploy_tag.denmark]
}

resource "octopusdeploy_tag_set" "ring" {
  name       = "Ring"
  sort_order = 2
}

resource "octopusdeploy_tag" "early" {
  name        = "Early"
  color       = "#4CAF50"
  description = "Gets everything first."
  tag_set_id  = octopusdeploy_tag_set.ring.id
  sort_order  = 1
}

# ------------------------------------------------------------ accounts, feeds, Git, certificate

resource "octopusdeploy_aws_account" "cloud" {
  name         = "Quay cloud"
  description  = "Buckets and queues."
  access_key   = "AKIAQUAYSTREETBOOKS1"
  secret_key   = "bk-4w8n-aws-secret-key"
  environments = [octopusdeploy_environment.all["Staging"].id, octopusdeploy_environment.all["Production"].id]
}

resource "octopusdeploy_azure_service_principal" "mail" {
  name            = "Quay mail"
  subscription_id = "6a1f9d1c-0b55-4f0e-9d0a-51a4f0b7c101"
  tenant_id       = "6a1f9d1c-0b55-4f0e-9d0a-51a4f0b7c102"
  application_id  = "6a1f9d1c-0b55-4f0e-9d0a-51a4f0b7c103"
  password        = "bk-4w8n-azure-password"
}

resource "octopusdeploy_username_password_account" "press" {
  name     = "Printing press"
  username = "quay-press"
  password = "bk-4w8n-press-password"
}

resource "octopusdeploy_token_account" "cluster" {
  name  = "Cluster token"
  token = "bk-4w8n-cluster-token"
}

resource "octopusdeploy_ssh_key_account" "warehouse" {
  name                   = "Warehouse key"
  username               = "deploy"
  private_key_file       = base64encode("bk-4w8n-private-key\n")
  private_key_passphrase = "bk-4w8n-passphrase"
}

resource "octopusdeploy_docker_container_registry" "images" {
  name     = "Quay images"
  feed_uri = "https://images.quay.example"
  username = "quay"
  password = "bk-4w8n-docker-password"
}

resource "octopusdeploy_nuget_feed" "packages" {
  name     = "Quay packages"
  feed_uri = "https://nuget.quay.example/v3/index.json"
  username = "quay"
  password = "bk-4w8n-nuget-password"
}

resource "octopusdeploy_helm_feed" "charts" {
  name     = "Quay charts"
  feed_uri = "https://charts.quay.example"
}

resource "octopusdeploy_maven_feed" "jars" {
  name              = "Quay jars"
  feed_uri          = "https://maven.quay.example"
  download_attempts = 7
}

resource "octopusdeploy_github_repository_feed" "sources" {
  name     = "Quay sources"
  feed_uri = "https://api.git.quay.example"
}

resource "octopusdeploy_git_credential" "manifests" {
  name     = "Manifests"
  username = "robot"
  password = "bk-4w8n-git-password"
}

# ------------------------------------------------------------ workers, policies, targets

resource "octopusdeploy_static_worker_pool" "linux" {
  name        = "Linux workers"
  description = "With Terraform and openssl."
  sort_order  = 3
}

resource "octopusdeploy_machine_policy" "nightly" {
  name        = "Nightly shops"
  description = "Branches close at night."
}

resource "octopusdeploy_machine_proxy" "harbour" {
  name     = "Harbour"
  host     = "proxy.quay.example"
  port     = 3128
  username = "tentacle"
  password = "bk-4w8n-proxy-password"
}

resource "octopusdeploy_listening_tentacle_deployment_target" "till" {
  for_each          = { "till-copenhagen" = "Production", "till-leith" = "Production", "till-test" = "Test" }
  name              = each.key
  environments      = [octopusdeploy_environment.all[each.value].id]
  roles             = ["till"]
  machine_policy_id = octopusdeploy_machine_policy.nightly.id
  proxy_id          = octopusdeploy_machine_proxy.harbour.id
  tentacle_url      = "https://${each.key}.quay.example:10933/"
  thumbprint        = upper(substr(sha1(each.key), 0, 40))
}

resource "octopusdeploy_cloud_region_deployment_target" "north" {
  name         = "North"
  environments = [octopusdeploy_environment.all["Staging"].id, octopusdeploy_environment.all["Production"].id]
  roles        = ["cloud"]
}

resource "octopusdeploy_ssh_connection_deployment_target" "warehouse" {
  name                  = "warehouse-1"
  account_id            = octopusdeploy_ssh_key_account.warehouse.id
  host                  = "warehouse-1.quay.example"
  port                  = 22
  fingerprint           = "SHA256:bk4w8nfingerprint"
  dot_net_core_platform = "linux-x64"
  environments          = [octopusdeploy_environment.all["Production"].id]
  roles                 = ["warehouse"]
}

# ------------------------------------------------------------ library variable sets

resource "octopusdeploy_library_variable_set" "messaging" {
  name        = "Messaging"
  description = "Broker and mail, for everybody."
}

resource "octopusdeploy_variable" "messaging_plain" {
  for_each = { for i, e in local.environments : e => i }
  owner_id = octopusdeploy_library_variable_set.messaging.id
  name     = "Broker.Host"
  type     = "String"
  value    = "broker-${lower(each.key)}.quay.example"
  scope {
    environments = [octopusdeploy_environment.all[each.key].id]
  }
}

resource "octopusdeploy_variable" "messaging_mail" {
  owner_id        = octopusdeploy_library_variable_set.messaging.id
  name            = "Mail.Password"
  description     = "Of the letterbox that sends invoices."
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = "bk-4w8n-mail-password"
}

resource "octopusdeploy_library_variable_set" "watching" {
  name = "Watching"
}

resource "octopusdeploy_variable" "watching_key" {
  for_each        = { Staging = "bk-4w8n-watching-staging", Production = "bk-4w8n-watching-production" }
  owner_id        = octopusdeploy_library_variable_set.watching.id
  name            = "Watching.Key"
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = each.value
  scope {
    environments = [octopusdeploy_environment.all[each.key].id]
  }
}

resource "octopusdeploy_variable" "watching_plain" {
  for_each = { "Watching.Url" = "https://watch.quay.example", "Watching.Team" = "#{Octopus.Project.Name | ToLower}", "Watching.Sampling" = "0.2", "Watching.Enabled" = "True" }
  owner_id = octopusdeploy_library_variable_set.watching.id
  name     = each.key
  type     = "String"
  value    = each.value
}

resource "octopusdeploy_library_variable_set" "branch" {
  name        = "Branch"
  description = "What each branch of the shop says of itself."

  template {
    name          = "Branch.Language"
    label         = "Language"
    default_value = "en"
    display_settings = {
      "Octopus.ControlType"   = "Select"
      "Octopus.SelectOptions" = "en|English\nda|Danish"
    }
  }
  template {
    name      = "Branch.Phone"
    label     = "Telephone"
    help_text = "With the country's number."
    display_settings = {
      "Octopus.ControlType" = "SingleLineText"
    }
  }
}

resource "octopusdeploy_script_module" "tell" {
  name        = "Tell"
  description = "Says things in the staff room."
  script {
    syntax = "Bash"
    body   = "tell() {\n  printf '%s: %s\\n' \"$(date)\" \"$1\"\n}\n"
  }
}

resource "octopusdeploy_step_template" "smoke" {
  name            = "Quay - Smoke test"
  description     = "Asks a page until it answers."
  action_type     = "Octopus.Script"
  step_package_id = "Octopus.Script"
  packages        = []
  parameters = [
    {
      id               = "7d0c2d0e-55f1-4f0b-9ce2-30b2f9f0c001"
      name             = "Smoke.Url"
      label            = "Address"
      help_text        = "The page that must answer."
      default_value    = "https://#{Octopus.Environment.Name | ToLower}.quay.example/"
      display_settings = { "Octopus.ControlType" = "SingleLineText" }
    },
    {
      id               = "7d0c2d0e-55f1-4f0b-9ce2-30b2f9f0c002"
      name             = "Smoke.Patience"
      label            = "Patience"
      help_text        = "Seconds."
      default_value    = "60"
      display_settings = { "Octopus.ControlType" = "Select", "Octopus.SelectOptions" = "10|little\n60|some\n600|endless" }
    },
  ]
  properties = {
    "Octopus.Action.Script.ScriptBody"   = "set -eu\nurl=$(get_octopusvariable Smoke.Url)\nfor _ in $(seq 10); do\n  curl -fsS \"$url\" >/dev/null && exit 0\n  sleep 1\ndone\nexit 1\n"
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
    "Octopus.Action.RunOnServer"         = "true"
  }
}

# ------------------------------------------------------------ projects

resource "octopusdeploy_project" "database" {
  name                           = "Database"
  description                    = "The schema that everything shares."
  project_group_id               = octopusdeploy_project_group.foundation.id
  lifecycle_id                   = octopusdeploy_lifecycle.shop.id
  included_library_variable_sets = [octopusdeploy_library_variable_set.watching.id]
  connectivity_policy {
    allow_deployments_to_no_targets = true
    skip_machine_behavior           = "None"
  }
}

resource "octopusdeploy_project" "catalogue" {
  name                           = "Catalogue"
  description                    = "Every book there is."
  project_group_id               = octopusdeploy_project_group.shop.id
  lifecycle_id                   = octopusdeploy_lifecycle.shop.id
  included_library_variable_sets = [octopusdeploy_library_variable_set.messaging.id, octopusdeploy_library_variable_set.watching.id]
  connectivity_policy {
    allow_deployments_to_no_targets = true
    skip_machine_behavior           = "None"
  }
}

resource "octopusdeploy_project" "payments" {
  name                           = "Payments"
  description                    = "Money, carefully."
  project_group_id               = octopusdeploy_project_group.shop.id
  lifecycle_id                   = octopusdeploy_lifecycle.shop.id
  default_guided_failure_mode    = "On"
  included_library_variable_sets = [octopusdeploy_library_variable_set.messaging.id, octopusdeploy_library_variable_set.watching.id]
  release_notes_template         = "Changes since #{Octopus.Release.Previous.Number}\n"
  connectivity_policy {
    allow_deployments_to_no_targets = true
    skip_machine_behavior           = "None"
  }
}

resource "octopusdeploy_project" "search" {
  name             = "Search"
  project_group_id = octopusdeploy_project_group.shop.id
  lifecycle_id     = octopusdeploy_lifecycle.shop.id
  connectivity_policy {
    allow_deployments_to_no_targets = true
    skip_machine_behavior           = "None"
  }
}

resource "octopusdeploy_project" "storefront" {
  name                              = "Storefront"
  description                       = "The window on the quay."
  project_group_id                  = octopusdeploy_project_group.shop.id
  lifecycle_id                      = octopusdeploy_lifecycle.shop.id
  tenanted_deployment_participation = "TenantedOrUntenanted"
  included_library_variable_sets = [
    octopusdeploy_library_variable_set.messaging.id,
    octopusdeploy_library_variable_set.watching.id,
    octopusdeploy_library_variable_set.branch.id,
    octopusdeploy_script_module.tell.id,
  ]
  connectivity_policy {
    allow_deployments_to_no_targets = false
    exclude_unhealthy_targets       = true
    skip_machine_behavior           = "SkipUnavailableMachines"
    target_roles                    = ["till"]
  }
  template {
    name          = "Window.Title"
    label         = "Title of the window"
    default_value = "Quay Street Books"
    display_settings = {
      "Octopus.ControlType" = "SingleLineText"
    }
  }
}

resource "octopusdeploy_project" "release" {
  name             = "Whole shop"
  description      = "Deploys the others in their order."
  project_group_id = octopusdeploy_project_group.foundation.id
  lifecycle_id     = octopusdeploy_lifecycle.shop.id
  connectivity_policy {
    allow_deployments_to_no_targets = true
    skip_machine_behavior           = "None"
  }
}

resource "octopusdeploy_channel" "hotfix" {
  project_id   = octopusdeploy_project.payments.id
  name         = "Hotfix"
  description  = "For days when money is wrong."
  lifecycle_id = octopusdeploy_lifecycle.hotfix.id
  rule {
    tag = "^hotfix"
    action_package {
      deployment_action = octopusdeploy_process_step.payments_deploy.name
    }
  }
}

# ------------------------------------------------------------ variables

resource "octopusdeploy_variable" "setting" {
  for_each = { for s in local.plain_settings : "${s.project}/${s.name}/${s.environment}" => s }
  owner_id = local.project_ids[each.value.project]
  name     = each.value.name
  type     = "String"
  value    = each.value.value
  scope {
    environments = [octopusdeploy_environment.all[each.value.environment].id]
  }
}

resource "octopusdeploy_variable" "secret" {
  for_each        = { for s in local.scoped_secrets : "${s.project}/${s.name}/${s.environment}" => s }
  owner_id        = local.project_ids[each.value.project]
  name            = each.value.name
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = each.value.value
  scope {
    environments = [octopusdeploy_environment.all[each.value.environment].id]
  }
}

resource "octopusdeploy_variable" "payment_key" {
  owner_id        = octopusdeploy_project.payments.id
  name            = "Payment.Key"
  description     = "Of the provider's sandbox."
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = "bk-4w8n-payment-any"
}

resource "octopusdeploy_variable" "payment_key_production" {
  owner_id        = octopusdeploy_project.payments.id
  name            = "Payment.Key"
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = "bk-4w8n-payment-production"
  scope {
    environments = [octopusdeploy_environment.all["Production"].id]
  }
}

resource "octopusdeploy_variable" "payment_key_hotfix" {
  owner_id        = octopusdeploy_project.payments.id
  name            = "Payment.Key"
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = "bk-4w8n-payment-hotfix"
  scope {
    channels = [octopusdeploy_channel.hotfix.id]
  }
}

resource "octopusdeploy_variable" "payment_key_refund" {
  owner_id        = octopusdeploy_project.payments.id
  name            = "Payment.Key"
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = "bk-4w8n-payment-refund"
  scope {
    processes = [octopusdeploy_runbook.refund.id]
  }
}

resource "octopusdeploy_variable" "payment_signing" {
  owner_id        = octopusdeploy_project.payments.id
  name            = "Signing.Key"
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = "bk-4w8n-signing \"quoted\" $${HOME} %%{if} \\ end"
}

resource "octopusdeploy_variable" "till_pin" {
  owner_id        = octopusdeploy_project.storefront.id
  name            = "Till.Pin"
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = "bk-4w8n-till-pin"
  scope {
    roles = ["till"]
  }
}

resource "octopusdeploy_variable" "early_key" {
  owner_id        = octopusdeploy_project.storefront.id
  name            = "Preview.Key"
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = "bk-4w8n-preview-key"
  scope {
    tenant_tags = [octopusdeploy_tag.early.canonical_tag_name]
  }
}

resource "octopusdeploy_variable" "smoke_key" {
  owner_id        = octopusdeploy_project.storefront.id
  name            = "Smoke.Key"
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = "bk-4w8n-smoke-key"
  scope {
    actions = [octopusdeploy_process_step.storefront_warm.action_id]
  }
}

resource "octopusdeploy_variable" "connection" {
  for_each = toset(["catalogue", "payments", "storefront"])
  owner_id = local.project_ids[each.key]
  name     = "ConnectionStrings:Shop"
  type     = "String"
  value    = "Server=#{Database.Host};Database=${each.key};User Id=${each.key};Password=#{Database.Password};"
}

resource "octopusdeploy_variable" "cloud_account" {
  for_each = toset(["catalogue", "search"])
  owner_id = local.project_ids[each.key]
  name     = "Cloud.Account"
  type     = "AmazonWebServicesAccount"
  value    = octopusdeploy_aws_account.cloud.id
  scope {
    environments = [octopusdeploy_environment.all["Production"].id]
  }
}

resource "octopusdeploy_variable" "press_account" {
  owner_id = octopusdeploy_project.catalogue.id
  name     = "Press.Account"
  type     = "UsernamePasswordAccount"
  value    = octopusdeploy_username_password_account.press.id
}

resource "octopusdeploy_variable" "pool" {
  owner_id = octopusdeploy_project.database.id
  name     = "Work.Pool"
  type     = "WorkerPool"
  value    = octopusdeploy_static_worker_pool.linux.id
}

resource "octopusdeploy_variable" "refund_order" {
  owner_id = octopusdeploy_project.payments.id
  name     = "Refund.Order"
  type     = "String"
  value    = "0"
  prompt {
    label       = "Order"
    description = "The number on the receipt."
    is_required = true
    display_settings {
      control_type = "SingleLineText"
    }
  }
  scope {
    processes = [octopusdeploy_runbook.refund.id]
  }
}

resource "octopusdeploy_variable" "banner" {
  owner_id = octopusdeploy_project.storefront.id
  name     = "Window.Banner"
  type     = "String"
  value    = "none"
  prompt {
    label = "Banner"
    display_settings {
      control_type = "Select"
      select_option {
        value        = "none"
        display_name = "No banner"
      }
      select_option {
        value        = "fair"
        display_name = "Book fair | autumn"
      }
    }
  }
}

# ------------------------------------------------------------ processes

resource "octopusdeploy_process" "database" {
  project_id = octopusdeploy_project.database.id
}

resource "octopusdeploy_process_step" "database_migrate" {
  process_id           = octopusdeploy_process.database.id
  name                 = "Migrate the schema"
  type                 = "Octopus.Script"
  worker_pool_variable = "Work.Pool"
  container = {
    feed_id = octopusdeploy_docker_container_registry.images.id
    image   = "quay/migrator:4"
  }
  packages = {
    "migrations" = {
      package_id           = "Quay.Migrations"
      feed_id              = octopusdeploy_nuget_feed.packages.id
      acquisition_location = "Server"
      properties           = { "Extract" = "True", "SelectionMode" = "immediate" }
    }
  }
  execution_properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
    "Octopus.Action.Script.ScriptBody"   = "set -eu\ncd migrations\nfor file in *.sql; do\n  echo \"applying $${file}\"\ndone\n"
  }
}

resource "octopusdeploy_process" "catalogue" {
  project_id = octopusdeploy_project.catalogue.id
}

resource "octopusdeploy_process_step" "catalogue_schema" {
  process_id = octopusdeploy_process.catalogue.id
  name       = "Deploy the schema"
  type       = "Octopus.DeployRelease"
  primary_package = {
    package_id           = octopusdeploy_project.database.id
    feed_id              = one([for f in data.octopusdeploy_feeds.releases.feeds : f.id])
    acquisition_location = "NotAcquired"
  }
  execution_properties = {
    "Octopus.Action.DeployRelease.DeploymentCondition" = "IfNotCurrentVersion"
    "Octopus.Action.DeployRelease.ProjectId"           = octopusdeploy_project.database.id
    "Octopus.Action.RunOnServer"                       = "true"
  }
}

resource "octopusdeploy_process_step" "catalogue_chart" {
  process_id     = octopusdeploy_process.catalogue.id
  name           = "Upgrade the catalogue"
  type           = "Octopus.Script"
  worker_pool_id = octopusdeploy_static_worker_pool.linux.id
  packages = {
    "chart" = {
      package_id           = "catalogue"
      feed_id              = octopusdeploy_helm_feed.charts.id
      acquisition_location = "Server"
      properties           = { "Extract" = "True", "SelectionMode" = "immediate" }
    }
  }
  execution_properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "PowerShell"
    "Octopus.Action.Script.ScriptBody"   = "$ErrorActionPreference = 'Stop'\r\nWrite-Host \"Upgrading to $${env:NOTHING} #{Octopus.Release.Number}\"\r\n"
  }
  depends_on = [octopusdeploy_process_step.catalogue_schema]
}

resource "octopusdeploy_process_steps_order" "catalogue" {
  process_id = octopusdeploy_process.catalogue.id
  steps      = [octopusdeploy_process_step.catalogue_schema.id, octopusdeploy_process_step.catalogue_chart.id]
}

resource "octopusdeploy_process" "payments" {
  project_id = octopusdeploy_project.payments.id
}

resource "octopusdeploy_process_step" "payments_ask" {
  process_id   = octopusdeploy_process.payments.id
  name         = "Ask the bookkeeper"
  type         = "Octopus.Manual"
  environments = [octopusdeploy_environment.all["Production"].id]
  execution_properties = {
    "Octopus.Action.RunOnServer"                       = "true"
    "Octopus.Action.Manual.Instructions"               = "Is the *till* closed?\n\n- yes: proceed\n- no: wait"
    "Octopus.Action.Manual.BlockConcurrentDeployments" = "False"
    "Octopus.Action.Manual.ResponsibleTeamIds"         = "teams-everyone"
  }
}

resource "octopusdeploy_process_step" "payments_deploy" {
  process_id = octopusdeploy_process.payments.id
  name       = "Deploy the service"
  type       = "Octopus.TentaclePackage"
  properties = {
    "Octopus.Action.TargetRoles" = "warehouse"
  }
  primary_package = {
    package_id           = "Quay.Payments"
    feed_id              = "feeds-builtin"
    acquisition_location = "Server"
  }
  execution_properties = {
    "Octopus.Action.EnabledFeatures" = ""
  }
  depends_on = [octopusdeploy_process_step.payments_ask]
}

resource "octopusdeploy_process_steps_order" "payments" {
  process_id = octopusdeploy_process.payments.id
  steps      = [octopusdeploy_process_step.payments_ask.id, octopusdeploy_process_step.payments_deploy.id]
}

resource "octopusdeploy_process" "storefront" {
  project_id = octopusdeploy_project.storefront.id
}

resource "octopusdeploy_process_step" "storefront_roll" {
  process_id = octopusdeploy_process.storefront.id
  name       = "Roll through the tills"
  type       = "Octopus.Script"
  properties = {
    "Octopus.Action.TargetRoles"    = "till"
    "Octopus.Action.MaxParallelism" = "1"
  }
  execution_properties = {
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
    "Octopus.Action.Script.ScriptBody"   = "echo draining"
  }
}

resource "octopusdeploy_process_child_step" "storefront_unpack" {
  process_id = octopusdeploy_process.storefront.id
  parent_id  = octopusdeploy_process_step.storefront_roll.id
  name       = "Unpack the window"
  type       = "Octopus.TentaclePackage"
  primary_package = {
    package_id           = "Quay.Window"
    feed_id              = "feeds-builtin"
    acquisition_location = "ExecutionTarget"
  }
}

resource "octopusdeploy_process_step" "storefront_warm" {
  process_id = octopusdeploy_process.storefront.id
  name       = "Warm the cache"
  type       = "Octopus.Script"
  condition  = "Success"
  execution_properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Python"
    "Octopus.Action.Script.ScriptBody"   = "import json\nprint(json.dumps({'warm': True}))\n"
  }
  depends_on = [octopusdeploy_process_child_step.storefront_unpack]
}

resource "octopusdeploy_process_templated_step" "storefront_smoke" {
  process_id       = octopusdeploy_process.storefront.id
  name             = "Smoke test"
  template_id      = octopusdeploy_step_template.smoke.id
  template_version = octopusdeploy_step_template.smoke.version
  parameters = {
    "Smoke.Url"      = "https://#{Octopus.Environment.Name | ToLower}.quay.example/window"
    "Smoke.Patience" = "600"
  }
  depends_on = [octopusdeploy_process_step.storefront_warm]
}

resource "octopusdeploy_process_steps_order" "storefront" {
  process_id = octopusdeploy_process.storefront.id
  steps = [
    octopusdeploy_process_step.storefront_roll.id,
    octopusdeploy_process_step.storefront_warm.id,
    octopusdeploy_process_templated_step.storefront_smoke.id,
  ]
}

resource "octopusdeploy_process" "search" {
  project_id = octopusdeploy_project.search.id
}

resource "octopusdeploy_process_step" "search_index" {
  process_id = octopusdeploy_process.search.id
  name       = "Build the index"
  type       = "Octopus.AwsRunScript"
  execution_properties = {
    "Octopus.Action.RunOnServer"                = "true"
    "Octopus.Action.Aws.AssumeRole"             = "False"
    "Octopus.Action.Aws.Region"                 = "eu-north-1"
    "Octopus.Action.AwsAccount.UseInstanceRole" = "False"
    "Octopus.Action.AwsAccount.Variable"        = "Cloud.Account"
    "Octopus.Action.Script.ScriptSource"        = "Inline"
    "Octopus.Action.Script.Syntax"              = "Bash"
    "Octopus.Action.Script.ScriptBody"          = "aws s3 ls"
  }
}

data "octopusdeploy_feeds" "releases" {
  feed_type = "OctopusProject"
  take      = 1
}

resource "octopusdeploy_process" "release" {
  project_id = octopusdeploy_project.release.id
}

resource "octopusdeploy_process_step" "release_catalogue" {
  process_id = octopusdeploy_process.release.id
  name       = "Catalogue first"
  type       = "Octopus.DeployRelease"
  primary_package = {
    package_id           = octopusdeploy_project.catalogue.id
    feed_id              = one([for f in data.octopusdeploy_feeds.releases.feeds : f.id])
    acquisition_location = "NotAcquired"
  }
  execution_properties = {
    "Octopus.Action.DeployRelease.DeploymentCondition" = "Always"
    "Octopus.Action.DeployRelease.ProjectId"           = octopusdeploy_project.catalogue.id
    "Octopus.Action.RunOnServer"                       = "true"
  }
}

resource "octopusdeploy_process_step" "release_storefront" {
  process_id    = octopusdeploy_process.release.id
  name          = "Then the window"
  type          = "Octopus.DeployRelease"
  start_trigger = "StartAfterPrevious"
  primary_package = {
    package_id           = octopusdeploy_project.storefront.id
    feed_id              = one([for f in data.octopusdeploy_feeds.releases.feeds : f.id])
    acquisition_location = "NotAcquired"
  }
  execution_properties = {
    "Octopus.Action.DeployRelease.DeploymentCondition" = "Always"
    "Octopus.Action.DeployRelease.ProjectId"           = octopusdeploy_project.storefront.id
    "Octopus.Action.RunOnServer"                       = "true"
  }
  depends_on = [octopusdeploy_process_step.release_catalogue]
}

resource "octopusdeploy_process_steps_order" "release" {
  process_id = octopusdeploy_process.release.id
  steps      = [octopusdeploy_process_step.release_catalogue.id, octopusdeploy_process_step.release_storefront.id]
}

# ------------------------------------------------------------ runbooks and triggers

resource "octopusdeploy_runbook" "refund" {
  project_id         = octopusdeploy_project.payments.id
  name               = "Refund an order"
  description        = "With a receipt."
  environment_scope  = "Specified"
  environments       = [octopusdeploy_environment.all["Production"].id]
  multi_tenancy_mode = "Untenanted"
  retention_policy_with_strategy {
    strategy         = "Count"
    quantity_to_keep = 50
    unit             = "Items"
  }
}

resource "octopusdeploy_process" "refund" {
  project_id = octopusdeploy_project.payments.id
  runbook_id = octopusdeploy_runbook.refund.id
}

resource "octopusdeploy_process_step" "refund" {
  process_id = octopusdeploy_process.refund.id
  name       = "Refund"
  type       = "Octopus.Script"
  execution_properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
    "Octopus.Action.Script.ScriptBody"   = "set -eu\norder=$(get_octopusvariable Refund.Order)\necho \"refunding $${order}\"\n"
  }
}

resource "octopusdeploy_runbook" "restore" {
  project_id         = octopusdeploy_project.database.id
  name               = "Restore last night"
  environment_scope  = "All"
  multi_tenancy_mode = "Untenanted"
  retention_policy_with_strategy {
    strategy = "Forever"
  }
}

resource "octopusdeploy_process" "restore" {
  project_id = octopusdeploy_project.database.id
  runbook_id = octopusdeploy_runbook.restore.id
}

resource "octopusdeploy_process_step" "restore" {
  process_id = octopusdeploy_process.restore.id
  name       = "Restore"
  type       = "Octopus.Script"
  execution_properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
    "Octopus.Action.Script.ScriptBody"   = "echo restoring"
  }
}

resource "octopusdeploy_project_scheduled_trigger" "index" {
  space_id    = var.octopus_space_id
  project_id  = octopusdeploy_project.search.id
  name        = "Index each night"
  description = "When nobody reads."
  timezone    = "UTC"
  once_daily_schedule {
    start_time   = "2026-03-02T02:30:00"
    days_of_week = ["Monday", "Wednesday", "Friday"]
  }
  deploy_latest_release_action {
    source_environment_id      = octopusdeploy_environment.all["Staging"].id
    destination_environment_id = octopusdeploy_environment.all["Production"].id
    should_redeploy            = true
  }
}

resource "octopusdeploy_project_deployment_target_trigger" "new_till" {
  project_id       = octopusdeploy_project.storefront.id
  name             = "New till"
  should_redeploy  = true
  event_categories = ["MachineAdded"]
  event_groups     = ["Machine"]
  roles            = ["till"]
  environment_ids  = [octopusdeploy_environment.all["Production"].id]
}

# ------------------------------------------------------------ tenants

resource "octopusdeploy_tenant" "branch" {
  for_each    = { "Leith" = ["Country/Scotland"], "Nyhavn" = ["Country/Denmark", "Ring/Early"], "Portobello" = ["Country/Scotland", "Ring/Early"] }
  name        = each.key
  description = "The branch in ${each.key}."
  tenant_tags = each.value
  depends_on  = [octopusdeploy_tag.denmark, octopusdeploy_tag.scotland, octopusdeploy_tag.early]
}

resource "octopusdeploy_tenant_project" "storefront" {
  for_each        = { "Leith" = ["Production"], "Nyhavn" = ["Staging", "Production"] }
  tenant_id       = octopusdeploy_tenant.branch[each.key].id
  project_id      = octopusdeploy_project.storefront.id
  environment_ids = [for e in each.value : octopusdeploy_environment.all[e].id]
}

resource "octopusdeploy_tenant_project_variable" "title" {
  for_each       = { "Leith" = "Quay Street Books, Leith", "Nyhavn" = "Kajens Bøger" }
  tenant_id      = octopusdeploy_tenant_project.storefront[each.key].tenant_id
  project_id     = octopusdeploy_project.storefront.id
  environment_id = octopusdeploy_environment.all["Production"].id
  template_id    = one([for t in octopusdeploy_project.storefront.template : t.id if t.name == "Window.Title"])
  value          = each.value
}

resource "octopusdeploy_tenant_common_variable" "language" {
  for_each                = { "Leith" = "en", "Nyhavn" = "da" }
  tenant_id               = octopusdeploy_tenant_project.storefront[each.key].tenant_id
  library_variable_set_id = octopusdeploy_library_variable_set.branch.id
  template_id             = octopusdeploy_library_variable_set.branch.template_ids["Branch.Language"]
  value                   = each.value
}
