resource "octopusdeploy_project_group" "default_project_group" {
  name = "Default Project Group"
}
