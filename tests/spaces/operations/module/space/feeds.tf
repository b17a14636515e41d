resource "octopusdeploy_docker_container_registry" "hulls" {
  name     = "Hulls"
  feed_uri = "https://hulls.skerry.example"
}

resource "octopusdeploy_nuget_feed" "parts" {
  name     = "Parts"
  feed_uri = "https://parts.skerry.example/v3/index.json"
}
