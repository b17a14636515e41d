resource "octopusdeploy_kubernetes_agent_worker" "agent_worker" {
  name               = "Agent worker"
  worker_pool_ids    = [octopusdeploy_static_worker_pool.bridge.id]
  machine_policy_id  = octopusdeploy_machine_policy.policy_full.id
  is_disabled        = true
  uri                = "poll://worker04abcdefghijkl/"
  thumbprint         = "96203ED84246201C26A2F4360D7CBC36AC1D2342"
  communication_mode = "Polling"
  upgrade_locked     = true

  lifecycle {
    ignore_changes = [uri]
  }
}

resource "octopusdeploy_kubernetes_agent_worker" "agent_worker_small" {
  name               = "Agent worker small"
  worker_pool_ids    = [octopusdeploy_static_worker_pool.small_pool.id]
  machine_policy_id  = octopusdeploy_machine_policy.default_machine_policy.id
  uri                = "poll://worker05abcdefghijkl/"
  thumbprint         = "96203ED84246201C26A2F4360D7CBC36AC1D2343"
  communication_mode = "Polling"

  lifecycle {
    ignore_changes = [uri]
  }
}

resource "octopusdeploy_ssh_connection_worker" "ssh_worker" {
  name              = "SSH worker"
  worker_pool_ids   = [octopusdeploy_static_worker_pool.bridge.id]
  machine_policy_id = octopusdeploy_machine_policy.policy_small.id
  account_id        = octopusdeploy_ssh_key_account.ssh_full.id
  host              = "worker03.harbourline.example"
  port              = 22
  fingerprint       = "SHA256:d29ya2Vy"
  dotnet_platform   = "linux-arm64"
  proxy_id          = octopusdeploy_machine_proxy.pier.id
}

resource "octopusdeploy_listening_tentacle_worker" "worker_full" {
  name              = "Worker full"
  machine_policy_id = octopusdeploy_machine_policy.policy_full.id
  is_disabled       = true
  uri               = "https://worker02.harbourline.example:10933/"
  thumbprint        = "96203ED84246201C26A2F4360D7CBC36AC1D2341"
  proxy_id          = octopusdeploy_machine_proxy.pier.id

  worker_pool_ids = [
    octopusdeploy_static_worker_pool.small_pool.id,
    octopusdeploy_static_worker_pool.bridge.id,
  ]
}

resource "octopusdeploy_listening_tentacle_worker" "worker_small" {
  name              = "Worker small"
  worker_pool_ids   = [octopusdeploy_static_worker_pool.small_pool.id]
  machine_policy_id = octopusdeploy_machine_policy.policy_small.id
  uri               = "https://worker01.harbourline.example:10933/"
  thumbprint        = "96203ED84246201C26A2F4360D7CBC36AC1D2340"
}
