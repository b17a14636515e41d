resource "octopusdeploy_static_worker_pool" "default_worker_pool" {
  name       = "Default Worker Pool"
  sort_order = 0

  lifecycle {
    ignore_changes = [is_default, sort_order]
  }
}

resource "octopusdeploy_static_worker_pool" "linux_workers" {
  name        = "Linux workers"
  description = "Have kubectl, helm and psql."
  sort_order  = 1

  lifecycle {
    ignore_changes = [is_default, sort_order]
  }
}

resource "octopusdeploy_static_worker_pool" "windows_workers" {
  name       = "Windows workers"
  sort_order = 2

  lifecycle {
    ignore_changes = [is_default, sort_order]
  }
}
