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

variable "enable_triggers" {
  description = "Whether triggers may start work: false until the cutover"
  type        = bool
  default     = false
}

variable "variable_backup_passphrase_back_up_the_database" {
  description = "Value of \"Backup.Passphrase\" for \"Back up the database\""
  type        = string
  sensitive   = true
}

variable "variable_database_password_development" {
  description = "Value of \"Database.Password\" for \"Development\""
  type        = string
  sensitive   = true
}

variable "variable_database_password_production" {
  description = "Value of \"Database.Password\" for \"Production\""
  type        = string
  sensitive   = true
}

variable "variable_database_password_test" {
  description = "Value of \"Database.Password\" for \"Test\""
  type        = string
  sensitive   = true
}

variable "variable_postage_apikey" {
  description = "Value of \"Postage:ApiKey\""
  type        = string
  sensitive   = true
}
