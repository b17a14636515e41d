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

variable "account_letterbox_backup_secret_key" {
  description = "Secret key of the account \"Letterbox backup\""
  type        = string
  sensitive   = true
}

variable "account_letterbox_deploy_login_password" {
  description = "Password of the account \"Letterbox deploy login\""
  type        = string
  sensitive   = true
}

variable "feed_letterbox_images_password" {
  description = "Password of the feed \"Letterbox images\""
  type        = string
  sensitive   = true
}
