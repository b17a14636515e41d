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

variable "account_aws_main_secret_key" {
  description = "Secret key of the account \"AWS main\""
  type        = string
  sensitive   = true
}

variable "account_azure_reporting_password" {
  description = "Password of the account \"Azure reporting\""
  type        = string
  sensitive   = true
}

variable "account_bastion_key_private_key_file" {
  description = "Private key file, base64, of the account \"Bastion key\""
  type        = string
  sensitive   = true
}

variable "account_bastion_key_private_key_passphrase" {
  description = "Passphrase of the private key of the account \"Bastion key\""
  type        = string
  sensitive   = true
}

variable "account_cluster_token_token" {
  description = "Token of the account \"Cluster token\""
  type        = string
  sensitive   = true
}

variable "account_warehouse_login_password" {
  description = "Password of the account \"Warehouse login\""
  type        = string
  sensitive   = true
}

variable "certificate_api_tallowandwick_example_data" {
  description = "Certificate with its private key, base64, of the certificate \"api.tallowandwick.example\""
  type        = string
  sensitive   = true
}

variable "certificate_shop_tallowandwick_example_data" {
  description = "Certificate with its private key, base64, of the certificate \"shop.tallowandwick.example\""
  type        = string
  sensitive   = true
}

variable "certificate_shop_tallowandwick_example_password" {
  description = "Password of the certificate \"shop.tallowandwick.example\""
  type        = string
  sensitive   = true
}

variable "database_database_adminpassword" {
  description = "Value of \"Database.AdminPassword\" in the library variable set \"Database\""
  type        = string
  sensitive   = true
}

variable "feed_shop_charts_password" {
  description = "Password of the feed \"Shop charts\""
  type        = string
  sensitive   = true
}

variable "feed_shop_images_password" {
  description = "Password of the feed \"Shop images\""
  type        = string
  sensitive   = true
}

variable "feed_shop_maven_password" {
  description = "Password of the feed \"Shop Maven\""
  type        = string
  sensitive   = true
}

variable "feed_shop_nuget_password" {
  description = "Password of the feed \"Shop NuGet\""
  type        = string
  sensitive   = true
}

variable "feed_source_archives_password" {
  description = "Password of the feed \"Source archives\""
  type        = string
  sensitive   = true
}

variable "git_credential_source_reader_password" {
  description = "Password of the Git credential \"Source reader\""
  type        = string
  sensitive   = true
}

variable "proxy_barn_proxy_password" {
  description = "Password of the proxy \"Barn proxy\""
  type        = string
  sensitive   = true
}

variable "step_template_tell_the_chat_tell_key" {
  description = "Default of the parameter \"Tell.Key\" of the step template \"Tell the chat\""
  type        = string
  sensitive   = true
}

variable "watching_chat_hook" {
  description = "Value of \"Chat.Hook\" in the library variable set \"Watching\""
  type        = string
  sensitive   = true
}

variable "watching_trace_key_production_production_us" {
  description = "Value of \"Trace.Key\" in the library variable set \"Watching\" for \"Production\", \"Production (US)\""
  type        = string
  sensitive   = true
}
