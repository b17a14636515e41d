resource "octopusdeploy_static_worker_pool" "default_worker_pool" {
  name       = "Default Worker Pool"
  is_default = true
  sort_order = 0

  lifecycle {
    ignore_changes = [sort_order]
  }
}
