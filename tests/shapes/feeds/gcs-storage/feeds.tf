resource "octopusdeploy_gcs_storage_feed" "tried" {
  name                     = "Tried"
  project                  = "p"
  use_service_account_key  = true
  service_account_json_key = var.feed_tried_service_account_json_key
}
