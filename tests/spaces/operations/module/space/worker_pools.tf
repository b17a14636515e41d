resource "octopusdeploy_static_worker_pool" "default_worker_pool" {
  name       = "Default Worker Pool"
  is_default = true
  sort_order = 0
}
