resource "octopusdeploy_aws_account" "aws_full" {
  name                              = "AWS full"
  description                       = "Ships' cameras.\nTwo lines."
  access_key                        = "AKIAINFFULL"
  secret_key                        = var.account_aws_full_secret_key
  region                            = "eu-north-1"
  environments                      = [octopusdeploy_environment.sea.id, octopusdeploy_environment.quay.id]
  tenanted_deployment_participation = "TenantedOrUntenanted"
  tenants                           = [octopusdeploy_tenant.skerry.id]

  tenant_tags = [
    "${octopusdeploy_tag_set.island.name}/${octopusdeploy_tag.island_south.name}",
    "${octopusdeploy_tag_set.island.name}/${octopusdeploy_tag.island_north.name}",
  ]
}

resource "octopusdeploy_aws_openid_connect_account" "aws_oidc_full" {
  name                              = "AWS OIDC full"
  description                       = "No key at all"
  role_arn                          = "arn:aws:iam::123456789012:role/full"
  session_duration                  = 7200
  region                            = "eu-west-3"
  execution_subject_keys            = ["space", "project"]
  health_subject_keys               = ["space", "target"]
  account_test_subject_keys         = ["space", "account"]
  environments                      = [octopusdeploy_environment.sea.id]
  tenanted_deployment_participation = "Tenanted"
  tenant_tags                       = ["${octopusdeploy_tag_set.island.name}/${octopusdeploy_tag.island_north.name}"]
  tenants                           = [octopusdeploy_tenant.skerry.id]

  custom_claims = {
    "a b"   = "c:d"
    "ferry" = "skerry"
  }
}

resource "octopusdeploy_aws_openid_connect_account" "aws_oidc_small" {
  name                              = "AWS OIDC small"
  role_arn                          = "arn:aws:iam::123456789012:role/small"
  environments                      = []
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
}

resource "octopusdeploy_aws_account" "aws_small" {
  name                              = "AWS small"
  access_key                        = "AKIAINFSMALL"
  secret_key                        = var.account_aws_small_secret_key
  environments                      = []
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
}

resource "octopusdeploy_azure_openid_connect" "azure_oidc_full" {
  name                              = "Azure OIDC full"
  description                       = "Federated"
  subscription_id                   = "0c8f1f0e-7f7d-4b1c-9a51-5f3f0c1d2e11"
  tenant_id                         = "1d9a2b3c-8e6f-4c2d-ab62-6a4b1d2e3f22"
  application_id                    = "2eab3c4d-9f70-4d3e-bc73-7b5c2e3f4a33"
  resource_manager_endpoint         = "https://management.usgovcloudapi.net/"
  authentication_endpoint           = "https://login.microsoftonline.us/"
  execution_subject_keys            = ["space", "environment", "project"]
  health_subject_keys               = ["target"]
  account_test_subject_keys         = ["type"]
  audience                          = "api://harbour"
  environments                      = [octopusdeploy_environment.quay.id, octopusdeploy_environment.sea.id]
  tenanted_deployment_participation = "Tenanted"
  tenant_tags                       = ["${octopusdeploy_tag_set.island.name}/${octopusdeploy_tag.island_north.name}"]
  tenants                           = [octopusdeploy_tenant.skerry.id]
}

resource "octopusdeploy_azure_openid_connect" "azure_oidc_small" {
  name                              = "Azure OIDC small"
  subscription_id                   = "0c8f1f0e-7f7d-4b1c-9a51-5f3f0c1d2e11"
  tenant_id                         = "1d9a2b3c-8e6f-4c2d-ab62-6a4b1d2e3f22"
  application_id                    = "2eab3c4d-9f70-4d3e-bc73-7b5c2e3f4a33"
  environments                      = []
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
}

resource "octopusdeploy_azure_service_principal" "azure_principal_full" {
  name                              = "Azure principal full"
  description                       = "In China"
  subscription_id                   = "0c8f1f0e-7f7d-4b1c-9a51-5f3f0c1d2e11"
  tenant_id                         = "1d9a2b3c-8e6f-4c2d-ab62-6a4b1d2e3f22"
  application_id                    = "2eab3c4d-9f70-4d3e-bc73-7b5c2e3f4a33"
  password                          = var.account_azure_principal_full_password
  resource_manager_endpoint         = "https://management.chinacloudapi.cn/"
  authentication_endpoint           = "https://login.chinacloudapi.cn/"
  environments                      = [octopusdeploy_environment.quay.id]
  tenanted_deployment_participation = "TenantedOrUntenanted"
  tenant_tags                       = ["${octopusdeploy_tag_set.island.name}/${octopusdeploy_tag.island_north.name}"]
  tenants                           = [octopusdeploy_tenant.skerry.id]
}

resource "octopusdeploy_azure_service_principal" "azure_principal_small" {
  name                              = "Azure principal small"
  subscription_id                   = "0c8f1f0e-7f7d-4b1c-9a51-5f3f0c1d2e11"
  tenant_id                         = "1d9a2b3c-8e6f-4c2d-ab62-6a4b1d2e3f22"
  application_id                    = "2eab3c4d-9f70-4d3e-bc73-7b5c2e3f4a33"
  password                          = var.account_azure_principal_small_password
  environments                      = []
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
}

resource "octopusdeploy_azure_subscription_account" "azure_subscription_full" {
  name                              = "Azure subscription full"
  description                       = "Management certificate"
  subscription_id                   = "0c8f1f0e-7f7d-4b1c-9a51-5f3f0c1d2e11"
  certificate                       = var.account_azure_subscription_full_certificate
  certificate_thumbprint            = "0123456789ABCDEF0123456789ABCDEF01234567"
  azure_environment                 = "AzureGermanCloud"
  management_endpoint               = "https://management.core.cloudapi.de/"
  storage_endpoint_suffix           = "core.cloudapi.de"
  environments                      = [octopusdeploy_environment.quay.id]
  tenanted_deployment_participation = "TenantedOrUntenanted"
  tenant_tags                       = ["${octopusdeploy_tag_set.island.name}/${octopusdeploy_tag.island_south.name}"]
  tenants                           = [octopusdeploy_tenant.skerry.id]
}

resource "octopusdeploy_azure_subscription_account" "azure_subscription_small" {
  name                              = "Azure subscription small"
  subscription_id                   = "0c8f1f0e-7f7d-4b1c-9a51-5f3f0c1d2e11"
  environments                      = []
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
}

resource "octopusdeploy_generic_oidc_account" "generic_oidc_full" {
  name                              = "Generic OIDC full"
  description                       = "For the tide service"
  audience                          = "api://tides"
  execution_subject_keys            = ["space", "project", "tenant"]
  environments                      = [octopusdeploy_environment.sea.id]
  tenanted_deployment_participation = "TenantedOrUntenanted"
  tenant_tags                       = ["${octopusdeploy_tag_set.island.name}/${octopusdeploy_tag.island_south.name}"]
  tenants                           = [octopusdeploy_tenant.skerry.id]

  custom_claims = {
    "vessel" = "no. 7"
  }
}

resource "octopusdeploy_generic_oidc_account" "generic_oidc_small" {
  name                              = "Generic OIDC small"
  audience                          = ""
  execution_subject_keys            = []
  environments                      = []
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
}

resource "octopusdeploy_gcp_account" "google_full" {
  name                              = "Google full"
  description                       = "Maps"
  json_key                          = var.account_google_full_json_key
  environments                      = [octopusdeploy_environment.sea.id]
  tenanted_deployment_participation = "TenantedOrUntenanted"
  tenant_tags                       = ["${octopusdeploy_tag_set.island.name}/${octopusdeploy_tag.island_south.name}"]
  tenants                           = [octopusdeploy_tenant.skerry.id]
}

resource "octopusdeploy_gcp_account" "google_small" {
  name                              = "Google small"
  json_key                          = var.account_google_small_json_key
  environments                      = []
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
}

resource "octopusdeploy_username_password_account" "login_full" {
  name                              = "Login full"
  description                       = "Tickets"
  username                          = "tickets"
  password                          = var.account_login_full_password
  environments                      = [octopusdeploy_environment.sea.id]
  tenanted_deployment_participation = "TenantedOrUntenanted"
  tenant_tags                       = ["${octopusdeploy_tag_set.island.name}/${octopusdeploy_tag.island_south.name}"]
  tenants                           = [octopusdeploy_tenant.skerry.id]
}

resource "octopusdeploy_username_password_account" "login_small" {
  name                              = "Login small"
  username                          = "purser"
  environments                      = []
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
}

resource "octopusdeploy_ssh_key_account" "ssh_full" {
  name                              = "SSH full"
  description                       = "With a passphrase"
  username                          = "captain"
  private_key_file                  = var.account_ssh_full_private_key_file
  private_key_passphrase            = var.account_ssh_full_private_key_passphrase
  environments                      = [octopusdeploy_environment.sea.id]
  tenanted_deployment_participation = "TenantedOrUntenanted"
  tenant_tags                       = ["${octopusdeploy_tag_set.island.name}/${octopusdeploy_tag.island_south.name}"]
  tenants                           = [octopusdeploy_tenant.skerry.id]
}

resource "octopusdeploy_ssh_key_account" "ssh_small" {
  name                              = "SSH small"
  username                          = "mate"
  private_key_file                  = var.account_ssh_small_private_key_file
  environments                      = []
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
}

resource "octopusdeploy_token_account" "token_full" {
  name                              = "Token full"
  description                       = "Cluster"
  token                             = var.account_token_full_token
  environments                      = [octopusdeploy_environment.sea.id]
  tenanted_deployment_participation = "TenantedOrUntenanted"
  tenant_tags                       = ["${octopusdeploy_tag_set.island.name}/${octopusdeploy_tag.island_south.name}"]
  tenants                           = [octopusdeploy_tenant.skerry.id]
}

resource "octopusdeploy_token_account" "token_small" {
  name                              = "Token small"
  token                             = var.account_token_small_token
  environments                      = []
  tenanted_deployment_participation = "Untenanted"
  tenant_tags                       = []
  tenants                           = []
}
