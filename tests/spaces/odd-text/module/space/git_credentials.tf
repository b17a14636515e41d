resource "octopusdeploy_git_credential" "git_x" {
  name        = "Git: \"x\""
  description = "$${g}\n"
  type        = "UsernamePassword"
  username    = "git\\user"
  password    = var.git_credential_git_x_password
}
