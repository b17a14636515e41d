resource "octopusdeploy_cloud_region_deployment_target" "tried" {
  name                   = "Tried"
  environments           = [octopusdeploy_environment.production.id]
  roles                  = ["web"]
  is_disabled            = false
  tenant_tags            = []
  tenants                = []
  default_worker_pool_id = octopusdeploy_static_worker_pool.linux.id
}
