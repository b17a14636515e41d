//! Which names a run can see: by them a name means one value or several. Octopus compares names without case.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::mark::name;
use documents::collection::Collection;
use documents::document::Document;
use documents::git;
use documents::inventory::Inventory;

/// A project or library set with its variable set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) id: String,
    pub(super) name: String,
    /// For a person: `project "Shop"`.
    pub(super) title: String,
    pub(super) variable_set: String,
    pub(super) is_library: bool,
    pub(super) in_git: bool,
}

/// The owners of variable sets, library sets first, without the seeded ones; by name, then id.
pub(super) fn owners(inventory: &Inventory) -> Vec<Owner> {
    let libraries = inventory
        .all(Collection::LibraryVariableSets)
        .filter(|set| set.text("ContentType") != Some("ScriptModule"))
        .map(|set| owner(set, true));
    let projects = inventory.all(Collection::Projects).map(|project| owner(project, false));
    let mut owners: Vec<Owner> = libraries.chain(projects).flatten().collect();
    owners.sort_by(|a, b| (!a.is_library, &a.name, &a.id).cmp(&(!b.is_library, &b.name, &b.id)));
    owners
}

fn owner(document: &Document, is_library: bool) -> Option<Owner> {
    if name::is_marked(document.text("Description").unwrap_or_default()) {
        return None;
    }
    let kind = if is_library { "library set" } else { "project" };
    Some(Owner {
        id: document.id().to_owned(),
        name: document.name().to_owned(),
        title: format!("{kind} \"{}\"", document.name()),
        variable_set: document
            .text("VariableSetId")
            .map_or_else(|| format!("variableset-{}", document.id()), str::to_owned),
        is_library,
        in_git: git::has_variables_in_git(document),
    })
}

/// How often each name occurs in all that the run sees which reads an owner's secrets: for a library set the run of the
/// project `Octoferry`, which sees every library set; for a project its own run, which sees its linked sets.
#[derive(Debug, Clone, Default)]
pub(super) struct View {
    counts: BTreeMap<String, usize>,
}

impl View {
    /// What the run sees that reads library sets.
    pub(super) fn of_library(inventory: &Inventory) -> Self {
        let mut view = Self::default();
        for set in inventory.all(Collection::LibraryVariableSets) {
            view.add_owner(inventory, set);
        }
        view
    }

    /// What the run sees that reads an owner's secrets; this is [`View::of_library`].
    pub(super) fn seen_by<'a>(&'a self, inventory: &Inventory, owner: &Owner) -> Cow<'a, Self> {
        if owner.is_library {
            return Cow::Borrowed(self);
        }
        let mut view = Self::default();
        if let Some(project) = inventory.get(Collection::Projects, &owner.id) {
            view.add_owner(inventory, project);
            for id in project.texts("IncludedLibraryVariableSetIds") {
                if let Some(set) = inventory.get(Collection::LibraryVariableSets, id) {
                    view.add_owner(inventory, set);
                }
            }
        }
        Cow::Owned(view)
    }

    fn add_owner(&mut self, inventory: &Inventory, document: &Document) {
        for name in names_of(inventory, document) {
            *self.counts.entry(name).or_default() += 1;
        }
    }

    /// Whether the name stands for one variable, without case.
    pub(super) fn is_unique(&self, name: &str) -> bool {
        self.counts.get(&name.to_lowercase()).is_none_or(|count| *count == 1)
    }
}

/// Names of variables and templates of one owner, in lower case.
fn names_of(inventory: &Inventory, document: &Document) -> Vec<String> {
    let set = document
        .text("VariableSetId")
        .map_or_else(|| format!("variableset-{}", document.id()), str::to_owned);
    inventory
        .get(Collection::Variables, &set)
        .into_iter()
        .flat_map(|set| set.list("Variables"))
        .chain(git::variables(inventory, document.id()))
        .chain(document.list("Templates"))
        .filter_map(|item| item["Name"].as_str())
        .map(str::to_lowercase)
        .collect()
}

/// Whether a run may have a variable of this name by itself, which would be read in its stead: what the server and the action set
/// (`Octopus.Action.Script.Syntax`), and the environment variables of the worker's process (`env:PATH`).
pub(super) fn is_set_by_runs(name: &str) -> bool {
    let name = name.to_lowercase();
    name.starts_with("octopus") || name.starts_with("env:")
}

/// Every name of a variable or template in the space, in lower case: a new name must be none of them.
pub(super) fn all_names(inventory: &Inventory) -> BTreeSet<String> {
    [Collection::Projects, Collection::LibraryVariableSets]
        .into_iter()
        .flat_map(|collection| inventory.all(collection))
        .flat_map(|document| names_of(inventory, document))
        .collect()
}
