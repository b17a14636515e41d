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

variable "account_account_1_68038f_password" {
  description = "Password of the account \"Account \"1\"\""
  type        = string
  sensitive   = true
}

variable "account_account_1_password" {
  description = "Password of the account \"account_1\""
  type        = string
  sensitive   = true
}

variable "account_account_1_token_token" {
  description = "Token of the account \"Account \"1\" token\""
  type        = string
  sensitive   = true
}

variable "account_x106821_password" {
  description = "Password of the account \"АКАУНТ\""
  type        = string
  sensitive   = true
}

variable "feed_feed_x_041d16_password" {
  description = "Password of the feed \"Feed / \"x\"\""
  type        = string
  sensitive   = true
}

variable "feed_feed_x_password" {
  description = "Password of the feed \"feed_x\""
  type        = string
  sensitive   = true
}

variable "git_credential_git_x_password" {
  description = "Password of the Git credential \"Git: \"x\"\""
  type        = string
  sensitive   = true
}

variable "step_template_template_odd_x_odd_secret" {
  description = "Default of the parameter \"Odd.Secret\" of the step template \"Template: \"odd\" / $${x}\""
  type        = string
  sensitive   = true
}
