# A pool that becomes the default takes the place of the one before it.
resource "octopusdeploy_static_worker_pool" "default_worker_pool" {
  name       = "Default Worker Pool"
  is_default = false
  sort_order = 0

  lifecycle {
    ignore_changes = [sort_order]
  }

  depends_on = [octopusdeploy_static_worker_pool.linux_workers]
}

resource "octopusdeploy_static_worker_pool" "linux_workers" {
  name        = "Linux workers"
  description = "Have kubectl, helm and psql."
  is_default  = true
  sort_order  = 1

  lifecycle {
    ignore_changes = [sort_order]
  }
}

resource "octopusdeploy_static_worker_pool" "windows_workers" {
  name       = "Windows workers"
  sort_order = 2

  lifecycle {
    ignore_changes = [sort_order]
  }
}
