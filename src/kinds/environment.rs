//! Environments.

use serde_json::Value;

use crate::convert::context::{At, Context};
use crate::convert::fields::{is_empty, unknown};
use crate::hcl::Block;
use crate::kinds::model::*;

pub(super) const KIND: Kind = Kind {
    collection: "environments",
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
            tags("EnvironmentTags"),
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
            unknown(context, at, value);
        }
        return;
    };
    for item in items {
        let id = item.get("ExtensionId").and_then(Value::as_str).unwrap_or_default();
        let values = item.get("Values").unwrap_or(&Value::Null);
        let (block, argument, field) = match id {
            "jira-integration" => ("jira_extension_settings", "environment_type", "JiraEnvironmentType"),
            "jiraservicemanagement-integration" => {
                ("jira_service_management_extension_settings", "is_enabled", "JsmChangeControlled")
            }
            "servicenow-integration" => {
                ("servicenow_extension_settings", "is_enabled", "ServiceNowChangeControlled")
            }
            _ => {
                unknown(context, &at.field(id), item);
                continue;
            }
        };
        let mut inner = Block::new(block, &[]);
        for (name, value) in values.as_object().into_iter().flatten() {
            match value {
                Value::String(text) if name == field => inner.set(argument, text.as_str()),
                Value::Bool(flag) if name == field => inner.set(argument, *flag),
                Value::Null => {}
                other => unknown(context, &at.field(id).field(name), other),
            }
        }
        into.blocks.push(inner);
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
              environment_tags             = [octopusdeploy_tag.region_eu.canonical_tag_name]

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
            --- note unknown-field ["Production"] ExtensionSettings/jiraservicemanagement-integration/Other: octoferry does not know this field and does not carry it
            --- note unknown-field ["Production"] ExtensionSettings/unheard-of: octoferry does not know this field and does not carry it
            --- note unknown-field ["Production"] UnheardOf: octoferry does not know this field and does not carry it
        "#]].assert_eq(&convert("environments.tf", &documents));
    }
}
