resource "octopusdeploy_nuget_feed" "tried" {
  name             = "Tried"
  feed_uri         = "https://n.example/v3/index.json"
  is_enhanced_mode = false
}
