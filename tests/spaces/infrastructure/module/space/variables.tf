variable "octopus_url" {
  description = "Address of the destination server, such as https://example.octopus.app"
  type        = string
}

variable "octopus_api_key" {
  description = "API key of the destination server"
  type        = string
  sensitive   = true
}

variable "octopus_space_id" {
  description = "Id of the destination space, such as Spaces-42"
  type        = string
}

variable "account_aws_full_secret_key" {
  description = "Secret key of the account \"AWS full\""
  type        = string
  sensitive   = true
}

variable "account_aws_small_secret_key" {
  description = "Secret key of the account \"AWS small\""
  type        = string
  sensitive   = true
}

variable "account_azure_principal_full_password" {
  description = "Password of the account \"Azure principal full\""
  type        = string
  sensitive   = true
}

variable "account_azure_principal_small_password" {
  description = "Password of the account \"Azure principal small\""
  type        = string
  sensitive   = true
}

variable "account_azure_subscription_full_certificate" {
  description = "Management certificate of the account \"Azure subscription full\""
  type        = string
  sensitive   = true
}

variable "account_google_full_json_key" {
  description = "JSON key, base64, of the account \"Google full\""
  type        = string
  sensitive   = true
}

variable "account_google_small_json_key" {
  description = "JSON key, base64, of the account \"Google small\""
  type        = string
  sensitive   = true
}

variable "account_login_full_password" {
  description = "Password of the account \"Login full\""
  type        = string
  sensitive   = true
}

variable "account_ssh_full_private_key_file" {
  description = "Private key file, base64, of the account \"SSH full\""
  type        = string
  sensitive   = true
}

variable "account_ssh_full_private_key_passphrase" {
  description = "Passphrase of the private key of the account \"SSH full\""
  type        = string
  sensitive   = true
}

variable "account_ssh_small_private_key_file" {
  description = "Private key file, base64, of the account \"SSH small\""
  type        = string
  sensitive   = true
}

variable "account_token_full_token" {
  description = "Token of the account \"Token full\""
  type        = string
  sensitive   = true
}

variable "account_token_small_token" {
  description = "Token of the account \"Token small\""
  type        = string
  sensitive   = true
}

variable "certificate_client_of_the_cluster_data" {
  description = "Certificate with its private key, base64, of the certificate \"Client of the cluster\""
  type        = string
  sensitive   = true
}

variable "certificate_www_harbourline_example_data" {
  description = "Certificate with its private key, base64, of the certificate \"www.harbourline.example\""
  type        = string
  sensitive   = true
}

variable "certificate_www_harbourline_example_password" {
  description = "Password of the certificate \"www.harbourline.example\""
  type        = string
  sensitive   = true
}

variable "deployment_target_service_fabric_with_a_user_aad_user_credential_password" {
  description = "Password of Entra ID of the deployment target \"Service Fabric with a user\""
  type        = string
  sensitive   = true
}

variable "feed_acr_login_password" {
  description = "Password of the feed \"ACR login\""
  type        = string
  sensitive   = true
}

variable "feed_artifactory_full_password" {
  description = "Password of the feed \"Artifactory full\""
  type        = string
  sensitive   = true
}

variable "feed_docker_full_password" {
  description = "Password of the feed \"Docker full\""
  type        = string
  sensitive   = true
}

variable "feed_ecr_keys_secret_key" {
  description = "Secret key of the feed \"ECR keys\""
  type        = string
  sensitive   = true
}

variable "feed_gcs_full_service_account_json_key" {
  description = "JSON key of the service account of the feed \"GCS full\""
  type        = string
  sensitive   = true
}

variable "feed_github_full_password" {
  description = "Password of the feed \"GitHub full\""
  type        = string
  sensitive   = true
}

variable "feed_google_registry_login_password" {
  description = "Password of the feed \"Google registry login\""
  type        = string
  sensitive   = true
}

variable "feed_helm_full_password" {
  description = "Password of the feed \"Helm full\""
  type        = string
  sensitive   = true
}

variable "feed_maven_full_password" {
  description = "Password of the feed \"Maven full\""
  type        = string
  sensitive   = true
}

variable "feed_npm_full_password" {
  description = "Password of the feed \"npm full\""
  type        = string
  sensitive   = true
}

variable "feed_nuget_full_password" {
  description = "Password of the feed \"NuGet full\""
  type        = string
  sensitive   = true
}

variable "feed_oci_full_password" {
  description = "Password of the feed \"OCI full\""
  type        = string
  sensitive   = true
}

variable "feed_pypi_full_password" {
  description = "Password of the feed \"PyPI full\""
  type        = string
  sensitive   = true
}

variable "feed_s3_full_secret_key" {
  description = "Secret key of the feed \"S3 full\""
  type        = string
  sensitive   = true
}

variable "git_credential_reader_password" {
  description = "Password of the Git credential \"Reader\""
  type        = string
  sensitive   = true
}

variable "git_credential_writer_password" {
  description = "Password of the Git credential \"Writer\""
  type        = string
  sensitive   = true
}

variable "proxy_pier_password" {
  description = "Password of the proxy \"Pier\""
  type        = string
  sensitive   = true
}

variable "proxy_sock_password" {
  description = "Password of the proxy \"Sock\""
  type        = string
  sensitive   = true
}
