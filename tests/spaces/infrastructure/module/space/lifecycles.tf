resource "octopusdeploy_lifecycle" "default_lifecycle" {
  name = "Default Lifecycle"
}
