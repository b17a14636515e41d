resource "octopusdeploy_offline_package_drop_deployment_target" "tried" {
  name                   = "Tried"
  environments           = [octopusdeploy_environment.production.id]
  roles                  = ["web"]
  is_disabled            = false
  tenant_tags            = []
  tenants                = []
  applications_directory = "/apps"
  working_directory      = "/work"

  destination {
    destination_type = "FileSystem"
    drop_folder_path = "/drop"
  }
}
