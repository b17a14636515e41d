//! Library variable sets and script modules, and the templates that they share with projects.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::collections::Fields;
use crate::documents::{fill, refuse_if_mentioned};
use crate::dump::change_loaded;
use crate::server::Server;
use crate::store::new_uuid;
use crate::variables;
use crate::version::Feature;

pub(crate) fn defaults() -> Value {
    json!({"ContentType": "Variables", "Description": null, "Templates": []})
}

/// A loaded set may be one of a server that kept what clients sent.
pub(crate) fn complete_loaded(server: &mut Server) {
    if !server.has(Feature::Reference) {
        return;
    }
    change_loaded(server, "libraryvariablesets", |_, fields| {
        fields.retain(|name, _| !["scriptBody", "syntax"].contains(&name.as_str()));
        true
    });
}

pub(crate) fn complete(
    _server: &mut Server,
    _space: &str,
    fields: &mut Fields,
    old: Option<&Value>,
) -> Result<(), Answer> {
    let id = fields["Id"].as_str().unwrap_or_default().to_owned();
    fields.insert("VariableSetId".into(), json!(format!("variableset-{id}")));
    if let Some(old) = old {
        fields.insert("ContentType".into(), old["ContentType"].clone());
    }
    number_templates(fields, old);
    Ok(())
}

/// Gives templates without an id one: the old one of that name, else a new one.
pub(crate) fn number_templates(fields: &mut Fields, old: Option<&Value>) {
    let old_templates = old.and_then(|old| old["Templates"].as_array().cloned()).unwrap_or_default();
    for template in fields.get_mut("Templates").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Value::Object(template) = template {
            template.shift_remove("Links");
            fill(template, &json!({"HelpText": "", "Label": ""}));
        }
        if template["Id"].as_str().unwrap_or_default().is_empty() {
            let known = old_templates.iter().find(|known| known["Name"] == template["Name"]);
            template["Id"] = known.map_or_else(|| json!(new_uuid()), |known| known["Id"].clone());
        }
    }
}

pub(crate) fn born(server: &mut Server, space: &str, id: &str) {
    variables::born(server, space, id);
}

pub(crate) fn leaving(server: &mut Server, space: &str, id: &str) -> Result<(), Answer> {
    refuse_if_mentioned(server, space, id, &["projects"])?;
    server.store.remove(space, "variables", &format!("variableset-{id}"));
    let values: Vec<String> = server
        .store
        .all(space, "tenantvariablevalues")
        .filter(|(_, value)| value["LibraryVariableSetId"] == id)
        .map(|(id, _)| id.clone())
        .collect();
    for value in values {
        server.store.remove(space, "tenantvariablevalues", &value);
    }
    Ok(())
}
