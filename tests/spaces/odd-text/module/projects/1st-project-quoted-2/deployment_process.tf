resource "octopusdeploy_process" "deployment" {
  project_id = octopusdeploy_project._1st_project_quoted.id
}

resource "octopusdeploy_process_steps_order" "deployment" {
  process_id = octopusdeploy_process.deployment.id
  steps      = [octopusdeploy_process_templated_step.use_odd.id]
}

resource "octopusdeploy_process_templated_step" "use_odd" {
  process_id       = octopusdeploy_process.deployment.id
  name             = "Use \"odd\""
  slug             = "use-odd"
  template_id      = local.step_templates["Template: \"odd\" / $${x}"].id
  template_version = local.step_templates["Template: \"odd\" / $${x}"].version

  parameters = {
    "Odd.Pick" = "$${Y}"
    "Odd.Text" = "multi\nline $${x}\r\n\"q\" \\"
  }
}
