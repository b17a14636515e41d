resource "octopusdeploy_maven_feed" "tried" {
  name                           = "Tried"
  feed_uri                       = "https://m.example"
  download_retry_backoff_seconds = 3
  username                       = "reader"
  password                       = var.feed_tried_password
}
