resource "octopusdeploy_artifactory_generic_feed" "tried" {
  name         = "Tried"
  feed_uri     = "https://a.example"
  repository   = "r"
  layout_regex = "(?<x>.*)"
  username     = "reader"
  password     = var.feed_tried_password
}
