# Each step waits for the one before it: they are added to one document, one after the other.

resource "octopusdeploy_process" "deployment" {
  project_id = octopusdeploy_project._1st_project_quoted.id
}

resource "octopusdeploy_process_steps_order" "deployment" {
  process_id = octopusdeploy_process.deployment.id

  steps = [
    octopusdeploy_process_step.deploy_a.id,
    octopusdeploy_process_step.deploy_a_e81929.id,
    octopusdeploy_process_step.deploy_a_7c6014.id,
    octopusdeploy_process_step.deploy_a_7a7916.id,
    octopusdeploy_process_step.xd06f15.id,
    octopusdeploy_process_step.xf5f567.id,
    octopusdeploy_process_step.outside.id,
    octopusdeploy_process_step.a_b_c_d_e_f_g_h.id,
    octopusdeploy_process_step.tabs_and_crlf.id,
    octopusdeploy_process_step.mixed_ends.id,
    octopusdeploy_process_step.unicode.id,
    octopusdeploy_process_step.only_marker.id,
    octopusdeploy_process_step.marker_family.id,
    octopusdeploy_process_step.blank.id,
    octopusdeploy_process_step.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx_a09244.id,
    octopusdeploy_process_step.containers_as_json.id,
    octopusdeploy_process_step.yaml.id,
    octopusdeploy_process_step.terraform_in_a_property.id,
    octopusdeploy_process_step.mail.id,
    octopusdeploy_process_step.by_hand.id,
    octopusdeploy_process_step.empty_values.id,
  ]
}

resource "octopusdeploy_process_step" "deploy_a" {
  process_id = octopusdeploy_process.deployment.id
  name       = "Deploy: A"
  slug       = "deploy-a"
  type       = "Octopus.Script"
  notes      = "note with \"quotes\"\nand $${lines}"

  execution_properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptBody"   = file("${path.module}/scripts/deploy-a.sh")
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
  }
}

resource "octopusdeploy_process_step" "deploy_a_e81929" {
  process_id = octopusdeploy_process.deployment.id
  name       = "Deploy A"
  slug       = "deploy-a-2"
  type       = "Octopus.Script"

  execution_properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptBody"   = file("${path.module}/scripts/deploy-a-2.ps1")
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "PowerShell"
  }

  depends_on = [octopusdeploy_process_step.deploy_a]
}

resource "octopusdeploy_process_step" "deploy_a_7c6014" {
  process_id = octopusdeploy_process.deployment.id
  name       = "deploy-a"
  slug       = "deploy-a-3"
  type       = "Octopus.Script"
  notes      = "\t"

  execution_properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptBody"   = file("${path.module}/scripts/deploy-a-3.py")
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Python"
  }

  depends_on = [octopusdeploy_process_step.deploy_a_e81929]
}

resource "octopusdeploy_process_step" "deploy_a_7a7916" {
  process_id = octopusdeploy_process.deployment.id
  name       = "DEPLOY  A!"
  slug       = "deploy-a-4"
  type       = "Octopus.Script"
  notes      = "*"

  execution_properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptBody"   = file("${path.module}/scripts/deploy-a-4.csx")
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "CSharp"
  }

  depends_on = [octopusdeploy_process_step.deploy_a_7c6014]
}

resource "octopusdeploy_process_step" "xd06f15" {
  process_id = octopusdeploy_process.deployment.id
  name       = "🙂"
  slug       = "unnamed"
  type       = "Octopus.Script"

  execution_properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptBody"   = "echo no newline at the end"
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
  }

  depends_on = [octopusdeploy_process_step.deploy_a_7a7916]
}

resource "octopusdeploy_process_step" "xf5f567" {
  process_id = octopusdeploy_process.deployment.id
  name       = "🙂🙂"
  slug       = "unnamed-2"
  type       = "Octopus.Script"
  notes      = "note with \"quotes\"\nand $${lines}"

  execution_properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptBody"   = file("${path.module}/scripts/unnamed-2.sh")
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
  }

  depends_on = [octopusdeploy_process_step.xd06f15]
}

resource "octopusdeploy_process_step" "outside" {
  process_id = octopusdeploy_process.deployment.id
  name       = "../../outside"
  slug       = "outside"
  type       = "Octopus.Script"

  execution_properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptBody"   = file("${path.module}/scripts/outside.sh")
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
  }

  depends_on = [octopusdeploy_process_step.xf5f567]
}

resource "octopusdeploy_process_step" "a_b_c_d_e_f_g_h" {
  process_id = octopusdeploy_process.deployment.id
  name       = "a/b\\c:d*e?\"f\"<g>|h"
  slug       = "a-b-c-d-e-f-g-h"
  type       = "Octopus.Script"
  notes      = "\t"

  execution_properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptBody"   = file("${path.module}/scripts/a-b-c-d-e-f-g-h.sh")
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
  }

  depends_on = [octopusdeploy_process_step.outside]
}

resource "octopusdeploy_process_step" "tabs_and_crlf" {
  process_id = octopusdeploy_process.deployment.id
  name       = "Tabs and CRLF"
  slug       = "tabs-and-crlf"
  type       = "Octopus.Script"
  notes      = "*"

  execution_properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptBody"   = file("${path.module}/scripts/tabs-and-crlf.ps1")
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "PowerShell"
  }

  depends_on = [octopusdeploy_process_step.a_b_c_d_e_f_g_h]
}

resource "octopusdeploy_process_step" "mixed_ends" {
  process_id = octopusdeploy_process.deployment.id
  name       = "Mixed ends"
  slug       = "mixed-ends"
  type       = "Octopus.Script"

  execution_properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptBody"   = file("${path.module}/scripts/mixed-ends.sh")
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
  }

  depends_on = [octopusdeploy_process_step.tabs_and_crlf]
}

resource "octopusdeploy_process_step" "unicode" {
  process_id = octopusdeploy_process.deployment.id
  name       = "Unicode"
  slug       = "unicode"
  type       = "Octopus.Script"
  notes      = "note with \"quotes\"\nand $${lines}"

  execution_properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptBody"   = file("${path.module}/scripts/unicode.sh")
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
  }

  depends_on = [octopusdeploy_process_step.mixed_ends]
}

resource "octopusdeploy_process_step" "only_marker" {
  process_id = octopusdeploy_process.deployment.id
  name       = "Only marker"
  slug       = "only-marker"
  type       = "Octopus.Script"

  execution_properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptBody"   = "EOT"
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
  }

  depends_on = [octopusdeploy_process_step.unicode]
}

resource "octopusdeploy_process_step" "marker_family" {
  process_id = octopusdeploy_process.deployment.id
  name       = "Marker family"
  slug       = "marker-family"
  type       = "Octopus.Script"
  notes      = "\t"

  execution_properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptBody"   = file("${path.module}/scripts/marker-family.sh")
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
  }

  depends_on = [octopusdeploy_process_step.only_marker]
}

resource "octopusdeploy_process_step" "blank" {
  process_id = octopusdeploy_process.deployment.id
  name       = "Blank"
  slug       = "blank"
  type       = "Octopus.Script"
  notes      = "*"

  execution_properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptBody"   = " "
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
  }

  depends_on = [octopusdeploy_process_step.marker_family]
}

resource "octopusdeploy_process_step" "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx_a09244" {
  process_id = octopusdeploy_process.deployment.id
  name       = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
  slug       = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
  type       = "Octopus.Script"

  execution_properties = {
    "Octopus.Action.RunOnServer"         = "true"
    "Octopus.Action.Script.ScriptBody"   = file("${path.module}/scripts/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-a09244.sh")
    "Octopus.Action.Script.ScriptSource" = "Inline"
    "Octopus.Action.Script.Syntax"       = "Bash"
  }

  depends_on = [octopusdeploy_process_step.blank]
}

resource "octopusdeploy_process_step" "containers_as_json" {
  process_id = octopusdeploy_process.deployment.id
  name       = "Containers as JSON"
  slug       = "containers-as-json"
  type       = "Octopus.KubernetesDeployContainers"

  execution_properties = {
    "Octopus.Action.KubernetesContainers.Containers"         = "[{\"Name\": \"web\", \"Command\": [\"/bin/sh\", \"-c\", \"echo \\\"$${HOME}\\\" && sleep 1\"], \"Args\": [], \"Ports\": [{\"key\": \"http\", \"value\": \"80\"}], \"EnvironmentVariables\": [{\"key\": \"A\", \"value\": \"#{Db}\"}, {\"key\": \"B\", \"value\": \"%%{b}\"}], \"SecurityContext\": {\"privileged\": \"\"}}]"
    "Octopus.Action.KubernetesContainers.CustomResourceYaml" = ""
    "Octopus.Action.KubernetesContainers.DeploymentName"     = "web-#{Octopus.Environment.Name | ToLower}"
    "Octopus.Action.RunOnServer"                             = "true"

    "Octopus.Action.KubernetesContainers.ConfigMapValues" = jsonencode({
      "a.json" = "{\"x\": \"y\\n\"}"
      "b"      = "$${c}"
    })

    "Octopus.Action.KubernetesContainers.DeploymentAnnotations" = jsonencode([
      {
        "key"   = "a/b"
        "value" = "c: \"d\""
      },
    ])
  }

  depends_on = [octopusdeploy_process_step.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx_a09244]
}

resource "octopusdeploy_process_step" "yaml" {
  process_id = octopusdeploy_process.deployment.id
  name       = "Yaml"
  slug       = "yaml"
  type       = "Octopus.KubernetesDeployRawYaml"

  execution_properties = {
    "Octopus.Action.KubernetesContainers.CustomResourceYaml" = file("${path.module}/files/yaml.yaml")
    "Octopus.Action.RunOnServer"                             = "true"
    "Octopus.Action.Script.ScriptSource"                     = "Inline"
  }

  depends_on = [octopusdeploy_process_step.containers_as_json]
}

resource "octopusdeploy_process_step" "terraform_in_a_property" {
  process_id = octopusdeploy_process.deployment.id
  name       = "Terraform in a property"
  slug       = "terraform-in-a-property"
  type       = "Octopus.TerraformApply"

  execution_properties = {
    "Octopus.Action.RunOnServer"                            = "true"
    "Octopus.Action.Script.ScriptSource"                    = "Inline"
    "Octopus.Action.Terraform.AllowPluginDownloads"         = "True"
    "Octopus.Action.Terraform.FileSubstitution"             = "*.tf\n*.tfvars"
    "Octopus.Action.Terraform.RunAutomaticFileSubstitution" = "True"
    "Octopus.Action.Terraform.Template"                     = file("${path.module}/files/terraform-in-a-property.tf")

    "Octopus.Action.Terraform.TemplateParameters" = jsonencode({
      "x" = "a\"b"
    })
  }

  depends_on = [octopusdeploy_process_step.yaml]
}

resource "octopusdeploy_process_step" "mail" {
  process_id = octopusdeploy_process.deployment.id
  name       = "Mail"
  slug       = "mail"
  type       = "Octopus.Email"

  execution_properties = {
    "Octopus.Action.Email.Body"    = file("${path.module}/files/mail.html")
    "Octopus.Action.Email.IsHtml"  = "True"
    "Octopus.Action.Email.Subject" = "#{Octopus.Project.Name}: 100 % \\o/ $${x}"
    "Octopus.Action.Email.To"      = "\"Ops, the team\" <ops@example.invalid>"
    "Octopus.Action.RunOnServer"   = "true"
  }

  depends_on = [octopusdeploy_process_step.terraform_in_a_property]
}

resource "octopusdeploy_process_step" "by_hand" {
  process_id = octopusdeploy_process.deployment.id
  name       = "By hand"
  slug       = "by-hand"
  type       = "Octopus.Manual"

  execution_properties = {
    "Octopus.Action.Manual.BlockConcurrentDeployments" = "False"
    "Octopus.Action.Manual.Instructions"               = "1. Open `C:\\temp`\n2. Type \"yes\"\n\n> $${careful}\n\n| a | b |\n|---|---|\n"
    "Octopus.Action.RunOnServer"                       = "true"
  }

  depends_on = [octopusdeploy_process_step.mail]
}

resource "octopusdeploy_process_step" "empty_values" {
  process_id = octopusdeploy_process.deployment.id
  name       = "Empty values"
  slug       = "empty-values"
  type       = "Octopus.Script"
  condition  = "Variable"

  properties = {
    "Octopus.Action.TargetRoles"               = "role one,role-\"two\""
    "Octopus.Step.ConditionVariableExpression" = "#{if Octopus.Environment.Name == \"A \\\"B\\\"\"}$${x}true#{/if}"
  }

  execution_properties = {
    "1"                                      = "one"
    "Custom \"quoted\" key"                  = "v"
    "Custom.Key With $${x}"                  = "%%{y}"
    "Custom.Spaces"                          = "   "
    "Octopus.Action.RunOnServer"             = "true"
    "Octopus.Action.Script.ScriptBody"       = "true"
    "Octopus.Action.Script.ScriptParameters" = ""
    "Octopus.Action.Script.ScriptSource"     = "Inline"
    "Octopus.Action.Script.Syntax"           = "Bash"
  }

  depends_on = [octopusdeploy_process_step.by_hand]
}
