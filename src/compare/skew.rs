//! Fields that one of two servers knows, and the other, an older one, does not.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Documents, FieldDifference, plain};

/// What the documents of a collection have on both sides.
pub(super) struct Skew {
    source: Known,
    /// `None` where the destination is no older server: then this would hide what got lost in every document.
    destination: Option<Known>,
}

impl Skew {
    pub(super) fn of(left: &Documents<'_>, right: &Documents<'_>, destination_is_older: bool) -> Self {
        let known = |documents: &Documents<'_>| {
            let mut known = Known::default();
            documents.values().for_each(|(_, value)| known.learn(value));
            known
        };
        Self { source: known(left), destination: destination_is_older.then(|| known(right)) }
    }

    /// Why a field differs that one side has in no document.
    pub(super) fn explains(
        &self,
        difference: &FieldDifference,
        way: &[Option<String>],
    ) -> Option<&'static str> {
        if difference.source.is_none() && self.source.lacks(way) {
            return Some("the source server does not know this field");
        }
        let lacks = self.destination.as_ref().is_some_and(|known| known.lacks(way));
        (difference.destination.is_none() && lacks)
            .then_some("the destination server, an older one, does not know this field")
    }
}

/// Ways to fields, with `*` for the items of lists, that the documents of a collection have.
#[derive(Debug, Default)]
pub(super) struct Known(BTreeSet<String>);

/// Objects whose keys are a person's words, not fields.
const FREE: [&str; 3] = ["Properties", "Variables", "DisplaySettings"];

impl Known {
    /// Learns the fields of a document.
    pub(super) fn learn(&mut self, document: &Value) {
        self.inside(document, &mut String::new());
    }

    fn inside(&mut self, value: &Value, way: &mut String) {
        match value {
            Value::Object(_) if plain::is_leaf(value) => {}
            Value::Object(fields) => {
                for (field, inner) in fields {
                    let length = way.len();
                    way.push('/');
                    way.push_str(if is_free(way) { "*" } else { field });
                    if !self.0.contains(way.as_str()) {
                        self.0.insert(way.clone());
                    }
                    self.inside(inner, way);
                    way.truncate(length);
                }
            }
            Value::Array(items) => {
                let length = way.len();
                way.push_str("/*");
                self.0.insert(way.clone());
                items.iter().for_each(|item| self.inside(item, way));
                way.truncate(length);
            }
            _ => {}
        }
    }

    /// Whether a field of an object that the documents have is in none of them. `way`: its parts, `None` for the items of lists.
    pub(super) fn lacks(&self, way: &[Option<String>]) -> bool {
        let Some((Some(field), above)) = way.split_last() else { return false };
        let mut text = String::new();
        for part in above {
            let free = is_free(&text);
            text.push('/');
            text.push_str(part.as_deref().filter(|_| !free).unwrap_or("*"));
        }
        let is_field = field.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && field.chars().all(|letter| letter.is_ascii_alphanumeric());
        is_field
            && !is_free(&text)
            && (text.is_empty() || self.0.contains(&text))
            && !self.0.contains(&format!("{text}/{field}"))
    }
}

fn is_free(way: &str) -> bool {
    way.rsplit('/').next().is_some_and(|last| FREE.contains(&last))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_that_no_document_has_is_unknown_and_an_item_is_not() {
        let mut known = Known::default();
        known.learn(&json!({"Name": "a", "Steps": [{"Name": "s", "Properties": {"x": "1"}}], "Retention": {"Quantity": 1}}));
        let lacks = |way: &[&str]| {
            let way: Vec<Option<String>> =
                way.iter().map(|part| (*part != "*").then(|| (*part).to_owned())).collect();
            known.lacks(&way)
        };
        assert!(lacks(&["Retention", "Strategy"]));
        assert!(lacks(&["Steps", "*", "Slug"]));
        assert!(lacks(&["Slug"]));
        assert!(!lacks(&["Name"]));
        assert!(!lacks(&["Steps", "*"]));
        assert!(!lacks(&["Steps", "*", "Properties", "New"]));
        assert!(!lacks(&["Other", "Strategy"]));
    }
}
