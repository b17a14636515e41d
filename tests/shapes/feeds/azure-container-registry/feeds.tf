resource "octopusdeploy_azure_container_registry" "tried" {
  name     = "Tried"
  feed_uri = "https://a.example"

  oidc_authentication = {
    client_id    = "c"
    tenant_id    = "t"
    audience     = "a"
    subject_keys = ["space"]
  }
}
