//! How the documents stood that octoferry may change, noted in the set `Octoferry` before the first of them is changed.
//!
//! Journals say how a document is put back, but they stand in the document, where people edit and others may forge. The note is what the
//! last sentence of `unseed` is held against: what was put back has the noted digest, or is named. A person's own edits since are named
//! too: nobody can tell both apart, and a list to look at is better than a sentence that may be untrue.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::found::settings_variables;
use super::name;
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;
use module::seal;

/// What seed, spread and migrate may change of what is not their own.
const COLLECTIONS: [Collection; 4] =
    [Collection::Accounts, Collection::Certificates, Collection::Projects, Collection::Variables];

/// What a server changes by itself, or shows beside a document.
const VOLATILE: [&str; 6] =
    ["IsExpired", "LastModifiedBy", "LastModifiedOn", "Links", "ScopeValues", "Version"];

/// Bytes of a digest that are kept: enough to notice a change, not a proof against somebody with a computer and the right to edit both.
const KEPT: usize = 8;

/// Digests by document id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Before(BTreeMap<String, String>);

impl Before {
    /// How the space stands now.
    #[must_use]
    pub fn of(inventory: &Inventory) -> Self {
        let documents = COLLECTIONS.into_iter().flat_map(|collection| inventory.all(collection));
        Self(documents.map(|document| (document.id().to_owned(), digest(document))).collect())
    }

    /// As the variable of the set holds it: a JSON object.
    #[must_use]
    pub fn text(&self) -> String {
        Value::Object(self.0.iter().map(|(id, digest)| (id.clone(), digest.as_str().into())).collect())
            .to_string()
    }

    /// What was noted in a seeded space; `None` where nothing was (seeded by an older octoferry, or not at all).
    #[must_use]
    pub fn noted(inventory: &Inventory) -> Option<Self> {
        let noted = settings_variables(inventory).iter().find(|variable| variable["Name"] == name::BEFORE)?;
        let fields: BTreeMap<String, String> = serde_json::from_str(noted["Value"].as_str()?).ok()?;
        Some(Self(fields))
    }

    /// Whether the document is another than it was noted. One that was not there then is not.
    #[must_use]
    pub fn differs(&self, document: &Document) -> bool {
        self.0.get(document.id()).is_some_and(|noted| *noted != digest(document))
    }

    /// What of the noted is not as it was, for a person; and how many documents were held against the note.
    #[must_use]
    pub fn differences(&self, now: &Inventory) -> (Vec<String>, usize) {
        let mut differences = Vec::new();
        let mut compared = 0;
        for collection in COLLECTIONS {
            for document in now.all(collection).filter(|document| self.0.contains_key(document.id())) {
                compared += 1;
                if self.differs(document) {
                    differences.push(described(now, collection, document));
                }
            }
        }
        differences.sort();
        (differences, compared)
    }
}

/// `variables of project "Shop"`, `account "AWS"`.
fn described(inventory: &Inventory, collection: Collection, document: &Document) -> String {
    if collection != Collection::Variables {
        return format!("{} {:?}", collection.name().trim_end_matches('s'), document.name());
    }
    let owner = document.text("OwnerId").unwrap_or_default();
    [(Collection::Projects, "project"), (Collection::LibraryVariableSets, "library set")]
        .into_iter()
        .find_map(|(collection, kind)| Some((kind, inventory.get(collection, owner)?.name())))
        .map_or_else(
            || format!("variables {}", document.id()),
            |(kind, name)| format!("variables of {kind} {name:?}"),
        )
}

fn digest(document: &Document) -> String {
    let fields: Map<String, Value> = document
        .fields()
        .iter()
        .filter(|(field, _)| !VOLATILE.contains(&field.as_str()))
        .map(|(field, value)| (field.clone(), value.clone()))
        .collect();
    // What seed and people put among a project's variables for octoferry is not the project's.
    let fields = without_ours(fields);
    short_digest(&Value::Object(fields))
}

/// Of JSON, whatever the order of its fields.
pub(crate) fn short_digest(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    digest_of_text(&text)
}

pub(crate) fn digest_of_text(text: &str) -> String {
    seal::hex(&Sha256::digest(text.as_bytes())[..KEPT])
}

fn without_ours(mut fields: Map<String, Value>) -> Map<String, Value> {
    let ours = |variable: &Value| {
        let name = variable["Name"].as_str().unwrap_or_default();
        name::is_ours(name) || (name == name::CONCURRENCY_TAG && variable["Scope"]["ProcessOwner"].is_array())
    };
    if let Some(Value::Array(variables)) = fields.get_mut("Variables") {
        variables.retain(|variable| !ours(variable));
    }
    fields
}

/// Keys sorted; what is null or empty is as good as absent, since servers fill in the ones for the others.
fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<(&String, &Value)> =
                fields.iter().filter(|(_, value)| !is_nothing(value)).collect();
            fields.sort_by_key(|(field, _)| *field);
            text.push('{');
            for (field, value) in fields {
                text.push_str(&Value::from(field.as_str()).to_string());
                text.push(':');
                write(value, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write(item, text);
                text.push(',');
            }
            text.push(']');
        }
        other => text.push_str(&other.to_string()),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_nothing),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn space(account: Value) -> Inventory {
        let mut inventory = Inventory::default();
        inventory.insert(Collection::Accounts, Document::new(account).unwrap());
        inventory
    }

    #[test]
    fn what_a_server_does_by_itself_is_no_difference_and_an_edit_is_one() {
        let before = Before::of(&space(json!({
            "Id": "Accounts-1", "Name": "AWS", "Description": null, "EnvironmentIds": ["Environments-1"], "Version": 1,
        })));
        let same = space(json!({
            "Version": 7, "EnvironmentIds": ["Environments-1"], "TenantIds": [], "Description": "", "Name": "AWS",
            "Id": "Accounts-1", "LastModifiedOn": "2026-11-01",
        }));
        assert_eq!(before.differences(&same), (vec![], 1));
        let opened = space(json!({"Id": "Accounts-1", "Name": "AWS", "EnvironmentIds": []}));
        assert_eq!(before.differences(&opened), (vec!["account \"AWS\"".to_owned()], 1));
        let made_since = space(json!({"Id": "Accounts-2", "Name": "New"}));
        assert_eq!(before.differences(&made_since), (vec![], 0));
    }

    #[test]
    fn the_note_is_found_in_the_seeded_set_alone() {
        let mut inventory = space(json!({"Id": "Accounts-1", "Name": "AWS"}));
        let before = Before::of(&inventory);
        let set = json!({
            "Id": "LibraryVariableSets-1", "Name": name::SETTINGS_SET, "VariableSetId": "v", "Description": name::MARK,
        });
        let variables = json!({"Id": "v", "Variables": [{"Name": name::BEFORE, "Value": before.text()}]});
        inventory.insert(Collection::Variables, Document::new(variables).unwrap());
        assert_eq!(Before::noted(&inventory), None);
        inventory.insert(Collection::LibraryVariableSets, Document::new(set).unwrap());
        assert_eq!(Before::noted(&inventory), Some(before));
    }
}
