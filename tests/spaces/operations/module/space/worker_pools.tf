resource "octopusdeploy_static_worker_pool" "default_worker_pool" {
  name       = "Default Worker Pool"
  sort_order = 0

  lifecycle {
    ignore_changes = [is_default, sort_order]
  }
}
