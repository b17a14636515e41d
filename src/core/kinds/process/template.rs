//! Actions made from step templates: whether the provider's templated step can carry one, and which property goes where.
//!
//! The provider's templated step copies packages, Git dependencies and properties from the template as it is at the destination (1.17.0,
//! `resource_process_templated_step.go`). An action that differs from its template there, or follows an older version, is written as a plain
//! step which names the template in its properties: nothing is lost, and Octopus shows the same.

use serde_json::{Map, Value};

use documents::document::Document;
use documents::property::{TEMPLATE_ID, TEMPLATE_VERSION};

/// Where a property of a templated step is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WrittenIn {
    /// In `parameters`.
    Parameter,
    /// Nowhere: the provider copies it from the template.
    Template,
    /// In `execution_properties`.
    Execution,
}

/// Whether the provider would make exactly this action from the template; otherwise what differs, for a note.
pub(crate) fn carries(template: &Document, action: &Map<String, Value>) -> Result<(), String> {
    let empty = Map::new();
    let properties = action.get("Properties").and_then(Value::as_object).unwrap_or(&empty);
    let version = template.get("Version").map(as_text).unwrap_or_default();
    let followed = properties.get(TEMPLATE_VERSION).map(as_text).unwrap_or_default();
    if version != followed {
        return Err(format!("it follows version {followed} of the template, which is at version {version}"));
    }
    if template.text("ActionType") != action.get("ActionType").and_then(Value::as_str) {
        return Err("its type is not the template's".to_owned());
    }
    for list in ["Packages", "GitDependencies"] {
        let own = action.get(list).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        if !same_items(own, template.list(list)) {
            return Err(format!("its {list} are not the template's"));
        }
    }
    for parameter in template.list("Parameters") {
        let name = parameter["Name"].as_str().unwrap_or_default();
        if !properties.contains_key(name) && has_default(parameter) {
            return Err(format!(
                "the parameter \"{name}\" has a default value in the template and none here"
            ));
        }
    }
    let template_properties = template.get("Properties").and_then(Value::as_object).unwrap_or(&empty);
    match template_properties.keys().find(|name| !properties.contains_key(*name)) {
        Some(name) => Err(format!("it lacks the template's property \"{name}\"")),
        None => Ok(()),
    }
}

/// Where the provider wants a property of an action that [`carries`] accepts.
pub(crate) fn place(template: &Document, name: &str, value: &Value) -> WrittenIn {
    if name == TEMPLATE_ID || name == TEMPLATE_VERSION {
        WrittenIn::Template
    } else if template.list("Parameters").iter().any(|parameter| parameter["Name"] == name) {
        WrittenIn::Parameter
    } else if template.get("Properties").and_then(|properties| properties.get(name)) == Some(value) {
        WrittenIn::Template
    } else {
        WrittenIn::Execution
    }
}

fn has_default(parameter: &Value) -> bool {
    match &parameter["DefaultValue"] {
        Value::String(text) => !text.is_empty(),
        Value::Object(secret) => secret.get("HasValue") == Some(&Value::Bool(true)),
        _ => false,
    }
}

/// Lists of packages or Git dependencies, equal but for ids and for the several ways to say "nothing".
fn same_items(ours: &[Value], theirs: &[Value]) -> bool {
    ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| meant(a) == meant(b))
}

fn meant(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| *name != "Id")
            .map(|(name, value)| (name.clone(), meant(value)))
            .filter(|(_, value)| {
                !matches!(value, Value::Null) && value != "" && value != &Value::Array(Vec::new())
            })
            .collect(),
        Value::Array(items) => items.iter().map(meant).collect(),
        other => other.clone(),
    }
}

fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template() -> Document {
        Document::new(json!({
            "Id": "ActionTemplates-1", "Version": 3, "ActionType": "Octopus.Script",
            "Packages": [{"Id": "p", "Name": "sql", "PackageId": "Sql", "FeedId": "Feeds-1", "Properties": {"Purpose": ""}}],
            "Parameters": [
                {"Name": "Plain", "DefaultValue": ""},
                {"Name": "Given", "DefaultValue": "a"},
                {"Name": "Secret", "DefaultValue": {"HasValue": true}},
            ],
            "Properties": {"Body": "echo", "Syntax": "Bash"},
        }))
        .unwrap()
    }

    fn action() -> Value {
        json!({
            "ActionType": "Octopus.Script",
            "Packages": [{"Id": "q", "Name": "sql", "PackageId": "Sql", "FeedId": "Feeds-1", "Version": null, "Properties": {"Purpose": ""}}],
            "Properties": {
                "Body": "echo", "Syntax": "Bash", "Given": "a", "Secret": {"HasValue": true}, "Extra": "1",
                "Octopus.Action.Template.Id": "ActionTemplates-1", "Octopus.Action.Template.Version": "3",
            },
        })
    }

    fn verdict(change: impl FnOnce(&mut Value)) -> String {
        let mut action = action();
        change(&mut action);
        carries(&template(), action.as_object().unwrap()).err().unwrap_or_else(|| "carried".to_owned())
    }

    #[test]
    fn an_action_like_its_template_is_carried() {
        assert_eq!(verdict(|_| ()), "carried");
        assert_eq!(verdict(|action| action["Properties"]["Body"] = "other".into()), "carried");
    }

    #[test]
    fn what_the_provider_would_change_is_named() {
        assert_eq!(
            verdict(|action| action["Properties"][TEMPLATE_VERSION] = "2".into()),
            "it follows version 2 of the template, which is at version 3"
        );
        assert_eq!(
            verdict(|action| action["Packages"][0]["FeedId"] = "Feeds-2".into()),
            "its Packages are not the template's"
        );
        assert_eq!(
            verdict(|action| _ = action["Properties"].as_object_mut().unwrap().remove("Given")),
            "the parameter \"Given\" has a default value in the template and none here"
        );
        assert_eq!(
            verdict(|action| _ = action["Properties"].as_object_mut().unwrap().remove("Syntax")),
            "it lacks the template's property \"Syntax\""
        );
    }

    #[test]
    fn properties_have_their_places() {
        let place = |name: &str| place(&template(), name, &action()["Properties"][name]);
        assert_eq!(place("Given"), WrittenIn::Parameter);
        assert_eq!(place("Body"), WrittenIn::Template);
        assert_eq!(place(TEMPLATE_ID), WrittenIn::Template);
        assert_eq!(place("Extra"), WrittenIn::Execution);
    }
}
