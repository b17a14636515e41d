resource "octopusdeploy_aws_openid_connect_account" "tried" {
  name                      = "Tried"
  role_arn                  = "arn:aws:iam::0:role/x"
  session_duration          = 3600
  execution_subject_keys    = ["space"]
  health_subject_keys       = ["account"]
  account_test_subject_keys = ["type"]
  environments              = []
  tenant_tags               = []
  tenants                   = []

  custom_claims = {
    "a" = "b"
  }
}
