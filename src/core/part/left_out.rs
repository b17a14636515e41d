//! What is in no module, kind by kind: notes for people, and keys for `verify`.

use std::collections::BTreeMap;

use crate::convert::context::Context;
use crate::part::needed::names_a_step;
use crate::part::sorts::{Home, Sort, Thing, plural, sorts, things};
use crate::selection::{Fate, Selection, at};
use documents::collection::Collection;
use documents::document::Document;
use module::manifest::{About, LeftOut, Note, Scope, Target};

/// How many names a note lists.
const SHOWN: usize = 20;

/// Why something is left out: the number of an option, or `--only`.
type Why = Option<usize>;

/// What the module of a context leaves out, with a note for each kind and option.
#[must_use]
pub fn left_out(context: &Context<'_>) -> (Vec<LeftOut>, Vec<Note>) {
    let mut found = Found::default();
    if context.selection.options.is_empty() {
        return (Vec::new(), Vec::new());
    }
    match &context.scope {
        Scope::Space => {
            for sort in sorts() {
                found.of_space(context, &sort);
            }
            found.rest(context);
            found.unlinked_values(context);
        }
        Scope::Project { id, .. } => {
            for sort in sorts() {
                found.of_project(context, &sort, id);
            }
            found.parts_of_project(context, id);
            found.gone(context, id, None);
        }
        Scope::Runbook { id, project_id, .. } => found.gone(context, project_id, Some(id)),
    }
    found.renamed(context);
    (found.left_out, found.notes)
}

#[derive(Default)]
struct Found {
    left_out: Vec<LeftOut>,
    notes: Vec<Note>,
}

impl Found {
    fn of_space(&mut self, context: &Context<'_>, sort: &Sort) {
        let selection = context.selection;
        let is_here = match sort.home {
            Home::Shared => true,
            // Without modules of projects nothing is said of them.
            Home::Projects => selection.of_all,
            Home::Inside => sort.list == "library_variables",
            Home::OfProject => false,
        };
        if !is_here {
            return;
        }
        let all = things(context.inventory, sort);
        let mut out: BTreeMap<Why, Vec<&Thing<'_>>> = BTreeMap::new();
        for thing in &all {
            if let Some(why) = why_not_in_space(selection, thing) {
                out.entry(why).or_default().push(thing);
            }
        }
        for (why, things) in out {
            self.add(context, sort, all.len(), why, &things);
        }
    }

    fn of_project(&mut self, context: &Context<'_>, sort: &Sort, project: &str) {
        if !matches!(sort.home, Home::OfProject | Home::Inside) {
            return;
        }
        let belongs = |thing: &Thing<'_>| {
            ["ProjectId", "OwnerId"].iter().any(|field| thing.document.text(field) == Some(project))
        };
        let all: Vec<Thing<'_>> = things(context.inventory, sort).into_iter().filter(belongs).collect();
        let mut out: BTreeMap<Why, Vec<&Thing<'_>>> = BTreeMap::new();
        for thing in &all {
            if let Some(why) = why_not_in_project(context.selection, project, thing) {
                out.entry(why).or_default().push(thing);
            }
        }
        for (why, things) in out {
            self.add(context, sort, all.len(), why, &things);
        }
    }

    /// What a project's module leaves out that no option can name: its process, its links to tenants.
    fn parts_of_project(&mut self, context: &Context<'_>, id: &str) {
        let (inventory, selection) = (context.inventory, context.selection);
        let Some(project) = inventory.get(Collection::Projects, id) else { return };
        let is_made = |collection: Collection, document: &Document| {
            selection.makes_in_project(id, collection, document)
        };
        let process = inventory
            .of(Collection::DeploymentProcesses, id)
            .filter(|process| !is_made(Collection::DeploymentProcesses, process));
        if process.count() > 0 {
            self.quietly(Collection::DeploymentProcesses, vec![vec![project.name().to_owned()]], Vec::new());
            let text = format!("the deployment process of the project {:?} is not selected", project.name());
            self.note(Collection::DeploymentProcesses, vec![project.name().to_owned()], &text);
            // What names a step of the process goes with it.
            let fields = ["VersioningStrategy", "ReleaseCreationStrategy"];
            let of_steps: Vec<String> = fields
                .into_iter()
                .filter(|field| project.get(field).is_some_and(names_a_step))
                .chain(project.flag("AutoCreateRelease").then_some("AutoCreateRelease"))
                .map(str::to_owned)
                .collect();
            if !of_steps.is_empty() {
                self.quietly(Collection::Projects, vec![vec![project.name().to_owned()]], of_steps);
            }
        }
        let unlinked: Vec<&Document> = inventory
            .of(Collection::Tenants, id)
            .filter(|tenant| !is_made(Collection::Tenants, tenant))
            .collect();
        if unlinked.is_empty() {
            return;
        }
        let names: Vec<String> = unlinked.iter().map(|tenant| tenant.name().to_owned()).collect();
        let keys = names.iter().map(|name| vec![name.clone()]).collect();
        self.quietly(
            Collection::Tenants,
            keys,
            vec![format!("ProjectEnvironments/⟨projects {}⟩", project.name())],
        );
        let sets = project
            .texts("IncludedLibraryVariableSetIds")
            .filter_map(|set| inventory.get(Collection::LibraryVariableSets, set));
        let owners: Vec<&Document> = sets.chain([project]).collect();
        let values = names
            .iter()
            .flat_map(|tenant| owners.iter().map(|owner| vec![tenant.clone(), owner.name().to_owned()]));
        self.quietly(Collection::TenantVariableValues, values.collect(), Vec::new());
        let all = inventory.of(Collection::Tenants, id).count();
        let text = format!(
            "{} of {all} links to tenants, with the tenants' values, are not made: {}",
            names.len(),
            listed(&names)
        );
        self.note(Collection::Tenants, Vec::new(), &text);
    }

    /// Parts that are no longer in the inventory: excluded steps, and what went with them.
    fn gone(&mut self, context: &Context<'_>, project: &str, runbook: Option<&str>) {
        let mut by_document: BTreeMap<(Collection, &str, usize), Vec<&str>> = BTreeMap::new();
        for gone in &context.selection.gone {
            let of = (gone.collection, gone.id.as_str(), gone.option);
            by_document.entry(of).or_default().push(&gone.field);
        }
        for ((collection, id, option), fields) in by_document {
            let Some(document) = context.inventory.get(collection, id) else { continue };
            let owner = document.text("ProjectId").or(document.text("OwnerId")).unwrap_or(id);
            let of_another = runbook.is_some() && document.text("RunbookId") != runbook;
            if owner != project || of_another {
                continue;
            }
            let key = context.target(collection, document).key;
            let option = context.selection.options.get(option).cloned().unwrap_or_default();
            let names: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
            let parts = fields.iter().map(|field| match field.split_once('/') {
                Some(("Steps", name)) => format!("step {name:?}"),
                Some(("Variables", name)) => format!("variable {name:?}"),
                _ => (*field).to_owned(),
            });
            let parts: Vec<String> = parts.collect();
            let text = format!(
                "of the {} of {:?} left out, or without what is left out ({option}): {}",
                context.kinds.find(collection, document).map_or(collection.name(), |kind| kind.noun),
                key.last().map_or("", String::as_str),
                parts.join(", ")
            );
            self.note(collection, key.clone(), &text);
            let collection = collection.to_owned();
            self.left_out.push(LeftOut { collection, because: option, keys: vec![key], fields: names });
        }
    }

    /// What no kind makes and no option can name.
    fn rest(&mut self, context: &Context<'_>) {
        if !context.selection.is_part() {
            return;
        }
        let inventory = context.inventory;
        for collection in
            inventory.collections().filter(|collection| context.kinds.not_carried(*collection).is_some())
        {
            let keys: Vec<Vec<String>> =
                inventory.all(collection).map(|document| context.target(collection, document).key).collect();
            self.quietly(collection, keys, Vec::new());
        }
    }

    /// Values of tenants for library sets come with the tenant's link to a project that includes the set.
    fn unlinked_values(&mut self, context: &Context<'_>) {
        let (inventory, selection) = (context.inventory, context.selection);
        if !selection.of_all {
            return;
        }
        let comes = |value: &Document, set: &str| {
            let tenant = value.text("TenantId").and_then(|id| inventory.get(Collection::Tenants, id));
            let links = tenant.and_then(|tenant| tenant.get("ProjectEnvironments")?.as_object());
            links
                .into_iter()
                .flat_map(|links| links.keys())
                .filter_map(|id| inventory.get(Collection::Projects, id))
                .any(|project| {
                    selection.fate(Collection::Projects, project.id()) == Fate::Make
                        && project.texts("IncludedLibraryVariableSetIds").any(|included| included == set)
                        && tenant.is_some_and(|tenant| {
                            selection.makes_in_project(project.id(), Collection::Tenants, tenant)
                        })
                })
        };
        let sort = sorts().into_iter().find(|sort| sort.collection == Collection::TenantVariableValues);
        let mut keys = Vec::new();
        for value in sort.iter().flat_map(|sort| things(inventory, sort)) {
            let set = value.document.text("LibraryVariableSetId").filter(|id| !id.is_empty());
            let Some(set) = set.filter(|set| !comes(value.document, set)) else { continue };
            let owner = inventory.get(Collection::LibraryVariableSets, set).map_or(set, Document::name);
            keys.extend(
                value.owners.first().map(|tenant| vec![tenant.clone(), owner.to_owned(), value.name.clone()]),
            );
        }
        if !keys.is_empty() {
            self.quietly(Collection::TenantVariableValues, keys, Vec::new());
        }
    }

    /// A note for each document of the module that has another name than at the source.
    fn renamed(&mut self, context: &Context<'_>) {
        let selection = context.selection;
        for renamed in &selection.renamed {
            let collection = renamed.collection;
            let Some(document) = context.inventory.get(collection, &renamed.id) else { continue };
            let owner = document.text("ProjectId").or(document.text("OwnerId")).unwrap_or(&renamed.id);
            let is_made = match &context.scope {
                Scope::Space => {
                    selection.makes_in_space(collection, document) && !is_of_project(collection, document)
                }
                Scope::Runbook { id, .. } => *id == renamed.id,
                Scope::Project { id, .. } => {
                    owner == id && selection.makes_in_project(id, collection, document)
                }
            };
            if is_made {
                let text = format!(
                    "the {} {:?} of the source is called {:?}; texts of people that name it (scripts, conditions, values) are left as they are",
                    renamed.noun, renamed.old, renamed.new
                );
                let about = About::field(&context.target(collection, document), "Name");
                self.notes.push(Note::new("renamed", about, &text, ""));
            }
        }
    }

    fn quietly(&mut self, collection: Collection, keys: Vec<Vec<String>>, fields: Vec<String>) {
        let because = "not selected".to_owned();
        self.left_out.push(LeftOut { collection, because, keys, fields });
    }

    fn note(&mut self, collection: Collection, key: Vec<String>, text: &str) {
        let about = About::document(&Target { collection, key });
        self.notes.push(Note::new("not-selected", about, text, ""));
    }

    fn add(&mut self, context: &Context<'_>, sort: &Sort, all: usize, why: Why, things: &[&Thing<'_>]) {
        // Every server has these, and no module makes them: a person need not read of them.
        let is_built_in = |thing: &Thing<'_>| {
            why.is_none()
                && context
                    .kinds
                    .find(thing.collection, thing.document)
                    .is_some_and(|kind| (kind.built_in)(thing.document).is_some())
        };
        let (built_in, things): (Vec<&Thing<'_>>, Vec<&Thing<'_>>) =
            things.iter().copied().partition(|thing| is_built_in(thing));
        if !built_in.is_empty() {
            let keys = built_in.iter().map(|thing| key(context, thing)).collect();
            self.quietly(sort.collection, keys, Vec::new());
        }
        let all = all - built_in.len();
        if things.is_empty() {
            return;
        }
        let option = why.and_then(|option| context.selection.options.get(option));
        let names: Vec<String> = things.iter().map(|thing| thing.full_name()).collect();
        let (few, are) =
            if things.len() == 1 { (sort.noun.to_owned(), "is") } else { (plural(sort.noun), "are") };
        let what = match option {
            Some(option) if option.starts_with("--lookup") => format!("{are} looked up, not made ({option})"),
            Some(option) => format!("{are} left out ({option})"),
            None => format!("{are} not selected"),
        };
        let count = if all == things.len() && all > 1 {
            format!("all {all}")
        } else {
            format!("{} of {all}", things.len())
        };
        let noun = if things.len() == 1 && all > 1 { plural(sort.noun) } else { few };
        self.note(sort.collection, Vec::new(), &format!("{count} {noun} {what}: {}", listed(&names)));
        let because = option.cloned().unwrap_or_else(|| "not selected".to_owned());
        let mut whole = Vec::new();
        let mut parts: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
        for thing in &things {
            let key = key(context, thing);
            match &thing.inside {
                None => whole.push(key),
                Some(name) if sort.collection == Collection::Variables => {
                    parts.entry(key).or_default().push(format!("Variables/{name}"))
                }
                Some(name) => parts.entry(key).or_default().push(format!("Steps/{name}")),
            }
        }
        let collection = sort.collection;
        if !whole.is_empty() {
            self.left_out.push(LeftOut {
                collection,
                because: because.clone(),
                keys: whole,
                fields: Vec::new(),
            });
        }
        for (key, fields) in parts {
            self.left_out.push(LeftOut { collection, because: because.clone(), keys: vec![key], fields });
        }
    }
}

/// `"A", "B" and 3 more`.
fn listed(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("{name:?}")).collect();
    let more = names.len().saturating_sub(SHOWN);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

/// The natural key under which `verify` knows a document.
fn key(context: &Context<'_>, thing: &Thing<'_>) -> Vec<String> {
    match (thing.collection, thing.document.text("FeedType")) {
        (Collection::Feeds, Some(own @ ("BuiltIn" | "OctopusProject"))) => vec![own.to_owned()],
        (Collection::TenantVariableValues, _) => {
            let document = thing.document;
            let owner = |collection: Collection, field: &str| {
                context.inventory.get(collection, document.text(field)?)
            };
            let owner = owner(Collection::Projects, "ProjectId")
                .or_else(|| owner(Collection::LibraryVariableSets, "LibraryVariableSetId"));
            let names = thing.owners.iter().cloned().chain(owner.map(|owner| owner.name().to_owned()));
            names.chain([thing.name.clone()]).collect()
        }
        _ => context.target(thing.collection, thing.document).key,
    }
}

fn is_of_project(collection: Collection, document: &Document) -> bool {
    collection == Collection::Projects
        || ["ProjectId", "OwnerId"]
            .iter()
            .any(|field| document.text(field).is_some_and(|id| id.starts_with("Projects-")))
}

fn option_of(selection: &Selection, thing: &Thing<'_>) -> Why {
    let (collection, id) = (thing.collection, thing.document.id());
    at(&selection.looked_up, collection, id).or(at(&selection.excluded, collection, id)).copied()
}

/// `None`: it is in the module.
fn why_not_in_space(selection: &Selection, thing: &Thing<'_>) -> Option<Why> {
    if let Some(name) = &thing.inside {
        let set = thing.document;
        let part =
            at(&selection.excluded_parts, Collection::Variables, set.id()).and_then(|names| names.get(name));
        return match part {
            Some(option) => Some(Some(*option)),
            // Of a set that is not there the note about the set says it.
            None if !selection.makes_in_space(Collection::Variables, set) => None,
            None => {
                let owner = set.text("OwnerId").unwrap_or_default();
                (!selection.keeps_variable(set.id(), owner, name)).then_some(None)
            }
        };
    }
    if thing.collection == Collection::Projects {
        let is_made = selection.fate(Collection::Projects, thing.document.id()) == Fate::Make;
        return (!is_made).then(|| option_of(selection, thing));
    }
    let is_made = selection.makes_in_space(thing.collection, thing.document);
    let is_of_projects =
        thing.collection == Collection::ScopedUserRoles && !thing.document.list("ProjectIds").is_empty();
    (!is_made && !is_of_projects).then(|| option_of(selection, thing))
}

/// `None`: it is in the module.
fn why_not_in_project(selection: &Selection, project: &str, thing: &Thing<'_>) -> Option<Why> {
    let document = thing.document;
    let Some(name) = &thing.inside else {
        let is_made = selection.makes_in_project(project, thing.collection, document);
        return (!is_made).then(|| option_of(selection, thing));
    };
    let gone =
        at(&selection.excluded_parts, thing.collection, document.id()).and_then(|names| names.get(name));
    if let Some(option) = gone {
        return Some(Some(*option));
    }
    let is_variable = thing.collection == Collection::Variables;
    let is_made = selection.makes_in_project(project, Collection::Variables, document)
        && selection.keeps_variable(document.id(), project, name);
    (is_variable && !is_made).then_some(None)
}
