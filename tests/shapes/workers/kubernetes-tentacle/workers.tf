resource "octopusdeploy_kubernetes_agent_worker" "tried" {
  name               = "Tried"
  worker_pool_ids    = [octopusdeploy_static_worker_pool.linux.id]
  uri                = "poll://k/"
  thumbprint         = "AB"
  communication_mode = "Polling"
  upgrade_locked     = true

  lifecycle {
    ignore_changes = [uri]
  }
}
