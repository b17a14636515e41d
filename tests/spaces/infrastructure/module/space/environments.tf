resource "octopusdeploy_environment" "quay" {
  name       = "Quay"
  sort_order = 0
}

resource "octopusdeploy_environment" "sea" {
  name       = "Sea"
  sort_order = 0
}
