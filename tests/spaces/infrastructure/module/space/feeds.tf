resource "octopusdeploy_azure_container_registry" "acr_login" {
  name                           = "ACR login"
  feed_uri                       = "https://harbour.azurecr.example"
  api_version                    = "v2"
  registry_path                  = "ferries"
  download_attempts              = 3
  download_retry_backoff_seconds = 8
  username                       = "acr"
  password                       = var.feed_acr_login_password
}

resource "octopusdeploy_azure_container_registry" "acr_oidc" {
  name     = "ACR OIDC"
  feed_uri = "https://harbour.azurecr.example"

  oidc_authentication = {
    client_id    = "2eab3c4d-9f70-4d3e-bc73-7b5c2e3f4a33"
    tenant_id    = "1d9a2b3c-8e6f-4c2d-ab62-6a4b1d2e3f22"
    audience     = "api://AzureADTokenExchange"
    subject_keys = ["space", "feed"]
  }
}

resource "octopusdeploy_azure_container_registry" "acr_small" {
  name     = "ACR small"
  feed_uri = "https://harbour.azurecr.example"
}

resource "octopusdeploy_artifactory_generic_feed" "artifactory_full" {
  name                                 = "Artifactory full"
  feed_uri                             = "https://artifactory.harbourline.example"
  repository                           = "boats"
  layout_regex                         = "(?<orgPath>.+?)/(?<module>[^/]+)/(?<baseRev>[^/]+)$"
  username                             = "artifactory"
  password                             = var.feed_artifactory_full_password
  package_acquisition_location_options = ["Server", "ExecutionTarget"]
}

resource "octopusdeploy_artifactory_generic_feed" "artifactory_small" {
  name       = "Artifactory small"
  feed_uri   = "https://artifactory.harbourline.example"
  repository = "boats"
}

resource "octopusdeploy_docker_container_registry" "docker_full" {
  name                                 = "Docker full"
  feed_uri                             = "https://images.harbourline.example"
  api_version                          = "v2"
  registry_path                        = "harbour"
  download_attempts                    = 3
  download_retry_backoff_seconds       = 20
  username                             = "docker"
  password                             = var.feed_docker_full_password
  package_acquisition_location_options = ["ExecutionTarget", "NotAcquired"]
}

resource "octopusdeploy_docker_container_registry" "docker_small" {
  name     = "Docker small"
  feed_uri = "https://images.harbourline.example"
}

resource "octopusdeploy_aws_elastic_container_registry" "ecr_keys" {
  name                                 = "ECR keys"
  region                               = "eu-north-1"
  access_key                           = "AKIAINFECR"
  secret_key                           = var.feed_ecr_keys_secret_key
  package_acquisition_location_options = ["ExecutionTarget", "NotAcquired"]
}

resource "octopusdeploy_aws_elastic_container_registry" "ecr_oidc" {
  name   = "ECR OIDC"
  region = "eu-west-3"

  oidc_authentication = {
    audience         = "sts.amazonaws.com"
    role_arn         = "arn:aws:iam::123456789012:role/ecr"
    session_duration = "1800"
    subject_keys     = ["space", "feed"]
  }
}

resource "octopusdeploy_gcs_storage_feed" "gcs_full" {
  name                           = "GCS full"
  project                        = "harbour-line"
  use_service_account_key        = true
  service_account_json_key       = var.feed_gcs_full_service_account_json_key
  download_attempts              = 6
  download_retry_backoff_seconds = 12
}

resource "octopusdeploy_gcs_storage_feed" "gcs_small" {
  name = "GCS small"

  oidc_authentication = {
    audience     = "//iam.googleapis.com/harbour"
    subject_keys = ["space", "feed"]
  }
}

resource "octopusdeploy_github_repository_feed" "github_full" {
  name                                 = "GitHub full"
  feed_uri                             = "https://api.github.example"
  download_attempts                    = 2
  download_retry_backoff_seconds       = 3
  username                             = "github"
  password                             = var.feed_github_full_password
  package_acquisition_location_options = ["Server", "ExecutionTarget"]
}

resource "octopusdeploy_github_repository_feed" "github_small" {
  name     = "GitHub small"
  feed_uri = "https://api.github.example"
}

resource "octopusdeploy_google_container_registry" "google_registry_login" {
  name                           = "Google registry login"
  feed_uri                       = "https://eu-docker.example"
  api_version                    = "v2"
  registry_path                  = "harbour"
  download_attempts              = 9
  download_retry_backoff_seconds = 1
  username                       = "_json_key"
  password                       = var.feed_google_registry_login_password
}

resource "octopusdeploy_google_container_registry" "google_registry_oidc" {
  name     = "Google registry OIDC"
  feed_uri = "https://eu-docker.example"

  oidc_authentication = {
    audience     = "//iam.googleapis.com/harbour"
    subject_keys = ["space"]
  }
}

resource "octopusdeploy_helm_feed" "helm_full" {
  name                                 = "Helm full"
  feed_uri                             = "https://charts.harbourline.example/stable"
  username                             = "helm"
  password                             = var.feed_helm_full_password
  package_acquisition_location_options = ["ExecutionTarget", "NotAcquired"]
}

resource "octopusdeploy_helm_feed" "helm_small" {
  name     = "Helm small"
  feed_uri = "https://charts.harbourline.example"
}

resource "octopusdeploy_maven_feed" "maven_full" {
  name                                 = "Maven full"
  feed_uri                             = "https://maven.harbourline.example/releases"
  download_attempts                    = 1
  download_retry_backoff_seconds       = 5
  username                             = "maven"
  password                             = var.feed_maven_full_password
  package_acquisition_location_options = ["Server", "ExecutionTarget"]
}

resource "octopusdeploy_maven_feed" "maven_small" {
  name     = "Maven small"
  feed_uri = "https://maven.harbourline.example"
}

resource "octopusdeploy_npm_feed" "npm_full" {
  name                                 = "npm full"
  feed_uri                             = "https://npm.harbourline.example/private"
  download_attempts                    = 4
  download_retry_backoff_seconds       = 7
  username                             = "npm"
  password                             = var.feed_npm_full_password
  package_acquisition_location_options = ["Server", "ExecutionTarget"]
}

resource "octopusdeploy_npm_feed" "npm_small" {
  name     = "npm small"
  feed_uri = "https://npm.harbourline.example"
}

resource "octopusdeploy_nuget_feed" "nuget_full" {
  name                                 = "NuGet full"
  feed_uri                             = "https://nuget.harbourline.example/v2"
  is_enhanced_mode                     = false
  download_attempts                    = 2
  download_retry_backoff_seconds       = 45
  username                             = "nuget"
  password                             = var.feed_nuget_full_password
  package_acquisition_location_options = ["Server", "ExecutionTarget"]
}

resource "octopusdeploy_nuget_feed" "nuget_small" {
  name     = "NuGet small"
  feed_uri = "https://nuget.harbourline.example/v3/index.json"
}

resource "octopusdeploy_oci_registry_feed" "oci_full" {
  name     = "OCI full"
  feed_uri = "oci://oci.harbourline.example/charts"
  username = "oci"
  password = var.feed_oci_full_password
}

resource "octopusdeploy_oci_registry_feed" "oci_small" {
  name     = "OCI small"
  feed_uri = "oci://oci.harbourline.example"
}

resource "octopusdeploy_pypi_feed" "pypi_full" {
  name                                 = "PyPI full"
  feed_uri                             = "https://pypi.harbourline.example/simple"
  download_attempts                    = 4
  download_retry_backoff_seconds       = 7
  username                             = "pypi"
  password                             = var.feed_pypi_full_password
  package_acquisition_location_options = ["Server", "ExecutionTarget"]
}

resource "octopusdeploy_pypi_feed" "pypi_small" {
  name     = "PyPI small"
  feed_uri = "https://pypi.harbourline.example"
}

resource "octopusdeploy_s3_feed" "s3_full" {
  name                    = "S3 full"
  use_machine_credentials = false
  access_key              = "AKIAINFS3"
  secret_key              = var.feed_s3_full_secret_key
}

resource "octopusdeploy_s3_feed" "s3_small" {
  name                    = "S3 small"
  use_machine_credentials = true
}
