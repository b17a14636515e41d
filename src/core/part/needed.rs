//! What the selected things need: they are converted, and what they refer to and no module makes is selected too, until nothing is added.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::convert::{self, SecretSources};
use crate::kinds;
use crate::part::Whole;
use crate::selection::{Fate, Needed, Needs, Selection};
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;

/// Adds what is needed. Without `--only` there is nothing to do.
pub fn complete(selection: &mut Selection, inventory: &Inventory, sources: &SecretSources, whole: Whole<'_>) {
    if !selection.is_part() {
        return;
    }
    let mut done: BTreeSet<(String, bool)> = BTreeSet::new();
    loop {
        if whole != Whole::Space {
            let next = selection.projects(inventory).into_iter().find_map(|project| {
                let state = (project.id().to_owned(), selection.is_whole(project.id()));
                (!done.contains(&state)).then_some(state)
            });
            if let Some((project, is_whole)) = next {
                complete_project(selection, inventory, sources, &project, whole);
                done.insert((project, is_whole));
                continue;
            }
        }
        if matches!(whole, Whole::Projects(_)) {
            return;
        }
        let needs = needs(inventory, None, selection, sources);
        if !selection.add(inventory, needs, whole) {
            return;
        }
    }
}

/// What the module of the space, or of a project, refers to and does not make.
fn needs(
    inventory: &Inventory,
    project: Option<&str>,
    selection: &Selection,
    sources: &SecretSources,
) -> Needs {
    let context = match project {
        None => convert::space(&kinds::ALL, inventory, selection, sources),
        Some(id) => match inventory.get(Collection::Projects, id) {
            Some(project) => convert::project(&kinds::ALL, inventory, project, selection, sources),
            None => return Needs::new(),
        },
    };
    context.needed.into_inner()
}

fn complete_project(
    selection: &mut Selection,
    inventory: &Inventory,
    sources: &SecretSources,
    project: &str,
    whole: Whole<'_>,
) {
    loop {
        let mut needs = needs(inventory, Some(project), selection, sources);
        if !selection.is_whole(project) {
            needs.extend(processes(selection, inventory, project));
        }
        if !selection.add(inventory, needs, whole) {
            return;
        }
    }
}

impl Selection {
    /// Selects what is needed, and answers whether that was anything new.
    fn add(&mut self, inventory: &Inventory, needs: Needs, whole: Whole<'_>) -> bool {
        let mut added = false;
        for ((collection, id), by) in needs {
            let Some(document) = inventory.get(collection, &id) else { continue };
            let project = document.text("ProjectId").or(document.text("OwnerId")).unwrap_or_default();
            let is_own = collection.row().is_inside_projects() && project.starts_with("Projects-");
            let has_module = match whole {
                Whole::Space => !is_own && collection != Collection::Projects,
                Whole::Projects(ids) => is_own && ids.iter().any(|id| id == project),
                Whole::All => true,
            };
            let is_new = match self.fate(collection, &id) {
                Fate::NotSelected => true,
                // A project that is needed is needed with all that belongs to it.
                Fate::Make => collection == Collection::Projects && !self.is_whole(&id),
                Fate::LookUp | Fate::Excluded => false,
            };
            let Some(only) = self.only.as_mut().filter(|_| has_module && is_new) else { continue };
            if collection == Collection::Projects {
                only.projects.insert(id, true);
            } else {
                only.documents.entry(collection).or_default().insert(id, ());
            }
            only.needed.push(Needed { what: described(collection, document), by });
            added = true;
        }
        added
    }
}

/// `account "AWS"`.
fn described(collection: Collection, document: &Document) -> String {
    let noun = kinds::ALL.find(collection, document).map_or(collection.name(), |kind| kind.noun);
    match document.name() {
        "" => noun.to_owned(),
        name => format!("{noun} {name:?}"),
    }
}

/// The processes whose steps are named, by name or id, in what is selected of a project.
fn processes(selection: &Selection, inventory: &Inventory, project: &str) -> Needs {
    let mut needs = Needs::new();
    let mut need = |collection: Collection, id: &str, by: &Document, of: Collection| {
        needs.entry((collection, id.to_owned())).or_insert_with(|| described(of, by));
    };
    let deployment = format!("deploymentprocess-{project}");
    let is_made = |collection: Collection, document: &Document| {
        selection.makes_in_project(project, collection, document)
    };
    let naming = [Collection::Channels, Collection::ProjectTriggers].into_iter().flat_map(|collection| {
        inventory
            .of(collection, project)
            .filter(move |document| is_made(collection, document))
            .map(move |document| (collection, document))
    });
    for (collection, document) in naming {
        if document.fields().values().any(names_a_step) {
            need(Collection::DeploymentProcesses, &deployment, document, collection);
        }
    }
    let set = inventory.get(Collection::Variables, &format!("variableset-{project}"));
    for set in set.into_iter().filter(|set| is_made(Collection::Variables, set)) {
        let kept = |variable: &&Value| {
            selection.keeps_variable(set.id(), project, variable["Name"].as_str().unwrap_or_default())
        };
        let scopes = set
            .list("Variables")
            .iter()
            .filter(kept)
            .filter_map(|variable| variable["Scope"]["Action"].as_array());
        for action in scopes.flatten().filter_map(Value::as_str) {
            for collection in [Collection::DeploymentProcesses, Collection::RunbookProcesses] {
                let process = inventory.of(collection, project).find(|process| has_action(process, action));
                match process.map(|process| process.text("RunbookId").unwrap_or_default()) {
                    Some("") => {
                        need(Collection::DeploymentProcesses, &deployment, set, Collection::Variables)
                    }
                    Some(runbook) => need(Collection::Runbooks, runbook, set, Collection::Variables),
                    None => {}
                }
            }
        }
    }
    needs
}

/// Rules of channels, sources of triggers and the donor of a version name steps by name or slug.
pub(super) fn names_a_step(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.iter().any(|(name, value)| match name.as_str() {
            "DeploymentAction" | "DeploymentActionSlug" => {
                value.as_str().is_some_and(|name| !name.is_empty())
            }
            _ => names_a_step(value),
        }),
        Value::Array(items) => items.iter().any(names_a_step),
        _ => false,
    }
}

fn has_action(process: &Document, id: &str) -> bool {
    let actions = process.list("Steps").iter().filter_map(|step| step["Actions"].as_array());
    actions.flatten().any(|action| action["Id"] == id)
}
