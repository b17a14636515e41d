//! Target tags: what `Roles` of a target name. They are no documents of the API, only texts.
//!
//! Since 2026.2.2344 each space has a tag set of the server's own (`IsSystem`) that holds those that are in no other set: it is not a
//! person's, and nothing makes it. An older server only knows the tags that a target has, a newer one also those that none has any more.

use serde_json::{Map, Value, json};

use super::document::Document;
use crate::collection::Collection;

/// Its name is the route below `/api/{space}/`.
pub const COLLECTION: Collection = Collection::DeploymentTargetTags;

/// A target tag as a document: its name is what the API calls `Tag`. The id is octoferry's own, and no text of a document can be it.
#[must_use]
pub fn document(tag: &Value) -> Option<Document> {
    let mut fields: Map<String, Value> = tag.as_object()?.clone();
    let name = fields.shift_remove("Tag")?;
    let mut own = Map::new();
    own.insert("Id".to_owned(), json!(format!("{COLLECTION}/{}", name.as_str()?)));
    own.insert("Name".to_owned(), name);
    own.extend(fields);
    Document::new(Value::Object(own))
}

/// Whether a tag set is the server's own.
#[must_use]
pub fn is_system_set(collection: Collection, document: &Document) -> bool {
    collection == Collection::TagSets && document.flag("IsSystem")
}

/// The tags of the server's own set.
pub fn of_system_set(set: &Document) -> impl Iterator<Item = Document> + use<'_> {
    set.list("Tags").iter().filter_map(|tag| document(&json!({ "Tag": tag.get("Name")? })))
}
