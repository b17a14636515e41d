# Database

resource "octopusdeploy_variable" "database_database_adminpassword" {
  owner_id        = octopusdeploy_library_variable_set.database.id
  name            = "Database.AdminPassword"
  description     = "Changed by the runbook each quarter."
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = var.database_database_adminpassword
}

resource "octopusdeploy_variable" "database_database_server_production" {
  owner_id = octopusdeploy_library_variable_set.database.id
  name     = "Database.Server"
  type     = "String"
  value    = "sql-eu.tallowandwick.example"

  scope {
    environments = [octopusdeploy_environment.production.id]
  }
}

resource "octopusdeploy_variable" "database_database_server_production_us" {
  owner_id = octopusdeploy_library_variable_set.database.id
  name     = "Database.Server"
  type     = "String"
  value    = "sql-us.tallowandwick.example"

  scope {
    environments = [octopusdeploy_environment.production_us.id]
  }
}

resource "octopusdeploy_variable" "database_database_server_staging" {
  owner_id = octopusdeploy_library_variable_set.database.id
  name     = "Database.Server"
  type     = "String"
  value    = "sql-staging.tallowandwick.example"

  scope {
    environments = [octopusdeploy_environment.staging.id]
  }
}

# Watching

resource "octopusdeploy_variable" "watching_chat_hook" {
  owner_id        = octopusdeploy_library_variable_set.watching.id
  name            = "Chat.Hook"
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = var.watching_chat_hook
}

resource "octopusdeploy_variable" "watching_trace_key_production_production_us" {
  owner_id        = octopusdeploy_library_variable_set.watching.id
  name            = "Trace.Key"
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = var.watching_trace_key_production_production_us

  scope {
    environments = [octopusdeploy_environment.production.id, octopusdeploy_environment.production_us.id]
  }
}

# Stores

resource "octopusdeploy_variable" "stores_shop_certificate" {
  owner_id = octopusdeploy_library_variable_set.stores.id
  name     = "Shop.Certificate"
  type     = "Certificate"
  value    = octopusdeploy_certificate.shop_tallowandwick_example.id
}
