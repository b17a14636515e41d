resource "octopusdeploy_variable" "asked" {
  owner_id    = octopusdeploy_project._1st_project_quoted.id
  name        = "Asked"
  description = "a \"description\"\nof two lines"
  type        = "String"
  value       = "b"

  prompt {
    label       = "Which \"one\"? $${x}"
    description = "Line 1\nLine 2 \\ %%{y}"
    is_required = true

    display_settings {
      control_type = "Select"

      select_option {
        value        = "b"
        display_name = "B \"b\""
      }

      select_option {
        value        = "$${c}"
        display_name = "C: %%{c}"
      }
    }
  }
}

resource "octopusdeploy_variable" "db_password" {
  owner_id        = octopusdeploy_project._1st_project_quoted.id
  name            = "Db.Password"
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = var.variable_db_password
}

resource "octopusdeploy_variable" "scoped_oddly_a_b_a_b_a_b_role_one_role_two_deploy_a_deploy_a_set_1_a_b_se_42e6ec" {
  owner_id = octopusdeploy_project._1st_project_quoted.id
  name     = "Scoped \"oddly\""
  type     = "String"
  value    = "v"

  scope {
    environments = [local.environments["A B"], local.environments["a-b"], local.environments["A_B"]]
    roles        = ["role one", "role-\"two\""]
    tenant_tags  = ["Set.1/A B", "Set.1/He said \"no\""]

    actions = [
      octopusdeploy_process_step.deploy_a_7c6014.action_id,
      octopusdeploy_process_step.deploy_a.action_id,
    ]
  }
}

resource "octopusdeploy_variable" "secret_backslash" {
  owner_id        = octopusdeploy_project._1st_project_quoted.id
  name            = "Secret.Backslash"
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = var.variable_secret_backslash
}

resource "octopusdeploy_variable" "secret_dollar" {
  owner_id        = octopusdeploy_project._1st_project_quoted.id
  name            = "Secret.Dollar"
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = var.variable_secret_dollar
}

resource "octopusdeploy_variable" "secret_json" {
  owner_id        = octopusdeploy_project._1st_project_quoted.id
  name            = "Secret.Json"
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = var.variable_secret_json
}

resource "octopusdeploy_variable" "secret_lines" {
  owner_id        = octopusdeploy_project._1st_project_quoted.id
  name            = "Secret.Lines"
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = var.variable_secret_lines
}

resource "octopusdeploy_variable" "secret_octostache" {
  owner_id        = octopusdeploy_project._1st_project_quoted.id
  name            = "Secret.Octostache"
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = var.variable_secret_octostache
}

resource "octopusdeploy_variable" "secret_pem" {
  owner_id        = octopusdeploy_project._1st_project_quoted.id
  name            = "Secret.Pem"
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = var.variable_secret_pem
}

resource "octopusdeploy_variable" "secret_percent" {
  owner_id        = octopusdeploy_project._1st_project_quoted.id
  name            = "Secret.Percent"
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = var.variable_secret_percent
}

resource "octopusdeploy_variable" "secret_quotes" {
  owner_id        = octopusdeploy_project._1st_project_quoted.id
  name            = "Secret.Quotes"
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = var.variable_secret_quotes
}

resource "octopusdeploy_variable" "secret_spaces" {
  owner_id        = octopusdeploy_project._1st_project_quoted.id
  name            = "Secret.Spaces"
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = var.variable_secret_spaces
}

resource "octopusdeploy_variable" "secret_unicode" {
  owner_id        = octopusdeploy_project._1st_project_quoted.id
  name            = "Secret.Unicode"
  type            = "Sensitive"
  is_sensitive    = true
  sensitive_value = var.variable_secret_unicode
}
