resource "octopusdeploy_oci_registry_feed" "tried" {
  name     = "Tried"
  feed_uri = "oci://o.example"
  username = "reader"
  password = var.feed_tried_password
}
