resource "octopusdeploy_kubernetes_agent_deployment_target" "tried" {
  name               = "Tried"
  environments       = [octopusdeploy_environment.production.id]
  roles              = ["web"]
  is_disabled        = false
  tenant_tags        = []
  tenants            = []
  uri                = "poll://k/"
  thumbprint         = "AB"
  communication_mode = "Polling"
  default_namespace  = "shop"
  upgrade_locked     = true

  lifecycle {
    ignore_changes = [uri]
  }
}
