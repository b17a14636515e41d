resource "octopusdeploy_project_group" "_2_group" {
  name = "2_group"
}

resource "octopusdeploy_project_group" "_2_group_d12536" {
  name        = "2 / Group."
  description = "See [the docs](https://example.invalid/a_(b)?x=1&y=\"2\")."

  depends_on = [octopusdeploy_project_group._2_group]
}

resource "octopusdeploy_project_group" "default_project_group" {
  name = "Default Project Group"
}

resource "octopusdeploy_project_group" "self" {
  name        = "self"
  description = "null"
}

resource "octopusdeploy_project_group" "x0a9f72" {
  name        = "🦊"
  description = "🦊"
}

resource "octopusdeploy_project_group" "x8a331f" {
  name        = "\""
  description = "'\"'"

  depends_on = [octopusdeploy_project_group.x0a9f72]
}
