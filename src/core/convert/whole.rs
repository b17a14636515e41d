//! Documents that the provider can't make: the whole document goes into the manifest, and finish makes it.

use serde_json::{Map, Value, json};

use crate::convert::context::{At, Context, Subject, is_words};
use crate::convert::model::{Carry, Hidden, Kind, snake_case};
use crate::dead::{is_list, is_package_name};
use module::manifest::FinishStep;

/// Parts of any document that the server makes up, wherever they stand.
const EVERYWHERE: [&str; 6] = [
    "Links",
    "LastModifiedOn",
    "LastModifiedBy",
    "TentacleVersionDetails",
    "KubernetesAgentDetails",
    "CommunityActionTemplateId",
];

/// What is said of a hidden value that no table knows.
pub(super) const HIDDEN: Hidden =
    Hidden { what: "Secret value", revealed: None, because: "no variable of a step reveals it" };

/// Lets finish make the document with all its fields: ids become references to names, hidden values entries of the manifest.
pub(super) fn make(context: &mut Context<'_>, kind: &'static Kind, subject: &Subject<'_>) {
    let fields: Map<String, Value> = subject
        .document
        .fields()
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "Id" | "SpaceId") && !kind.computes(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let document = portable(context, &subject.at, &|at| hidden(kind, subject, at), &Value::Object(fields));
    super::add_logo(context, kind, subject);
    let before = context.by_finish.get(subject.document.id()).copied().unwrap_or_default();
    let target = subject.at.target.clone();
    context.found_by_name(subject);
    context.finish(if before {
        FinishStep::DocumentBefore { target, document }
    } else {
        FinishStep::Document { target, document }
    });
}

/// Lets finish make an item of a list (a step, an action) with all its fields, behind those of the names in `after`. False: finish can't
/// find the list or the item again.
pub(super) fn add_item(
    context: &mut Context<'_>,
    at: &At,
    list: &At,
    after: Vec<String>,
    item: &Value,
) -> bool {
    let name = item.get("Name").or_else(|| item.get("ExtensionId"));
    let named = name.and_then(Value::as_str).is_some_and(|name| !name.is_empty());
    if !named || !list.reachable() || !at.reachable() {
        return false;
    }
    let item = without_ids(&portable(context, at, &|_| HIDDEN, item));
    context.finish(FinishStep::Item { target: list.target.clone(), path: list.path.clone(), after, item });
    true
}

/// The server gives ids itself.
pub(super) fn without_ids(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(name, value)| *name != "Id" || !value.is_string());
            Value::Object(kept.map(|(name, value)| (name.clone(), without_ids(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(without_ids).collect()),
        other => other.clone(),
    }
}

/// What the kind's table says of a hidden field.
fn hidden(kind: &'static Kind, subject: &Subject<'_>, at: &At) -> Hidden {
    let shape = kind.shape(subject.document);
    let mut fields = shape.into_iter().flat_map(|shape| kind.fields_of(shape));
    let name = at.path.first().and_then(Value::as_str).filter(|_| at.path.len() == 1);
    let known = fields.find(|field| name == Some(field.api)).map(|field| field.carry);
    if let Some(Carry::Secret(hidden)) = known { hidden } else { HIDDEN }
}

/// A value for finish: ids become references to names, hidden values entries of the manifest.
pub(super) fn portable(
    context: &mut Context<'_>,
    at: &At,
    hidden: &dyn Fn(&At) -> Hidden,
    value: &Value,
) -> Value {
    match value {
        Value::Object(fields) if fields.get("HasValue") == Some(&json!(true)) => {
            let field = at.path.iter().rev().find_map(Value::as_str).unwrap_or_default();
            json!({ "$secret": context.secret_of_finish(at, &hidden(at), &snake_case(field)) })
        }
        Value::Object(fields) => {
            let mut out = Map::new();
            for (name, value) in fields {
                if value.is_string() && (is_words(name) || is_package_name(context.inventory, fields, name)) {
                    out.insert(name.clone(), value.clone());
                } else if value.is_null() && is_list(at.target.collection, &at.field(name).path) {
                    // Servers show null for none, and want a list.
                    out.insert(name.clone(), json!([]));
                } else if !EVERYWHERE.contains(&name.as_str()) {
                    out.insert(name.clone(), portable(context, &at.field(name), hidden, value));
                }
            }
            Value::Object(out)
        }
        Value::Array(items) => Value::Array(
            items
                .iter()
                .enumerate()
                .map(|(index, item)| portable(context, &at.item(items, index), hidden, item))
                .collect(),
        ),
        other => context.portable(other),
    }
}
