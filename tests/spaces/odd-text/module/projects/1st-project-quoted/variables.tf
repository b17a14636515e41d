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

variable "variable_db_password" {
  description = "Value of \"Db.Password\""
  type        = string
  sensitive   = true
}

variable "variable_secret_backslash" {
  description = "Value of \"Secret.Backslash\""
  type        = string
  sensitive   = true
}

variable "variable_secret_dollar" {
  description = "Value of \"Secret.Dollar\""
  type        = string
  sensitive   = true
}

variable "variable_secret_json" {
  description = "Value of \"Secret.Json\""
  type        = string
  sensitive   = true
}

variable "variable_secret_lines" {
  description = "Value of \"Secret.Lines\""
  type        = string
  sensitive   = true
}

variable "variable_secret_octostache" {
  description = "Value of \"Secret.Octostache\""
  type        = string
  sensitive   = true
}

variable "variable_secret_pem" {
  description = "Value of \"Secret.Pem\""
  type        = string
  sensitive   = true
}

variable "variable_secret_percent" {
  description = "Value of \"Secret.Percent\""
  type        = string
  sensitive   = true
}

variable "variable_secret_quotes" {
  description = "Value of \"Secret.Quotes\""
  type        = string
  sensitive   = true
}

variable "variable_secret_spaces" {
  description = "Value of \"Secret.Spaces\""
  type        = string
  sensitive   = true
}

variable "variable_secret_unicode" {
  description = "Value of \"Secret.Unicode\""
  type        = string
  sensitive   = true
}
