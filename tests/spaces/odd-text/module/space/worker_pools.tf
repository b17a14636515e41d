resource "octopusdeploy_static_worker_pool" "_1" {
  name        = "1"
  description = "%%{"
  sort_order  = 0

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

resource "octopusdeploy_static_worker_pool" "pool_a" {
  name        = "pool_a"
  description = "\n"
  sort_order  = 0

  lifecycle {
    ignore_changes = [is_default, sort_order]
  }
}

resource "octopusdeploy_static_worker_pool" "pool_a_35426b" {
  name        = "Pool \"a\""
  description = "`"
  sort_order  = 0

  lifecycle {
    ignore_changes = [is_default, sort_order]
  }

  depends_on = [octopusdeploy_static_worker_pool.pool_a]
}
