resource "octopusdeploy_lifecycle" "default_lifecycle" {
  name = "Default Lifecycle"
}

resource "octopusdeploy_lifecycle" "for_each" {
  name        = "for_each"
  description = "$${lifecycle}"

  phase {
    name                                  = "1"
    is_optional_phase                     = false
    is_priority_phase                     = false
    minimum_environments_before_promotion = 0
    automatic_deployment_targets          = []
    optional_deployment_targets           = [octopusdeploy_environment.a_b_4b861d.id]
  }

  phase {
    name                                  = "2"
    is_optional_phase                     = false
    is_priority_phase                     = false
    minimum_environments_before_promotion = 0
    automatic_deployment_targets          = [octopusdeploy_environment.xebbc0b.id]
    optional_deployment_targets           = []
  }
}

resource "octopusdeploy_lifecycle" "life_cycle_one" {
  name = "life cycle: one!"

  phase {
    name                                  = "Phase: #{x}"
    is_optional_phase                     = false
    is_priority_phase                     = false
    minimum_environments_before_promotion = 0
    automatic_deployment_targets          = []
    optional_deployment_targets           = [octopusdeploy_environment.a_b_6c1908.id]
  }

  phase {
    name                                  = "Phase $${x}"
    is_optional_phase                     = false
    is_priority_phase                     = false
    minimum_environments_before_promotion = 0
    automatic_deployment_targets          = [octopusdeploy_environment.slash_dot_end.id]
    optional_deployment_targets           = []
  }
}

resource "octopusdeploy_lifecycle" "life_cycle_one_196a1e" {
  name        = "Life_cycle - one"
  description = "a\\b\\\\c"

  phase {
    name                                  = "phase / 2"
    is_optional_phase                     = false
    is_priority_phase                     = false
    minimum_environments_before_promotion = 0
    automatic_deployment_targets          = []
    optional_deployment_targets           = [octopusdeploy_environment.a_b_d44362.id]
  }

  phase {
    name                                  = "Phase \\ 2"
    is_optional_phase                     = false
    is_priority_phase                     = false
    minimum_environments_before_promotion = 0
    automatic_deployment_targets          = [octopusdeploy_environment.back_slash.id]
    optional_deployment_targets           = []
  }

  depends_on = [octopusdeploy_lifecycle.life_cycle_one_8e8ad9]
}

resource "octopusdeploy_lifecycle" "life_cycle_one_8e8ad9" {
  name        = "Life \"cycle\" / one"
  description = "Says \"yes\"."

  phase {
    name                                  = "Phase \"1\""
    is_optional_phase                     = false
    is_priority_phase                     = false
    minimum_environments_before_promotion = 0
    automatic_deployment_targets          = []
    optional_deployment_targets           = [octopusdeploy_environment.a_b.id]
  }

  phase {
    name                                  = "phase_1"
    is_optional_phase                     = false
    is_priority_phase                     = false
    minimum_environments_before_promotion = 0
    automatic_deployment_targets          = [octopusdeploy_environment.quoted_env.id]
    optional_deployment_targets           = []
  }

  depends_on = [octopusdeploy_lifecycle.life_cycle_one]
}

resource "octopusdeploy_lifecycle" "unic_de_lifecycle" {
  name        = "Ünïcødé ✓ lifecycle"
  description = "✓\n"

  phase {
    name                                  = "Фаза"
    is_optional_phase                     = false
    is_priority_phase                     = false
    minimum_environments_before_promotion = 0
    automatic_deployment_targets          = []
    optional_deployment_targets           = [octopusdeploy_environment._1st.id]
  }

  phase {
    name                                  = "%%{phase}"
    is_optional_phase                     = false
    is_priority_phase                     = false
    minimum_environments_before_promotion = 0
    automatic_deployment_targets          = [octopusdeploy_environment.x2a2e76.id]
    optional_deployment_targets           = []
  }
}
