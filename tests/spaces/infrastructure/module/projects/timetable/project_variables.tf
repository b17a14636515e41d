resource "octopusdeploy_variable" "cloud" {
  owner_id = octopusdeploy_project.timetable.id
  name     = "Cloud"
  type     = "AmazonWebServicesAccount"
  value    = local.accounts["AWS full"]
}

resource "octopusdeploy_variable" "ship_polling_small" {
  owner_id = octopusdeploy_project.timetable.id
  name     = "Ship"
  type     = "String"
  value    = "MS Skerry"

  scope {
    machines = [local.deployment_targets["Polling small"]]
  }
}

resource "octopusdeploy_variable" "site" {
  owner_id = octopusdeploy_project.timetable.id
  name     = "Site"
  type     = "Certificate"
  value    = local.certificates["www.harbourline.example"]
}
