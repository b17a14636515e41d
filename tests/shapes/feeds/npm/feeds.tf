resource "octopusdeploy_npm_feed" "tried" {
  name     = "Tried"
  feed_uri = "https://n.example"
}
