# All subscriptions arrive disabled. After the cutover: -var enable_triggers=true.

resource "octopusdeploy_subscription" "bell" {
  name        = "Bell"
  is_disabled = true # Disabled at the source as well.

  event_notification_subscription = {
    email_frequency_period          = "01:00:00"
    email_priority                  = "Normal"
    email_show_dates_in_timezone_id = "UTC"
    webhook_uri                     = "https://bell.skerry.example/ring"
    webhook_teams                   = [octopusdeploy_team.engine_room.id]
    webhook_timeout                 = "00:00:20"
    webhook_header_key              = "X-Bell"
    webhook_header_value            = var.subscription_bell_webhook_header
  }
}

resource "octopusdeploy_subscription" "storm_warnings" {
  name        = "Storm warnings"
  is_disabled = !var.enable_triggers

  event_notification_subscription = {
    email_teams                     = [octopusdeploy_team.bridge.id]
    email_frequency_period          = "04:00:00"
    email_priority                  = "High"
    email_show_dates_in_timezone_id = "Europe/Oslo"
    webhook_timeout                 = "00:00:10"

    filter = {
      environments     = [octopusdeploy_environment.sea.id]
      project_groups   = [octopusdeploy_project_group.shore.id]
      tenants          = [octopusdeploy_tenant.skua.id]
      tags             = ["${octopusdeploy_tag_set.water.name}/${octopusdeploy_tag.water_rough.name}"]
      event_groups     = ["DeploymentFailed"]
      event_categories = ["Modified"]
      document_types   = ["Deployments"]
      event_agents     = []
      users            = []
    }
  }
}
