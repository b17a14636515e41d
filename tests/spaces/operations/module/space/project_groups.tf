resource "octopusdeploy_project_group" "default_project_group" {
  name = "Default Project Group"
}

resource "octopusdeploy_project_group" "shore" {
  name        = "Shore"
  description = "What stands on land."
}
