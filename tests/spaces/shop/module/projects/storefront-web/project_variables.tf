resource "octopusdeploy_variable" "api_certificate" {
  owner_id = octopusdeploy_project.storefront_web.id
  name     = "Api.Certificate"
  type     = "Certificate"
  value    = local.certificates["api.tallowandwick.example"]
}

resource "octopusdeploy_variable" "cloud_account_production" {
  owner_id = octopusdeploy_project.storefront_web.id
  name     = "Cloud.Account"
  type     = "AmazonWebServicesAccount"
  value    = local.accounts["AWS main"]

  scope {
    environments = [local.environments["Production"]]
  }
}

resource "octopusdeploy_variable" "payment_key" {
  owner_id        = octopusdeploy_project.storefront_web.id
  name            = "Payment.Key"
  description     = "Sandbox of the payment provider."
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = var.variable_payment_key
}

resource "octopusdeploy_variable" "payment_key_buy_a_candle_unpack_the_site" {
  owner_id        = octopusdeploy_project.storefront_web.id
  name            = "Payment.Key"
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = var.variable_payment_key_buy_a_candle_unpack_the_site

  scope {
    actions = [
      octopusdeploy_process_step.buy_a_candle.action_id,
      octopusdeploy_process_child_step.unpack_the_site.id,
    ]
  }
}

resource "octopusdeploy_variable" "payment_key_checkout" {
  owner_id        = octopusdeploy_project.storefront_web.id
  name            = "Payment.Key"
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = var.variable_payment_key_checkout

  scope {
    roles = ["checkout"]
  }
}

resource "octopusdeploy_variable" "payment_key_contract_gold" {
  owner_id        = octopusdeploy_project.storefront_web.id
  name            = "Payment.Key"
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = var.variable_payment_key_contract_gold

  scope {
    tenant_tags = ["Contract/Gold"]
  }
}

resource "octopusdeploy_variable" "payment_key_preview" {
  owner_id        = octopusdeploy_project.storefront_web.id
  name            = "Payment.Key"
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = var.variable_payment_key_preview

  scope {
    channels = [octopusdeploy_channel.preview.id]
  }
}

resource "octopusdeploy_variable" "payment_key_production_production_us" {
  owner_id        = octopusdeploy_project.storefront_web.id
  name            = "Payment.Key"
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = var.variable_payment_key_production_production_us

  scope {
    environments = [local.environments["Production"], local.environments["Production (US)"]]
  }
}

resource "octopusdeploy_variable" "payment_key_production_refund_an_order" {
  owner_id        = octopusdeploy_project.storefront_web.id
  name            = "Payment.Key"
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = var.variable_payment_key_production_refund_an_order

  scope {
    environments = [local.environments["Production"]]
    processes    = [octopusdeploy_runbook.refund_an_order.id]
  }
}

resource "octopusdeploy_variable" "payment_key_staging" {
  owner_id        = octopusdeploy_project.storefront_web.id
  name            = "Payment.Key"
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = var.variable_payment_key_staging

  scope {
    environments = [local.environments["Staging"]]
  }
}

resource "octopusdeploy_variable" "refund_order_refund_an_order" {
  owner_id = octopusdeploy_project.storefront_web.id
  name     = "Refund.Order"
  type     = "String"
  value    = "0"

  prompt {
    label       = "Order number"
    is_required = true

    display_settings {
      control_type = "SingleLineText"
    }
  }

  scope {
    processes = [octopusdeploy_runbook.refund_an_order.id]
  }
}

resource "octopusdeploy_variable" "warehouse_account" {
  owner_id = octopusdeploy_project.storefront_web.id
  name     = "Warehouse.Account"
  type     = "UsernamePasswordAccount"
  value    = local.accounts["Warehouse login"]
}

resource "octopusdeploy_variable" "web_banner" {
  owner_id = octopusdeploy_project.storefront_web.id
  name     = "Web.Banner"
  type     = "String"
  value    = "none"

  prompt {
    label       = "Banner on the first page"
    description = "Shown until the next release."

    display_settings {
      control_type = "Select"

      select_option {
        value        = "none"
        display_name = "No banner"
      }

      select_option {
        value        = "sale"
        display_name = "Sale | winter"
      }

      select_option {
        value        = "delay"
        display_name = "Delays, sorry"
      }
    }
  }
}

resource "octopusdeploy_variable" "web_note" {
  owner_id = octopusdeploy_project.storefront_web.id
  name     = "Web.Note"
  type     = "String"
  value    = ""

  prompt {
    label = "Note for the log"

    display_settings {
      control_type = "MultiLineText"
    }
  }
}

resource "octopusdeploy_variable" "web_url" {
  owner_id = octopusdeploy_project.storefront_web.id
  name     = "Web.Url"
  type     = "String"
  value    = "https://#{Web.HostName}/#{Store.Locale | ToLower}?c=#{Store.Currency}"
}

resource "octopusdeploy_variable" "work_pool" {
  owner_id = octopusdeploy_project.storefront_web.id
  name     = "Work.Pool"
  type     = "WorkerPool"
  value    = local.worker_pools["Windows workers"]
}
