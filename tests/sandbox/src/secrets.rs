//! The values the API never answers: where they stand in a document, and when a write keeps, replaces or drops them.
//!
//! A sensitive value is written as `{"HasValue": true, "NewValue": "…"}`, kept by `{"HasValue": true, "NewValue": null}`,
//! dropped by `{"HasValue": false}`. A sensitive variable is written as `Value: "…"` and kept by `null` or `""` under the same `Id`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

#[derive(Default)]
pub(crate) struct Secrets(BTreeMap<String, BTreeMap<String, String>>);

impl Secrets {
    /// The secrets of a document: path in the document → value (paths as in `tests/spaces/README.md`).
    pub(crate) fn of(&self, id: &str) -> Option<&BTreeMap<String, String>> {
        self.0.get(id)
    }

    pub(crate) fn get(&self, id: &str, path: &str) -> Option<&str> {
        self.0.get(id)?.get(path).map(String::as_str)
    }

    pub(crate) fn set(&mut self, id: &str, path: &str, value: &str) {
        self.0.entry(id.to_owned()).or_default().insert(path.to_owned(), value.to_owned());
    }

    pub(crate) fn forget(&mut self, id: &str) {
        self.0.remove(id);
    }

    /// Gives another document the same secrets (a frozen copy).
    pub(crate) fn copy(&mut self, from: &str, to: &str) {
        if let Some(secrets) = self.0.get(from).cloned() {
            self.0.insert(to.to_owned(), secrets);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &BTreeMap<String, String>)> {
        self.0.iter()
    }

    /// Takes the secrets out of a document, by comparison with what was stored before.
    pub(crate) fn settle(&mut self, id: &str, document: &mut Value, old: Option<&Value>) {
        let mut shown = BTreeMap::new();
        if let Some(old) = old {
            walk(&mut old.clone(), "", &mut |path, place| {
                shown.insert(path.to_owned(), place.has_value());
            });
        }
        let known = self.0.remove(id).unwrap_or_default();
        let mut secrets = BTreeMap::new();
        walk(document, "", &mut |path, place| {
            let written = place.written();
            let value = match written {
                Written::New(value) => Some(value),
                Written::Keep => find(&known, path).cloned(),
                Written::None => None,
            };
            // A document loaded without its secrets still says that there is one.
            let has = value.is_some() || (written_keeps(&place) && shown.get(path).copied().unwrap_or(false));
            place.show(has);
            if let Some(value) = value {
                secrets.insert(path.to_owned(), value);
            }
        });
        if !secrets.is_empty() {
            self.0.insert(id.to_owned(), secrets);
        }
    }
}

/// The old value for a path. An action that was moved to another step keeps its secrets: only its own id counts.
fn find<'a>(known: &'a BTreeMap<String, String>, path: &str) -> Option<&'a String> {
    known.get(path).or_else(|| {
        let tail = &path[path.find("/Actions/")?..];
        known.iter().find(|(old, _)| old.ends_with(tail)).map(|(_, value)| value)
    })
}

enum Written {
    New(String),
    Keep,
    None,
}

/// A place in a document that holds a secret.
enum Place<'a> {
    /// `{"HasValue", "NewValue"}`
    Sensitive(&'a mut Map<String, Value>),
    /// A variable of a variable set.
    Variable(&'a mut Map<String, Value>),
    /// A plain text that is taken and never shown.
    Text(&'a mut Value),
}

fn written_keeps(place: &Place) -> bool {
    matches!(place.written(), Written::Keep)
}

impl Place<'_> {
    fn written(&self) -> Written {
        match self {
            Self::Sensitive(fields) => match fields.get("NewValue").and_then(Value::as_str) {
                Some(value) if !value.is_empty() => Written::New(value.to_owned()),
                _ if fields.get("HasValue") == Some(&Value::Bool(true)) => Written::Keep,
                _ => Written::None,
            },
            Self::Variable(fields) => match fields.get("Value").and_then(Value::as_str) {
                Some(value) if !value.is_empty() => Written::New(value.to_owned()),
                _ => Written::Keep,
            },
            Self::Text(text) => match text.as_str() {
                Some(value) if !value.is_empty() => Written::New(value.to_owned()),
                _ => Written::Keep,
            },
        }
    }

    fn has_value(&self) -> bool {
        match self {
            Self::Sensitive(fields) => fields.get("HasValue") == Some(&Value::Bool(true)),
            Self::Variable(_) | Self::Text(_) => true,
        }
    }

    fn show(self, has_value: bool) {
        match self {
            Self::Sensitive(fields) => {
                *fields = Map::new();
                fields.insert("HasValue".into(), Value::Bool(has_value));
                fields.insert("NewValue".into(), Value::Null);
                fields.insert("Hint".into(), Value::Null);
            }
            Self::Variable(fields) => {
                fields.insert("Value".into(), json!(null));
            }
            Self::Text(text) => *text = json!(""),
        }
    }
}

/// The header of a subscription's call: the official provider says that it is never echoed.
const HEADER: &str = "EventNotificationSubscription/WebhookHeaderValue";

/// Visits every place for a secret. Items of lists are named by `Id`, else `Name`, else index.
fn walk(value: &mut Value, path: &str, visit: &mut dyn FnMut(&str, Place)) {
    match value {
        Value::Object(fields) if fields.get("HasValue").is_some_and(Value::is_boolean) => {
            visit(path, Place::Sensitive(fields));
        }
        Value::Object(fields) if path.starts_with("Variables/") && is_sensitive_variable(fields) => {
            visit(path, Place::Variable(fields));
        }
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                walk(field, &join(path, name), visit);
            }
        }
        Value::String(_) if path == HEADER => visit(path, Place::Text(value)),
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                let name = ["Id", "Name"]
                    .iter()
                    .find_map(|field| {
                        item.get(*field).and_then(Value::as_str).filter(|text| !text.is_empty())
                    })
                    .map_or_else(|| index.to_string(), ToOwned::to_owned);
                walk(item, &join(path, &name), visit);
            }
        }
        _ => {}
    }
}

fn is_sensitive_variable(fields: &Map<String, Value>) -> bool {
    fields.get("IsSensitive") == Some(&Value::Bool(true))
        || fields.get("Type").and_then(Value::as_str) == Some("Sensitive")
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}
