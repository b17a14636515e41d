resource "octopusdeploy_helm_feed" "tried" {
  name     = "Tried"
  feed_uri = "https://h.example"
  username = "reader"
  password = var.feed_tried_password
}
