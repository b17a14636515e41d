resource "octopusdeploy_aws_elastic_container_registry" "tried" {
  name       = "Tried"
  region     = "eu-west-1"
  access_key = "AKIA1"
  secret_key = var.feed_tried_secret_key
}
