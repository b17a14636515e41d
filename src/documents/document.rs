//! One API object as JSON, with the getters everybody needs.

use serde_json::{Map, Value};

/// One API object. Its fields stay exactly as the server sent them, in the server's order, but for `Links`, `LastModifiedOn` and
/// `LastModifiedBy`.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    fields: Map<String, Value>,
    /// Address of its logo, as its `Links` say: `/api/Spaces-1/projects/Projects-1/logo?cb=2024.3.10989`.
    logo: Option<Box<str>>,
}

impl Document {
    /// Takes an object; anything else is `None`. What the server writes into each resource by itself is dropped, in the parts of the
    /// document too (steps, actions, templates): `Links`, its navigation, and who changed it when.
    #[must_use]
    pub fn new(mut value: Value) -> Option<Self> {
        let logo =
            value.get("Links").and_then(|links| links.get("Logo")).and_then(Value::as_str).map(Box::from);
        drop_bookkeeping(&mut value);
        match value {
            Value::Object(mut fields) => {
                fields.shift_remove("Links");
                Some(Self { fields, logo })
            }
            _ => None,
        }
    }

    /// The address of its logo, set or not.
    #[must_use]
    pub fn logo(&self) -> Option<&str> {
        self.logo.as_deref()
    }

    #[must_use]
    pub fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }

    #[must_use]
    pub fn fields_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.fields
    }

    #[must_use]
    pub fn into_value(self) -> Value {
        Value::Object(self.fields)
    }

    #[must_use]
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.fields.get(field)
    }

    /// A text field; `None` when it is absent, null or no text.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field).and_then(Value::as_str)
    }

    /// A flag; absent counts as false.
    #[must_use]
    pub fn flag(&self, field: &str) -> bool {
        self.fields.get(field).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A list field; absent or null counts as empty.
    #[must_use]
    pub fn list(&self, field: &str) -> &[Value] {
        self.fields.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The texts of a list field.
    pub fn texts(&self, field: &str) -> impl Iterator<Item = &str> {
        self.list(field).iter().filter_map(Value::as_str)
    }

    #[must_use]
    pub fn id(&self) -> &str {
        self.text("Id").unwrap_or_default()
    }

    #[must_use]
    pub fn name(&self) -> &str {
        self.text("Name").unwrap_or_default()
    }
}

/// Whether a value says nothing: null, false, empty, or an object of such values.
#[must_use]
pub fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_nothing),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

/// Whether a text has the form of a UUID, as ids of Azure have.
#[must_use]
pub fn is_uuid(text: &str) -> bool {
    let parts: Vec<usize> = text.split('-').map(str::len).collect();
    parts == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// What the server says of each resource's last change.
const CHANGE: [&str; 2] = ["LastModifiedOn", "LastModifiedBy"];

/// Takes navigation and history out of an object and its parts. A person's own `Links` (a property of a step, say) is no object of addresses,
/// and properties have no `Id`.
fn drop_bookkeeping(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let addresses =
                |links: &Value| links.as_object().is_some_and(|links| links.values().all(Value::is_string));
            if fields.get("Links").is_some_and(addresses) {
                fields.shift_remove("Links");
            }
            if fields.contains_key("Id") {
                fields.retain(|name, _| !CHANGE.contains(&name.as_str()));
            }
            fields.values_mut().for_each(drop_bookkeeping);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_bookkeeping),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn navigation_and_history_are_dropped_wherever_they_stand() {
        let mine = json!({"Links": "mine", "LastModifiedBy": "me"});
        let action = json!({"Name": "a", "Links": {}, "Properties": mine});
        let rule = json!({"Id": "y", "LastModifiedOn": "2026-01-01", "LastModifiedBy": "me", "Tag": ""});
        let document = Document::new(json!({
            "Id": "x", "Links": {"Self": "/x"}, "LastModifiedOn": null, "Steps": [{"Actions": [action]}], "Rules": [rule],
        }));
        let expected = json!({
            "Id": "x", "Steps": [{"Actions": [{"Name": "a", "Properties": mine}]}], "Rules": [{"Id": "y", "Tag": ""}],
        });
        assert_eq!(document.map(Document::into_value), Some(expected));
    }
}
