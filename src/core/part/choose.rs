//! What the options name in an inventory.

use std::collections::{BTreeMap, BTreeSet};

use crate::part::parse::{Options, Rule, Verb};
use crate::part::rename;
use crate::part::sorts::{Thing, things};
use crate::selection::{Only, Selection, Table, at};
use documents::collection::Collection;
use documents::inventory::Inventory;
use failure::Failure;

/// How many names a message lists.
const SHOWN: usize = 20;

/// What there will be modules of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whole<'a> {
    /// The space's module alone.
    Space,
    /// The modules of these projects, by id.
    Projects(&'a [String]),
    /// The space's module and those of all projects that are selected.
    All,
}

/// Finds what the options name. `strict`: an option that names nothing is a mistake; else the options are for modules that are made one
/// by one, and whoever made the list has looked.
///
/// # Errors
/// Usage: an option that names nothing, or can't be meant for what is wanted.
pub fn choose(
    options: &Options,
    inventory: &Inventory,
    whole: Whole<'_>,
    strict: bool,
) -> Result<Selection, Failure> {
    let mut selection =
        Selection { options: options.texts(), of_all: whole == Whole::All, ..Selection::default() };
    let mut named: Vec<Vec<Thing<'_>>> = Vec::new();
    for rule in &options.rules {
        if strict && whole == Whole::Space && rule.is_of_projects() {
            return Err(Failure::usage(format!("{rule}: the space's module has no {}", rule.sorts[0].list))
                .hint("octoferry serialize all takes this option: it makes the modules of the projects, and a space module that fits them."));
        }
        if strict && matches!(whole, Whole::Projects(_)) && rule.verb == Verb::Only && rule.is_of_no_project()
        {
            return Err(Failure::usage(format!("{rule}: no project's module makes {}", rule.sorts[0].list))
                .hint("octoferry serialize space and octoferry serialize all take this option."));
        }
        let found = meant(rule, inventory);
        if strict && found.is_empty() {
            return Err(names_nothing(rule, inventory));
        }
        named.push(found);
    }
    let of = |verb: Verb| {
        options.of(verb).flat_map(|(index, _)| named[index].iter().map(move |thing| (index, thing)))
    };
    for (index, thing) in of(Verb::Lookup) {
        put(&mut selection.looked_up, thing, index);
    }
    // The maps stand behind the rules among the options.
    for (index, map) in options.renames.iter().enumerate().filter(|(_, rename)| rename.is_map) {
        match rename::meant(inventory, map)? {
            Some((_, thing, _)) => put(&mut selection.looked_up, &thing, options.rules.len() + index),
            None if strict => return Err(rename::nothing(inventory, map)),
            None => {}
        }
    }
    for (index, thing) in of(Verb::Exclude) {
        exclude(&mut selection, thing, index);
    }
    all_but(&mut selection, options, inventory, &named);
    if options.of(Verb::Only).next().is_some() {
        selection.only = Some(Only::default());
        for (_, thing) in of(Verb::Only) {
            select(&mut selection, thing);
        }
    }
    if let Whole::Projects(ids) = whole {
        name_projects(&mut selection, inventory, ids, strict)?;
    }
    Ok(selection)
}

fn meant<'i>(rule: &Rule, inventory: &'i Inventory) -> Vec<Thing<'i>> {
    let all = rule.sorts.iter().flat_map(|sort| things(inventory, sort));
    all.filter(|thing| rule.which.is(thing)).collect()
}

fn names_nothing(rule: &Rule, inventory: &Inventory) -> Failure {
    let mut names: Vec<String> = rule
        .sorts
        .iter()
        .flat_map(|sort| things(inventory, sort))
        .map(|thing| format!("{:?}", thing.full_name()))
        .collect();
    names.sort();
    names.dedup();
    let list = rule.sorts[0].list.replace('_', " ");
    let failure = Failure::usage(format!("{rule}: nothing is meant by it"));
    match names.len() {
        0 => failure.hint(format!("The source space has no {list}.")),
        count if count > SHOWN => failure.hint(format!("None of the {count} {list} is called so.")),
        _ => failure.hint(format!("{list}: {}.", names.join(", "))),
    }
}

fn put(table: &mut Table<usize>, thing: &Thing<'_>, option: usize) {
    let ids = table.entry(thing.collection).or_default();
    ids.entry(thing.document.id().to_owned()).or_insert(option);
}

fn exclude(selection: &mut Selection, thing: &Thing<'_>, option: usize) {
    match &thing.inside {
        None => put(&mut selection.excluded, thing, option),
        Some(name) => {
            let ids = selection.excluded_parts.entry(thing.collection).or_default();
            let names = ids.entry(thing.document.id().to_owned()).or_default();
            names.entry(name.clone()).or_insert(option);
        }
    }
}

/// Of the kinds that `--exclude-except` names, all others are excluded.
fn all_but(selection: &mut Selection, options: &Options, inventory: &Inventory, named: &[Vec<Thing<'_>>]) {
    type Stays<'t> = BTreeSet<(Collection, &'t str, Option<&'t str>)>;
    let mut by_list: BTreeMap<&str, (usize, &Rule, Stays<'_>)> = BTreeMap::new();
    for (index, rule) in options.of(Verb::ExcludeExcept) {
        let (_, _, stays) = by_list.entry(&rule.sorts[0].list).or_insert((index, rule, Stays::new()));
        stays.extend(
            named[index].iter().map(|thing| (thing.collection, thing.document.id(), thing.inside.as_deref())),
        );
    }
    for (index, rule, stays) in by_list.values() {
        for thing in rule.sorts.iter().flat_map(|sort| things(inventory, sort)) {
            if !stays.contains(&(thing.collection, thing.document.id(), thing.inside.as_deref())) {
                exclude(selection, &thing, *index);
            }
        }
    }
}

fn select(selection: &mut Selection, thing: &Thing<'_>) {
    let document = thing.document;
    let is_out = at(&selection.excluded, thing.collection, document.id()).is_some()
        || at(&selection.looked_up, thing.collection, document.id()).is_some();
    let Some(only) = selection.only.as_mut().filter(|_| !is_out) else { return };
    if thing.collection == Collection::Projects {
        only.projects.insert(document.id().to_owned(), true);
        return;
    }
    let documents = only.documents.entry(thing.collection).or_default();
    documents.insert(document.id().to_owned(), ());
    let owner =
        document.text("ProjectId").or(document.text("OwnerId")).filter(|id| id.starts_with("Projects-"));
    if let Some(project) = owner {
        only.projects.entry(project.to_owned()).or_insert(false);
    }
    if let Some(name) = &thing.inside {
        only.variables.entry(document.id().to_owned()).or_default().insert(name.clone());
        if let Some(set) = document.text("OwnerId").filter(|_| owner.is_none()) {
            let sets = only.documents.entry(Collection::LibraryVariableSets).or_default();
            sets.insert(set.to_owned(), ());
        }
    }
}

/// Projects that the command line names have a module in any case.
fn name_projects(
    selection: &mut Selection,
    inventory: &Inventory,
    ids: &[String],
    strict: bool,
) -> Result<(), Failure> {
    for id in ids {
        let option = at(&selection.excluded, Collection::Projects, id).or(at(
            &selection.looked_up,
            Collection::Projects,
            id,
        ));
        if let Some(option) = option {
            let name = inventory.get(Collection::Projects, id).map_or(id.as_str(), |project| project.name());
            return Err(Failure::usage(format!(
                "the project {name:?} is asked for, and {} leaves it out",
                selection.options[*option]
            )));
        }
    }
    if let Some(only) = &mut selection.only {
        only.projects.retain(|id, _| ids.contains(id));
        for id in ids {
            // In a list that is for many projects, one that nothing of it is about is there because another needs it.
            only.projects.entry(id.clone()).or_insert(!strict);
        }
    }
    Ok(())
}
