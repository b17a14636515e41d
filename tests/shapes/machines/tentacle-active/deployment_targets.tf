resource "octopusdeploy_polling_tentacle_deployment_target" "tried" {
  name         = "Tried"
  environments = [octopusdeploy_environment.production.id]
  roles        = ["web"]
  is_disabled  = false
  tenant_tags  = []
  tenants      = []
  tentacle_url = "poll://abc/"
  thumbprint   = "AB"

  lifecycle {
    ignore_changes = [tentacle_url]
  }
}
