resource "octopusdeploy_azure_service_fabric_cluster_deployment_target" "tried" {
  name                          = "Tried"
  environments                  = [octopusdeploy_environment.production.id]
  roles                         = ["web"]
  is_disabled                   = false
  tenant_tags                   = []
  tenants                       = []
  connection_endpoint           = "e:19000"
  security_mode                 = "SecureAzureAD"
  server_certificate_thumbprint = ""
  client_certificate_variable   = ""
  certificate_store_location    = ""
  certificate_store_name        = ""
  aad_credential_type           = "UserCredential"
  aad_user_credential_username  = "u"
  aad_user_credential_password  = var.deployment_target_tried_aad_user_credential_password
}
