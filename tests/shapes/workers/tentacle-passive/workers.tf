resource "octopusdeploy_listening_tentacle_worker" "tried" {
  name              = "Tried"
  worker_pool_ids   = [octopusdeploy_static_worker_pool.linux.id]
  machine_policy_id = octopusdeploy_machine_policy.patient.id
  uri               = "https://a.example:10933/"
  thumbprint        = "AB"
}
