//! Channels, with their rules.

use serde_json::{Map, Value as Json, json};

use super::document::Document;
use crate::mapping::How::Name;

pub(super) const DOCUMENT: Document = Document::new(
    "channels",
    "{}",
    &[("rule", Name("Rules")), ("rule.action_package", Name("ActionPackages"))],
)
.before(before)
.locked();

fn before(body: &mut Map<String, Json>, _: &Json, _: &Json) {
    body.entry("IsDefault").or_insert(json!(false));
    super::template::without_empty_texts(body, "CustomFieldDefinitions");
    // The client leaves out an empty type; the server takes its default.
    if body.get("Type").and_then(Json::as_str).is_some_and(str::is_empty) {
        body.remove("Type");
    }
}
