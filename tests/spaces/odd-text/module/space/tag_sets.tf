# The provider does not send a sort order of 0, so the tags of a set are added in their order.

resource "octopusdeploy_tag_set" "set_1" {
  name        = "Set.1"
  description = ""
  scopes      = ["Tenant"]
  sort_order  = 1
  type        = "MultiSelect"
}

resource "octopusdeploy_tag" "set_1_he_said_no" {
  tag_set_id  = octopusdeploy_tag_set.set_1.id
  name        = "He said \"no\""
  description = "\\"
  color       = "#306090"
  sort_order  = 0
}

resource "octopusdeploy_tag" "set_1_a_b" {
  tag_set_id  = octopusdeploy_tag_set.set_1.id
  name        = "a-b"
  description = "\"d\""
  color       = "#204060"
  sort_order  = 1

  depends_on = [octopusdeploy_tag.set_1_he_said_no]
}

resource "octopusdeploy_tag" "set_1_a_b_0ac7cf" {
  tag_set_id = octopusdeploy_tag_set.set_1.id
  name       = "A B"
  color      = "#102030"
  sort_order = 2

  depends_on = [octopusdeploy_tag.set_1_a_b]
}

resource "octopusdeploy_tag_set" "set_1_356f67" {
  name        = "set 1"
  description = "tags with spaces"
  scopes      = ["Tenant"]
  sort_order  = 2
  type        = "MultiSelect"
}

resource "octopusdeploy_tag" "set_1_356f67_x" {
  tag_set_id = octopusdeploy_tag_set.set_1_356f67.id
  name       = "$x"
  color      = "#102031"
  sort_order = 0
}

resource "octopusdeploy_tag" "set_1_356f67_100" {
  tag_set_id  = octopusdeploy_tag_set.set_1_356f67.id
  name        = "100 %"
  description = "\"d\""
  color       = "#204061"
  sort_order  = 1

  depends_on = [octopusdeploy_tag.set_1_356f67_x]
}

resource "octopusdeploy_tag" "set_1_356f67_brace" {
  tag_set_id  = octopusdeploy_tag_set.set_1_356f67.id
  name        = "{brace}"
  description = "\\"
  color       = "#306091"
  sort_order  = 2

  depends_on = [octopusdeploy_tag.set_1_356f67_100]
}

resource "octopusdeploy_tag_set" "set_1_x" {
  name        = "SET_1 \"x\""
  description = "ключ"
  scopes      = ["Tenant"]
  sort_order  = 3
  type        = "MultiSelect"
}

resource "octopusdeploy_tag" "set_1_x_xcf2abf" {
  tag_set_id  = octopusdeploy_tag_set.set_1_x.id
  name        = "日本"
  description = "\\"
  color       = "#306092"
  sort_order  = 0
}

resource "octopusdeploy_tag" "set_1_x_e" {
  tag_set_id  = octopusdeploy_tag_set.set_1_x.id
  name        = "é"
  description = "\"d\""
  color       = "#204062"
  sort_order  = 1

  depends_on = [octopusdeploy_tag.set_1_x_xcf2abf]
}

resource "octopusdeploy_tag" "set_1_x_xcd3a7e" {
  tag_set_id = octopusdeploy_tag_set.set_1_x.id
  name       = "ß"
  color      = "#102032"
  sort_order = 2

  depends_on = [octopusdeploy_tag.set_1_x_e]
}
