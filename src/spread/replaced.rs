//! Values that a person changed while the space was spread.
//!
//! Who looks for `Payment.Key` in the portal finds the ordinary variable `#{Shop.Payment-Key.Unscoped}` that spread put in its place, and
//! enters the new secret there. From then on that is the value: the one under the name of its own is what the person replaced. So the
//! space is looked at as if the person had edited the original; what spread kept of the old value goes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::collapse::{is_alias_of, is_sensitive};
use super::set::text;
use super::{Line, scope_text};
use crate::mark::journal;
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;

/// One value that a person changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Replaced {
    /// What the variable is called.
    pub(super) name: String,
    /// The name under which the old value still stands.
    pub(super) old: String,
}

impl Replaced {
    /// What becomes of it, for a person; `set` is the set as it stands.
    pub(super) fn line(&self, inventory: &Inventory, set: &Document) -> Line {
        let variable = set.list("Variables").iter().find(|variable| variable["Name"] == self.name);
        let readers = scope_text(inventory, variable.map_or(&Value::Null, |variable| &variable["Scope"]));
        Line {
            name: self.name.clone(),
            what: format!(
                "{} was changed by a person since: that value stays; the old one, {}, goes",
                self.name, self.old
            ),
            readers_before: readers.clone(),
            readers_after: readers,
        }
    }
}

/// The set as if each person who changed a value in the place of a spread secret had edited the secret itself.
pub(super) fn settled_set(set: &Document) -> (Cow<'_, Document>, Vec<Replaced>) {
    let before = set.list("Variables");
    // Index of the person's variable → index of the secret that it replaced.
    let pairs: BTreeMap<usize, usize> = before
        .iter()
        .enumerate()
        .filter_map(|(index, secret)| Some((replacement(secret.as_object()?, before)?, index)))
        .collect();
    if pairs.is_empty() {
        return (Cow::Borrowed(set), Vec::new());
    }
    let mut replaced = Vec::new();
    let mut after = Vec::with_capacity(before.len());
    for (index, variable) in before.iter().enumerate() {
        if pairs.values().any(|secret| *secret == index) {
            continue;
        }
        let mut variable = variable.clone();
        if let (Some(secret), Some(fields)) = (pairs.get(&index), variable.as_object_mut()) {
            if let Some(journalled) = journal::read(text(fields, "Description")) {
                journalled.description.put(fields, "Description");
            }
            replaced.push(Replaced {
                name: text(fields, "Name").to_owned(),
                old: before[*secret]["Name"].as_str().unwrap_or_default().to_owned(),
            });
        }
        after.push(variable);
    }
    let mut document = set.clone();
    document.fields_mut().insert("Variables".to_owned(), Value::Array(after));
    (Cow::Owned(document), replaced)
}

/// The same for the whole space; what was replaced by the id of its set.
pub(super) fn settled(inventory: &Inventory) -> (Cow<'_, Inventory>, BTreeMap<String, Vec<Replaced>>) {
    let mut all = BTreeMap::new();
    let mut changed = Vec::new();
    for set in inventory.all(Collection::Variables) {
        let (after, replaced) = settled_set(set);
        if let (Cow::Owned(after), false) = (after, replaced.is_empty()) {
            all.insert(set.id().to_owned(), replaced);
            changed.push(after);
        }
    }
    if changed.is_empty() {
        return (Cow::Borrowed(inventory), all);
    }
    let mut inventory = inventory.clone();
    for set in changed {
        inventory.insert(Collection::Variables, set);
    }
    (Cow::Owned(inventory), all)
}

/// Where the variable stands by which a person replaced this secret: still called and scoped as the secret was, but a secret itself.
/// One whose name or scope was changed too, or that holds a plain text now, is left alone and named: nobody can tell what is meant.
fn replacement(secret: &Map<String, Value>, variables: &[Value]) -> Option<usize> {
    let journalled = journal::read(text(secret, "Description")).filter(|_| is_sensitive(secret))?;
    journalled.entry.get("name")?;
    variables.iter().position(|other| {
        let Some(other) = other.as_object() else { return false };
        is_sensitive(other)
            && is_alias_of(other, secret, &journalled)
            && !stands_for(other, secret, &journalled.entry)
    })
}

/// Whether the variable still refers to the secret. A sensitive one does not show what it holds: where spread made it so (a prompt, a
/// project in Git) it counts as untouched, elsewhere a person did.
pub(super) fn stands_for(
    alias: &Map<String, Value>,
    secret: &Map<String, Value>,
    entry: &Map<String, Value>,
) -> bool {
    if !is_sensitive(alias) {
        return text(alias, "Value") == format!("#{{{}}}", text(secret, "Name"));
    }
    let hidden = journal::read(text(alias, "Description"))
        .is_some_and(|journal| journal.entry.get("hidden") == Some(&json!(true)));
    // Prompted ones were hidden before journals said so.
    hidden || entry.contains_key("prompt")
}
