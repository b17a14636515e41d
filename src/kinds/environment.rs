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
