//! Accounts and certificates that don't allow the environment `Octoferry`: Octopus refuses a run when any account or
//! certificate variable in its scope is restricted to other environments or to tenants. Spread adds the environment,
//! journalled in the description (the notes of a certificate); collapse takes it away.

use serde_json::{Map, Value, json};

use super::journal::{self, Description};
use super::set::scope_kinds;
use super::{Change, Line, collapse, view};
use crate::octopus::document::Document;
use crate::octopus::inventory::Inventory;
use crate::seeded::name;

const ENVIRONMENTS: &str = "EnvironmentIds";
const PARTICIPATION: &str = "TenantedDeploymentParticipation";

/// Where a document of the collection keeps free text.
fn text_field(collection: &str) -> &'static str {
    if collection == "certificates" { "Notes" } else { "Description" }
}

/// Why a run in our environment without a tenant is refused; `None` when it is not.
#[must_use]
pub fn restriction(document: &Document, environment: &str) -> Option<String> {
    let elsewhere =
        !document.list(ENVIRONMENTS).is_empty() && !document.texts(ENVIRONMENTS).any(|id| id == environment);
    let tenanted = document.text(PARTICIPATION) == Some("Tenanted");
    match (elsewhere, tenanted) {
        (false, false) => None,
        (true, false) => Some("is restricted to other environments".to_owned()),
        (false, true) => Some("is for tenants only".to_owned()),
        (true, true) => Some("is restricted to other environments and to tenants".to_owned()),
    }
}

/// Whether the account or certificate refuses a run for the tenant in the environment, as far as its document tells.
#[must_use]
pub fn refuses(document: &Document, environment: &str, tenant: &Document) -> bool {
    let elsewhere =
        !document.list(ENVIRONMENTS).is_empty() && !document.texts(ENVIRONMENTS).any(|id| id == environment);
    let for_all = document.list("TenantIds").is_empty() && document.list("TenantTags").is_empty();
    let named = document.texts("TenantIds").any(|id| id == tenant.id())
        || document.texts("TenantTags").any(|tag| tenant.texts("TenantTags").any(|other| other == tag));
    elsewhere || document.text(PARTICIPATION) == Some("Untenanted") || !(for_all || named)
}

/// The accounts and certificates that a run of ours would have in its scope: those with a typed variable in the set
/// `Octoferry Accounts` (or that will have one), and those that a variable refers to which our run sees.
fn in_scope(inventory: &Inventory) -> Vec<(&'static str, &Document)> {
    let mut found = Vec::new();
    for collection in ["accounts", "certificates"] {
        for document in inventory.all(collection) {
            let read = name::typed_variable_type(collection, document).is_some();
            if read || is_referred_to(inventory, document.id()) {
                found.push((collection, document));
            }
        }
    }
    found
}

/// Whether a variable that a run in our environment may see holds the id. A variable that is scoped to environments is
/// not seen, nor one that is scoped to a channel, a step or another process.
fn is_referred_to(inventory: &Inventory, id: &str) -> bool {
    view::owners(inventory).iter().filter_map(|owner| inventory.get("variables", &owner.variable_set)).any(
        |set| {
            set.list("Variables").iter().any(|variable| {
                variable["Value"] == id
                    && variable["Type"] != "String"
                    && scope_kinds(&variable["Scope"])
                        .iter()
                        .all(|kind| matches!(*kind, "Role" | "Machine" | "TenantTag"))
            })
        },
    )
}

/// What spread changes: one document each.
pub(super) fn widen(inventory: &Inventory, environment: &str) -> Vec<Change> {
    in_scope(inventory)
        .into_iter()
        .filter_map(|(collection, document)| {
            let why = restriction(document, environment)?;
            if document.get("Archived").is_some_and(|archived| !archived.is_null()) {
                return None;
            }
            let field = text_field(collection);
            let mut after = document.clone();
            // A second restriction since the first spread: the journal keeps the first state of each field.
            let (description, mut entry) = match journal::read(document.text(field).unwrap_or_default()) {
                Some(journalled) => (journalled.description, journalled.entry),
                None => (Description::of(document.fields(), field), Map::new()),
            };
            let mut environments = document.list(ENVIRONMENTS).to_vec();
            if !environments.is_empty() && !environments.iter().any(|id| id == environment) {
                entry.entry("added").or_insert(json!(environment));
                environments.push(json!(environment));
                after.fields_mut().insert(ENVIRONMENTS.to_owned(), Value::Array(environments));
            }
            if document.text(PARTICIPATION) == Some("Tenanted") {
                entry.entry("participation").or_insert(json!("Tenanted"));
                after.fields_mut().insert(PARTICIPATION.to_owned(), json!("TenantedOrUntenanted"));
            }
            after.fields_mut().insert(field.to_owned(), json!(journal::write(&description, entry)));
            Some(change(
                collection,
                document,
                after,
                format!("allows the environment {} (it {why})", name::ENVIRONMENT),
            ))
        })
        .collect()
}

/// An account or certificate as it was before spread; `None` when it has no journal.
#[must_use]
pub fn restored(collection: &str, document: &Document) -> Option<Document> {
    let field = text_field(collection);
    let journalled = journal::read(document.text(field)?)?;
    let mut after = document.clone();
    collapse::put_description(&mut after, field, &journalled.description);
    if let Some(added) = journalled.entry.get("added") {
        // Only our environment left means that a person took the others away: taking ours too would open it to all.
        let environments: Vec<Value> =
            document.list(ENVIRONMENTS).iter().filter(|id| *id != added).cloned().collect();
        if !environments.is_empty() {
            after.fields_mut().insert(ENVIRONMENTS.to_owned(), Value::Array(environments));
        }
    }
    if let Some(participation) = journalled.entry.get("participation")
        && document.text(PARTICIPATION) == Some("TenantedOrUntenanted")
    {
        after.fields_mut().insert(PARTICIPATION.to_owned(), participation.clone());
    }
    Some(after)
}

/// What collapse changes, and what it can't put back.
pub(super) fn restore(inventory: &Inventory) -> (Vec<Change>, Vec<String>) {
    let mut left = Vec::new();
    let mut changes = Vec::new();
    for collection in ["accounts", "certificates"] {
        for document in inventory.all(collection) {
            let Some(after) = restored(collection, document) else { continue };
            let change = change(collection, document, after, "gets its restrictions back".to_owned());
            if change.after.list(ENVIRONMENTS).len() == 1
                && change.after.list(ENVIRONMENTS) == document.list(ENVIRONMENTS)
            {
                left.push(format!("{}: its environments were edited by hand", change.owner));
            }
            changes.push(change);
        }
    }
    (changes, left)
}

fn change(collection: &str, before: &Document, after: Document, what: String) -> Change {
    let kind = collection.trim_end_matches('s');
    let readers = |document: &Document| {
        let count = document.list(ENVIRONMENTS).len();
        let environments =
            if count == 0 { "every environment".to_owned() } else { format!("{count} environments") };
        match document.text(PARTICIPATION) {
            Some("Tenanted") => format!("{environments}, tenants only"),
            _ => environments,
        }
    };
    Change {
        collection: collection.to_owned(),
        owner: format!("{kind} \"{}\"", before.name()),
        owner_id: before.id().to_owned(),
        lines: vec![Line {
            name: String::new(),
            what,
            readers_before: readers(before),
            readers_after: readers(&after),
        }],
        after,
    }
}
