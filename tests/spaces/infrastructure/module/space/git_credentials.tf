resource "octopusdeploy_git_credential" "reader" {
  name     = "Reader"
  type     = "UsernamePassword"
  username = "reader"
  password = var.git_credential_reader_password
}

resource "octopusdeploy_git_credential" "writer" {
  name        = "Writer"
  description = "Only for the harbour's own repositories"
  type        = "UsernamePassword"
  username    = "writer"
  password    = var.git_credential_writer_password

  repository_restrictions = {
    enabled              = true
    allowed_repositories = ["https://charts.harbourline.example/harbour.git", "https://git.harbourline.example/*"]
  }
}
