resource "octopusdeploy_google_container_registry" "tried" {
  name     = "Tried"
  feed_uri = "https://gcr.example"

  oidc_authentication = {
    audience     = "a"
    subject_keys = ["space"]
  }
}
