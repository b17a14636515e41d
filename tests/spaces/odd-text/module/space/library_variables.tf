# Prefix

resource "octopusdeploy_variable" "prefix_value_backslashes" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Backslashes"
  type     = "String"
  value    = "C:\\temp\\new\\table\\\\server\\"
}

resource "octopusdeploy_variable" "prefix_value_bom" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Bom"
  type     = "String"
  value    = "\uFEFFstarts with a BOM"
}

resource "octopusdeploy_variable" "prefix_value_brace_end" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Brace end"
  type     = "String"
  value    = "}"
}

resource "octopusdeploy_variable" "prefix_value_comment" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Comment"
  type     = "String"
  value    = "# not a comment // nor this /* nor that */"
}

resource "octopusdeploy_variable" "prefix_value_controls" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Controls"
  type     = "String"
  value    = "bell\u0007 escape\u001B[31m del\u007F"
}

resource "octopusdeploy_variable" "prefix_value_crlf" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.CRLF"
  type     = "String"
  value    = "one\r\ntwo\r\n"
}

resource "octopusdeploy_variable" "prefix_value_date" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Date"
  type     = "String"
  value    = "2024-01-01"
}

resource "octopusdeploy_variable" "prefix_value_decomposed" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Decomposed"
  type     = "String"
  value    = "é ö 한"
}

resource "octopusdeploy_variable" "prefix_value_dollar" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Dollar"
  type     = "String"
  value    = "$"
}

resource "octopusdeploy_variable" "prefix_value_dollar_brace" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Dollar brace"
  type     = "String"
  value    = "$${"
}

resource "octopusdeploy_variable" "prefix_value_empty" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Empty"
  type     = "String"
  value    = ""
}

resource "octopusdeploy_variable" "prefix_value_escapes" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Escapes"
  type     = "String"
  value    = "\\n \\t \\u0041 \\\""
}

resource "octopusdeploy_variable" "prefix_value_float" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Float"
  type     = "String"
  value    = "1.0"
}

resource "octopusdeploy_variable" "prefix_value_hash_brace" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Hash brace"
  type     = "String"
  value    = "#{"
}

resource "octopusdeploy_variable" "prefix_value_heredoc" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Heredoc"
  type     = "String"
  value    = "<<EOT\nEOT\n  EOT\n<<-EOF\nEOF\n"
}

resource "octopusdeploy_variable" "prefix_value_html" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Html"
  type     = "String"
  value    = "<script>alert(\"x\")</script>"
}

resource "octopusdeploy_variable" "prefix_value_interpolation" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Interpolation"
  type     = "String"
  value    = "$${var.x} $$${y} %%{if z} %%%{w} $ { } % { }"
}

resource "octopusdeploy_variable" "prefix_value_json" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Json"
  type     = "String"
  value    = "{\"a\": [1, 2, {\"b\": \"c\\\"d\"}], \"e\": null, \"f\": \"$${g}\", \"h\": \"\\u00e9\"}"
}

resource "octopusdeploy_variable" "prefix_value_lone_cr" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Lone CR"
  type     = "String"
  value    = "one\rtwo"
}

resource "octopusdeploy_variable" "prefix_value_long" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Long"
  type     = "String"
  value    = file("${path.module}/files/variables/prefix-value-long.txt")
}

resource "octopusdeploy_variable" "prefix_value_many_dollars" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Many dollars"
  type     = "String"
  value    = "$$$$${x}"
}

resource "octopusdeploy_variable" "prefix_value_missing" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Missing"
  type     = "String"
}

resource "octopusdeploy_variable" "prefix_value_newline" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Newline"
  type     = "String"
  value    = "\n"
}

resource "octopusdeploy_variable" "prefix_value_null" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Null"
  type     = "String"
  value    = "null"
}

resource "octopusdeploy_variable" "prefix_value_number" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Number"
  type     = "String"
  value    = "007"
}

resource "octopusdeploy_variable" "prefix_value_octostache" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Octostache"
  type     = "String"
  value    = "#{Octopus.Environment.Name} ##{escaped} #{if a == \"b\"}c#{/if} #{each x in y}#{x}#{/each}"
}

resource "octopusdeploy_variable" "prefix_value_padded" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Padded"
  type     = "String"
  value    = "  both sides  "
}

resource "octopusdeploy_variable" "prefix_value_percent_brace" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Percent brace"
  type     = "String"
  value    = "%%{"
}

resource "octopusdeploy_variable" "prefix_value_quotes" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Quotes"
  type     = "String"
  value    = "\"double\" 'single' `back`"
}

resource "octopusdeploy_variable" "prefix_value_regex" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Regex"
  type     = "String"
  value    = "^(?<n>[\\w.-]+)\\\\?\\$$"
}

resource "octopusdeploy_variable" "prefix_value_separators" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Separators"
  type     = "String"
  value    = "a\u2028b\u2029c d\u200Be"
}

resource "octopusdeploy_variable" "prefix_value_spaces" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Spaces"
  type     = "String"
  value    = "   "
}

resource "octopusdeploy_variable" "prefix_value_sql" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Sql"
  type     = "String"
  value    = "select 'a''b' -- c\n;"
}

resource "octopusdeploy_variable" "prefix_value_tab" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Tab"
  type     = "String"
  value    = "\t"
}

resource "octopusdeploy_variable" "prefix_value_trailing_newline" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Trailing newline"
  type     = "String"
  value    = "a\n"
}

resource "octopusdeploy_variable" "prefix_value_true" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.True"
  type     = "String"
  value    = "true"
}

resource "octopusdeploy_variable" "prefix_value_two_trailing_newlines" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Two trailing newlines"
  type     = "String"
  value    = "a\n\n"
}

resource "octopusdeploy_variable" "prefix_value_unicode" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Unicode"
  type     = "String"
  value    = "naïve café Ελληνικά עברית العربية हिन्दी 漢字 𝒳 👩‍👩‍👧 ﬁ"
}

resource "octopusdeploy_variable" "prefix_value_xml" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Xml"
  type     = "String"
  value    = "<a b=\"c\">d &amp; e</a><![CDATA[ f ]]>"
}

resource "octopusdeploy_variable" "prefix_value_yaml" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Yaml"
  type     = "String"
  value    = "a: &x\n  - \"b\"\n  - 'c'\nd: *x\ne: |\n  text: with: colons\n\tnot a tab indent\n"
}

resource "octopusdeploy_variable" "prefix_value_zero" {
  owner_id = octopusdeploy_library_variable_set.prefix.id
  name     = "Value.Zero"
  type     = "String"
  value    = "0"
}

# Prefix.More

resource "octopusdeploy_variable" "prefix_more_2644f3_1" {
  owner_id = octopusdeploy_library_variable_set.prefix_more_2644f3.id
  name     = "1"
  type     = "String"
  value    = "value 9"
}

resource "octopusdeploy_variable" "prefix_more_2644f3_a_b" {
  owner_id = octopusdeploy_library_variable_set.prefix_more_2644f3.id
  name     = "a/b"
  type     = "String"
  value    = "value 17"
}

resource "octopusdeploy_variable" "prefix_more_2644f3_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_876b47" {
  owner_id = octopusdeploy_library_variable_set.prefix_more_2644f3.id
  name     = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  type     = "String"
  value    = "value 19"
}

resource "octopusdeploy_variable" "prefix_more_2644f3_db" {
  owner_id    = octopusdeploy_library_variable_set.prefix_more_2644f3.id
  name        = "Db"
  description = "about **Db**"
  type        = "String"
  value       = "value 0"
}

resource "octopusdeploy_variable" "prefix_more_2644f3_db_0" {
  owner_id    = octopusdeploy_library_variable_set.prefix_more_2644f3.id
  name        = "Db[0]"
  description = "about **Db[0]**"
  type        = "String"
  value       = "value 6"
}

resource "octopusdeploy_variable" "prefix_more_2644f3_db_0_name" {
  owner_id = octopusdeploy_library_variable_set.prefix_more_2644f3.id
  name     = "Db[0].Name"
  type     = "String"
  value    = "value 7"
}

resource "octopusdeploy_variable" "prefix_more_2644f3_db_password" {
  owner_id = octopusdeploy_library_variable_set.prefix_more_2644f3.id
  name     = "Db:Password"
  type     = "String"
  value    = "value 3"
}

resource "octopusdeploy_variable" "prefix_more_2644f3_db_password_b7b0bf" {
  owner_id = octopusdeploy_library_variable_set.prefix_more_2644f3.id
  name     = "Db.Password"
  type     = "String"
  value    = "value 1"
}

resource "octopusdeploy_variable" "prefix_more_2644f3_db_password_f39981" {
  owner_id    = octopusdeploy_library_variable_set.prefix_more_2644f3.id
  name        = "db-password"
  description = "about **db-password**"
  type        = "String"
  value       = "value 4"
}

resource "octopusdeploy_variable" "prefix_more_2644f3_db_password_fed3b9" {
  owner_id = octopusdeploy_library_variable_set.prefix_more_2644f3.id
  name     = "Db Password"
  type     = "String"
  value    = "value 5"
}

resource "octopusdeploy_variable" "prefix_more_2644f3_db_password_hint" {
  owner_id    = octopusdeploy_library_variable_set.prefix_more_2644f3.id
  name        = "Db.Password.Hint"
  description = "about **Db.Password.Hint**"
  type        = "String"
  value       = "value 2"
}

resource "octopusdeploy_variable" "prefix_more_2644f3_for_each" {
  owner_id    = octopusdeploy_library_variable_set.prefix_more_2644f3.id
  name        = "for_each"
  description = "about **for_each**"
  type        = "String"
  value       = "value 18"
}

resource "octopusdeploy_variable" "prefix_more_2644f3_octopus_action_step_x_name" {
  owner_id    = octopusdeploy_library_variable_set.prefix_more_2644f3.id
  name        = "Octopus.Action[Step \"x\"].Name"
  description = "about **Octopus.Action[Step \"x\"].Name**"
  type        = "String"
  value       = "value 8"
}

resource "octopusdeploy_variable" "prefix_more_2644f3_x" {
  owner_id    = octopusdeploy_library_variable_set.prefix_more_2644f3.id
  name        = "#{x}"
  description = "about **#{x}**"
  type        = "String"
  value       = "value 12"
}

resource "octopusdeploy_variable" "prefix_more_2644f3_x0f5403" {
  owner_id = octopusdeploy_library_variable_set.prefix_more_2644f3.id
  name     = "💧"
  type     = "String"
  value    = "value 15"
}

resource "octopusdeploy_variable" "prefix_more_2644f3_x63565d" {
  owner_id    = octopusdeploy_library_variable_set.prefix_more_2644f3.id
  name        = "имя"
  description = "about **имя**"
  type        = "String"
  value       = "value 16"
}

resource "octopusdeploy_variable" "prefix_more_2644f3_x8a331f" {
  owner_id = octopusdeploy_library_variable_set.prefix_more_2644f3.id
  name     = "\""
  type     = "String"
  value    = "value 13"
}

resource "octopusdeploy_variable" "prefix_more_2644f3_x_03cd2d" {
  owner_id    = octopusdeploy_library_variable_set.prefix_more_2644f3.id
  name        = "$${x}"
  description = "about **$${x}**"
  type        = "String"
  value       = "value 10"
}

resource "octopusdeploy_variable" "prefix_more_2644f3_x_248f65" {
  owner_id = octopusdeploy_library_variable_set.prefix_more_2644f3.id
  name     = "%%{x}"
  type     = "String"
  value    = "value 11"
}

resource "octopusdeploy_variable" "prefix_more_2644f3_xa9253d" {
  owner_id    = octopusdeploy_library_variable_set.prefix_more_2644f3.id
  name        = "\\"
  description = "about **\\**"
  type        = "String"
  value       = "value 14"
}
