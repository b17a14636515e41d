resource "octopusdeploy_static_worker_pool" "linux" {
  name = "Linux"

  lifecycle {
    ignore_changes = [is_default]
  }
}

resource "octopusdeploy_static_worker_pool" "mac" {
  name = "Mac"

  lifecycle {
    ignore_changes = [is_default]
  }
}
