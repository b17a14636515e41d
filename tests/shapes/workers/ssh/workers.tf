resource "octopusdeploy_ssh_connection_worker" "tried" {
  name              = "Tried"
  worker_pool_ids   = [octopusdeploy_static_worker_pool.linux.id]
  machine_policy_id = octopusdeploy_machine_policy.patient.id
  account_id        = octopusdeploy_username_password_account.login.id
  host              = "b.example"
  port              = 22
  fingerprint       = "SHA256:x"
  dotnet_platform   = "linux-x64"
  proxy_id          = octopusdeploy_machine_proxy.barn.id
}
