//! Accounts and certificates that don't allow our runs: Octopus refuses a run when any account or certificate variable in its scope
//! is restricted to other environments or tenants. Spread adds the environment `Octoferry`, and the tenants whose secret values are
//! read in runs of their own (by id: a list that names none serves none), with the environments of these runs. All of it is journalled in
//! the description (the notes of a certificate); collapse takes it away.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::checked::{self, Run, tags_fit};
use super::noted::Noted;
use super::{DocumentChange, Line, collapse, view};
use crate::mark::door;
use crate::mark::journal::{self, Description};
use crate::mark::name;
use crate::mark::tenant::{self, Reading};
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;

const ENVIRONMENTS: &str = "EnvironmentIds";
const TENANTS: &str = "TenantIds";
const PARTICIPATION: &str = "TenantedDeploymentParticipation";

/// Where a document of the collection keeps free text.
fn text_field(collection: Collection) -> &'static str {
    if collection == Collection::Certificates { "Notes" } else { "Description" }
}

/// Why a run in our environment without a tenant is refused; `None` when it is not.
#[must_use]
pub fn restriction(document: &Document, environment: &str) -> Option<String> {
    let elsewhere = !allows_environment(document, environment);
    let tenanted = document.text(PARTICIPATION) == Some("Tenanted");
    match (elsewhere, tenanted) {
        (false, false) => None,
        (true, false) => Some("is restricted to other environments".to_owned()),
        (false, true) => Some("is for tenants only".to_owned()),
        (true, true) => Some("is restricted to other environments and to tenants".to_owned()),
    }
}

/// Whether the account or certificate refuses a run for the tenant in the environment, as far as its document tells.
///
/// A document that names no tenant and no tag serves none (Issues 3716, 6491, 6529).
#[must_use]
pub fn refuses(document: &Document, environment: &str, tenant: &Document) -> bool {
    !allows_environment(document, environment) || !allows_tenant(document, tenant)
}

fn allows_tenant(document: &Document, tenant: &Document) -> bool {
    let tags: Vec<&str> = document.texts("TenantTags").collect();
    let named =
        document.texts(TENANTS).any(|id| id == tenant.id()) || (!tags.is_empty() && tags_fit(&tags, tenant));
    named && matches!(document.text(PARTICIPATION), Some("Tenanted" | "TenantedOrUntenanted"))
}

/// What an account or certificate must allow besides the environment `Octoferry`: ids.
#[derive(Debug, Clone, Default)]
struct Wanted {
    environments: BTreeSet<String>,
    tenants: BTreeSet<String>,
}

/// What accounts and certificates must allow, by id, so that each secret value of a tenant is read in one run. Of the runs that can read
/// it, the one that needs the fewest environments opened, then the fewest tenants; of equal ones the first by name.
fn wanted_for_tenants(inventory: &Inventory) -> BTreeMap<String, Wanted> {
    let mut wanted: BTreeMap<String, Wanted> = BTreeMap::new();
    let projects = tenant::projects_with_runbook(inventory);
    for (_, readings) in tenant::readings(inventory, &projects) {
        // How many environments and tenants are opened, for whom, and for which documents (id, environment).
        type Opened<'i> = (usize, usize, &'i Document, Vec<(String, Option<String>)>);
        let mut best: Option<Opened<'_>> = None;
        for Reading { project, tenant, environment } in readings {
            let run = Run { environment: &environment, tenant: Some(tenant) };
            let (mut environments, mut tenants, mut needs) = (0, 0, Vec::new());
            for (id, (_, document)) in checked::checked(inventory, checked::owners(project), run) {
                let known = wanted.get(id);
                let elsewhere = !allows_environment(document, &environment)
                    && !known.is_some_and(|known| known.environments.contains(&environment));
                let not_named = !allows_tenant(document, tenant)
                    && !known.is_some_and(|known| known.tenants.contains(tenant.id()));
                environments += usize::from(elsewhere);
                tenants += usize::from(not_named);
                if refuses(document, &environment, tenant) {
                    let environment =
                        (!allows_environment(document, &environment)).then(|| environment.clone());
                    needs.push((id.to_owned(), environment));
                }
            }
            if best.as_ref().is_none_or(|(e, t, ..)| (environments, tenants) < (*e, *t)) {
                best = Some((environments, tenants, tenant, needs));
            }
        }
        let Some((_, _, tenant, needs)) = best else { continue };
        for (id, environment) in needs {
            let document = inventory
                .get(Collection::Accounts, &id)
                .or_else(|| inventory.get(Collection::Certificates, &id));
            let wanted = wanted.entry(id).or_default();
            wanted.environments.extend(environment);
            if document.is_some_and(|document| !allows_tenant(document, tenant)) {
                wanted.tenants.insert(tenant.id().to_owned());
            }
        }
    }
    wanted
}

fn allows_environment(document: &Document, environment: &str) -> bool {
    document.list(ENVIRONMENTS).is_empty() || document.texts(ENVIRONMENTS).any(|id| id == environment)
}

/// Ids of the accounts and certificates that a run of ours would have in its scope: those with a typed variable in the set
/// `Octoferry Accounts` (or that will have one), and those that the server checks because a variable refers to them.
fn in_scope<'i>(inventory: &'i Inventory, environment: &str, may_export: bool) -> BTreeSet<&'i str> {
    let owners = view::owners(inventory);
    let owners: Vec<&str> = owners
        .iter()
        .filter_map(|owner| {
            let document = inventory
                .get(Collection::Projects, &owner.id)
                .or_else(|| inventory.get(Collection::LibraryVariableSets, &owner.id));
            document.map(Document::id)
        })
        .collect();
    let mut found: BTreeSet<&str> =
        checked::checked(inventory, owners, Run { environment, tenant: None }).into_keys().collect();
    for collection in [Collection::Accounts, Collection::Certificates] {
        let read = |document: &&Document| door::typed_variable(collection, document, may_export).is_some();
        found.extend(inventory.all(collection).filter(read).map(Document::id));
    }
    found
}

/// What spread changes: one document each.
pub(super) fn widen(inventory: &Inventory, environment: &str, may_export: bool) -> Vec<DocumentChange> {
    let ours = in_scope(inventory, environment, may_export);
    let for_tenants = wanted_for_tenants(inventory);
    let mut changes = Vec::new();
    for collection in [Collection::Accounts, Collection::Certificates] {
        for document in inventory.all(collection) {
            let why = restriction(document, environment).filter(|_| ours.contains(document.id()));
            let wanted = for_tenants.get(document.id()).cloned().unwrap_or_default();
            let archived = document.get("Archived").is_some_and(|archived| !archived.is_null());
            if archived || (why.is_none() && wanted.environments.is_empty() && wanted.tenants.is_empty()) {
                continue;
            }
            let names = |collection: Collection, ids: &BTreeSet<String>| {
                let names = ids.iter().filter_map(|id| inventory.get(collection, id));
                names.map(|document| format!("{:?}", document.name())).collect::<Vec<_>>().join(", ")
            };
            let mut what = Vec::new();
            if let Some(why) = &why {
                what.push(format!("allows the environment {} (it {why})", name::ENVIRONMENT));
            }
            if !wanted.environments.is_empty() {
                what.push(format!(
                    "allows {} too, where secret values of tenants are read",
                    names(Collection::Environments, &wanted.environments)
                ));
            }
            if !wanted.tenants.is_empty() {
                what.push(format!(
                    "allows runs for {}, whose secret values can be read only so",
                    names(Collection::Tenants, &wanted.tenants)
                ));
            }
            let after = widened(collection, document, why.is_some().then_some(environment), &wanted);
            changes.push(change(collection, document, after, what.join("; ")));
        }
    }
    changes
}

/// The document, allowing the environment `Octoferry` and what is wanted for tenants, with what was added in its journal.
fn widened(
    collection: Collection,
    document: &Document,
    environment: Option<&str>,
    wanted: &Wanted,
) -> Document {
    let field = text_field(collection);
    let mut after = document.clone();
    // A second restriction since the first spread: the journal keeps the first state of each field.
    let (description, mut entry) = match journal::read(document.text(field).unwrap_or_default()) {
        Some(journalled) => (journalled.description, journalled.entry),
        None => (Description::of(document.fields(), field), Map::new()),
    };
    let mut environments = document.list(ENVIRONMENTS).to_vec();
    if let Some(environment) = environment.filter(|id| !allows_environment(document, id)) {
        entry.entry("added").or_insert(json!(environment));
        environments.push(json!(environment));
    }
    // None named means all.
    if !document.list(ENVIRONMENTS).is_empty() {
        add(&mut environments, &wanted.environments, &mut entry, "environments");
    }
    if environments.len() > document.list(ENVIRONMENTS).len() {
        after.fields_mut().insert(ENVIRONMENTS.to_owned(), Value::Array(environments));
    }
    let participation = document.text(PARTICIPATION);
    if (environment.is_some() && participation == Some("Tenanted"))
        || (!wanted.tenants.is_empty() && !matches!(participation, Some("Tenanted" | "TenantedOrUntenanted")))
    {
        entry.entry("participation").or_insert(json!(participation));
        after.fields_mut().insert(PARTICIPATION.to_owned(), json!("TenantedOrUntenanted"));
    }
    let mut tenants = document.list(TENANTS).to_vec();
    add(&mut tenants, &wanted.tenants, &mut entry, "tenants");
    if tenants.len() > document.list(TENANTS).len() {
        after.fields_mut().insert(TENANTS.to_owned(), Value::Array(tenants));
    }
    after.fields_mut().insert(field.to_owned(), json!(journal::write(&description, entry)));
    after
}

/// Adds ids to a list, and to what the journal says was added to it.
fn add(list: &mut Vec<Value>, ids: &BTreeSet<String>, entry: &mut Map<String, Value>, journalled: &str) {
    let new: Vec<Value> = ids.iter().map(|id| json!(id)).filter(|id| !list.contains(id)).collect();
    if new.is_empty() {
        return;
    }
    let mut added = entry.get(journalled).and_then(Value::as_array).cloned().unwrap_or_default();
    added.extend(new.iter().cloned());
    list.extend(new);
    entry.insert(journalled.to_owned(), Value::Array(added));
}

/// The journal of an account or certificate.
pub(super) fn entry(collection: Collection, document: &Document) -> Option<Map<String, Value>> {
    journal::read(document.text(text_field(collection))?).map(|journalled| journalled.entry)
}

/// What spread changes of one: the ids sorted.
pub(super) fn restrictions(document: &Document) -> Value {
    let sorted = |field: &str| {
        let mut ids: Vec<&str> = document.texts(field).collect();
        ids.sort_unstable();
        json!(ids)
    };
    json!({ENVIRONMENTS: sorted(ENVIRONMENTS), TENANTS: sorted(TENANTS), PARTICIPATION: document.text(PARTICIPATION)})
}

/// An account or certificate as it was before spread; `None` when it has no journal.
#[must_use]
pub fn restored(collection: Collection, document: &Document) -> Option<Document> {
    let field = text_field(collection);
    let journalled = journal::read(document.text(field)?)?;
    let mut after = document.clone();
    collapse::put_description(&mut after, field, &journalled.description);
    let listed = |field: &str| journalled.entry.get(field).and_then(Value::as_array).into_iter().flatten();
    let added: Vec<&Value> =
        journalled.entry.get("added").into_iter().chain(listed("environments")).collect();
    if !added.is_empty() {
        // Only ours left means that a person took the others away: taking ours too would open it to all.
        let environments: Vec<Value> =
            document.list(ENVIRONMENTS).iter().filter(|id| !added.contains(id)).cloned().collect();
        if !environments.is_empty() {
            after.fields_mut().insert(ENVIRONMENTS.to_owned(), Value::Array(environments));
        }
    }
    if let Some(added) = journalled.entry.get("tenants").and_then(Value::as_array) {
        let tenants = document.list(TENANTS).iter().filter(|id| !added.contains(id)).cloned().collect();
        after.fields_mut().insert(TENANTS.to_owned(), Value::Array(tenants));
    }
    if let Some(participation) = journalled.entry.get("participation")
        && document.text(PARTICIPATION) == Some("TenantedOrUntenanted")
    {
        if participation.is_null() {
            after.fields_mut().shift_remove(PARTICIPATION);
        } else {
            after.fields_mut().insert(PARTICIPATION.to_owned(), participation.clone());
        }
    }
    Some(after)
}

/// What collapse changes, and what it can't put back.
pub(super) fn restore(inventory: &Inventory, noted: Option<&Noted>) -> (Vec<DocumentChange>, Vec<String>) {
    let mut left = Vec::new();
    let mut changes = Vec::new();
    for collection in [Collection::Accounts, Collection::Certificates] {
        for document in inventory.all(collection) {
            let Some(after) = restored(collection, document) else { continue };
            let change = change(collection, document, after, "gets its restrictions back".to_owned());
            let entry = entry(collection, document).unwrap_or_default();
            if noted.is_some_and(|noted| !noted.proves(document.id(), &entry)) {
                left.push(format!("{}: its journal is not the one that spread wrote", change.owner));
                continue;
            }
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

fn change(collection: Collection, before: &Document, after: Document, what: String) -> DocumentChange {
    let kind = collection.name().trim_end_matches('s');
    let readers = |document: &Document| {
        let count = document.list(ENVIRONMENTS).len();
        let environments =
            if count == 0 { "every environment".to_owned() } else { format!("{count} environments") };
        match document.text(PARTICIPATION) {
            Some("Tenanted") => format!("{environments}, tenants only"),
            Some("TenantedOrUntenanted") => {
                let named = document.list(TENANTS).len() + document.list("TenantTags").len();
                match named {
                    0 => format!("{environments}, no tenant named"),
                    _ => format!("{environments}, {named} tenants or tags too"),
                }
            }
            _ => environments,
        }
    };
    DocumentChange {
        collection,
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
