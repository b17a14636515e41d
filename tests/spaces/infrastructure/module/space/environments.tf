resource "octopusdeploy_environment" "quay" {
  name             = "Quay"
  sort_order       = 0
  environment_tags = []
}

resource "octopusdeploy_environment" "sea" {
  name             = "Sea"
  sort_order       = 0
  environment_tags = []
}
