//! Things of the source keep their resources though names change: the state remembers what each resource is at the source, and gets the
//! addresses that the module has for them now.
//!
//! Most modules keep the addresses of the last one by themselves. Where that one is lost (the feed's retention took it, another folder), or was
//! another than the one that was deployed, the state knows it still.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::relay::{Steps, Template, Templates};
use documents::collection::Collection;
use failure::Failure;
use module::identities::{self, Identities};
use module::manifest::{FinishStep, Manifest, Target};
use terraform::Terraform;
use terraform::state::State;

/// The file of the working copy with the `moved` blocks of a plan that changes no state.
const MOVED: &str = "octoferry_moved.tf";

/// The identities of the module in the working copy, with the names that things had when it was deployed last, and what finish made then and has
/// gone since. `lets_go`: that is deleted now, and remembered no longer.
///
/// # Errors
/// When the file can't be written.
pub(super) fn of_module(directory: &Path, state: &State, lets_go: bool) -> Result<Identities, Failure> {
    let path = directory.join(identities::FILE);
    // Modules of an older octoferry have none.
    let Some(mut identities) = std::fs::read(&path).ok().and_then(|bytes| Identities::parse(&bytes)) else {
        return Ok(Identities::default());
    };
    identities.remember_names(&state.identities);
    let mut kept = identities.clone();
    identities.remember_left(&state.identities);
    if !lets_go {
        kept.left.clone_from(&identities.left);
    }
    std::fs::write(&path, kept.to_bytes())
        .map_err(|error| Failure::failed(format!("writing {}: {error}", path.display())))?;
    Ok(identities)
}

/// Types of one thing that Terraform tells apart, though the destination does not: a step that is as its template says, or is no longer.
const RETYPED: [(&str, &str); 4] = [
    ("octopusdeploy_process_step", "octopusdeploy_process_templated_step"),
    ("octopusdeploy_process_templated_step", "octopusdeploy_process_step"),
    ("octopusdeploy_process_child_step", "octopusdeploy_process_templated_child_step"),
    ("octopusdeploy_process_templated_child_step", "octopusdeploy_process_child_step"),
];

/// How the steps of the module are made, of those that are there and of those that are not.
pub(super) fn steps(manifest: &Manifest, identities: &Identities, state: &State) -> Steps {
    let mut steps = Steps::default();
    let is_step = |address: &str| address.starts_with("octopusdeploy_process_") && address.contains("_step.");
    let is_templated = |address: &str| address.contains("_templated_");
    for (address, id) in identities.resources.iter().filter(|(address, _)| is_step(address)) {
        // One that was of another type until now is found under the address that it had.
        let mut before =
            state.identities.resources.iter().filter(|(before, other)| *other == id && is_step(before));
        let there = Some(address).into_iter().chain(before.next().map(|(before, _)| before));
        for there in there.filter_map(|address| state.resources.get(address)?.first()) {
            steps.ids.insert(there.clone(), is_templated(address));
        }
    }
    for part in manifest.parts.iter().filter(|part| is_step(&part.address)) {
        let name = part.path.iter().rev().find_map(|place| place["Name"].as_str()).unwrap_or_default();
        let key = (part.target.collection == Collection::RunbookProcesses, name.to_owned());
        let templated = is_templated(&part.address);
        let known = steps.names.entry(key).or_insert(Some(templated));
        if *known != Some(templated) {
            *known = None;
        }
    }
    steps
}

/// The blocks by which Terraform takes what it has as one type as another, and destroys nothing.
pub(super) fn retyping_blocks(identities: &Identities, state: &State, open_tofu: bool) -> String {
    // OpenTofu destroys nothing by such a block anyway.
    let keep = if open_tofu { "" } else { "  lifecycle {\n    destroy = false\n  }\n" };
    let mut blocks = String::new();
    for (now, id) in identities.resources.iter().filter(|(address, _)| !state.has(address)) {
        let Some((kind, _)) = now.split_once('.') else { continue };
        let Some((_, kind_before)) = RETYPED.iter().find(|(after, _)| *after == kind) else { continue };
        let mut before = state.identities.resources.iter().filter(|(address, other)| {
            *other == id && address.split_once('.').is_some_and(|(kind, _)| kind == *kind_before)
        });
        if let Some((before, import)) =
            before.find_map(|(before, _)| Some((before, state.steps.get(before)?)))
        {
            let _ = writeln!(blocks, "removed {{\n  from = {before}\n{keep}}}\n");
            let _ = writeln!(blocks, "import {{\n  to = {now}\n  id = \"{import}\"\n}}\n");
        }
    }
    blocks
}

/// The blocks by which Terraform lets go of the user roles that the module has no more: they belong to the server, whose other spaces may use them,
/// and were there before or not, so nothing is destroyed.
pub(super) fn letting_go_blocks(identities: &Identities, state: &State, open_tofu: bool) -> String {
    // A module of an older octoferry, which does not say what it has.
    if identities.resources.is_empty() {
        return String::new();
    }
    let keep = if open_tofu { "" } else { "  lifecycle {\n    destroy = false\n  }\n" };
    let roles = state.resources.keys().filter(|address| address.starts_with("octopusdeploy_user_role."));
    let gone = roles.filter(|address| !identities.resources.contains_key(*address));
    gone.map(|address| format!("removed {{\n  from = {address}\n{keep}}}\n\n")).collect()
}

/// The templates of the projects and library sets that are at the destination, as the module has them.
pub(super) fn templates(identities: &Identities, state: &State) -> Templates {
    let mut templates = Templates::new();
    for named in &identities.named {
        let Some((document, id)) = named.id.split_once('/') else { continue };
        let resource = match named.collection {
            Collection::Projects => "octopusdeploy_project.",
            _ => "octopusdeploy_library_variable_set.",
        };
        let mut addresses = identities
            .resources
            .iter()
            .filter(|(address, id)| address.starts_with(resource) && *id == document);
        let ids = addresses.next().and_then(|(address, _)| state.resources.get(address));
        let (Some(there), Some(name)) =
            (ids.and_then(|ids| ids.first()), named.keys.first().and_then(|key| key.last()))
        else {
            continue;
        };
        let known = state
            .identities
            .named
            .iter()
            .find(|other| other.collection == named.collection && other.id == named.id);
        let before = known.and_then(|known| known.keys.first()?.last()).cloned();
        let place = (named.collection.to_string(), there.to_lowercase());
        let template = Template { id: id.to_owned(), name: name.clone(), before };
        templates.entry(place).or_default().push(template);
    }
    templates
}

/// Sets the order of the templates, which a plan that sees them in their order does not.
pub(super) fn order_of_templates(identities: &Identities, state: &State) -> Vec<FinishStep> {
    let there = templates(identities, state);
    let mut lists: BTreeMap<(Collection, &String), Vec<String>> = BTreeMap::new();
    for named in identities.named.iter().filter(|named| named.id.contains('/')) {
        if let Some([document, template]) = named.keys.first().map(Vec::as_slice) {
            lists.entry((named.collection, document)).or_default().push(template.clone());
        }
    }
    let lists = lists.into_iter().filter(|(_, names)| names.len() > 1 && !there.is_empty());
    let order = |((collection, document), names): ((Collection, &String), Vec<String>)| FinishStep::Order {
        target: Target { collection, key: vec![document.clone()] },
        path: vec!["Templates".into()],
        names,
    };
    lists.map(order).collect()
}

/// Gives the resources of the state the addresses that they have in the module; what was said of it. With `plan_only` nothing is written: the
/// working copy gets `moved` blocks.
///
/// # Errors
/// When the state can't be written.
pub(super) async fn align(
    terraform: &Terraform<'_>,
    state: State,
    identities: &Identities,
    plan_only: bool,
) -> Result<(State, Vec<String>), Failure> {
    let mut moves = identities.moved_since(&state.identities);
    moves.retain(|from, _| state.has(from));
    if moves.is_empty() {
        return Ok((state, Vec::new()));
    }
    if !plan_only {
        let said = moves.iter().map(|(from, to)| format!("{from} is {to} now: it was renamed at the source"));
        let said = said.collect();
        return Ok((terraform.move_in_state(&moves).await?, said));
    }
    // Terraform refuses a move from an address that the module has, and one to an address that the state has.
    let (possible, impossible): (BTreeMap<_, _>, BTreeMap<_, _>) =
        moves.into_iter().partition(|(from, to)| !identities.resources.contains_key(from) && !state.has(to));
    let mut blocks = String::new();
    for (from, to) in &possible {
        let _ = writeln!(blocks, "moved {{\n  from = {from}\n  to   = {to}\n}}\n");
    }
    std::fs::write(terraform.directory.join(MOVED), blocks)
        .map_err(|error| Failure::failed(format!("writing the moved blocks: {error}")))?;
    let said = impossible.into_iter().map(|(from, to)| {
        format!(
            "{from} will be {to} at the deployment, in place; this plan can't show it and says something else"
        )
    });
    Ok((state, said.collect()))
}
