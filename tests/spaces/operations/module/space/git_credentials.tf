resource "octopusdeploy_git_credential" "charts_reader" {
  name     = "Charts reader"
  type     = "UsernamePassword"
  username = "reader"
  password = var.git_credential_charts_reader_password
}
