resource "octopusdeploy_static_worker_pool" "bridge" {
  name        = "Bridge"
  description = "On board"
  sort_order  = 5

  lifecycle {
    ignore_changes = [is_default, sort_order]
  }
}

resource "octopusdeploy_static_worker_pool" "default_worker_pool" {
  name       = "Default Worker Pool"
  sort_order = 0

  lifecycle {
    ignore_changes = [is_default, sort_order]
  }
}

resource "octopusdeploy_dynamic_worker_pool" "hosted_ubuntu" {
  name        = "Hosted Ubuntu"
  description = "In the cloud"
  worker_type = "Ubuntu2204"
  sort_order  = 6

  lifecycle {
    ignore_changes = [is_default, sort_order]
  }
}

resource "octopusdeploy_static_worker_pool" "small_pool" {
  name       = "Small pool"
  sort_order = 0

  lifecycle {
    ignore_changes = [is_default, sort_order]
  }
}
