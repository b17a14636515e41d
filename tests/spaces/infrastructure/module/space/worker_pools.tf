resource "octopusdeploy_static_worker_pool" "bridge" {
  name        = "Bridge"
  description = "On board"
  is_default  = true
  sort_order  = 5

  lifecycle {
    ignore_changes = [sort_order]
  }
}

# A pool that becomes the default takes the place of the one before it.
resource "octopusdeploy_static_worker_pool" "default_worker_pool" {
  name       = "Default Worker Pool"
  is_default = false
  sort_order = 0

  lifecycle {
    ignore_changes = [sort_order]
  }

  depends_on = [octopusdeploy_static_worker_pool.bridge]
}

resource "octopusdeploy_dynamic_worker_pool" "hosted_ubuntu" {
  name        = "Hosted Ubuntu"
  description = "In the cloud"
  worker_type = "Ubuntu2204"
  sort_order  = 6

  lifecycle {
    ignore_changes = [sort_order]
  }
}

resource "octopusdeploy_static_worker_pool" "small_pool" {
  name       = "Small pool"
  sort_order = 0

  lifecycle {
    ignore_changes = [sort_order]
  }
}
