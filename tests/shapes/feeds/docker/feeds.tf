resource "octopusdeploy_docker_container_registry" "tried" {
  name                                 = "Tried"
  feed_uri                             = "https://d.example"
  api_version                          = "v2"
  registry_path                        = "shop"
  username                             = "reader"
  password                             = var.feed_tried_password
  package_acquisition_location_options = ["ExecutionTarget"]
}
