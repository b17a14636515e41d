resource "octopusdeploy_s3_feed" "tried" {
  name                    = "Tried"
  use_machine_credentials = false
  access_key              = "AKIA1"
  secret_key              = var.feed_tried_secret_key
}
