resource "octopusdeploy_github_repository_feed" "tried" {
  name              = "Tried"
  feed_uri          = "https://g.example"
  download_attempts = 1
  username          = "reader"
  password          = var.feed_tried_password
}
