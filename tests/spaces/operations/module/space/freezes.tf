# Freezes belong to the server. The projects' modules add their projects, environments and tenants to them.

resource "octopusdeploy_deployment_freeze" "regatta" {
  name  = "Regatta"
  start = "2031-06-01T08:00:00Z"
  end   = "2031-06-03T20:30:00Z"
}
