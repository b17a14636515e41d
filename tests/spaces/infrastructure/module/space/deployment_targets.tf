resource "octopusdeploy_kubernetes_agent_deployment_target" "agent_full" {
  name                              = "Agent full"
  environments                      = [octopusdeploy_environment.sea.id]
  roles                             = ["k8s"]
  machine_policy_id                 = octopusdeploy_machine_policy.policy_full.id
  is_disabled                       = true
  tenanted_deployment_participation = "TenantedOrUntenanted"
  tenant_tags                       = ["${octopusdeploy_tag_set.island.name}/${octopusdeploy_tag.island_north.name}"]
  tenants                           = [octopusdeploy_tenant.skerry.id]
  uri                               = "poll://agent02abcdefghijklm/"
  thumbprint                        = "96203ED84246201C26A2F4360D7CBC36AC1D2334"
  communication_mode                = "Polling"
  default_namespace                 = "ferries"
  upgrade_locked                    = true

  lifecycle {
    ignore_changes = [uri]
  }
}

resource "octopusdeploy_kubernetes_agent_deployment_target" "agent_small" {
  name                              = "Agent small"
  environments                      = [octopusdeploy_environment.sea.id]
  roles                             = ["k8s"]
  machine_policy_id                 = octopusdeploy_machine_policy.default_machine_policy.id
  is_disabled                       = false
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
  uri                               = "poll://agent01abcdefghijklm/"
  thumbprint                        = "96203ED84246201C26A2F4360D7CBC36AC1D2333"
  communication_mode                = "Polling"
  default_namespace                 = ""

  lifecycle {
    ignore_changes = [uri]
  }
}

resource "octopusdeploy_azure_cloud_service_deployment_target" "cloud_service" {
  name                              = "Cloud service"
  environments                      = [octopusdeploy_environment.quay.id]
  roles                             = ["web"]
  machine_policy_id                 = octopusdeploy_machine_policy.default_machine_policy.id
  is_disabled                       = false
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
  account_id                        = local.accounts["Account of tomorrow"]
  cloud_service_name                = "timetable"
  storage_account_name              = "harbour"
  slot                              = "Production"
  swap_if_possible                  = true
  use_current_instance_count        = true
  default_worker_pool_id            = octopusdeploy_static_worker_pool.small_pool.id
}

resource "octopusdeploy_offline_package_drop_deployment_target" "drop_as_artifact" {
  name                              = "Drop as artifact"
  environments                      = [octopusdeploy_environment.sea.id]
  roles                             = ["island"]
  machine_policy_id                 = octopusdeploy_machine_policy.default_machine_policy.id
  is_disabled                       = false
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
  applications_directory            = "/opt/apps"
  working_directory                 = "/opt/octopus"

  destination {
    destination_type = "Artifact"
  }
}

resource "octopusdeploy_offline_package_drop_deployment_target" "drop_into_a_folder" {
  name                              = "Drop into a folder"
  environments                      = [octopusdeploy_environment.sea.id]
  roles                             = ["island"]
  machine_policy_id                 = octopusdeploy_machine_policy.default_machine_policy.id
  is_disabled                       = false
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
  applications_directory            = "C:\\Applications"
  working_directory                 = "C:\\Octopus"

  destination {
    destination_type = "FileSystem"
    drop_folder_path = "\\\\nas\\drop"
  }
}

resource "octopusdeploy_kubernetes_cluster_deployment_target" "kubernetes_by_account" {
  name                              = "Kubernetes by account"
  environments                      = [octopusdeploy_environment.sea.id]
  roles                             = ["k8s"]
  machine_policy_id                 = octopusdeploy_machine_policy.default_machine_policy.id
  is_disabled                       = false
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
  cluster_url                       = "https://k8s01.harbourline.example"
  skip_tls_verification             = false

  authentication {
    account_id = octopusdeploy_token_account.token_full.id
  }
}

resource "octopusdeploy_kubernetes_cluster_deployment_target" "kubernetes_by_aws" {
  name                              = "Kubernetes by AWS"
  environments                      = [octopusdeploy_environment.sea.id]
  roles                             = ["k8s"]
  machine_policy_id                 = octopusdeploy_machine_policy.default_machine_policy.id
  is_disabled                       = false
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
  cluster_url                       = "https://k8s02.harbourline.example"
  cluster_certificate               = octopusdeploy_certificate.client_of_the_cluster.id
  namespace                         = "ferries"
  skip_tls_verification             = true
  default_worker_pool_id            = octopusdeploy_static_worker_pool.bridge.id
  proxy_id                          = octopusdeploy_machine_proxy.pier.id
  running_in_container              = true
  container_options                 = "--network host"

  aws_account_authentication {
    account_id                   = octopusdeploy_aws_account.aws_full.id
    cluster_name                 = "north"
    assume_role                  = true
    assume_role_session_duration = 1800
    assume_role_external_id      = "external"
    assumed_role_arn             = "arn:aws:iam::123456789012:role/k8s"
    assumed_role_session         = "session"
    use_instance_role            = false
  }

  container {
    feed_id = local.feeds["Azure DevOps"]
    image   = "octopusdeploy/worker-tools:6"
  }
}

resource "octopusdeploy_kubernetes_cluster_deployment_target" "kubernetes_by_azure" {
  name                              = "Kubernetes by Azure"
  environments                      = [octopusdeploy_environment.sea.id]
  roles                             = ["k8s"]
  machine_policy_id                 = octopusdeploy_machine_policy.default_machine_policy.id
  is_disabled                       = false
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
  cluster_url                       = "https://k8s04.harbourline.example"
  skip_tls_verification             = false

  azure_service_principal_authentication {
    account_id             = octopusdeploy_azure_service_principal.azure_principal_full.id
    cluster_name           = "east"
    cluster_resource_group = "harbour"
    admin_login            = "True"
  }
}

resource "octopusdeploy_kubernetes_cluster_deployment_target" "kubernetes_by_certificate" {
  name                              = "Kubernetes by certificate"
  environments                      = [octopusdeploy_environment.sea.id]
  roles                             = ["k8s"]
  machine_policy_id                 = octopusdeploy_machine_policy.default_machine_policy.id
  is_disabled                       = false
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
  cluster_url                       = "https://k8s07.harbourline.example"
  cluster_certificate_path          = "/etc/ca.pem"
  skip_tls_verification             = false

  certificate_authentication {
    client_certificate = octopusdeploy_certificate.client_of_the_cluster.id
  }
}

resource "octopusdeploy_kubernetes_cluster_deployment_target" "kubernetes_by_google" {
  name                              = "Kubernetes by Google"
  environments                      = [octopusdeploy_environment.sea.id]
  roles                             = ["k8s"]
  machine_policy_id                 = octopusdeploy_machine_policy.default_machine_policy.id
  is_disabled                       = false
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
  cluster_url                       = "https://k8s05.harbourline.example"
  skip_tls_verification             = false

  gcp_account_authentication {
    account_id                  = octopusdeploy_gcp_account.google_full.id
    cluster_name                = "west"
    project                     = "harbour-line"
    region                      = "europe-north1"
    service_account_emails      = "pilot@harbour.example"
    impersonate_service_account = true
    use_vm_service_account      = false
  }
}

resource "octopusdeploy_kubernetes_cluster_deployment_target" "kubernetes_by_pod" {
  name                              = "Kubernetes by pod"
  environments                      = [octopusdeploy_environment.sea.id]
  roles                             = ["k8s"]
  machine_policy_id                 = octopusdeploy_machine_policy.default_machine_policy.id
  is_disabled                       = false
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
  cluster_url                       = "https://k8s08.harbourline.example"
  skip_tls_verification             = false

  pod_authentication {
    token_path = "/var/run/secrets/kubernetes.io/serviceaccount/token"
  }
}

resource "octopusdeploy_kubernetes_cluster_deployment_target" "kubernetes_by_the_vm_s_account" {
  name                              = "Kubernetes by the VM's account"
  environments                      = [octopusdeploy_environment.sea.id]
  roles                             = ["k8s"]
  machine_policy_id                 = octopusdeploy_machine_policy.default_machine_policy.id
  is_disabled                       = false
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
  cluster_url                       = "https://k8s06.harbourline.example"
  skip_tls_verification             = false

  gcp_account_authentication {
    account_id                  = octopusdeploy_gcp_account.google_small.id
    cluster_name                = "west"
    project                     = "harbour-line"
    zone                        = "europe-north1-a"
    impersonate_service_account = false
    use_vm_service_account      = true
  }
}

resource "octopusdeploy_kubernetes_cluster_deployment_target" "kubernetes_by_the_worker_s_role" {
  name                              = "Kubernetes by the worker's role"
  environments                      = [octopusdeploy_environment.sea.id]
  roles                             = ["k8s"]
  machine_policy_id                 = octopusdeploy_machine_policy.default_machine_policy.id
  is_disabled                       = false
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
  cluster_url                       = "https://k8s03.harbourline.example"
  skip_tls_verification             = false

  aws_account_authentication {
    account_id        = octopusdeploy_aws_openid_connect_account.aws_oidc_full.id
    cluster_name      = "north"
    assume_role       = false
    use_instance_role = true
  }
}

resource "octopusdeploy_listening_tentacle_deployment_target" "listening_full" {
  name                              = "Listening full"
  environments                      = [octopusdeploy_environment.sea.id, octopusdeploy_environment.quay.id]
  roles                             = ["web", "queue"]
  machine_policy_id                 = octopusdeploy_machine_policy.policy_full.id
  is_disabled                       = true
  tenanted_deployment_participation = "TenantedOrUntenanted"
  tenants                           = [octopusdeploy_tenant.skerry.id]
  proxy_id                          = octopusdeploy_machine_proxy.pier.id
  tentacle_url                      = "https://web02.harbourline.example:10933/"
  thumbprint                        = "96203ED84246201C26A2F4360D7CBC36AC1D232E"

  tenant_tags = [
    "${octopusdeploy_tag_set.island.name}/${octopusdeploy_tag.island_south.name}",
    "${octopusdeploy_tag_set.island.name}/${octopusdeploy_tag.island_north.name}",
  ]
}

resource "octopusdeploy_listening_tentacle_deployment_target" "listening_small" {
  name                              = "Listening small"
  environments                      = [octopusdeploy_environment.quay.id]
  roles                             = ["web"]
  machine_policy_id                 = octopusdeploy_machine_policy.default_machine_policy.id
  is_disabled                       = false
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
  proxy_id                          = ""
  tentacle_url                      = "https://web01.harbourline.example:10933/"
  thumbprint                        = "96203ED84246201C26A2F4360D7CBC36AC1D232D"
}

resource "octopusdeploy_polling_tentacle_deployment_target" "polling_small" {
  name                              = "Polling small"
  environments                      = [octopusdeploy_environment.sea.id]
  roles                             = ["ship"]
  machine_policy_id                 = octopusdeploy_machine_policy.default_machine_policy.id
  is_disabled                       = false
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
  tentacle_url                      = "poll://ship01abcdefghijklmn/"
  thumbprint                        = "96203ED84246201C26A2F4360D7CBC36AC1D2330"

  lifecycle {
    ignore_changes = [tentacle_url]
  }
}

resource "octopusdeploy_cloud_region_deployment_target" "region_full" {
  name                              = "Region full"
  environments                      = [octopusdeploy_environment.sea.id]
  roles                             = ["region"]
  machine_policy_id                 = octopusdeploy_machine_policy.default_machine_policy.id
  is_disabled                       = false
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
  default_worker_pool_id            = octopusdeploy_static_worker_pool.bridge.id
}

resource "octopusdeploy_cloud_region_deployment_target" "region_small" {
  name                              = "Region small"
  environments                      = [octopusdeploy_environment.sea.id]
  roles                             = ["region"]
  machine_policy_id                 = octopusdeploy_machine_policy.default_machine_policy.id
  is_disabled                       = false
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
}

resource "octopusdeploy_azure_service_fabric_cluster_deployment_target" "service_fabric_small" {
  name                              = "Service Fabric small"
  environments                      = [octopusdeploy_environment.quay.id]
  roles                             = ["fabric"]
  machine_policy_id                 = octopusdeploy_machine_policy.default_machine_policy.id
  is_disabled                       = false
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
  connection_endpoint               = "fabric01.harbourline.example:19000"
  security_mode                     = "Unsecure"
  server_certificate_thumbprint     = ""
  client_certificate_variable       = ""
  certificate_store_location        = ""
  certificate_store_name            = ""
  aad_credential_type               = ""
  aad_user_credential_username      = ""
}

resource "octopusdeploy_azure_service_fabric_cluster_deployment_target" "service_fabric_with_a_certificate" {
  name                              = "Service Fabric with a certificate"
  environments                      = [octopusdeploy_environment.quay.id]
  roles                             = ["fabric"]
  machine_policy_id                 = octopusdeploy_machine_policy.default_machine_policy.id
  is_disabled                       = false
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
  connection_endpoint               = "fabric02.harbourline.example:19000"
  security_mode                     = "SecureClientCertificate"
  server_certificate_thumbprint     = "96203ED84246201C26A2F4360D7CBC36AC1D2331"
  client_certificate_variable       = "Fabric.Certificate"
  certificate_store_location        = "CurrentUser"
  certificate_store_name            = "My"
  aad_credential_type               = ""
  aad_user_credential_username      = ""
}

resource "octopusdeploy_azure_service_fabric_cluster_deployment_target" "service_fabric_with_a_client" {
  name                              = "Service Fabric with a client"
  environments                      = [octopusdeploy_environment.quay.id]
  roles                             = ["fabric"]
  machine_policy_id                 = octopusdeploy_machine_policy.default_machine_policy.id
  is_disabled                       = false
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
  connection_endpoint               = "fabric04.harbourline.example:19000"
  security_mode                     = "SecureAzureAD"
  server_certificate_thumbprint     = ""
  client_certificate_variable       = ""
  certificate_store_location        = ""
  certificate_store_name            = ""
  aad_credential_type               = "ClientCredential"
  aad_user_credential_username      = ""
}

resource "octopusdeploy_azure_service_fabric_cluster_deployment_target" "service_fabric_with_a_user" {
  name                              = "Service Fabric with a user"
  environments                      = [octopusdeploy_environment.quay.id]
  roles                             = ["fabric"]
  machine_policy_id                 = octopusdeploy_machine_policy.default_machine_policy.id
  is_disabled                       = false
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
  connection_endpoint               = "fabric03.harbourline.example:19000"
  security_mode                     = "SecureAzureAD"
  server_certificate_thumbprint     = "96203ED84246201C26A2F4360D7CBC36AC1D2332"
  client_certificate_variable       = ""
  certificate_store_location        = ""
  certificate_store_name            = ""
  aad_credential_type               = "UserCredential"
  aad_user_credential_username      = "fabric"
  aad_user_credential_password      = var.deployment_target_service_fabric_with_a_user_aad_user_credential_password
}

resource "octopusdeploy_ssh_connection_deployment_target" "ssh_target_full" {
  name                              = "SSH target full"
  environments                      = [octopusdeploy_environment.sea.id]
  roles                             = ["db"]
  machine_policy_id                 = octopusdeploy_machine_policy.policy_small.id
  is_disabled                       = false
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
  account_id                        = octopusdeploy_ssh_key_account.ssh_full.id
  host                              = "db02.harbourline.example"
  port                              = 2222
  fingerprint                       = "SHA256:c2hpcA"
  dot_net_core_platform             = "linux-x64"
  proxy_id                          = octopusdeploy_machine_proxy.pier.id
}

resource "octopusdeploy_ssh_connection_deployment_target" "ssh_target_small" {
  name                              = "SSH target small"
  environments                      = [octopusdeploy_environment.sea.id]
  roles                             = ["db"]
  machine_policy_id                 = octopusdeploy_machine_policy.default_machine_policy.id
  is_disabled                       = false
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
  account_id                        = octopusdeploy_ssh_key_account.ssh_small.id
  host                              = "db01.harbourline.example"
  port                              = 22
  fingerprint                       = "d4:7e:5b:1f"
}

resource "octopusdeploy_azure_web_app_deployment_target" "web_app_full" {
  name                              = "Web app full"
  environments                      = [octopusdeploy_environment.quay.id]
  roles                             = ["web"]
  machine_policy_id                 = octopusdeploy_machine_policy.default_machine_policy.id
  is_disabled                       = false
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
  account_id                        = octopusdeploy_azure_openid_connect.azure_oidc_full.id
  resource_group_name               = "harbour"
  web_app_name                      = "timetable"
  web_app_slot_name                 = "staging"
}

resource "octopusdeploy_azure_web_app_deployment_target" "web_app_small" {
  name                              = "Web app small"
  environments                      = [octopusdeploy_environment.quay.id]
  roles                             = ["web"]
  machine_policy_id                 = octopusdeploy_machine_policy.default_machine_policy.id
  is_disabled                       = false
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
  account_id                        = octopusdeploy_azure_service_principal.azure_principal_small.id
  resource_group_name               = "harbour"
  web_app_name                      = "timetable"
}
