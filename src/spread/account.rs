//! Accounts and certificates that don't allow our runs: Octopus refuses a run when any account or certificate variable in its scope
//! is restricted to other environments or tenants. Spread adds the environment `Octoferry`, and the tenants whose secret values are
//! read in runs of their own, journalled in the description (the notes of a certificate); collapse takes them away.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::journal::{self, Description};
use super::set::scope_kinds;
use super::{Change, Line, collapse, view};
use crate::seeded::{name, tenant};
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
#[must_use]
pub fn refuses(document: &Document, environment: &str, tenant: &Document) -> bool {
    let elsewhere = !allows_environment(document, environment);
    let for_all = document.list("TenantIds").is_empty() && document.list("TenantTags").is_empty();
    let named = document.texts("TenantIds").any(|id| id == tenant.id())
        || document.texts("TenantTags").any(|tag| tenant.texts("TenantTags").any(|other| other == tag));
    elsewhere || document.text(PARTICIPATION) == Some("Untenanted") || !(for_all || named)
}

/// Whether a run for the tenant in the environment, on a worker, has the variable in its scope. What is scoped to targets, channels,
/// steps or other processes is not.
#[must_use]
pub fn is_in_tenants_run(variable: &Value, environment: &str, tenant: &Document) -> bool {
    let holds = |kind: &str, matches: &dyn Fn(&str) -> bool| {
        let values = variable["Scope"][kind].as_array().map_or(&[][..], Vec::as_slice);
        values.is_empty() || values.iter().filter_map(Value::as_str).any(matches)
    };
    holds("Environment", &|id| id == environment)
        && holds("TenantTag", &|tag| tenant.texts("TenantTags").any(|other| other == tag))
        && ["Machine", "Role", "Channel", "Action", "ProcessOwner"].iter().all(|kind| holds(kind, &|_| false))
}

/// The tenants that an account or certificate must allow, by its id: those whose secret values a project's run for them reads, in an
/// environment that it allows.
fn tenants_wanted(inventory: &Inventory) -> BTreeMap<String, BTreeSet<String>> {
    let mut wanted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for runbook in inventory.all(Collection::Runbooks).filter(|it| it.name() == name::TENANT_SECRETS_RUNBOOK)
    {
        let Some(project) = runbook.text("ProjectId").and_then(|id| inventory.get(Collection::Projects, id))
        else {
            continue;
        };
        let owners = std::iter::once(project.id()).chain(project.texts("IncludedLibraryVariableSetIds"));
        let sets: Vec<&Document> = owners
            .filter_map(|id| inventory.get(Collection::Variables, &format!("variableset-{id}")))
            .collect();
        for (tenant, environment) in tenant::places(inventory, project) {
            let variables = sets.iter().flat_map(|set| set.list("Variables"));
            for id in variables
                .filter(|variable| variable["Type"] != "String" && variable["Type"] != "Sensitive")
                .filter(|variable| is_in_tenants_run(variable, &environment, tenant))
                .filter_map(|variable| variable["Value"].as_str())
            {
                let document = [Collection::Accounts, Collection::Certificates]
                    .into_iter()
                    .find_map(|kind| inventory.get(kind, id));
                if document.is_some_and(|document| {
                    allows_environment(document, &environment) && refuses(document, &environment, tenant)
                }) {
                    wanted.entry(id.to_owned()).or_default().insert(tenant.id().to_owned());
                }
            }
        }
    }
    wanted
}

fn allows_environment(document: &Document, environment: &str) -> bool {
    document.list(ENVIRONMENTS).is_empty() || document.texts(ENVIRONMENTS).any(|id| id == environment)
}

/// The accounts and certificates that a run of ours would have in its scope: those with a typed variable in the set
/// `Octoferry Accounts` (or that will have one), and those that a variable refers to which our run sees.
fn in_scope(inventory: &Inventory) -> Vec<(Collection, &Document)> {
    let mut found = Vec::new();
    for collection in [Collection::Accounts, Collection::Certificates] {
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
    view::owners(inventory)
        .iter()
        .filter_map(|owner| inventory.get(Collection::Variables, &owner.variable_set))
        .any(|set| {
            set.list("Variables").iter().any(|variable| {
                variable["Value"] == id
                    && variable["Type"] != "String"
                    && scope_kinds(&variable["Scope"])
                        .iter()
                        .all(|kind| matches!(*kind, "Role" | "Machine" | "TenantTag"))
            })
        })
}

/// What spread changes: one document each.
pub(super) fn widen(inventory: &Inventory, environment: &str) -> Vec<Change> {
    let ours: BTreeSet<&str> = in_scope(inventory).into_iter().map(|(_, document)| document.id()).collect();
    let tenants = tenants_wanted(inventory);
    let none = BTreeSet::new();
    let mut changes = Vec::new();
    for collection in [Collection::Accounts, Collection::Certificates] {
        for document in inventory.all(collection) {
            let why = restriction(document, environment).filter(|_| ours.contains(document.id()));
            let tenants = tenants.get(document.id()).unwrap_or(&none);
            let archived = document.get("Archived").is_some_and(|archived| !archived.is_null());
            if archived || (why.is_none() && tenants.is_empty()) {
                continue;
            }
            let mut what = Vec::new();
            if let Some(why) = &why {
                what.push(format!("allows the environment {} (it {why})", name::ENVIRONMENT));
            }
            if !tenants.is_empty() {
                let names = tenants.iter().filter_map(|id| inventory.get(Collection::Tenants, id));
                let names: Vec<String> = names.map(|tenant| format!("{:?}", tenant.name())).collect();
                what.push(format!(
                    "allows runs for {}, whose secret values can be read only so",
                    names.join(", ")
                ));
            }
            let after = widened(collection, document, why.is_some().then_some(environment), tenants);
            changes.push(change(collection, document, after, what.join("; ")));
        }
    }
    changes
}

/// The document, allowing the environment and the tenants, with what was added in its journal.
fn widened(
    collection: Collection,
    document: &Document,
    environment: Option<&str>,
    tenants: &BTreeSet<String>,
) -> Document {
    let field = text_field(collection);
    let mut after = document.clone();
    // A second restriction since the first spread: the journal keeps the first state of each field.
    let (description, mut entry) = match journal::read(document.text(field).unwrap_or_default()) {
        Some(journalled) => (journalled.description, journalled.entry),
        None => (Description::of(document.fields(), field), Map::new()),
    };
    if let Some(environment) = environment.filter(|id| !allows_environment(document, id)) {
        entry.entry("added").or_insert(json!(environment));
        let mut environments = document.list(ENVIRONMENTS).to_vec();
        environments.push(json!(environment));
        after.fields_mut().insert(ENVIRONMENTS.to_owned(), Value::Array(environments));
    }
    let participation = document.text(PARTICIPATION);
    if (environment.is_some() && participation == Some("Tenanted"))
        || (!tenants.is_empty() && participation == Some("Untenanted"))
    {
        entry.entry("participation").or_insert(json!(participation));
        after.fields_mut().insert(PARTICIPATION.to_owned(), json!("TenantedOrUntenanted"));
    }
    // None named means all.
    if !document.list(TENANTS).is_empty() || !document.list("TenantTags").is_empty() {
        let mut allowed = document.list(TENANTS).to_vec();
        let mut added = entry.get("tenants").and_then(Value::as_array).cloned().unwrap_or_default();
        for id in tenants.iter().map(|id| json!(id)).filter(|id| !document.list(TENANTS).contains(id)) {
            allowed.push(id.clone());
            added.push(id);
        }
        if !added.is_empty() {
            entry.insert("tenants".to_owned(), Value::Array(added));
            after.fields_mut().insert(TENANTS.to_owned(), Value::Array(allowed));
        }
    }
    after.fields_mut().insert(field.to_owned(), json!(journal::write(&description, entry)));
    after
}

/// An account or certificate as it was before spread; `None` when it has no journal.
#[must_use]
pub fn restored(collection: Collection, document: &Document) -> Option<Document> {
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
    if let Some(added) = journalled.entry.get("tenants").and_then(Value::as_array) {
        let tenants = document.list(TENANTS).iter().filter(|id| !added.contains(id)).cloned().collect();
        after.fields_mut().insert(TENANTS.to_owned(), Value::Array(tenants));
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
    for collection in [Collection::Accounts, Collection::Certificates] {
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

fn change(collection: Collection, before: &Document, after: Document, what: String) -> Change {
    let kind = collection.name().trim_end_matches('s');
    let readers = |document: &Document| {
        let count = document.list(ENVIRONMENTS).len();
        let environments =
            if count == 0 { "every environment".to_owned() } else { format!("{count} environments") };
        match document.text(PARTICIPATION) {
            Some("Tenanted") => format!("{environments}, tenants only"),
            Some("TenantedOrUntenanted") => {
                let named = document.list(TENANTS).len() + document.list("TenantTags").len();
                let tenants =
                    if named == 0 { "all tenants".to_owned() } else { format!("{named} tenants or tags") };
                format!("{environments}, {tenants} too")
            }
            _ => environments,
        }
    };
    Change {
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
