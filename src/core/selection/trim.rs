//! What goes with a step, channel or runbook that is excluded: the step itself, scopes that name it, what only it gives a meaning. A scope that
//! loses one of its names would become wider when it loses the last: then the value goes as well.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::selection::{Selection, at};
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;

/// A part of a document that is in no module, because of an option.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Gone {
    pub(crate) collection: Collection,
    pub(crate) id: String,
    /// As `verify` calls it: `Variables/Key`, `Steps/Build`.
    pub(crate) field: String,
    pub(crate) option: usize,
}

/// What is excluded in a project, by how others name it → the option.
#[derive(Default)]
struct Out {
    /// Of channels, runbooks and actions.
    ids: BTreeMap<String, usize>,
    /// Names and slugs of actions of the deployment process.
    names: BTreeMap<String, usize>,
}

/// Takes the excluded parts out of the inventory and remembers what has gone.
pub(crate) fn trim(selection: &mut Selection, mut inventory: Inventory) -> Inventory {
    let processes = [Collection::DeploymentProcesses, Collection::RunbookProcesses];
    let documents = [Collection::Channels, Collection::Runbooks];
    if processes.iter().all(|collection| !selection.excluded_parts.contains_key(collection))
        && documents.iter().all(|collection| !selection.excluded.contains_key(collection))
    {
        return inventory;
    }
    let projects: Vec<String> =
        inventory.all(Collection::Projects).map(|project| project.id().to_owned()).collect();
    for project in projects {
        let mut out = Out::default();
        for collection in documents {
            for document in inventory.of(collection, &project) {
                if let Some(option) = at(&selection.excluded, collection, document.id()) {
                    out.ids.insert(document.id().to_owned(), *option);
                }
            }
        }
        for collection in processes {
            steps(selection, &mut inventory, &project, collection, &mut out);
        }
        if !out.ids.is_empty() || !out.names.is_empty() {
            variables(selection, &mut inventory, &project, &out);
            triggers(selection, &inventory, &project, &out);
            channels(selection, &mut inventory, &project, &out);
            itself(selection, &mut inventory, &project, &out);
        }
    }
    selection.gone.sort();
    selection.gone.dedup();
    inventory
}

fn ids_of(inventory: &Inventory, collection: Collection, project: &str) -> Vec<String> {
    inventory.of(collection, project).map(|document| document.id().to_owned()).collect()
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

/// Removes steps that are excluded, and actions that are for excluded channels alone.
fn steps(
    selection: &mut Selection,
    inventory: &mut Inventory,
    project: &str,
    collection: Collection,
    out: &mut Out,
) {
    for id in ids_of(inventory, collection, project) {
        let excluded = at(&selection.excluded_parts, collection, &id).cloned().unwrap_or_default();
        let Some(document) = inventory.get_mut(collection, &id) else { continue };
        let Some(Value::Array(steps)) = document.fields_mut().get_mut("Steps") else { continue };
        let mut gone: Vec<(Value, usize)> = Vec::new();
        steps.retain_mut(|step| {
            let name = text(step, "Name");
            let of_step = excluded.get(&name).copied();
            let mut touched = of_step;
            let before = gone.len();
            if let Some(Value::Array(actions)) = step.get_mut("Actions") {
                actions.retain_mut(|action| {
                    let option = of_step.or_else(|| limit(action.get_mut("Channels"), &out.ids));
                    touched = touched.or(option);
                    gone.extend(option.map(|option| (action.clone(), option)));
                    option.is_none()
                });
            }
            let Some(option) = touched else { return true };
            let is_left = step["Actions"].as_array().is_some_and(|actions| !actions.is_empty());
            let mut remember = |field: String, option: usize| {
                selection.gone.push(Gone { collection, id: id.clone(), field, option });
            };
            if is_left {
                for (action, option) in &gone[before..] {
                    remember(format!("Steps/{name}/Actions/{}", text(action, "Name")), *option);
                }
            } else {
                remember(format!("Steps/{name}"), option);
            }
            is_left
        });
        for (action, option) in gone {
            out.ids.insert(text(&action, "Id"), option);
            if collection == Collection::DeploymentProcesses {
                out.names.insert(text(&action, "Name"), option);
                out.names.insert(text(&action, "Slug"), option);
            }
        }
    }
    out.ids.remove("");
    out.names.remove("");
}

/// Takes ids that are out from a list. The option, when nothing of the list is left.
fn limit(list: Option<&mut Value>, out: &BTreeMap<String, usize>) -> Option<usize> {
    let items = list?.as_array_mut()?;
    let option = items.iter().filter_map(Value::as_str).find_map(|id| out.get(id)).copied()?;
    items.retain(|item| item.as_str().is_none_or(|id| !out.contains_key(id)));
    items.is_empty().then_some(option)
}

fn variables(selection: &mut Selection, inventory: &mut Inventory, project: &str, out: &Out) {
    let id = format!("variableset-{project}");
    let Some(set) = inventory.get_mut(Collection::Variables, &id) else { return };
    let Some(Value::Array(variables)) = set.fields_mut().get_mut("Variables") else { return };
    variables.retain_mut(|variable| {
        let name = text(variable, "Name");
        let before = variable["Scope"].clone();
        let scope = variable.get_mut("Scope").and_then(Value::as_object_mut);
        let fields = ["Channel", "Action", "ProcessOwner"];
        let mut gone = None;
        for (_, list) in scope.into_iter().flatten().filter(|(field, _)| fields.contains(&field.as_str())) {
            gone = gone.or(limit(Some(list), &out.ids));
        }
        let touched = gone.or_else(|| (variable["Scope"] != before).then(|| first(out)));
        if let Some(option) = touched {
            let field = format!("Variables/{name}");
            selection.gone.push(Gone { collection: Collection::Variables, id: id.clone(), field, option });
        }
        gone.is_none()
    });
}

fn first(out: &Out) -> usize {
    out.ids.values().chain(out.names.values()).copied().min().unwrap_or_default()
}

/// Triggers that run what is out, or wait for a package of a step that is out, are excluded too.
fn triggers(selection: &mut Selection, inventory: &Inventory, project: &str, out: &Out) {
    for trigger in inventory.of(Collection::ProjectTriggers, project) {
        let action = trigger.get("Action").unwrap_or(&Value::Null);
        let named = ["ChannelId", "RunbookId"].iter().find_map(|field| out.ids.get(action[field].as_str()?));
        let mut steps = BTreeSet::new();
        names(trigger.get("Filter").unwrap_or(&Value::Null), &mut steps);
        let option = named.or_else(|| steps.iter().find_map(|name| out.names.get(name)));
        if let Some(option) = option.copied() {
            let ids = selection.excluded.entry(Collection::ProjectTriggers).or_default();
            ids.entry(trigger.id().to_owned()).or_insert(option);
        }
    }
}

/// The names and slugs of steps in a value.
fn names(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                match (field.as_str(), value.as_str()) {
                    ("DeploymentAction" | "DeploymentActionSlug", Some(name)) => {
                        found.insert(name.to_owned());
                    }
                    _ => names(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| names(item, found)),
        _ => {}
    }
}

/// Rules for packages of steps that are out.
fn channels(selection: &mut Selection, inventory: &mut Inventory, project: &str, out: &Out) {
    for id in ids_of(inventory, Collection::Channels, project) {
        let Some(channel) = inventory.get_mut(Collection::Channels, &id) else { continue };
        for (rules, of_steps) in [("Rules", "ActionPackages"), ("GitResourceRules", "GitDependencyActions")] {
            let Some(Value::Array(items)) = channel.fields_mut().get_mut(rules) else { continue };
            let mut option = None;
            items.retain_mut(|rule| {
                let Some(Value::Array(steps)) = rule.get_mut(of_steps) else { return true };
                let before = steps.len();
                steps.retain(|step| {
                    let mut named = BTreeSet::new();
                    names(step, &mut named);
                    let gone = named.iter().find_map(|name| out.names.get(name));
                    option = option.or(gone.copied());
                    gone.is_none()
                });
                steps.len() == before || !steps.is_empty()
            });
            if let Some(option) = option {
                let collection = Collection::Channels;
                selection.gone.push(Gone { collection, id: id.clone(), field: rules.to_owned(), option });
            }
        }
    }
}

/// What the project itself says of steps and runbooks that are out.
fn itself(selection: &mut Selection, inventory: &mut Inventory, id: &str, out: &Out) {
    let Some(project) = inventory.get_mut(Collection::Projects, id) else { return };
    let mut gone: Vec<(&str, usize)> = Vec::new();
    let out_in = |project: &Document, field: &str| {
        let mut named = BTreeSet::new();
        names(project.get(field).unwrap_or(&Value::Null), &mut named);
        named.iter().find_map(|name| out.names.get(name)).copied()
    };
    if let Some(option) = out_in(project, "VersioningStrategy") {
        project.fields_mut().insert("VersioningStrategy".to_owned(), Value::Null);
        gone.push(("VersioningStrategy", option));
    }
    let channel = project.get("ReleaseCreationStrategy").and_then(|strategy| strategy["ChannelId"].as_str());
    let channel = channel.and_then(|id| out.ids.get(id)).copied();
    if let Some(option) = out_in(project, "ReleaseCreationStrategy").or(channel) {
        project.fields_mut().insert("ReleaseCreationStrategy".to_owned(), Value::Null);
        project.fields_mut().insert("AutoCreateRelease".to_owned(), Value::Bool(false));
        gone.extend([("ReleaseCreationStrategy", option), ("AutoCreateRelease", option)]);
    }
    for field in ["ProvisioningRunbookId", "DeprovisioningRunbookId"] {
        if let Some(option) = project.text(field).and_then(|id| out.ids.get(id)).copied() {
            project.fields_mut().insert(field.to_owned(), Value::Null);
            gone.push((field, option));
        }
    }
    let gone = gone.into_iter().map(|(field, option)| Gone {
        collection: Collection::Projects,
        id: id.to_owned(),
        field: field.to_owned(),
        option,
    });
    selection.gone.extend(gone);
}
