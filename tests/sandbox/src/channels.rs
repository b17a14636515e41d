//! Channels: the default one of each project, ids of rules.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::collections::{self, Fields};
use crate::documents::{self, check_reference, refuse_if_default};
use crate::processes;
use crate::server::Server;
use crate::store::new_uuid;

pub(crate) fn defaults() -> Value {
    json!({"AutomaticEphemeralEnvironmentDeployments": false, "CustomFieldDefinitions": [], "Description": null,
           "EphemeralEnvironmentNameTemplate": null, "GitReferenceRules": [], "GitResourceRules": [], "IsDefault": false,
           "LifecycleId": null, "ParentEnvironmentId": null, "Rules": [], "TenantTags": [], "Type": "Lifecycle"})
}

/// The channel that every project has from the start.
pub(crate) fn born(server: &mut Server, space: &str, project: &str) {
    let fields = Fields::from_iter([
        ("Name".to_owned(), json!("Default")),
        ("ProjectId".to_owned(), json!(project)),
        ("IsDefault".to_owned(), json!(true)),
    ]);
    let channels = collections::find("channels").expect("channels are in the table");
    // Can't be refused: the project is new and has no other channel.
    let _id = documents::make(server, space, channels, fields);
}

pub(crate) fn complete(
    server: &mut Server,
    space: &str,
    fields: &mut Fields,
    old: Option<&Value>,
) -> Result<(), Answer> {
    if let Some(old) = old {
        fields.insert("ProjectId".into(), old["ProjectId"].clone());
        // There must be a default channel; another one takes it over, nobody gives it away.
        if old["IsDefault"] == true {
            fields.insert("IsDefault".into(), json!(true));
        }
    }
    let project = fields.get("ProjectId").and_then(Value::as_str).unwrap_or_default().to_owned();
    check_reference(server, space, "projects", &project)?;
    if fields.get("LifecycleId").and_then(Value::as_str) == Some("") {
        fields.insert("LifecycleId".into(), Value::Null);
    }
    // Of a channel that is there, rules may be older than the names of the steps: what a server says of these is not known.
    let is_new = old.is_none();
    for package in rules(fields.get("Rules")).flat_map(packages).filter(|_| is_new) {
        processes::check_step(server, space, &project, package)?;
    }
    if let Some(Value::Array(rules)) = fields.get_mut("Rules") {
        for rule in rules.iter_mut().filter(|rule| rule["Id"].as_str().unwrap_or_default().is_empty()) {
            rule["Id"] = json!(new_uuid());
        }
    }
    if fields.get("IsDefault") == Some(&json!(true)) {
        crate::machines::unset_default(server, space, "channels", fields, |other| {
            other["ProjectId"] == project.as_str()
        });
    }
    Ok(())
}

fn rules(rules: Option<&Value>) -> impl Iterator<Item = &Value> {
    rules.and_then(Value::as_array).into_iter().flatten()
}

/// The packages of steps that a rule is for.
fn packages(rule: &Value) -> impl Iterator<Item = &Value> {
    rule["ActionPackages"].as_array().into_iter().flatten()
}

pub(crate) fn leaving(server: &mut Server, space: &str, id: &str) -> Result<(), Answer> {
    refuse_if_default(server, space, "channels", id)
}
