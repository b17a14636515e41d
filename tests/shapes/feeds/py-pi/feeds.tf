resource "octopusdeploy_pypi_feed" "tried" {
  name     = "Tried"
  feed_uri = "https://p.example"
}
