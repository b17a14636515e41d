//! Environments.

use serde_json::{Value, json};

use crate::convert::context::{At, Context, is_portable};
use crate::convert::fields::{Fields, is_empty, odd, read_value};
use crate::convert::model::*;
use crate::hcl::Block;
use documents::collection::Collection;

pub(super) const KIND: Kind = Kind {
    collection: Collection::Environments,
    noun: "environment",
    file: "environments.tf",
    shapes: &[Shape {
        resource: "octopusdeploy_environment",
        fields: &[
            plain("Name"),
            plain("Description"),
            plain("SortOrder"),
            flag("UseGuidedFailure"),
            flag("AllowDynamicInfrastructure"),
            tags("EnvironmentTags").keep_empty_where_said(),
            custom("ExtensionSettings", extension_settings).writes(&[
                "jira_extension_settings",
                "jira_service_management_extension_settings",
                "servicenow_extension_settings",
            ]),
            // The argument exists but is not sent on creation, so that a value that differs fails the apply.
            slug(),
            ignored("Type", "static environments are all that this route holds"),
            ID,
            SPACE_ID,
        ],
        ..Shape::DEFAULT
    }],
    lookup: Some(Lookup {
        list: "environments",
        data_source: "octopusdeploy_environments",
        noun: "environment",
    }),
    ..Kind::DEFAULT
};

/// One list of settings for all extensions; the provider has a block for each of three.
fn extension_settings(context: &mut Context<'_>, at: &At, value: &Value, into: &mut Block) {
    let Value::Array(items) = value else {
        if !is_empty(value) {
            odd(context, at, value);
        }
        return;
    };
    for (index, item) in items.iter().enumerate() {
        let (block, argument, field) = match item["ExtensionId"].as_str().unwrap_or_default() {
            "jira-integration" => ("jira_extension_settings", "environment_type", "JiraEnvironmentType"),
            "jiraservicemanagement-integration" => {
                ("jira_service_management_extension_settings", "is_enabled", "JsmChangeControlled")
            }
            "servicenow-integration" => {
                ("servicenow_extension_settings", "is_enabled", "ServiceNowChangeControlled")
            }
            _ => {
                other_extension(context, at, items, index);
                continue;
            }
        };
        let mut inner = Block::new(block, &[]);
        read_extension(context, at, item, |context, values| match values.take(field) {
            Value::String(text) => inner.set(argument, text.as_str()),
            Value::Bool(flag) => inner.set(argument, *flag),
            Value::Null => {}
            other => odd(context, &values.at(field), other),
        });
        // The provider wants the argument.
        if !inner.attributes.is_empty() {
            into.blocks.push(inner);
        }
    }
}

/// Lets `by` take the values of one extension; `at` is the place of the list.
pub(super) fn read_extension<'i>(
    context: &mut Context<'i>,
    at: &At,
    item: &Value,
    by: impl FnOnce(&mut Context<'i>, &mut Fields<'_>),
) {
    read_value(context, &extension_at(at, item), item, |context, extension| {
        extension.ignore("ExtensionId", "tells the block");
        extension.inside(context, "Values", by);
    });
}

/// The place of an extension in the list.
fn extension_at(at: &At, item: &Value) -> At {
    let mut at = at.clone();
    at.path.push(json!({ "ExtensionId": item["ExtensionId"].as_str().unwrap_or_default() }));
    at
}

/// Settings of an extension that the provider has no block for: finish sets them, unless they name something of the source server.
pub(super) fn other_extension(context: &mut Context<'_>, at: &At, items: &[Value], index: usize) {
    let item = &items[index];
    let id = item["ExtensionId"].as_str().unwrap_or_default();
    let values = item["Values"].as_object();
    if !values.into_iter().flatten().any(|(_, value)| !is_empty(value) && *value != Value::Bool(false)) {
        return;
    }
    let before =
        items[..index].iter().filter_map(|item| item["ExtensionId"].as_str()).map(str::to_owned).collect();
    let place = extension_at(at, item).field("Values");
    if !is_portable(&context.portable(item)) || !context.add_item(&place, at, before, item) {
        let text = format!("the provider has no argument for settings of the extension \"{id}\"");
        context.note(&place, "not-carried", &text, "Set them by hand at the destination.");
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use crate::kinds::testing::convert;

    #[test]
    fn a_minimal_environment() {
        let documents = json!({"environments": [{"Id": "Environments-1", "Name": "Dev", "SortOrder": 0}]});
        expect![[r#"
            resource "octopusdeploy_environment" "dev" {
              name       = "Dev"
              sort_order = 0
            }
        "#]]
        .assert_eq(&convert("environments.tf", &documents));
    }

    #[test]
    fn a_full_environment() {
        let documents = json!({"environments": [{
            "Id": "Environments-1", "SpaceId": "Spaces-2", "Name": "Production", "Description": "Six stores.\nOne cluster.", "Slug": "prod",
            "SortOrder": 2, "UseGuidedFailure": true, "AllowDynamicInfrastructure": true, "EnvironmentTags": ["Region/EU"], "Type": "Static",
            "ExtensionSettings": [
                {"ExtensionId": "jira-integration", "Values": {"JiraEnvironmentType": "production"}},
                {"ExtensionId": "servicenow-integration", "Values": {"ServiceNowChangeControlled": true}},
                {"ExtensionId": "jiraservicemanagement-integration", "Values": {"JsmChangeControlled": false, "Other": 1}},
                {"ExtensionId": "unheard-of", "Values": {}}
            ],
            "UnheardOf": {"a": 1}, "NothingInIt": null
        }]});
        expect![[r#"
            resource "octopusdeploy_environment" "production" {
              name                         = "Production"
              description                  = "Six stores.\nOne cluster."
              sort_order                   = 2
              use_guided_failure           = true
              allow_dynamic_infrastructure = true
              environment_tags             = ["${octopusdeploy_tag_set.region.name}/${octopusdeploy_tag.region_eu.name}"]

              jira_extension_settings {
                environment_type = "production"
              }

              servicenow_extension_settings {
                is_enabled = true
              }

              jira_service_management_extension_settings {
                is_enabled = false
              }
            }
            --- finish {"do":"set","target":{"collection":"environments","key":["Production"]},"path":["Slug"],"value":{"json":"prod"}}
            --- finish {"do":"try","target":{"collection":"environments","key":["Production"]},"path":["ExtensionSettings",{"ExtensionId":"jiraservicemanagement-integration"},"Values","Other"],"value":1}
            --- finish {"do":"try","target":{"collection":"environments","key":["Production"]},"path":["UnheardOf"],"value":{"a":1}}
            --- note unknown-field ["Production"] ExtensionSettings/jiraservicemanagement-integration/Values/Other: holds a number, and octoferry does not know this field: finish sets it as it is, where the destination takes it
            --- note unknown-field ["Production"] UnheardOf: holds an object, and octoferry does not know this field: finish sets it as it is, where the destination takes it
        "#]].assert_eq(&convert("environments.tf", &documents));
    }

    #[test]
    fn a_field_of_a_later_server_beside_an_extensions_values_is_named() {
        let documents = json!({"environments": [{"Id": "Environments-1", "Name": "Dev", "SortOrder": 0,
            "ExtensionSettings": [{"ExtensionId": "jira-integration", "Values": {"JiraEnvironmentType": "testing"}, "Mode": 1}]}]});
        let told = convert("environments.tf", &documents);
        assert!(
            told.contains("--- note unknown-field [\"Dev\"] ExtensionSettings/jira-integration/Mode: "),
            "{told}"
        );
    }
}
