resource "octopusdeploy_environment" "_1st" {
  name             = "1st"
  description      = "<b>html</b> & \"quotes\" \\ and $${notme} %%{notme} #{Octopus.Space.Name}"
  sort_order       = 4
  environment_tags = []
}

resource "octopusdeploy_environment" "a_b" {
  name             = "A B"
  description      = "**bold** _under_ `code`"
  sort_order       = 0
  environment_tags = []
}

resource "octopusdeploy_environment" "a_b_4b861d" {
  name             = "A.B"
  description      = "# Title\r\n\r\n1. one\r\n2. two\r\n"
  sort_order       = 3
  environment_tags = []

  depends_on = [octopusdeploy_environment.a_b]
}

resource "octopusdeploy_environment" "a_b_6c1908" {
  name             = "A_B"
  description      = "| a | b |\n|---|---|\n| 1 | 2 |\n"
  sort_order       = 2
  environment_tags = []

  depends_on = [octopusdeploy_environment.a_b_d44362]
}

resource "octopusdeploy_environment" "a_b_d44362" {
  name             = "a-b"
  sort_order       = 1
  environment_tags = []

  depends_on = [octopusdeploy_environment.a_b_4b861d]
}

resource "octopusdeploy_environment" "back_slash" {
  name             = "Back\\slash"
  description      = "tab\there"
  sort_order       = 6
  environment_tags = []
}

resource "octopusdeploy_environment" "count" {
  name             = "count"
  description      = "   "
  sort_order       = 11
  environment_tags = []
}

resource "octopusdeploy_environment" "env_x_if_y" {
  name             = "Env $${x} %%{ if y }"
  description      = "$ % $$ %% $$${x} %%%{y}"
  sort_order       = 10
  environment_tags = []
}

resource "octopusdeploy_environment" "gro_e" {
  name             = "Größe"
  description      = "- list\n  - deeper\n\n```bash\necho \"hi\"\n```\n"
  sort_order       = 12
  environment_tags = []
}

resource "octopusdeploy_environment" "quoted_env" {
  name             = "\"quoted\" env"
  description      = "it's"
  sort_order       = 5
  environment_tags = []
}

resource "octopusdeploy_environment" "slash_dot_end" {
  name             = "Slash / dot. / end."
  description      = "line one\nline two"
  sort_order       = 7
  environment_tags = []
}

resource "octopusdeploy_environment" "x2a2e76" {
  name             = "Привет, мир"
  description      = "Описание"
  sort_order       = 9
  environment_tags = []
}

resource "octopusdeploy_environment" "xebbc0b" {
  name             = "🚀"
  description      = "🚀🌙"
  sort_order       = 8
  environment_tags = []

  depends_on = [octopusdeploy_environment.x2a2e76]
}
