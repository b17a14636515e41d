//! Finds the place in a document that a finish step's path names.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

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
            Value::Object(wanted) => place.as_array_mut()?.iter_mut().find(|item| fits(item, wanted))?,
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

fn fits(item: &Value, wanted: &Map<String, Value>) -> bool {
    wanted.iter().all(|(field, value)| {
        if field == "Scope" { scope(&item[field]) == scope(value) } else { &item[field] == value }
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
}
