resource "octopusdeploy_aws_elastic_container_registry" "tried" {
  name   = "Tried"
  region = "eu-west-1"

  oidc_authentication = {
    audience         = "a"
    role_arn         = "arn"
    session_duration = "3600"
    subject_keys     = ["space", "feed"]
  }
}
