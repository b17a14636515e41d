resource "octopusdeploy_kubernetes_cluster_deployment_target" "tried" {
  name                   = "Tried"
  environments           = [octopusdeploy_environment.production.id]
  roles                  = ["web"]
  is_disabled            = false
  tenant_tags            = []
  tenants                = []
  cluster_url            = "https://k.example"
  cluster_certificate    = octopusdeploy_certificate.shop_example.id
  namespace              = "shop"
  skip_tls_verification  = true
  default_worker_pool_id = octopusdeploy_static_worker_pool.linux.id
  proxy_id               = octopusdeploy_machine_proxy.barn.id
  running_in_container   = true

  aws_account_authentication {
    account_id                   = octopusdeploy_username_password_account.login.id
    cluster_name                 = "c"
    assume_role                  = true
    assume_role_session_duration = 3600
    assumed_role_arn             = "arn"
    assumed_role_session         = "s"
    use_instance_role            = false
  }

  container {
    feed_id = octopusdeploy_docker_container_registry.images.id
    image   = "tools:1"
  }
}
