resource "octopusdeploy_listening_tentacle_deployment_target" "web_1" {
  name                              = "web_1"
  environments                      = [octopusdeploy_environment.a_b.id]
  roles                             = ["rôle"]
  machine_policy_id                 = octopusdeploy_machine_policy.default_machine_policy.id
  is_disabled                       = false
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
  proxy_id                          = ""
  tentacle_url                      = "https://t1.example.invalid:10933/"
  thumbprint                        = "000000000000000000000002AF37BC048D159E24"
}

resource "octopusdeploy_listening_tentacle_deployment_target" "web_1_12fbd5" {
  name                              = "web \"1\""
  environments                      = [octopusdeploy_environment.a_b.id]
  roles                             = ["role one", "role-\"two\""]
  machine_policy_id                 = octopusdeploy_machine_policy.default_machine_policy.id
  is_disabled                       = false
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
  proxy_id                          = ""
  tentacle_url                      = "https://t0.example.invalid:10933/"
  thumbprint                        = "0000000000000000000000020369CD0369D0369B"

  depends_on = [octopusdeploy_listening_tentacle_deployment_target.web_1]
}

resource "octopusdeploy_listening_tentacle_deployment_target" "x52ce7a" {
  name                              = "ウェブ"
  environments                      = [octopusdeploy_environment.a_b.id]
  roles                             = ["$${role}"]
  machine_policy_id                 = octopusdeploy_machine_policy.default_machine_policy.id
  is_disabled                       = false
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
  proxy_id                          = ""
  tentacle_url                      = "https://t2.example.invalid:10933/"
  thumbprint                        = "0000000000000000000000035B05AB05B05B05AD"
}
