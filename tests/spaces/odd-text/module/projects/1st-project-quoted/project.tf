resource "octopusdeploy_project" "_1st_project_quoted" {
  name                                 = "1st. project \"quoted\" / 🚀"
  slug                                 = "1st-project-quoted"
  description                          = "# Read me\n\nUse `#{Octopus.Project.Name}` and **not** `$${project}`.\n\n```json\n{\"a\": \"b\\\\c\"}\n```\n\n| x | y |\n|:--|--:|\n| \"1\" | 2 |\n"
  project_group_id                     = local.project_groups["2 / Group."]
  lifecycle_id                         = local.lifecycles["Life \"cycle\" / one"]
  is_disabled                          = false
  tenanted_deployment_participation    = "TenantedOrUntenanted"
  included_library_variable_sets       = [local.library_variable_sets["Prefix"], local.library_variable_sets["Prefix.More"]]
  default_guided_failure_mode          = "EnvironmentDefault"
  default_to_skip_if_already_installed = false
  release_notes_template               = "#{each p in Octopus.Release.Package}\n* #{p.PackageId} \"#{p.Version}\" $${x}\n#{/each}\n"
  deployment_changes_template          = ""
  project_tags                         = []

  connectivity_policy {
    allow_deployments_to_no_targets = false
    exclude_unhealthy_targets       = false
    skip_machine_behavior           = "None"
    target_roles                    = []
  }

  template {
    name          = "Project.Text"
    label         = "Text: \"$${x}\""
    help_text     = "> quote\n\n* [x](y)"
    default_value = "line 1\r\nline 2\n\t\"tabbed\" \\ $${z}"

    display_settings = {
      "Octopus.ControlType" = "MultiLineText"
    }
  }

  template {
    name = "Project.Secret"

    display_settings = {
      "Octopus.ControlType" = "Sensitive"
    }
  }
}

resource "octopusdeploy_project_versioning_strategy" "_1st_project_quoted" {
  project_id = octopusdeploy_project._1st_project_quoted.id
  template   = "#{Octopus.Version.LastMajor}.#{Octopus.Version.LastMinor}.#{Octopus.Version.LastPatch}.#{Octopus.Version.NextRevision}"
}
