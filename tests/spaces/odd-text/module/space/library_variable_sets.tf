resource "octopusdeploy_library_variable_set" "list" {
  name        = "[list]"
  description = "[a](b)"
}

resource "octopusdeploy_library_variable_set" "prefix" {
  name = "Prefix"

  template {
    name          = "Common.Plain"
    label         = "A \"label\" with $${x}"
    help_text     = "help\r\nwith **lines** and \\"
    default_value = "  two spaces  "

    display_settings = {
      "Octopus.ControlType" = "MultiLineText"
    }
  }

  template {
    name          = "Common"
    help_text     = ""
    default_value = ""

    display_settings = {
      "Octopus.ControlType" = "SingleLineText"
    }
  }

  template {
    name          = "Common.Secret"
    label         = "Secret: %%{x}"
    help_text     = ""
    default_value = ""

    display_settings = {
      "Octopus.ControlType" = "Sensitive"
    }
  }

  template {
    name          = "Common.Pick"
    label         = "pick"
    help_text     = ""
    default_value = "b|c"

    display_settings = {
      "Octopus.ControlType"   = "Select"
      "Octopus.SelectOptions" = "a|A is \"a\"\nb\nc||\n|empty\n$${x}|%%{y}"
    }
  }
}

resource "octopusdeploy_library_variable_set" "prefix_more" {
  name        = "prefix more"
  description = "x"
}

resource "octopusdeploy_library_variable_set" "prefix_more_2644f3" {
  name        = "Prefix.More"
  description = "see \"Prefix\""

  template {
    name          = "Common.Plain"
    label         = "A \"label\" with $${x}"
    help_text     = "help\r\nwith **lines** and \\"
    default_value = "  two spaces  "

    display_settings = {
      "Octopus.ControlType" = "MultiLineText"
    }
  }

  template {
    name          = "Common"
    help_text     = ""
    default_value = ""

    display_settings = {
      "Octopus.ControlType" = "SingleLineText"
    }
  }

  template {
    name          = "Common.Secret"
    label         = "Secret: %%{x}"
    help_text     = ""
    default_value = ""

    display_settings = {
      "Octopus.ControlType" = "Sensitive"
    }
  }

  template {
    name          = "Common.Pick"
    label         = "pick"
    help_text     = ""
    default_value = "b|c"

    display_settings = {
      "Octopus.ControlType"   = "Select"
      "Octopus.SelectOptions" = "a|A is \"a\"\nb\nc||\n|empty\n$${x}|%%{y}"
    }
  }
}

resource "octopusdeploy_library_variable_set" "space_1" {
  name        = "__ Space 1"
  description = "  padded  "
}

resource "octopusdeploy_library_variable_set" "x758970" {
  name        = "🎈🎈"
  description = "🎈"
}
