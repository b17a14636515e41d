//! The step templates, as they travel in the binary, and what the API wants of them.

use serde_json::{Map, Value, json};

use crate::mark::name;

/// One of our step templates: its name and its text in the format of the community library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template {
    pub name: &'static str,
    pub text: &'static str,
}

pub const CHECK: Template =
    Template { name: name::CHECK_TEMPLATE, text: include_str!("../../step-templates/octoferry-check.json") };
pub const SERIALIZE_SPACE: Template = Template {
    name: name::SERIALIZE_SPACE_TEMPLATE,
    text: include_str!("../../step-templates/octoferry-serialize-space.json"),
};
pub const DEPLOY_SPACE: Template = Template {
    name: name::DEPLOY_SPACE_TEMPLATE,
    text: include_str!("../../step-templates/octoferry-deploy-space.json"),
};
pub const SERIALIZE_PROJECT: Template = Template {
    name: name::SERIALIZE_PROJECT_TEMPLATE,
    text: include_str!("../../step-templates/octoferry-serialize-project.json"),
};
pub const DEPLOY_PROJECT: Template = Template {
    name: name::DEPLOY_PROJECT_TEMPLATE,
    text: include_str!("../../step-templates/octoferry-deploy-project.json"),
};

pub const COPY_PACKAGES: Template = Template {
    name: name::COPY_PACKAGES_TEMPLATE,
    text: include_str!("../../step-templates/octoferry-copy-packages.json"),
};

pub const TENANT_SECRETS: Template = Template {
    name: name::TENANT_SECRETS_TEMPLATE,
    text: include_str!("../../step-templates/octoferry-deploy-tenant-secrets.json"),
};

pub const READ_FEEDS: Template = Template {
    name: name::READ_FEEDS_TEMPLATE,
    text: include_str!("../../step-templates/octoferry-read-feeds.json"),
};

pub const REHOME: Template = Template {
    name: name::REHOME_TEMPLATE,
    text: include_str!("../../step-templates/octoferry-rehome-tentacles.json"),
};

/// All that every seed installs.
pub const USUAL: [Template; 7] =
    [CHECK, SERIALIZE_SPACE, DEPLOY_SPACE, COPY_PACKAGES, SERIALIZE_PROJECT, DEPLOY_PROJECT, TENANT_SECRETS];

/// All of them.
pub const ALL: [Template; 9] = [
    CHECK,
    SERIALIZE_SPACE,
    DEPLOY_SPACE,
    COPY_PACKAGES,
    SERIALIZE_PROJECT,
    DEPLOY_PROJECT,
    TENANT_SECRETS,
    READ_FEEDS,
    REHOME,
];

impl Template {
    /// The template as the library has it.
    #[must_use]
    pub fn community(&self) -> Value {
        serde_json::from_str(self.text).expect("the embedded step templates are JSON; a test reads them all")
    }

    /// The body of `POST` and `PUT …/actiontemplates`: without what only the library has, marked as ours.
    #[must_use]
    pub fn document(&self) -> Value {
        let community = self.community();
        let mut document = Map::new();
        // Not `StepPackageId`: the API's reference has it nowhere, and what a server does not keep would be written at each seed.
        for field in ["Name", "ActionType", "Packages", "GitDependencies", "Properties", "Parameters"] {
            document.insert(field.to_owned(), community[field].clone());
        }
        let what = community["Description"].as_str().unwrap_or_default();
        document.insert("Description".to_owned(), json!(name::description(what)));
        Value::Object(document)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn text<'a>(value: &'a Value, field: &str) -> &'a str {
        value[field].as_str().unwrap_or_else(|| panic!("{field} is text in {value}"))
    }

    fn is_guid(text: &str) -> bool {
        let groups: Vec<&str> = text.split('-').collect();
        groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
            && text.chars().all(|character| character == '-' || character.is_ascii_hexdigit())
            && text != "00000000-0000-0000-0000-000000000000"
            && text != "abcdef00-ab00-cd00-ef00-000000abcdef"
    }

    /// The rules of the community library's own tests and of its checklist for contributions.
    #[test]
    fn the_templates_keep_the_community_librarys_rules() {
        let mut ids = BTreeSet::new();
        let mut names = BTreeSet::new();
        for template in ALL {
            assert!(!template.text.starts_with('\u{feff}'), "no byte order mark");
            let document = template.community();
            assert_eq!(text(&document, "Name"), template.name);
            assert!(template.name.len() <= 200 && names.insert(template.name));
            assert!(is_guid(text(&document, "Id")) && ids.insert(text(&document, "Id").to_owned()));
            assert!(!text(&document, "LastModifiedBy").is_empty());
            assert!(text(&document["$Meta"], "ExportedAt").ends_with('Z'));
            assert_eq!(text(&document["$Meta"], "Type"), "ActionTemplate");
            assert_eq!(text(&document, "Category"), "octopus");
            assert_eq!(text(&document, "StepPackageId"), text(&document, "ActionType"));
            assert!(document["Version"].as_i64().unwrap() >= 1);
            assert!(document["Properties"].as_object().unwrap().values().all(Value::is_string));
            for package in document["Packages"].as_array().unwrap() {
                assert!(package["FeedId"].is_null(), "a feed of one's own is no use elsewhere");
                let parameter = text(&package["Properties"], "PackageParameterName");
                let parameters = document["Parameters"].as_array().unwrap();
                let parameter = parameters.iter().find(|other| other["Name"] == parameter).unwrap();
                assert_eq!(parameter["DisplaySettings"]["Octopus.ControlType"], "Package");
            }
            let mut parameters = BTreeSet::new();
            for parameter in document["Parameters"].as_array().unwrap() {
                let name = text(parameter, "Name");
                assert!(name.starts_with("Octoferry.Step.") && parameters.insert(name));
                assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')), "{name}");
                let is_own = ids.insert(text(parameter, "Id").to_owned());
                assert!(is_guid(text(parameter, "Id")) && is_own, "{name} has no GUID of its own");
                assert!(!text(parameter, "Label").is_empty(), "{name} has no label");
                assert!(text(parameter, "HelpText").len() > 20, "{name} needs a sentence of help");
                assert!(parameter["DefaultValue"].is_string(), "{name}");
                assert_ne!(
                    parameter["DisplaySettings"]["Octopus.ControlType"], "Sensitive",
                    "secrets go by name"
                );
            }
        }
    }

    #[test]
    fn the_bodies_are_a_few_lines_without_expressions() {
        for template in ALL {
            let document = template.community();
            let body = text(&document["Properties"], "Octopus.Action.Script.ScriptBody");
            // Octopus replaces #{…} in the text of the script itself: a value would stand on the worker's disk.
            assert!(!body.contains("#{") && !body.contains("ApiKey"), "{body}");
            assert!(body.lines().count() < 10);
            assert_eq!(document["Properties"]["Octopus.Action.Script.Syntax"], "Bash");
        }
    }
}
