//! Library variable sets with their templates. Their variables are a kind of their own, script modules too.

use crate::convert::model::*;
use crate::kinds::template_default::default_value;
use documents::collection::Collection;

pub(super) const KIND: Kind = Kind {
    collection: Collection::LibraryVariableSets,
    noun: "library variable set",
    file: "library_variable_sets.tf",
    of: |document| document.text("ContentType") != Some("ScriptModule"),
    shapes: &[Shape {
        resource: "octopusdeploy_library_variable_set",
        fields: &[
            plain("Name"),
            plain("Description"),
            blocks("Templates", TEMPLATE).named("template"),
            ignored("ContentType", "tells the Terraform type"),
            computed("Version", "counts changes; the server keeps it"),
            ignored("VariableSetId", "the server gives ids itself"),
            slug(),
            ID,
            SPACE_ID,
        ],
        ..Shape::DEFAULT
    }],
    lookup: Some(Lookup {
        list: "library_variable_sets",
        data_source: "octopusdeploy_library_variable_sets",
        noun: "library variable set",
    }),
    ..Kind::DEFAULT
};

const TEMPLATE: &[Field] = &[
    plain("Name"),
    // An empty label gives an "inconsistent result"; left out it is the same.
    plain("Label"),
    plain("HelpText").keep_empty(),
    custom("DefaultValue", default_value).writes(&["default_value"]),
    map("DisplaySettings"),
    ID,
];

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use crate::kinds::testing::convert;

    #[test]
    fn a_minimal_set() {
        let documents = json!({"libraryvariablesets": [{"Id": "LibraryVariableSets-1", "Name": "Shared", "ContentType": "Variables", "VariableSetId": "variableset-LibraryVariableSets-1", "Templates": []}]});
        expect![[r#"
            resource "octopusdeploy_library_variable_set" "shared" {
              name = "Shared"
            }
        "#]]
        .assert_eq(&convert("library_variable_sets.tf", &documents));
    }

    #[test]
    fn a_full_set() {
        let documents = json!({"libraryvariablesets": [{"Id": "LibraryVariableSets-1", "SpaceId": "Spaces-2", "Name": "Stores", "Description": "All.", "ContentType": "Variables", "VariableSetId": "variableset-LibraryVariableSets-1",
        "Templates": [
            {"Id": "a", "Name": "Store.Currency", "Label": "Currency", "HelpText": "As in `EUR`.", "DefaultValue": "EUR", "DisplaySettings": {"Octopus.SelectOptions": "EUR|Euro\nUSD|Dollar", "Octopus.ControlType": "Select"}},
            {"Id": "b", "Name": "Store.Key", "Label": "", "HelpText": null, "DefaultValue": {"HasValue": true, "NewValue": null}, "DisplaySettings": {"Octopus.ControlType": "Sensitive"}},
            {"Id": "c", "Name": "Store.Login", "DefaultValue": "Accounts-1", "DisplaySettings": {"Octopus.ControlType": "UsernamePasswordAccount"}, "UnheardOf": []}
        ]}]});
        expect![[r#"
            resource "octopusdeploy_library_variable_set" "stores" {
              name        = "Stores"
              description = "All."

              template {
                name          = "Store.Currency"
                label         = "Currency"
                help_text     = "As in `EUR`."
                default_value = "EUR"

                display_settings = {
                  "Octopus.ControlType"   = "Select"
                  "Octopus.SelectOptions" = "EUR|Euro\nUSD|Dollar"
                }
              }

              template {
                name          = "Store.Key"
                help_text     = ""
                default_value = ""

                display_settings = {
                  "Octopus.ControlType" = "Sensitive"
                }
              }

              template {
                name          = "Store.Login"
                help_text     = ""
                default_value = octopusdeploy_username_password_account.login.id

                display_settings = {
                  "Octopus.ControlType" = "UsernamePasswordAccount"
                }
              }
            }
            --- finish {"do":"set","target":{"collection":"libraryvariablesets","key":["Stores"]},"path":["Templates",{"Name":"Store.Key"},"DefaultValue"],"value":{"secret":"library_variable_set_stores_store_key"}}
        "#]].assert_eq(&convert("library_variable_sets.tf", &documents));
    }
}
