resource "octopusdeploy_token_account" "tried" {
  name  = "Tried"
  token = var.account_tried_token
}
