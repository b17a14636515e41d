//! One API object as JSON, with the getters everybody needs.

use serde_json::{Map, Value};

/// One API object. Its fields stay exactly as the server sent them, in the server's order, but for `Links`.
#[derive(Debug, Clone, PartialEq)]
pub struct Document(Map<String, Value>);

impl Document {
    /// Takes an object; anything else is `None`. `Links` is dropped: it is the server's navigation, not content.
    #[must_use]
    pub fn new(value: Value) -> Option<Self> {
        match value {
            Value::Object(mut fields) => {
                fields.shift_remove("Links");
                Some(Self(fields))
            }
            _ => None,
        }
    }

    #[must_use]
    pub fn fields(&self) -> &Map<String, Value> {
        &self.0
    }

    #[must_use]
    pub fn fields_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.0
    }

    #[must_use]
    pub fn into_value(self) -> Value {
        Value::Object(self.0)
    }

    #[must_use]
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.0.get(field)
    }

    /// A text field; `None` when it is absent, null or no text.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field).and_then(Value::as_str)
    }

    /// A flag; absent counts as false.
    #[must_use]
    pub fn flag(&self, field: &str) -> bool {
        self.0.get(field).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A list field; absent or null counts as empty.
    #[must_use]
    pub fn list(&self, field: &str) -> &[Value] {
        self.0.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
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
