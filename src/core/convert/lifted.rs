//! What finish has set for an earlier module and the source has no more: a box that is not ticked any more, a text that is empty. A finish step only says
//! what is there, so without this the destination would keep it. Once set, a field is set at each deployment, to whatever the source has now.

use serde_json::{Map, Value};

use crate::convert::context::{At, Context};
use documents::collection::Collection;
use module::manifest::{FinishStep, FinishValue};

/// Sets again what the earlier module's finish has set, and this one's does not.
pub(super) fn set_back(context: &mut Context<'_>) {
    for (id, paths) in context.selection.earlier.finished.clone() {
        // What is gone, or made elsewhere by now, is nothing of this module.
        let Some(at) = context.places.get(&id).cloned() else { continue };
        let Some(document) = context.inventory.get(at.target.collection, &id) else { continue };
        for path in paths {
            let is_set = context.finished.get(&id).is_some_and(|now| now.contains(&path));
            if is_set || is_others(at.target.collection, &path) {
                continue;
            }
            if let Some(value) = now_at(document.fields(), &path)
                && !(value.is_null() && is_icon(&path))
                && !is_secret_now(context, &at, &path)
            {
                context.set(&At { path, ..at.clone() }, &value, "it was set by finish");
            }
        }
    }
}

/// What is no field like others. Documents are found by their names: one that was renamed back has its name already, or gets it as a resource's. And the value
/// of a variable may be hidden by now.
fn is_others(collection: Collection, path: &[Value]) -> bool {
    match collection {
        Collection::TenantVariableValues => true,
        Collection::Variables => path.last().is_some_and(|field| field == "Value"),
        _ => matches!(path, [Value::String(field)] if field == "Name"),
    }
}

/// No route takes an icon away (`POST …/logo/icon` gives one).
fn is_icon(path: &[Value]) -> bool {
    matches!(path, [Value::String(field)] if field == "Icon")
}

/// Whether finish sets a secret at this place now.
fn is_secret_now(context: &Context<'_>, at: &At, place: &[Value]) -> bool {
    context.finish.iter().any(|step| {
        matches!(step, FinishStep::Set { target, path, value: FinishValue::Secret(_) } if *target == at.target && path == place)
    })
}

/// What stands at a place of a document now; `None`: the place is gone, or holds what finish does not set like this (a secret).
fn now_at(fields: &Map<String, Value>, path: &[Value]) -> Option<Value> {
    let (Value::String(field), rest) = path.split_first()? else {
        return None;
    };
    match (fields.get(field), rest) {
        // A property that a step does not have any more. Elsewhere an older server may not know the field.
        (None, []) => None,
        (Some(value), []) => is_one(value).then(|| value.clone()),
        (Some(Value::Object(inner)), [property]) if field == "Properties" => {
            let property = property.as_str()?;
            let value = inner.get(property).cloned().unwrap_or_default();
            is_one(&value).then_some(value)
        }
        (Some(Value::Object(inner)), rest) => now_at(inner, rest),
        (Some(Value::Array(items)), [place, rest @ ..]) if !rest.is_empty() => {
            let mut found = items.iter().filter(|item| is_at(item, place));
            let item = found.next().filter(|_| found.next().is_none())?;
            now_at(item.as_object()?, rest)
        }
        _ => None,
    }
}

/// Whether an item is the one that a path names by its name alone.
fn is_at(item: &Value, place: &Value) -> bool {
    let name = place.as_object().filter(|place| place.len() == 1).and_then(|place| place.get("Name"));
    name.is_some_and(|name| item.get("Name") == Some(name))
}

/// Whether a value is of one piece, or nothing. A list or object with something in it that finish does not set any more is Terraform's by now; or it is a secret.
fn is_one(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_may_be_a_secret_by_now_is_left_alone() {
        let value = [json!("Variables"), json!({"Name": "Key"}), json!("Value")];
        assert!(is_others(Collection::Variables, &value));
        assert!(!is_others(
            Collection::Variables,
            &[json!("Variables"), json!({"Name": "Key"}), json!("Description")]
        ));
        assert!(is_others(Collection::TenantVariableValues, &[json!("Value")]));
        assert!(is_others(Collection::Channels, &[json!("Name")]));
        assert!(!is_others(Collection::Channels, &[json!("Description")]));
    }

    #[test]
    fn a_place_is_found_as_long_as_it_is_there() {
        let document = json!({
            "Description": null, "Secret": {"HasValue": false}, "Rules": [{"Tag": "a"}], "Tags": [],
            "Steps": [{"Name": "Web", "Actions": [{"Name": "Web", "Properties": {"A": "x", "S": {"HasValue": true}}, "Notes": ""}]},
                {"Name": "Twice"}, {"Name": "Twice"}],
        });
        let fields = document.as_object().expect("an object");
        let now = |path: Value| now_at(fields, path.as_array().expect("a path"));
        assert_eq!(now(json!(["Description"])), Some(Value::Null));
        assert_eq!(now(json!(["Unheard"])), None);
        assert_eq!(now(json!(["Secret"])), None);
        assert_eq!(now(json!(["Rules"])), None);
        assert_eq!(now(json!(["Tags"])), Some(json!([])));
        let in_action = |rest: &[&str]| {
            let mut path = json!(["Steps", {"Name": "Web"}, "Actions", {"Name": "Web"}]);
            path.as_array_mut().expect("a path").extend(rest.iter().map(|part| json!(part)));
            now(path)
        };
        assert_eq!(in_action(&["Notes"]), Some(json!("")));
        assert_eq!(in_action(&["Properties", "A"]), Some(json!("x")));
        assert_eq!(in_action(&["Properties", "Gone"]), Some(Value::Null));
        assert_eq!(in_action(&["Properties", "S"]), None);
        assert_eq!(now(json!(["Steps", {"Name": "Gone"}, "Condition"])), None);
        assert_eq!(now(json!(["Steps", {"Name": "Twice"}, "Name"])), None);
    }
}
