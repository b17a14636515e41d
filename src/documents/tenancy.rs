//! What a run for a tenant sees.

use serde_json::Value;

use crate::document::Document;

/// Ids of the environments in which a run of the project for the tenant sees a value with these environments (empty: all).
#[must_use]
pub fn readable_in(tenant: &Document, project: &str, own: &[String]) -> Vec<String> {
    let linked =
        tenant.get("ProjectEnvironments").and_then(|links| links.get(project)).and_then(Value::as_array);
    linked
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter(|id| own.is_empty() || own.iter().any(|own| own == id))
        .map(str::to_owned)
        .collect()
}
