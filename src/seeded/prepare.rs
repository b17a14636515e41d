//! The space as it was before seed and spread, in memory, and how its secrets can be read.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::cutover;
use crate::mark::{door, environment, name};
use crate::spread::noted::Noted;
use crate::spread::{self, collapse};
use documents::collection::Collection;
use documents::document::Document;
use documents::git;
use documents::inventory::Inventory;
use octoferry_core::convert::SecretSources;

/// Takes seeded things out, collapses spread variable sets and widened accounts in memory, and says by which Octopus
/// variable each secret can be read. Projects in Git come back as ordinary ones; else a space that is not seeded comes back as it is.
#[must_use]
pub fn prepare(mut inventory: Inventory) -> (Inventory, SecretSources) {
    let sources = sources(&inventory);
    let environment = environment(&inventory).map(str::to_owned);
    let cut_over = cutover::take(&mut inventory);
    let noted = Noted::of(&inventory);
    let removed = remove_seeded(&mut inventory);
    restore(&mut inventory, (environment.as_deref(), noted.as_ref()), &removed);
    // After the projects that migrate enabled for its runs are disabled again: that is how the cutover left them.
    cutover::as_it_stood(&mut inventory, cut_over);
    git::into_ordinary(&mut inventory);
    (inventory, sources)
}

/// Which name reads which secret, in the space as it stands.
fn sources(inventory: &Inventory) -> SecretSources {
    let environment = environment(inventory);
    let mut sources =
        SecretSources { variables: spread::readable(inventory, environment), ..SecretSources::default() };
    let accounts_set = inventory
        .all(Collection::LibraryVariableSets)
        .find(|set| crate::mark::is_seeded(set, name::ACCOUNTS_SET))
        .and_then(|set| set.text("VariableSetId"))
        .and_then(|id| inventory.get(Collection::Variables, id));
    for variable in accounts_set.into_iter().flat_map(|set| set.list("Variables")) {
        let (Some(variable_name), Some(id)) = (variable["Name"].as_str(), variable["Value"].as_str()) else {
            continue;
        };
        if variable_name.starts_with(name::ACCOUNT_PREFIX) {
            sources.accounts.insert(id.to_owned(), variable_name.to_owned());
        } else if variable_name.starts_with(name::CERTIFICATE_PREFIX) {
            sources.certificates.insert(id.to_owned(), variable_name.to_owned());
        }
    }
    // Exported ones have no variable: what is exported is given by the name that it would have.
    let may_export = door::may_export(inventory);
    for certificate in inventory.all(Collection::Certificates) {
        if door::is_exported(certificate, may_export) {
            let (part, id) = (name::name_part(certificate.name()), certificate.id());
            let variable = format!("{}{part}-{id}", name::CERTIFICATE_PREFIX);
            sources.certificates.entry(id.to_owned()).or_insert(variable);
        }
    }
    sources
}

/// Takes out everything that carries the mark, and what belongs to it. The ids that are gone.
fn remove_seeded(inventory: &mut Inventory) -> BTreeSet<String> {
    let marked = [
        Collection::Environments,
        Collection::ProjectGroups,
        Collection::Projects,
        Collection::LibraryVariableSets,
        Collection::Runbooks,
        Collection::ActionTemplates,
        Collection::Feeds,
    ];
    let mut removed = BTreeSet::new();
    for collection in marked {
        for document in inventory.all(collection) {
            let is_feed = collection == Collection::Feeds && document.name() == name::FEED;
            if is_feed || name::is_marked(document.text("Description").unwrap_or_default()) {
                removed.insert(document.id().to_owned());
            }
        }
    }
    // What belongs to a removed thing names it by one of these fields; runbooks go with their project, so twice.
    for _ in 0..2 {
        let mut more = BTreeSet::new();
        for collection in inventory.collections() {
            for document in inventory.all(collection) {
                let owner = ["OwnerId", "ProjectId", "RunbookId"]
                    .into_iter()
                    .filter_map(|field| document.text(field))
                    .any(|id| removed.contains(id));
                if owner {
                    more.insert(document.id().to_owned());
                }
            }
        }
        removed.extend(more);
    }
    let collections: Vec<Collection> = inventory.collections().collect();
    for collection in collections {
        let ids: Vec<String> = inventory
            .all(collection)
            .map(|document| document.id().to_owned())
            .filter(|id| removed.contains(id))
            .collect();
        for id in ids {
            inventory.remove(collection, &id);
        }
    }
    removed
}

/// Undoes in the remaining documents what seed and spread did to them.
fn restore(
    inventory: &mut Inventory,
    (environment, noted): (Option<&str>, Option<&Noted>),
    removed: &BTreeSet<String>,
) {
    let mut changed: Vec<(Collection, Document)> = Vec::new();
    for set in inventory.all(Collection::Variables) {
        let mut after = collapse::exported_set(set, environment, noted);
        if let Some(Value::Array(variables)) = after.fields_mut().get_mut("Variables") {
            let of_runbook = |variable: &Value| {
                crate::mark::tenant::only_runbook(variable).is_some_and(|id| removed.contains(id))
            };
            variables.retain(|variable| !is_ours(variable) && !of_runbook(variable));
        }
        if after != *set {
            changed.push((Collection::Variables, after));
        }
    }
    for project in inventory.all(Collection::Projects) {
        let mut after = super::enabled::disabled_again(project).unwrap_or_else(|| project.clone());
        if let Some(Value::Array(sets)) = after.fields_mut().get_mut("IncludedLibraryVariableSetIds") {
            sets.retain(|id| !id.as_str().is_some_and(|id| removed.contains(id)));
        }
        if after != *project {
            changed.push((Collection::Projects, after));
        }
    }
    for collection in [Collection::Accounts, Collection::Certificates] {
        for document in inventory.all(collection) {
            changed.extend(spread::account::restored(collection, document).map(|after| (collection, after)));
        }
    }
    for (collection, document) in changed {
        inventory.insert(collection, document);
    }
}

/// A variable that a person entered for octoferry, or seed made.
fn is_ours(variable: &Value) -> bool {
    variable["Name"].as_str().is_some_and(name::is_ours)
}
