//! Finds the place in a document that a finish step's path names.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use documents::composed::is_same_composed;

/// The place that a path leads to: a text is a field, an object the item of a list whose fields have these values. The last field need not
/// be there, nor the objects that hold it. `None`: the way ends before.
pub(super) fn place_of<'a>(document: &'a mut Value, path: &[Value]) -> Option<&'a mut Value> {
    let mut place = document;
    for (number, part) in path.iter().enumerate() {
        place = match part {
            Value::String(field) => {
                let fields = place.as_object_mut()?;
                let is_last = number + 1 == path.len();
                let next = fields.entry(field.as_str()).or_insert(Value::Null);
                if !is_last && next.is_null() {
                    if !path[number + 1].is_string() {
                        return None;
                    }
                    *next = Value::Object(Map::new());
                }
                next
            }
            Value::Object(wanted) => {
                let items = place.as_array_mut()?;
                let found = items.iter().position(|item| fits(item, wanted, |name, other| name == other));
                let found =
                    found.or_else(|| items.iter().position(|item| fits(item, wanted, is_same_composed)));
                items.get_mut(found?)?
            }
            _ => return None,
        };
    }
    Some(place)
}

/// A path for a person: `Steps/Deploy A/Slug`.
pub(super) fn described(path: &[Value]) -> String {
    let parts: Vec<String> = path
        .iter()
        .map(|part| match part {
            Value::String(field) => field.clone(),
            other => other["Name"].as_str().map_or_else(|| other.to_string(), str::to_owned),
        })
        .collect();
    parts.join("/")
}

/// Whether an item is the one that an object in a path names; `is_same` compares texts.
pub(crate) fn fits(item: &Value, wanted: &Map<String, Value>, is_same: impl Fn(&str, &str) -> bool) -> bool {
    wanted.iter().all(|(field, value)| match (field.as_str(), &item[field], value) {
        ("Scope", found, value) => scope(found) == scope(value),
        (_, Value::String(found), Value::String(value)) => is_same(found, value),
        (_, found, value) => found == value,
    })
}

/// A scope as sets, without its empty parts.
fn scope(value: &Value) -> Vec<(&str, BTreeSet<String>)> {
    let parts = value.as_object().into_iter().flatten().map(|(name, ids)| {
        let ids = ids.as_array().into_iter().flatten().map(ToString::to_string).collect::<BTreeSet<_>>();
        (name.as_str(), ids)
    });
    let mut parts: Vec<_> = parts.filter(|(_, ids)| !ids.is_empty()).collect();
    parts.sort();
    parts
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_lead_through_lists() {
        let mut document = json!({"Variables": [
            {"Name": "a", "Scope": {"Environment": ["2", "1"], "Role": []}, "Value": "x"},
            {"Name": "a", "Scope": {}, "Value": "y"}
        ]});
        let path = |value: Value| value.as_array().cloned().unwrap();
        let scoped = path(json!(["Variables", {"Name": "a", "Scope": {"Environment": ["1", "2"]}}, "Value"]));
        assert_eq!(place_of(&mut document, &scoped).unwrap(), &json!("x"));
        let unscoped = path(json!(["Variables", {"Name": "a", "Scope": {}}, "Value"]));
        assert_eq!(place_of(&mut document, &unscoped).unwrap(), &json!("y"));
        assert!(place_of(&mut document, &path(json!(["Variables", {"Name": "b"}, "Value"]))).is_none());
        assert!(place_of(&mut document, &path(json!(["Steps", {"Name": "b"}, "Slug"]))).is_none());
        assert_eq!(place_of(&mut document, &path(json!(["Slug"]))).unwrap(), &Value::Null);
        assert!(place_of(&mut document, &path(json!(["Container", "GitUrl"]))).unwrap().is_null());
        assert_eq!(described(&scoped), "Variables/a/Value");
    }

    #[test]
    fn a_name_that_terraform_has_composed_is_found_by_its_own_form_and_one_of_that_form_goes_before() {
        let name = json!(["Tags", {"Name": "e\u{301}tude"}, "Name"]).as_array().cloned().unwrap();
        let mut composed = json!({"Tags": [{"Name": "\u{e9}tude"}]});
        assert_eq!(place_of(&mut composed, &name).unwrap(), "\u{e9}tude");
        let mut both = json!({"Tags": [{"Name": "\u{e9}tude"}, {"Name": "e\u{301}tude"}]});
        assert_eq!(place_of(&mut both, &name).unwrap(), "e\u{301}tude");
    }
}
