resource "octopusdeploy_ssh_key_account" "tried" {
  name                   = "Tried"
  username               = "ops"
  private_key_file       = var.account_tried_private_key_file
  private_key_passphrase = var.account_tried_private_key_passphrase
  environments           = []
  tenant_tags            = []
  tenants                = []
}
