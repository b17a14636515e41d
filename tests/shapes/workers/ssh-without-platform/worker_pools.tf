resource "octopusdeploy_static_worker_pool" "linux" {
  name = "Linux"
}

resource "octopusdeploy_static_worker_pool" "mac" {
  name = "Mac"
}
