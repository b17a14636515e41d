//! The journal: what spread changed, as the last line of a description, so that it can be undone by anybody who reads it.
//!
//! `…the user's own description…⏎[octoferry {"name":"Payment.Key","scope":{}}]`

use serde_json::{Map, Value, json};

const START: &str = "[octoferry {";

/// A description taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Journalled {
    /// What the description was before, as far as the user has not changed it since.
    pub description: Description,
    /// What spread wrote down.
    pub entry: Map<String, Value>,
}

/// A description as the document holds it; exactness needs to know null from empty from absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Description {
    Absent,
    Null,
    Text(String),
}

impl Description {
    /// Reads a field of a document or variable.
    #[must_use]
    pub fn of(fields: &Map<String, Value>, field: &str) -> Self {
        match fields.get(field) {
            None => Self::Absent,
            Some(Value::String(text)) => Self::Text(text.clone()),
            Some(_) => Self::Null,
        }
    }

    /// Puts it back. A field that was not there becomes null when the server has added it since.
    pub fn put(&self, fields: &mut Map<String, Value>, field: &str) {
        match self {
            Self::Absent => {
                fields.shift_remove(field);
            }
            Self::Null => {
                fields.insert(field.to_owned(), Value::Null);
            }
            Self::Text(text) => {
                fields.insert(field.to_owned(), json!(text));
            }
        }
    }
}

/// Appends an entry to a description.
#[must_use]
pub fn write(description: &Description, mut entry: Map<String, Value>) -> String {
    let text = match description {
        Description::Absent => {
            entry.insert("description".to_owned(), json!("absent"));
            ""
        }
        Description::Null => {
            entry.insert("description".to_owned(), Value::Null);
            ""
        }
        Description::Text(text) => text,
    };
    let separator = if text.is_empty() { "" } else { "\n" };
    format!("{text}{separator}[octoferry {}]", Value::Object(entry))
}

/// Finds the entry at the end of a description; `None` when there is none.
#[must_use]
pub fn read(description: &str) -> Option<Journalled> {
    // The entry is the rest of the text: a `[octoferry {` in the middle of somebody's prose, or inside the entry, is prose.
    let (start, mut entry) = description.match_indices(START).find_map(|(start, _)| {
        let line = description[start..].trim_end().strip_prefix("[octoferry ")?.strip_suffix(']')?;
        match serde_json::from_str(line) {
            Ok(Value::Object(entry)) => Some((start, entry)),
            _ => None,
        }
    })?;
    let text = &description[..start];
    let text = text.strip_suffix('\n').unwrap_or(text);
    let description = match entry.shift_remove("description") {
        Some(Value::Null) if text.is_empty() => Description::Null,
        Some(_) if text.is_empty() => Description::Absent,
        _ => Description::Text(text.to_owned()),
    };
    Some(Journalled { description, entry })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_description() -> impl Strategy<Value = Description> {
        prop_oneof![
            Just(Description::Absent),
            Just(Description::Null),
            ".*".prop_map(Description::Text),
            "[a-z\\n\\[\\]{}\"]{0,40}".prop_map(Description::Text),
            Just(Description::Text("[octoferry {\"a\":1}]\n".to_owned())),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(description in any_description(), name in ".*", scope in ".*") {
            let entry = json!({"name": name, "scope": {"Role": [scope]}}).as_object().cloned().unwrap();
            let read = read(&write(&description, entry.clone())).unwrap();
            prop_assert_eq!(read.description, description);
            prop_assert_eq!(read.entry, entry);
        }
    }

    #[test]
    fn prose_is_no_journal() {
        assert_eq!(read("see [octoferry {docs}]"), None);
        assert_eq!(read("[octoferry {}] was here"), None);
    }
}
