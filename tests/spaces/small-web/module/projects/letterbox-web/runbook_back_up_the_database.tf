# Each step waits for the one before it: they are added to one document, one after the other.

resource "octopusdeploy_runbook" "back_up_the_database" {
  project_id                  = octopusdeploy_project.letterbox_web.id
  name                        = "Back up the database"
  description                 = "Dumps, encrypts, uploads."
  default_guided_failure_mode = "Off"
  environment_scope           = "Specified"
  environments                = [local.environments["Production"]]
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
    strategy         = "Count"
    quantity_to_keep = 14
    unit             = "Days"
  }
}

resource "octopusdeploy_process" "back_up_the_database" {
  project_id = octopusdeploy_project.letterbox_web.id
  runbook_id = octopusdeploy_runbook.back_up_the_database.id
}

resource "octopusdeploy_process_steps_order" "back_up_the_database" {
  process_id = octopusdeploy_process.back_up_the_database.id

  steps = [
    octopusdeploy_process_step.back_up_the_database_dump.id,
    octopusdeploy_process_step.back_up_the_database_upload.id,
  ]
}

resource "octopusdeploy_process_step" "back_up_the_database_dump" {
  process_id           = octopusdeploy_process.back_up_the_database.id
  name                 = "Dump"
  slug                 = "dump"
  type                 = "Octopus.Script"
  worker_pool_variable = "Backup.Workers"

  container = {
    feed_id = local.feeds["Letterbox images"]
    image   = "letterbox/pgdump:16"
  }

  execution_properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptBody"   = file("${path.module}/scripts/back-up-the-database/dump.sh")
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
  }
}

resource "octopusdeploy_process_step" "back_up_the_database_upload" {
  process_id = octopusdeploy_process.back_up_the_database.id
  name       = "Upload"
  slug       = "upload"
  type       = "Octopus.AwsRunScript"

  execution_properties = {
    "Octopus.Action.Aws.AssumeRole"             = "False"
    "Octopus.Action.Aws.Region"                 = "eu-north-1"
    "Octopus.Action.AwsAccount.UseInstanceRole" = "False"
    "Octopus.Action.AwsAccount.Variable"        = "Backup.Account"
    "Octopus.Action.RunOnServer"                = "true"
    "Octopus.Action.Script.ScriptBody"          = file("${path.module}/scripts/back-up-the-database/upload.sh")
    "Octopus.Action.Script.ScriptSource"        = "Inline"
    "Octopus.Action.Script.Syntax"              = "Bash"
  }

  depends_on = [octopusdeploy_process_step.back_up_the_database_dump]
}
