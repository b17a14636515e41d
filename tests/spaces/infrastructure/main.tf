terraform {
  required_providers {
    octopusdeploy = { source = "OctopusDeploy/octopusdeploy" }
  }
}

variable "octopus_server" { type = string }
variable "octopus_apikey" {
  type      = string
  sensitive = true
}
variable "octopus_space_id" { type = string }

provider "octopusdeploy" {
  address  = var.octopus_server
  api_key  = var.octopus_apikey
  space_id = var.octopus_space_id
}

# Harbour Line: ferries between islands. Every type of account, feed, target and worker, each with little and with all.
locals {
  space = var.octopus_space_id
  uuid = {
    subscription = "0c8f1f0e-7f7d-4b1c-9a51-5f3f0c1d2e11"
    tenant       = "1d9a2b3c-8e6f-4c2d-ab62-6a4b1d2e3f22"
    application  = "2eab3c4d-9f70-4d3e-bc73-7b5c2e3f4a33"
  }
  secret = {
    certificate_site   = "aW5mLTZkMnAtY2VydGlmaWNhdGUtc2l0ZQotLS0tLUJFR0lOIENFUlRJRklDQVRFLS0tLS0KTUlJQ0lqQ0NBWXVnQXdJQkFnSVVWUVZvWVlTNHFnU2gzaVVZaHFDL2l2bWVZU2t3RFFZSktvWklodmNOQVFFTApCUUF3SWpFZ01CNEdBMVVFQXd3WGQzZDNMbWhoY21KdmRYSnNhVzVsTG1WNFlXMXdiR1V3SUJjTk1qWXhNVEkxCk1UZ3pPRE00V2hnUE1qRXlOakV4TURFeE9ETTRNemhhTUNJeElEQWVCZ05WQkFNTUYzZDNkeTVvWVhKaWIzVnkKYkdsdVpTNWxlR0Z0Y0d4bE1JR2ZNQTBHQ1NxR1NJYjNEUUVCQVFVQUE0R05BRENCaVFLQmdRREVSdlUyWmw4Kwo0VU5ZbWthK3NRSjhRdEdrUjBSSFYySHZiME1hOEp0VjBDb0dSRGV5eVFkblRNWWJaeUJXS1FmWUpDWkFFajhGCkFwdXROSmt2dWp2N0ZPNERUc1Ixd2dtY1BxaUU4L2Rmejg2OVJSaWFuV2pQTEdYVWJDOS8vYzFFdmlmVlIyYlcKZHVSWnNFS2YvaWhIcEFhYkFaVjhCNVZWR2FEeGpEdlRuUUlEQVFBQm8xTXdVVEFkQmdOVkhRNEVGZ1FVNmdMSgppSmREUTFrUFBpbjdQYTFVNHVjV1Q0WXdId1lEVlIwakJCZ3dGb0FVNmdMSmlKZERRMWtQUGluN1BhMVU0dWNXClQ0WXdEd1lEVlIwVEFRSC9CQVV3QXdFQi96QU5CZ2txaGtpRzl3MEJBUXNGQUFPQmdRQ09FVWtwUnpCSjBzZVYKMW95VFZaRXgvV0JycW1td2s5QTRubHJ5M3p2a1lEK2pPeTQxbnlJMHNJTTBadGhwNjJSZ0h2TkVKY2hJdm1oQwp6NmFReEJrY1A4ZzRCa3ZEQzVlNXBsTWhoa043R3JHcDNVaWxoaXd6cVE4VWpaTTdFL1Zsai9iRURZa1VKQmw0ClFCeDhNK2Y1VVZqQnprNTF6eitjd3VQb1lJYmN6UT09Ci0tLS0tRU5EIENFUlRJRklDQVRFLS0tLS0KLS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1JSUNkZ0lCQURBTkJna3Foa2lHOXcwQkFRRUZBQVNDQW1Bd2dnSmNBZ0VBQW9HQkFNUkc5VFptWHo3aFExaWEKUnI2eEFueEMwYVJIUkVkWFllOXZReHJ3bTFYUUtnWkVON0xKQjJkTXhodG5JRllwQjlna0prQVNQd1VDbTYwMAptUys2Ty9zVTdnTk94SFhDQ1p3K3FJVHo5MS9QenIxRkdKcWRhTThzWmRSc0wzLzl6VVMrSjlWSFp0WjI1Rm13ClFwLytLRWVrQnBzQmxYd0hsVlVab1BHTU85T2RBZ01CQUFFQ2dZQUs5SkwzU0Z1RW5Qb3ZWZDBoQTZ4SjEwancKVEhJSk1WMXNDZC9LL3ljTWNTUUhXWU5xWFVJbWgraCsyeEM0L20xTHFTamhacU5SMmtWcU00ZGhYSm5BWHVMSgpKVU1VVzVXMitWQmtCZ3U5S2hPRkNKbEtOMmtWajExN3Y0dkdSVUhLODByN0Ixc0M4YUVBSXlTa3JWNWVmcmFkClJZTTVHd0hmYzlDZU40Z2VRUUpCQVBDQ2lpK3U3d3hJNzloL2FBR0FId2dwV1lIMHpGbm5tS0lQcTBjV3VBRSsKZkdHTHVOMW4wc3lWZzJCOEFIYlhxc2o3TlMvczZCSlVGalZIdUFuaTBNa0NRUURRNng3NnJVYjZlTER5TEJsSApCY3VBRXkrdnFXcldoT3liTXhkTUNvUnpQdGpOU2NtcmYzdTJXVm5lNkY0cHZsdEdkakdhTW1jREx1QzNSaS9YClNNbzFBa0JTUVhNZFo4amQvTHY2NFdnaXl6elJ2OEtiRGF3dU8yVWFXQjJPREprVjQ5Y0tUWTBHUEJIK1lrd3kKWFhhVExxTjhaVjRGYkJMYTRlTk9pWjdKMHNieEFrRUFuNFJuU3hBek9kd2RmMHVjb1ZZVFk5OUNjZVh4NVlubwovemVyZWl3dHBiRSs2TUNHYzZRTFdkZ3ZmcnY5NmZHbXo4NC9ZWFZLb211UXVWK2w5OE5rWVFKQVJ6cG8yTjNtCnBPTkJSREYveUMra3NWaUZtMFZTc1dzZW5GT3lkWFdmL2c4T1NMZzZKTTY4ZmlROUhkRFk4Y2djNTAzWTJ0aG4KQ2JaOElzYUEzaHlBK0E9PQotLS0tLUVORCBQUklWQVRFIEtFWS0tLS0tCg=="
    certificate_client = "aW5mLTZkMnAtY2VydGlmaWNhdGUtY2xpZW50Ci0tLS0tQkVHSU4gQ0VSVElGSUNBVEUtLS0tLQpNSUlDS0RDQ0FaR2dBd0lCQWdJVVFjU1YwSTEwK0NxNnBRelY2RlM1eFhvQ2Jod3dEUVlKS29aSWh2Y05BUUVMCkJRQXdKVEVqTUNFR0ExVUVBd3dhWTJ4cFpXNTBMbWhoY21KdmRYSnNhVzVsTG1WNFlXMXdiR1V3SUJjTk1qWXgKTVRJMU1UZ3pPRE00V2hnUE1qRXlOakV4TURFeE9ETTRNemhhTUNVeEl6QWhCZ05WQkFNTUdtTnNhV1Z1ZEM1bwpZWEppYjNWeWJHbHVaUzVsZUdGdGNHeGxNSUdmTUEwR0NTcUdTSWIzRFFFQkFRVUFBNEdOQURDQmlRS0JnUUNjCk5GNzNGVkprc0lJc2ZuYlhSaFViT0ZPellzVGs2M3Z5WnFGMWN6MVExRG84R3gvdjZOMFF5NFFKSFc4ZzhOdisKc0p1dXFWWWV3SnhRQVhQbkszWEpzdER1Y0hqUHJxVTNCQ01xZVRMNlcxczdFR0IxZXIrZ3IxUFF2TUNsRzVaTgpaRTZsQmlGY0tnMEVzMnI4b1ZyVUMvYlhmZ1FQalJvL1NPSzI4aHVpOHdJREFRQUJvMU13VVRBZEJnTlZIUTRFCkZnUVVCWTJ3ekZBVzl2NEJlMW9YNjEyYWppSm1BRG93SHdZRFZSMGpCQmd3Rm9BVUJZMnd6RkFXOXY0QmUxb1gKNjEyYWppSm1BRG93RHdZRFZSMFRBUUgvQkFVd0F3RUIvekFOQmdrcWhraUc5dzBCQVFzRkFBT0JnUUJaSGpYVgo2WVBHaTVmdzBiQnRJUTdYU1VkM0dXUWtiOU52dSswR3hmcWpKSktrcDBwR1hZL1NNcEVHQ3B1V3hSbDRQWHdqCkpzOGlLQ2EwNTNmVmVabXExRHppdityUjJoV2QxQndiZzRmcUIraHk5QXZTemxwQTVobHlSa2E2N0VhdFZLNmcKVkZBTThxM2lPS2R4WHhwd0tqY3dZbHhNZDBZSXBERStUUUEzSFE9PQotLS0tLUVORCBDRVJUSUZJQ0FURS0tLS0tCi0tLS0tQkVHSU4gUFJJVkFURSBLRVktLS0tLQpNSUlDZHdJQkFEQU5CZ2txaGtpRzl3MEJBUUVGQUFTQ0FtRXdnZ0pkQWdFQUFvR0JBSncwWHZjVlVtU3dnaXgrCmR0ZEdGUnM0VTdOaXhPVHJlL0ptb1hWelBWRFVPandiSCsvbzNSRExoQWtkYnlEdzIvNndtNjZwVmg3QW5GQUIKYytjcmRjbXkwTzV3ZU0rdXBUY0VJeXA1TXZwYld6c1FZSFY2djZDdlU5Qzh3S1VibGsxa1RxVUdJVndxRFFTegphdnloV3RRTDl0ZCtCQStOR2o5STRyYnlHNkx6QWdNQkFBRUNnWUFTNkcvNlhyVmJoTll0QnAzaUR4U3M5OU9CCjZsbkZFQkF2MW1hQzdoRWxBSnVQL1FTUHFOTmhuaEQ4ZlhpZk55aWFHc3l0aHNmcTd3dTh6NEExSWxpZWdrQkgKWWt4c0xoSUFqOHlyS3dRdlYyOXJPS1ZTVEp4RCtnelpCRmhjZVg5S2U2VlpKZXRPT3ZEL0lVRXdCellUejAyMgpMRE8rQkQxQ1FIQmplNGVzd1FKQkFNdUNhK1NtMkN3VFBrUFd1bVZXS2sxKzJjMkRGZVlvcHE1cFAzUVlocmpsCktmYkYxQWdXUUk0enlTcVFzWjRaZCtkUVdGYktaYmlkYzh1QVNwYVZldUVDUVFERWZuRnNudjhrWmxKbmhBSWMKVnBiUnB2dlZhelAwQnVjMlRBV0QzRVgwRTdtRTFzbTVFVE85TFNwTFRaWG1MU2gzVjV6Z2ZkZnBuWmtQcFJpZQpha3hUQWtFQWlPWUZHbDA2RWZ3bjZJNnIrTHRMM2JHMVpsQUdEVHZQVklnc1RUYXFlZnAramlocUI3NmdVb2gzCmpKQ2xTd3NxNDRuaXd3K0grZmJCREdZU3h0VnJRUUpBQThHN0gyMkd5VVpmaXZVZUtUYUttYVdNcVE3c3BseS8KYk8xVkthazdlU2dyWXR2TWJZcGpwOWxHTnJ4Y0FsT1lzM2RzVzJwc2gxM3BBRUNTME95Tld3SkJBTUtva2wydApXbWNRa2NZUG5QYithRnAyQ2g0WDRHYUxmWU16dE5uWmdsTzVRV2F3azVNS0k1MTMzc0d4TlR6MVlmaVk1QmZGCjVlOUlRM3U0ZVBHQXl4cz0KLS0tLS1FTkQgUFJJVkFURSBLRVktLS0tLQo="
    certificate_old    = "aW5mLTZkMnAtY2VydGlmaWNhdGUtb2xkCi0tLS0tQkVHSU4gQ0VSVElGSUNBVEUtLS0tLQpNSUlDSWpDQ0FZdWdBd0lCQWdJVUt6SkpJQnZyOXBpMjZpQUgwSm9zS2JZUk5vTXdEUVlKS29aSWh2Y05BUUVMCkJRQXdJakVnTUI0R0ExVUVBd3dYYjJ4a0xtaGhjbUp2ZFhKc2FXNWxMbVY0WVcxd2JHVXdJQmNOTWpZeE1USTEKTVRnek9ETTRXaGdQTWpFeU5qRXhNREV4T0RNNE16aGFNQ0l4SURBZUJnTlZCQU1NRjI5c1pDNW9ZWEppYjNWeQpiR2x1WlM1bGVHRnRjR3hsTUlHZk1BMEdDU3FHU0liM0RRRUJBUVVBQTRHTkFEQ0JpUUtCZ1FET3ZBaUVPS0svCjlSWHluTzBOYnd2b1krbjRNaEVmV0xNUTBpNUhjTkd6bzIzbDNtMWVLYVBDUXMyTXNHbXltNXNadUxGSG5GaWYKYkVHYVMyUUd5eVhoeklIKzNRbEZCZzlGMCt5UDdMbjBIZzZYbkQyZEZRSFhlZWNkaUE0VlcxYnloQWJscFdtRwoyVEtwL0ROaHJqei96MW00VlRiQ0NYdGVTTFd5SXo1SWt3SURBUUFCbzFNd1VUQWRCZ05WSFE0RUZnUVVQdEVDCmJrWlJ4VGRpY29VWFg3LzFJd01DODljd0h3WURWUjBqQkJnd0ZvQVVQdEVDYmtaUnhUZGljb1VYWDcvMUl3TUMKODljd0R3WURWUjBUQVFIL0JBVXdBd0VCL3pBTkJna3Foa2lHOXcwQkFRc0ZBQU9CZ1FDaThMTVlxZGlSZkhUKwpWeXdFaStBQmRqRy9mNDhxZlo1cCtUSkRyY1VHZ1BvMWhKNFlyMDBubXZoNVA5cGNTdmFzSFBqTTk2cklSTjVHCkdkUHNEUFZpc2Joa3hmMVZralMvbnZmN2V1SU1uMllVSDFLTnV0R0ZmcU0xWVFOZ0dWWlVHR0VZUVRqWmNDd24KeE1hSzNXaFdNSHZoOWY3NzV5dU5Ba3BMYXA3TUZnPT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQotLS0tLUJFR0lOIFBSSVZBVEUgS0VZLS0tLS0KTUlJQ2R3SUJBREFOQmdrcWhraUc5dzBCQVFFRkFBU0NBbUV3Z2dKZEFnRUFBb0dCQU02OENJUTRvci8xRmZLYwo3UTF2QytoajZmZ3lFUjlZc3hEU0xrZHcwYk9qYmVYZWJWNHBvOEpDell5d2FiS2JteG00c1VlY1dKOXNRWnBMClpBYkxKZUhNZ2Y3ZENVVUdEMFhUN0kvc3VmUWVEcGVjUFowVkFkZDU1eDJJRGhWYlZ2S0VCdVdsYVliWk1xbjgKTTJHdVBQL1BXYmhWTnNJSmUxNUl0YklqUGtpVEFnTUJBQUVDZ1lBdDVjVW1SY1NzUldkb0E3c0ZYb0FRU2c1cAowZ1BISjlRcGllQkljQjIrZWl3dCtxSGhZL0U5Y2NOYzF0WEFsNWRwc0gxN1hwUzJZRHg0V3dDTUdaSUJGd2VRCkFFVDBLWVhSR0dkMWxDQ2t6TDV4ek5JSnRTOWpGLzl3S1IzdVIzSi9sdytBMVV4SG1zU3FCZk5QRWNSMVlhTHIKdjJzZWY4MzZEYWNJaWdWVXNRSkJBUGlOcFhvZkNlbGZFMDNkSm0wbllSQlluYXlJdzJLa3BmNDJacUR1TXl6OQpvV3ViQ1BQd2dtZW1lbHZjTVB0TW9MV2VGQ0RYZlVMUUFTOXdoREg2VnAwQ1FRRFU3YVVtdVplVWs5djljbDBuCmZaWGhJOEdsbWV2bk10c2o0bVlIV3ljRmpSakQrOUo1YnFmcHlLQjNkblNQUS83Ylgyd0FjLzhWNkJvMkFDS2cKMDF6dkFrQmJTSUkra0ltdVdNbVpMaUEvdEZlMGppY1NSNFFpaFQrbFZrdG96VEtrVWwzblRDQUVudzcxakRHaAo3UU5jTjY5S0pFMVdKbTROaktEeTBFcnNvL2tOQWtFQXBRV3BRV0lGUUhsM3ZlMnNsTGFZT216ajM5eHpJRFFoCjhxVzhQV2MvenVXVGxCRFBCcDNrTlNQd2VhV3NvSHdxUVFxclFZNmsyKzJPb3R0bit3elVzUUpCQUtZWEdEeG4KWU9sT2FrUFNaNmlHeTBrWGtSNGI3YzA4TXNMT0MvMVNzV3p2NUhsK1d3MXhIejQ1Nm9mR3YrRTdnRDEyUkFGMwpYd0YzRGh6WUxHa1BRL1E9Ci0tLS0tRU5EIFBSSVZBVEUgS0VZLS0tLS0K"
    ssh_key            = "aW5mLTZkMnAtc3NoLWtleS1ub3QtcmVhbAo="
    json_key           = "eyJpbmYiOiJpbmYtNmQycC1nb29nbGUtanNvbi1rZXkifQ=="
    management         = "aW5mLTZkMnAtbWFuYWdlbWVudC1jZXJ0aWZpY2F0ZQo="
  }
}

# ---------------------------------------------------------------- what the others refer to
resource "octopusdeploy_tag_set" "island" {
  name        = "Island"
  description = "Where it stands"
  scopes      = ["Tenant", "Target"]
}
resource "octopusdeploy_tag" "north" {
  name       = "North"
  color      = "#1F5FA8"
  tag_set_id = octopusdeploy_tag_set.island.id
}
resource "octopusdeploy_tag" "south" {
  name       = "South"
  color      = "#A81F5F"
  tag_set_id = octopusdeploy_tag_set.island.id
  depends_on = [octopusdeploy_tag.north]
}
resource "octopusdeploy_environment" "quay" {
  name = "Quay"
}
resource "octopusdeploy_environment" "sea" {
  name       = "Sea"
  depends_on = [octopusdeploy_environment.quay]
}
resource "octopusdeploy_tenant" "skerry" {
  name        = "Skerry"
  tenant_tags = ["Island/North"]
  depends_on  = [octopusdeploy_tag.north]
}

# ---------------------------------------------------------------- accounts
resource "octopusdeploy_aws_account" "small" {
  name       = "AWS small"
  access_key = "AKIAINFSMALL"
  secret_key = "inf-6d2p-aws-small"
}
resource "octopusdeploy_aws_account" "full" {
  name                              = "AWS full"
  description                       = "Ships' cameras.\nTwo lines."
  access_key                        = "AKIAINFFULL"
  secret_key                        = "inf-6d2p-aws-full"
  region                            = "eu-north-1"
  environments                      = [octopusdeploy_environment.sea.id, octopusdeploy_environment.quay.id]
  tenanted_deployment_participation = "TenantedOrUntenanted"
  tenants                           = [octopusdeploy_tenant.skerry.id]
  tenant_tags                       = ["Island/South", "Island/North"]
  depends_on                        = [octopusdeploy_tag.south]
}
resource "octopusdeploy_aws_openid_connect_account" "small" {
  name     = "AWS OIDC small"
  role_arn = "arn:aws:iam::123456789012:role/small"
}
resource "octopusdeploy_aws_openid_connect_account" "full" {
  name                              = "AWS OIDC full"
  description                       = "No key at all"
  role_arn                          = "arn:aws:iam::123456789012:role/full"
  session_duration                  = 7200
  region                            = "eu-west-3"
  execution_subject_keys            = ["space", "project"]
  health_subject_keys               = ["space", "target"]
  account_test_subject_keys         = ["space", "account"]
  custom_claims                     = { ferry = "skerry", "a b" = "c:d" }
  environments                      = [octopusdeploy_environment.sea.id]
  tenanted_deployment_participation = "Tenanted"
  tenants                           = [octopusdeploy_tenant.skerry.id]
  tenant_tags                       = ["Island/North"]
  depends_on                        = [octopusdeploy_tag.north]
}
resource "octopusdeploy_azure_service_principal" "small" {
  name            = "Azure principal small"
  subscription_id = local.uuid.subscription
  tenant_id       = local.uuid.tenant
  application_id  = local.uuid.application
  password        = "inf-6d2p-azure-small"
}
resource "octopusdeploy_azure_service_principal" "full" {
  name                              = "Azure principal full"
  description                       = "In China"
  subscription_id                   = local.uuid.subscription
  tenant_id                         = local.uuid.tenant
  application_id                    = local.uuid.application
  password                          = "inf-6d2p-azure-full"
  authentication_endpoint           = "https://login.chinacloudapi.cn/"
  resource_manager_endpoint         = "https://management.chinacloudapi.cn/"
  environments                      = [octopusdeploy_environment.quay.id]
  tenanted_deployment_participation = "TenantedOrUntenanted"
  tenants                           = [octopusdeploy_tenant.skerry.id]
  tenant_tags                       = ["Island/North"]
  depends_on                        = [octopusdeploy_tag.north]
}
resource "octopusdeploy_azure_openid_connect" "small" {
  name            = "Azure OIDC small"
  subscription_id = local.uuid.subscription
  tenant_id       = local.uuid.tenant
  application_id  = local.uuid.application
}
resource "octopusdeploy_azure_openid_connect" "full" {
  name                              = "Azure OIDC full"
  description                       = "Federated"
  subscription_id                   = local.uuid.subscription
  tenant_id                         = local.uuid.tenant
  application_id                    = local.uuid.application
  authentication_endpoint           = "https://login.microsoftonline.us/"
  resource_manager_endpoint         = "https://management.usgovcloudapi.net/"
  execution_subject_keys            = ["space", "environment", "project"]
  health_subject_keys               = ["target"]
  account_test_subject_keys         = ["type"]
  environments                      = [octopusdeploy_environment.quay.id, octopusdeploy_environment.sea.id]
  tenanted_deployment_participation = "Tenanted"
  tenants                           = [octopusdeploy_tenant.skerry.id]
  tenant_tags                       = ["Island/North"]
  depends_on                        = [octopusdeploy_tag.north]
}
resource "octopusdeploy_azure_subscription_account" "small" {
  name            = "Azure subscription small"
  subscription_id = local.uuid.subscription
}
resource "octopusdeploy_azure_subscription_account" "full" {
  name                              = "Azure subscription full"
  description                       = "Management certificate"
  subscription_id                   = local.uuid.subscription
  certificate                       = local.secret.management
  certificate_thumbprint            = "0123456789ABCDEF0123456789ABCDEF01234567"
  azure_environment                 = "AzureGermanCloud"
  management_endpoint               = "https://management.core.cloudapi.de/"
  storage_endpoint_suffix           = "core.cloudapi.de"
  environments                      = [octopusdeploy_environment.quay.id]
  tenanted_deployment_participation = "TenantedOrUntenanted"
  tenants                           = [octopusdeploy_tenant.skerry.id]
  tenant_tags                       = ["Island/South"]
  depends_on                        = [octopusdeploy_tag.south]
}
resource "octopusdeploy_gcp_account" "small" {
  name     = "Google small"
  json_key = local.secret.json_key
}
resource "octopusdeploy_gcp_account" "full" {
  name                              = "Google full"
  description                       = "Maps"
  json_key                          = local.secret.json_key
  environments                      = [octopusdeploy_environment.sea.id]
  tenanted_deployment_participation = "TenantedOrUntenanted"
  tenants                           = [octopusdeploy_tenant.skerry.id]
  tenant_tags                       = ["Island/South"]
  depends_on                        = [octopusdeploy_tag.south]
}
resource "octopusdeploy_generic_oidc_account" "small" {
  name                   = "Generic OIDC small"
  audience               = ""
  execution_subject_keys = []
}
resource "octopusdeploy_generic_oidc_account" "full" {
  name                              = "Generic OIDC full"
  description                       = "For the tide service"
  audience                          = "api://tides"
  execution_subject_keys            = ["space", "project", "tenant"]
  custom_claims                     = { vessel = "no. 7" }
  environments                      = [octopusdeploy_environment.sea.id]
  tenanted_deployment_participation = "TenantedOrUntenanted"
  tenants                           = [octopusdeploy_tenant.skerry.id]
  tenant_tags                       = ["Island/South"]
  depends_on                        = [octopusdeploy_tag.south]
}
resource "octopusdeploy_ssh_key_account" "small" {
  name             = "SSH small"
  username         = "mate"
  private_key_file = local.secret.ssh_key
}
resource "octopusdeploy_ssh_key_account" "full" {
  name                              = "SSH full"
  description                       = "With a passphrase"
  username                          = "captain"
  private_key_file                  = local.secret.ssh_key
  private_key_passphrase            = "inf-6d2p-passphrase"
  environments                      = [octopusdeploy_environment.sea.id]
  tenanted_deployment_participation = "TenantedOrUntenanted"
  tenants                           = [octopusdeploy_tenant.skerry.id]
  tenant_tags                       = ["Island/South"]
  depends_on                        = [octopusdeploy_tag.south]
}
resource "octopusdeploy_token_account" "small" {
  name  = "Token small"
  token = "inf-6d2p-token-small"
}
resource "octopusdeploy_token_account" "full" {
  name                              = "Token full"
  description                       = "Cluster"
  token                             = "inf-6d2p-token-full"
  environments                      = [octopusdeploy_environment.sea.id]
  tenanted_deployment_participation = "TenantedOrUntenanted"
  tenants                           = [octopusdeploy_tenant.skerry.id]
  tenant_tags                       = ["Island/South"]
  depends_on                        = [octopusdeploy_tag.south]
}
resource "octopusdeploy_username_password_account" "small" {
  name     = "Login small"
  username = "purser"
}
resource "octopusdeploy_username_password_account" "full" {
  name                              = "Login full"
  description                       = "Tickets"
  username                          = "tickets"
  password                          = "inf-6d2p-login-full"
  environments                      = [octopusdeploy_environment.sea.id]
  tenanted_deployment_participation = "TenantedOrUntenanted"
  tenants                           = [octopusdeploy_tenant.skerry.id]
  tenant_tags                       = ["Island/South"]
  depends_on                        = [octopusdeploy_tag.south]
}

# ---------------------------------------------------------------- certificates and Git credentials
resource "octopusdeploy_certificate" "site" {
  name                              = "www.harbourline.example"
  notes                             = "Renew in May."
  certificate_data                  = local.secret.certificate_site
  password                          = "inf-6d2p-certificate-password"
  environments                      = [octopusdeploy_environment.quay.id, octopusdeploy_environment.sea.id]
  tenanted_deployment_participation = "TenantedOrUntenanted"
  tenants                           = [octopusdeploy_tenant.skerry.id]
  tenant_tags                       = ["Island/North"]
  depends_on                        = [octopusdeploy_tag.north]
}
resource "octopusdeploy_certificate" "client" {
  name                              = "Client of the cluster"
  certificate_data                  = local.secret.certificate_client
  tenanted_deployment_participation = "Untenanted"
}
resource "octopusdeploy_certificate" "old" {
  name                              = "Last year's"
  certificate_data                  = local.secret.certificate_old
  tenanted_deployment_participation = "Untenanted"
}
resource "octopusdeploy_git_credential" "small" {
  name     = "Reader"
  username = "reader"
  password = "inf-6d2p-git-small"
}
resource "octopusdeploy_git_credential" "full" {
  name        = "Writer"
  description = "Only for the harbour's own repositories"
  type        = "UsernamePassword"
  username    = "writer"
  password    = "inf-6d2p-git-full"
  repository_restrictions = {
    enabled              = true
    allowed_repositories = ["https://git.harbourline.example/*", "https://charts.harbourline.example/harbour.git"]
  }
}

# ---------------------------------------------------------------- feeds
resource "octopusdeploy_nuget_feed" "small" {
  name     = "NuGet small"
  feed_uri = "https://nuget.harbourline.example/v3/index.json"
}
resource "octopusdeploy_nuget_feed" "full" {
  name                                 = "NuGet full"
  feed_uri                             = "https://nuget.harbourline.example/v2"
  is_enhanced_mode                     = false
  download_attempts                    = 2
  download_retry_backoff_seconds       = 45
  username                             = "nuget"
  password                             = "inf-6d2p-nuget"
  package_acquisition_location_options = ["Server", "ExecutionTarget"]
}
resource "octopusdeploy_docker_container_registry" "small" {
  name     = "Docker small"
  feed_uri = "https://images.harbourline.example"
}
resource "octopusdeploy_docker_container_registry" "full" {
  name                                 = "Docker full"
  feed_uri                             = "https://images.harbourline.example"
  api_version                          = "v2"
  registry_path                        = "harbour"
  download_attempts                    = 3
  download_retry_backoff_seconds       = 20
  username                             = "docker"
  password                             = "inf-6d2p-docker"
  package_acquisition_location_options = ["ExecutionTarget", "NotAcquired"]
}
resource "octopusdeploy_maven_feed" "small" {
  name     = "Maven small"
  feed_uri = "https://maven.harbourline.example"
}
resource "octopusdeploy_maven_feed" "full" {
  name                                 = "Maven full"
  feed_uri                             = "https://maven.harbourline.example/releases"
  download_attempts                    = 1
  download_retry_backoff_seconds       = 5
  username                             = "maven"
  password                             = "inf-6d2p-maven"
  package_acquisition_location_options = ["Server", "ExecutionTarget"]
}
resource "octopusdeploy_npm_feed" "small" {
  name     = "npm small"
  feed_uri = "https://npm.harbourline.example"
}
resource "octopusdeploy_npm_feed" "full" {
  name                                 = "npm full"
  feed_uri                             = "https://npm.harbourline.example/private"
  download_attempts                    = 4
  download_retry_backoff_seconds       = 7
  username                             = "npm"
  password                             = "inf-6d2p-npm"
  package_acquisition_location_options = ["Server", "ExecutionTarget"]
}
resource "octopusdeploy_pypi_feed" "small" {
  name     = "PyPI small"
  feed_uri = "https://pypi.harbourline.example"
}
resource "octopusdeploy_pypi_feed" "full" {
  name                                 = "PyPI full"
  feed_uri                             = "https://pypi.harbourline.example/simple"
  download_attempts                    = 4
  download_retry_backoff_seconds       = 7
  username                             = "pypi"
  password                             = "inf-6d2p-pypi"
  package_acquisition_location_options = ["Server", "ExecutionTarget"]
}
resource "octopusdeploy_helm_feed" "small" {
  name     = "Helm small"
  feed_uri = "https://charts.harbourline.example"
}
resource "octopusdeploy_helm_feed" "full" {
  name                                 = "Helm full"
  feed_uri                             = "https://charts.harbourline.example/stable"
  username                             = "helm"
  password                             = "inf-6d2p-helm"
  package_acquisition_location_options = ["ExecutionTarget", "NotAcquired"]
}
resource "octopusdeploy_oci_registry_feed" "small" {
  name     = "OCI small"
  feed_uri = "oci://oci.harbourline.example"
}
resource "octopusdeploy_oci_registry_feed" "full" {
  name     = "OCI full"
  feed_uri = "oci://oci.harbourline.example/charts"
  username = "oci"
  password = "inf-6d2p-oci"
}
resource "octopusdeploy_s3_feed" "small" {
  name                    = "S3 small"
  use_machine_credentials = true
}
resource "octopusdeploy_s3_feed" "full" {
  name                    = "S3 full"
  use_machine_credentials = false
  access_key              = "AKIAINFS3"
  secret_key              = "inf-6d2p-s3"
}
resource "octopusdeploy_gcs_storage_feed" "small" {
  name                    = "GCS small"
  use_service_account_key = false
  oidc_authentication = {
    audience     = "//iam.googleapis.com/harbour"
    subject_keys = ["space", "feed"]
  }
}
resource "octopusdeploy_gcs_storage_feed" "full" {
  name                           = "GCS full"
  use_service_account_key        = true
  service_account_json_key       = local.secret.json_key
  project                        = "harbour-line"
  download_attempts              = 6
  download_retry_backoff_seconds = 12
}
resource "octopusdeploy_aws_elastic_container_registry" "keys" {
  name                                 = "ECR keys"
  region                               = "eu-north-1"
  access_key                           = "AKIAINFECR"
  secret_key                           = "inf-6d2p-ecr"
  package_acquisition_location_options = ["ExecutionTarget", "NotAcquired"]
}
resource "octopusdeploy_aws_elastic_container_registry" "oidc" {
  name   = "ECR OIDC"
  region = "eu-west-3"
  oidc_authentication = {
    audience         = "sts.amazonaws.com"
    role_arn         = "arn:aws:iam::123456789012:role/ecr"
    session_duration = "1800"
    subject_keys     = ["space", "feed"]
  }
}
resource "octopusdeploy_azure_container_registry" "small" {
  name     = "ACR small"
  feed_uri = "https://harbour.azurecr.example"
}
resource "octopusdeploy_azure_container_registry" "login" {
  name                           = "ACR login"
  feed_uri                       = "https://harbour.azurecr.example"
  api_version                    = "v2"
  registry_path                  = "ferries"
  download_attempts              = 3
  download_retry_backoff_seconds = 8
  username                       = "acr"
  password                       = "inf-6d2p-acr"
}
resource "octopusdeploy_azure_container_registry" "oidc" {
  name     = "ACR OIDC"
  feed_uri = "https://harbour.azurecr.example"
  oidc_authentication = {
    client_id    = local.uuid.application
    tenant_id    = local.uuid.tenant
    audience     = "api://AzureADTokenExchange"
    subject_keys = ["space", "feed"]
  }
}
resource "octopusdeploy_google_container_registry" "login" {
  name                           = "Google registry login"
  feed_uri                       = "https://eu-docker.example"
  api_version                    = "v2"
  registry_path                  = "harbour"
  download_attempts              = 9
  download_retry_backoff_seconds = 1
  username                       = "_json_key"
  password                       = "inf-6d2p-gcr"
}
resource "octopusdeploy_google_container_registry" "oidc" {
  name     = "Google registry OIDC"
  feed_uri = "https://eu-docker.example"
  oidc_authentication = {
    audience     = "//iam.googleapis.com/harbour"
    subject_keys = ["space"]
  }
}
resource "octopusdeploy_artifactory_generic_feed" "small" {
  name       = "Artifactory small"
  feed_uri   = "https://artifactory.harbourline.example"
  repository = "boats"
}
resource "octopusdeploy_artifactory_generic_feed" "full" {
  name                                 = "Artifactory full"
  feed_uri                             = "https://artifactory.harbourline.example"
  repository                           = "boats"
  layout_regex                         = "(?<orgPath>.+?)/(?<module>[^/]+)/(?<baseRev>[^/]+)$"
  username                             = "artifactory"
  password                             = "inf-6d2p-artifactory"
  package_acquisition_location_options = ["Server", "ExecutionTarget"]
}
resource "octopusdeploy_github_repository_feed" "small" {
  name     = "GitHub small"
  feed_uri = "https://api.github.example"
}
resource "octopusdeploy_github_repository_feed" "full" {
  name                                 = "GitHub full"
  feed_uri                             = "https://api.github.example"
  download_attempts                    = 2
  download_retry_backoff_seconds       = 3
  username                             = "github"
  password                             = "inf-6d2p-github"
  package_acquisition_location_options = ["Server", "ExecutionTarget"]
}

# ---------------------------------------------------------------- pools, policies, proxies
resource "octopusdeploy_static_worker_pool" "small" {
  name = "Small pool"
}
resource "octopusdeploy_static_worker_pool" "full" {
  name        = "Bridge"
  description = "On board"
  is_default  = true
  sort_order  = 5
  depends_on  = [octopusdeploy_static_worker_pool.small]
}
resource "octopusdeploy_dynamic_worker_pool" "hosted" {
  name        = "Hosted Ubuntu"
  description = "In the cloud"
  worker_type = "Ubuntu2204"
  sort_order  = 6
  depends_on  = [octopusdeploy_static_worker_pool.full]
}
resource "octopusdeploy_machine_policy" "small" {
  name = "Policy small"
}
resource "octopusdeploy_machine_policy" "full" {
  name                            = "Policy full"
  description                     = "Slow links at sea"
  connection_connect_timeout      = 90000000000
  connection_retry_count_limit    = 8
  connection_retry_sleep_interval = 5000000000
  connection_retry_time_limit     = 600000000000
  polling_request_queue_timeout   = 180000000000
  machine_cleanup_policy {
    delete_machines_behavior         = "DeleteUnavailableMachines"
    delete_machines_elapsed_timespan = 7200000000000
  }
  machine_connectivity_policy {
    machine_connectivity_behavior = "MayBeOfflineAndCanBeSkipped"
  }
  machine_health_check_policy {
    health_check_interval = 1800000000000
    health_check_type     = "OnlyConnectivity"
    bash_health_check_policy {
      run_type    = "Inline"
      script_body = "echo tide\nexit 0\n"
    }
    powershell_health_check_policy {
      run_type    = "Inline"
      script_body = "exit 0"
    }
  }
  machine_package_cache_retention_policy {
    strategy                     = "Quantities"
    quantity_of_packages_to_keep = 4
    package_unit                 = "Items"
    quantity_of_versions_to_keep = 2
    version_unit                 = "Items"
  }
  machine_update_policy {
    calamari_update_behavior         = "UpdateAlways"
    kubernetes_agent_update_behavior = "NeverUpdate"
    tentacle_update_behavior         = "Update"
    tentacle_update_account_id       = octopusdeploy_username_password_account.small.id
  }
}
resource "octopusdeploy_machine_policy" "cron" {
  name = "Policy with a cron expression"
  machine_health_check_policy {
    health_check_interval      = 0
    health_check_cron          = "0 0 6 * * Mon-Fri"
    health_check_cron_timezone = "Europe/Oslo"
    bash_health_check_policy {
      run_type = "InheritFromDefault"
    }
    powershell_health_check_policy {
      run_type = "InheritFromDefault"
    }
  }
}
resource "octopusdeploy_machine_proxy" "barn" {
  name     = "Pier"
  host     = "proxy.harbourline.example"
  port     = 3128
  username = "pier"
  password = "inf-6d2p-proxy"
}

# ---------------------------------------------------------------- targets
resource "octopusdeploy_listening_tentacle_deployment_target" "small" {
  name         = "Listening small"
  environments = [octopusdeploy_environment.quay.id]
  roles        = ["web"]
  tentacle_url = "https://web01.harbourline.example:10933/"
  thumbprint   = "96203ED84246201C26A2F4360D7CBC36AC1D232D"
}
resource "octopusdeploy_listening_tentacle_deployment_target" "full" {
  name                              = "Listening full"
  environments                      = [octopusdeploy_environment.sea.id, octopusdeploy_environment.quay.id]
  roles                             = ["web", "queue"]
  tentacle_url                      = "https://web02.harbourline.example:10933/"
  thumbprint                        = "96203ED84246201C26A2F4360D7CBC36AC1D232E"
  is_disabled                       = true
  machine_policy_id                 = octopusdeploy_machine_policy.full.id
  proxy_id                          = octopusdeploy_machine_proxy.barn.id
  tenanted_deployment_participation = "TenantedOrUntenanted"
  tenants                           = [octopusdeploy_tenant.skerry.id]
  tenant_tags                       = ["Island/South", "Island/North"]
  depends_on                        = [octopusdeploy_tag.south]
}
resource "octopusdeploy_polling_tentacle_deployment_target" "small" {
  name         = "Polling small"
  environments = [octopusdeploy_environment.sea.id]
  roles        = ["ship"]
  tentacle_url = "poll://ship01abcdefghijklmn/"
  thumbprint   = "96203ED84246201C26A2F4360D7CBC36AC1D2330"
}
resource "octopusdeploy_ssh_connection_deployment_target" "small" {
  name         = "SSH target small"
  environments = [octopusdeploy_environment.sea.id]
  roles        = ["db"]
  account_id   = octopusdeploy_ssh_key_account.small.id
  host         = "db01.harbourline.example"
  fingerprint  = "d4:7e:5b:1f"
}
resource "octopusdeploy_ssh_connection_deployment_target" "full" {
  name                  = "SSH target full"
  environments          = [octopusdeploy_environment.sea.id]
  roles                 = ["db"]
  account_id            = octopusdeploy_ssh_key_account.full.id
  host                  = "db02.harbourline.example"
  port                  = 2222
  fingerprint           = "SHA256:c2hpcA"
  dot_net_core_platform = "linux-x64"
  proxy_id              = octopusdeploy_machine_proxy.barn.id
  machine_policy_id     = octopusdeploy_machine_policy.small.id
}
resource "octopusdeploy_cloud_region_deployment_target" "small" {
  name         = "Region small"
  environments = [octopusdeploy_environment.sea.id]
  roles        = ["region"]
}
resource "octopusdeploy_cloud_region_deployment_target" "full" {
  name                   = "Region full"
  environments           = [octopusdeploy_environment.sea.id]
  roles                  = ["region"]
  default_worker_pool_id = octopusdeploy_static_worker_pool.full.id
}
resource "octopusdeploy_offline_package_drop_deployment_target" "folder" {
  name                   = "Drop into a folder"
  environments           = [octopusdeploy_environment.sea.id]
  roles                  = ["island"]
  applications_directory = "C:\\Applications"
  working_directory      = "C:\\Octopus"
  destination {
    destination_type = "FileSystem"
    drop_folder_path = "\\\\nas\\drop"
  }
}
resource "octopusdeploy_offline_package_drop_deployment_target" "artifact" {
  name                   = "Drop as artifact"
  environments           = [octopusdeploy_environment.sea.id]
  roles                  = ["island"]
  applications_directory = "/opt/apps"
  working_directory      = "/opt/octopus"
  destination {
    destination_type = "Artifact"
  }
}
resource "octopusdeploy_azure_web_app_deployment_target" "small" {
  name                = "Web app small"
  environments        = [octopusdeploy_environment.quay.id]
  roles               = ["web"]
  account_id          = octopusdeploy_azure_service_principal.small.id
  resource_group_name = "harbour"
  web_app_name        = "timetable"
}
resource "octopusdeploy_azure_web_app_deployment_target" "full" {
  name                = "Web app full"
  environments        = [octopusdeploy_environment.quay.id]
  roles               = ["web"]
  account_id          = octopusdeploy_azure_openid_connect.full.id
  resource_group_name = "harbour"
  web_app_name        = "timetable"
  web_app_slot_name   = "staging"
}
resource "octopusdeploy_azure_cloud_service_deployment_target" "full" {
  name                       = "Cloud service"
  environments               = [octopusdeploy_environment.quay.id]
  roles                      = ["web"]
  account_id                 = octopusdeploy_azure_subscription_account.full.id
  cloud_service_name         = "timetable"
  storage_account_name       = "harbour"
  slot                       = "Production"
  swap_if_possible           = true
  use_current_instance_count = true
  default_worker_pool_id     = octopusdeploy_static_worker_pool.small.id
}
resource "octopusdeploy_azure_service_fabric_cluster_deployment_target" "small" {
  name                = "Service Fabric small"
  environments        = [octopusdeploy_environment.quay.id]
  roles               = ["fabric"]
  connection_endpoint = "fabric01.harbourline.example:19000"
  security_mode       = "Unsecure"
}
resource "octopusdeploy_azure_service_fabric_cluster_deployment_target" "certificate" {
  name                          = "Service Fabric with a certificate"
  environments                  = [octopusdeploy_environment.quay.id]
  roles                         = ["fabric"]
  connection_endpoint           = "fabric02.harbourline.example:19000"
  security_mode                 = "SecureClientCertificate"
  server_certificate_thumbprint = "96203ED84246201C26A2F4360D7CBC36AC1D2331"
  client_certificate_variable   = "Fabric.Certificate"
  certificate_store_location    = "CurrentUser"
  certificate_store_name        = "My"
}
resource "octopusdeploy_azure_service_fabric_cluster_deployment_target" "user" {
  name                          = "Service Fabric with a user"
  environments                  = [octopusdeploy_environment.quay.id]
  roles                         = ["fabric"]
  connection_endpoint           = "fabric03.harbourline.example:19000"
  security_mode                 = "SecureAzureAD"
  server_certificate_thumbprint = "96203ED84246201C26A2F4360D7CBC36AC1D2332"
  aad_credential_type           = "UserCredential"
  aad_user_credential_username  = "fabric"
  aad_user_credential_password  = "inf-6d2p-fabric-user"
}
resource "octopusdeploy_azure_service_fabric_cluster_deployment_target" "client" {
  name                         = "Service Fabric with a client"
  environments                 = [octopusdeploy_environment.quay.id]
  roles                        = ["fabric"]
  connection_endpoint          = "fabric04.harbourline.example:19000"
  security_mode                = "SecureAzureAD"
  aad_credential_type          = "ClientCredential"
  aad_client_credential_secret = "inf-6d2p-fabric-client"
}
resource "octopusdeploy_kubernetes_cluster_deployment_target" "account" {
  name         = "Kubernetes by account"
  environments = [octopusdeploy_environment.sea.id]
  roles        = ["k8s"]
  cluster_url  = "https://k8s01.harbourline.example"
  authentication {
    account_id = octopusdeploy_token_account.full.id
  }
}
resource "octopusdeploy_kubernetes_cluster_deployment_target" "aws" {
  name                   = "Kubernetes by AWS"
  environments           = [octopusdeploy_environment.sea.id]
  roles                  = ["k8s"]
  cluster_url            = "https://k8s02.harbourline.example"
  cluster_certificate    = octopusdeploy_certificate.client.id
  namespace              = "ferries"
  skip_tls_verification  = true
  default_worker_pool_id = octopusdeploy_static_worker_pool.full.id
  proxy_id               = octopusdeploy_machine_proxy.barn.id
  running_in_container   = true
  container_options      = "--network host"
  aws_account_authentication {
    account_id                   = octopusdeploy_aws_account.full.id
    cluster_name                 = "north"
    assume_role                  = true
    assume_role_session_duration = 1800
    assume_role_external_id      = "external"
    assumed_role_arn             = "arn:aws:iam::123456789012:role/k8s"
    assumed_role_session         = "session"
  }
  container {
    feed_id = octopusdeploy_docker_container_registry.full.id
    image   = "octopusdeploy/worker-tools:6"
  }
}
resource "octopusdeploy_kubernetes_cluster_deployment_target" "aws_worker" {
  name         = "Kubernetes by the worker's role"
  environments = [octopusdeploy_environment.sea.id]
  roles        = ["k8s"]
  cluster_url  = "https://k8s03.harbourline.example"
  aws_account_authentication {
    account_id        = octopusdeploy_aws_openid_connect_account.full.id
    cluster_name      = "north"
    use_instance_role = true
  }
}
resource "octopusdeploy_kubernetes_cluster_deployment_target" "azure" {
  name         = "Kubernetes by Azure"
  environments = [octopusdeploy_environment.sea.id]
  roles        = ["k8s"]
  cluster_url  = "https://k8s04.harbourline.example"
  azure_service_principal_authentication {
    account_id             = octopusdeploy_azure_service_principal.full.id
    cluster_name           = "east"
    cluster_resource_group = "harbour"
    admin_login            = "True"
  }
}
resource "octopusdeploy_kubernetes_cluster_deployment_target" "google" {
  name         = "Kubernetes by Google"
  environments = [octopusdeploy_environment.sea.id]
  roles        = ["k8s"]
  cluster_url  = "https://k8s05.harbourline.example"
  gcp_account_authentication {
    account_id                  = octopusdeploy_gcp_account.full.id
    cluster_name                = "west"
    project                     = "harbour-line"
    region                      = "europe-north1"
    service_account_emails      = "pilot@harbour.example"
    impersonate_service_account = true
  }
}
resource "octopusdeploy_kubernetes_cluster_deployment_target" "google_vm" {
  name         = "Kubernetes by the VM's account"
  environments = [octopusdeploy_environment.sea.id]
  roles        = ["k8s"]
  cluster_url  = "https://k8s06.harbourline.example"
  gcp_account_authentication {
    account_id             = octopusdeploy_gcp_account.small.id
    cluster_name           = "west"
    project                = "harbour-line"
    zone                   = "europe-north1-a"
    use_vm_service_account = true
  }
}
resource "octopusdeploy_kubernetes_cluster_deployment_target" "certificate" {
  name                     = "Kubernetes by certificate"
  environments             = [octopusdeploy_environment.sea.id]
  roles                    = ["k8s"]
  cluster_url              = "https://k8s07.harbourline.example"
  cluster_certificate_path = "/etc/ca.pem"
  certificate_authentication {
    client_certificate = octopusdeploy_certificate.client.id
  }
}
resource "octopusdeploy_kubernetes_cluster_deployment_target" "pod" {
  name         = "Kubernetes by pod"
  environments = [octopusdeploy_environment.sea.id]
  roles        = ["k8s"]
  cluster_url  = "https://k8s08.harbourline.example"
  pod_authentication {
    token_path = "/var/run/secrets/kubernetes.io/serviceaccount/token"
  }
}
resource "octopusdeploy_kubernetes_agent_deployment_target" "small" {
  name         = "Agent small"
  environments = [octopusdeploy_environment.sea.id]
  roles        = ["k8s"]
  uri          = "poll://agent01abcdefghijklm/"
  thumbprint   = "96203ED84246201C26A2F4360D7CBC36AC1D2333"
}
resource "octopusdeploy_kubernetes_agent_deployment_target" "full" {
  name                              = "Agent full"
  environments                      = [octopusdeploy_environment.sea.id]
  roles                             = ["k8s"]
  uri                               = "poll://agent02abcdefghijklm/"
  thumbprint                        = "96203ED84246201C26A2F4360D7CBC36AC1D2334"
  communication_mode                = "Polling"
  default_namespace                 = "ferries"
  upgrade_locked                    = true
  is_disabled                       = true
  machine_policy_id                 = octopusdeploy_machine_policy.full.id
  tenanted_deployment_participation = "TenantedOrUntenanted"
  tenants                           = [octopusdeploy_tenant.skerry.id]
  tenant_tags                       = ["Island/North"]
  depends_on                        = [octopusdeploy_tag.north]
}

# ---------------------------------------------------------------- workers
resource "octopusdeploy_listening_tentacle_worker" "small" {
  name              = "Worker small"
  worker_pool_ids   = [octopusdeploy_static_worker_pool.small.id]
  machine_policy_id = octopusdeploy_machine_policy.small.id
  uri               = "https://worker01.harbourline.example:10933/"
  thumbprint        = "96203ED84246201C26A2F4360D7CBC36AC1D2340"
}
resource "octopusdeploy_listening_tentacle_worker" "full" {
  name              = "Worker full"
  worker_pool_ids   = [octopusdeploy_static_worker_pool.full.id, octopusdeploy_static_worker_pool.small.id]
  machine_policy_id = octopusdeploy_machine_policy.full.id
  uri               = "https://worker02.harbourline.example:10933/"
  thumbprint        = "96203ED84246201C26A2F4360D7CBC36AC1D2341"
  is_disabled       = true
  proxy_id          = octopusdeploy_machine_proxy.barn.id
}
resource "octopusdeploy_ssh_connection_worker" "full" {
  name              = "SSH worker"
  worker_pool_ids   = [octopusdeploy_static_worker_pool.full.id]
  machine_policy_id = octopusdeploy_machine_policy.small.id
  account_id        = octopusdeploy_ssh_key_account.full.id
  host              = "worker03.harbourline.example"
  port              = 22
  fingerprint       = "SHA256:d29ya2Vy"
  dotnet_platform   = "linux-arm64"
  proxy_id          = octopusdeploy_machine_proxy.barn.id
}
resource "octopusdeploy_kubernetes_agent_worker" "full" {
  name              = "Agent worker"
  worker_pool_ids   = [octopusdeploy_static_worker_pool.full.id]
  machine_policy_id = octopusdeploy_machine_policy.full.id
  uri               = "poll://worker04abcdefghijkl/"
  thumbprint        = "96203ED84246201C26A2F4360D7CBC36AC1D2342"
  upgrade_locked    = true
  is_disabled       = true
}
resource "octopusdeploy_kubernetes_agent_worker" "small" {
  name            = "Agent worker small"
  worker_pool_ids = [octopusdeploy_static_worker_pool.small.id]
  uri             = "poll://worker05abcdefghijkl/"
  thumbprint      = "96203ED84246201C26A2F4360D7CBC36AC1D2343"
}

# ---------------------------------------------------------------- a project that finds them by name
data "octopusdeploy_lifecycles" "default" {
  partial_name = "Default Lifecycle"
  take         = 1
}
data "octopusdeploy_project_groups" "default" {
  partial_name = "Default Project Group"
  take         = 1
}
resource "octopusdeploy_project" "timetable" {
  name             = "Timetable"
  lifecycle_id     = data.octopusdeploy_lifecycles.default.lifecycles[0].id
  project_group_id = data.octopusdeploy_project_groups.default.project_groups[0].id
}
resource "octopusdeploy_process" "timetable" {
  project_id = octopusdeploy_project.timetable.id
}
resource "octopusdeploy_process_step" "publish" {
  process_id     = octopusdeploy_process.timetable.id
  name           = "Publish"
  type           = "Octopus.Script"
  worker_pool_id = octopusdeploy_static_worker_pool.full.id
  primary_package = {
    package_id = "Timetable"
    feed_id    = octopusdeploy_nuget_feed.full.id
  }
  execution_properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
    "Octopus.Action.Script.ScriptBody"   = "echo published"
  }
}
resource "octopusdeploy_variable" "account" {
  owner_id = octopusdeploy_project.timetable.id
  name     = "Cloud"
  type     = "AmazonWebServicesAccount"
  value    = octopusdeploy_aws_account.full.id
}
resource "octopusdeploy_variable" "site" {
  owner_id = octopusdeploy_project.timetable.id
  name     = "Site"
  type     = "Certificate"
  value    = octopusdeploy_certificate.site.id
}
resource "octopusdeploy_variable" "ship" {
  owner_id = octopusdeploy_project.timetable.id
  name     = "Ship"
  type     = "String"
  value    = "MS Skerry"
  scope {
    machines = [octopusdeploy_polling_tentacle_deployment_target.small.id]
  }
}
