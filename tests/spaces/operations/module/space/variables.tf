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

variable "git_credential_charts_reader_password" {
  description = "Password of the Git credential \"Charts reader\""
  type        = string
  sensitive   = true
}

variable "step_template_signal_the_harbour_signal_code" {
  description = "Default of the parameter \"Signal.Code\" of the step template \"Signal the harbour\""
  type        = string
  sensitive   = true
}

variable "subscription_bell_webhook_header" {
  description = "Header of the call of the subscription \"Bell\""
  type        = string
  sensitive   = true
}
