# The channel "Default" comes with the project.

resource "octopusdeploy_channel" "hot_fix" {
  project_id  = octopusdeploy_project._1st_project_quoted.id
  name        = "hot-fix"
  description = "\""
}

resource "octopusdeploy_channel" "hot_fix_2" {
  project_id  = octopusdeploy_project._1st_project_quoted.id
  name        = "Hot.fix \"2\""
  description = "$${c}\n"
}

resource "octopusdeploy_channel" "hot_fix_c6e9e6" {
  project_id = octopusdeploy_project._1st_project_quoted.id
  name       = "Hot fix"
}
