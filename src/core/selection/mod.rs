//! Which part of a space the modules hold: what becomes of each document. The room [`crate::part`] finds it from options.

pub(crate) mod trim;

use std::collections::{BTreeMap, BTreeSet};

use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;
use module::identities::Identities;

/// Collection → id → something about the document.
pub(crate) type Table<T> = BTreeMap<Collection, BTreeMap<String, T>>;

pub(crate) fn at<'t, T>(table: &'t Table<T>, collection: Collection, id: &str) -> Option<&'t T> {
    table.get(&collection)?.get(id)
}

/// What becomes of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Make,
    /// It exists at the destination: looked up by name.
    LookUp,
    /// Never made. What needs it looks it up by name.
    Excluded,
    /// Neither asked for nor needed.
    NotSelected,
}

/// What the modules of one inventory hold; by default all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// The options as they were given.
    pub options: Vec<String>,
    /// Documents that an option excludes → the option.
    pub(crate) excluded: Table<usize>,
    /// Documents that an option looks up → the option.
    pub(crate) looked_up: Table<usize>,
    /// The same for parts of documents: variables of sets, steps of processes.
    pub(crate) excluded_parts: Table<BTreeMap<String, usize>>,
    /// Parts of documents that have been taken out of the inventory.
    pub(crate) gone: Vec<trim::Gone>,
    /// What has another name at the destination.
    pub(crate) renamed: Vec<Renamed>,
    /// What `--only` asks for, and what that needs.
    pub(crate) only: Option<Only>,
    /// Whether there are modules for all that is selected: only then something is left out of all of them.
    pub(crate) of_all: bool,
    /// What the resources of the last module are at the source: each thing keeps the label that it has there.
    pub earlier: Identities,
}

/// What `--only` selects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Only {
    pub(crate) documents: Table<()>,
    /// Projects that have a module → whether with all that belongs to them.
    pub(crate) projects: BTreeMap<String, bool>,
    /// Variable sets of which only some variables are wanted → their names.
    pub(crate) variables: BTreeMap<String, BTreeSet<String>>,
    /// What has been added, and what needs it.
    pub(crate) needed: Vec<Needed>,
}

/// Something that was not asked for and is needed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Needed {
    /// `account "AWS"`.
    pub what: String,
    /// `target "web-1"`.
    pub by: String,
}

/// A document, or a tag of one, that was renamed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamed {
    pub collection: Collection,
    pub id: String,
    pub old: String,
    pub new: String,
    /// `environment`, `tag`.
    pub noun: String,
    /// Whether it is the document itself.
    pub is_document: bool,
}

/// What a conversion found that it refers to and does not make: collection and id → by what.
pub type Needs = BTreeMap<(Collection, String), String>;

impl Selection {
    /// Whether `--only` was given, so that what is needed has to be found.
    #[must_use]
    pub fn is_part(&self) -> bool {
        self.only.is_some()
    }

    /// What becomes of a document, for whoever refers to it.
    #[must_use]
    pub fn fate(&self, collection: Collection, id: &str) -> Fate {
        if at(&self.looked_up, collection, id).is_some() {
            return Fate::LookUp;
        }
        if at(&self.excluded, collection, id).is_some() {
            return Fate::Excluded;
        }
        match &self.only {
            None => Fate::Make,
            Some(only) if collection == Collection::Projects => {
                if only.projects.contains_key(id) {
                    Fate::Make
                } else {
                    Fate::NotSelected
                }
            }
            Some(only) if at(&only.documents, collection, id).is_some() => Fate::Make,
            Some(_) => Fate::NotSelected,
        }
    }

    /// Whether the space's module makes a document. Variables go with their set, roles with their team.
    #[must_use]
    pub fn makes_in_space(&self, collection: Collection, document: &Document) -> bool {
        let goes_with = match collection {
            Collection::Variables => {
                document.text("OwnerId").map(|owner| (Collection::LibraryVariableSets, owner))
            }
            Collection::ScopedUserRoles => document.text("TeamId").map(|team| (Collection::Teams, team)),
            _ => None,
        };
        let own = self.fate(collection, document.id());
        let Some((collection, owner)) = goes_with else { return own == Fate::Make };
        match own {
            Fate::LookUp | Fate::Excluded => false,
            // A team of every server is made by none.
            Fate::Make if self.is_part() => true,
            Fate::Make | Fate::NotSelected => self.fate(collection, owner) == Fate::Make,
        }
    }

    /// Whether a project's module makes a document that belongs to the project, or the project's part of one that several share.
    #[must_use]
    pub fn makes_in_project(&self, project: &str, collection: Collection, document: &Document) -> bool {
        if matches!(collection, Collection::Projects | Collection::DeploymentSettings) {
            return true;
        }
        let team = document.text("TeamId").filter(|_| collection == Collection::ScopedUserRoles);
        if team.is_some_and(|team| self.fate(Collection::Teams, team) == Fate::Excluded) {
            return false;
        }
        match self.fate(collection, document.id()) {
            Fate::Make | Fate::LookUp => true,
            Fate::Excluded => false,
            Fate::NotSelected => collection == Collection::TenantVariableValues || self.is_whole(project),
        }
    }

    /// Whether a project's module holds all that belongs to the project.
    #[must_use]
    pub fn is_whole(&self, project: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.projects.get(project).copied().unwrap_or(true))
    }

    /// Whether a variable of a set is carried.
    #[must_use]
    pub fn keeps_variable(&self, set: &str, owner: &str, name: &str) -> bool {
        if at(&self.excluded_parts, Collection::Variables, set).is_some_and(|names| names.contains_key(name))
        {
            return false;
        }
        let Some(only) = &self.only else { return true };
        match only.variables.get(set) {
            Some(wanted) => only.projects.get(owner) == Some(&true) || wanted.contains(name),
            None => true,
        }
    }

    /// The projects that have a module, by id: those that are selected, with whatever they need.
    #[must_use]
    pub fn projects<'i>(&self, inventory: &'i Inventory) -> Vec<&'i Document> {
        inventory
            .all(Collection::Projects)
            .filter(|project| self.fate(Collection::Projects, project.id()) == Fate::Make)
            .collect()
    }

    /// What was added because it is needed, sorted.
    #[must_use]
    pub fn needed(&self) -> Vec<Needed> {
        let mut needed = self.only.as_ref().map(|only| only.needed.clone()).unwrap_or_default();
        needed.sort();
        needed
    }

    /// What has a name of the destination's, which is looked up there.
    pub fn mapped(&self) -> impl Iterator<Item = &Renamed> {
        self.renamed.iter().filter(|renamed| self.fate(renamed.collection, &renamed.id) == Fate::LookUp)
    }

    /// What a document is called at the source.
    #[must_use]
    pub fn source_name<'d>(&'d self, collection: Collection, document: &'d Document) -> &'d str {
        let same = |renamed: &&Renamed| {
            renamed.is_document && renamed.collection == collection && renamed.id == document.id()
        };
        self.renamed.iter().find(same).map_or(document.name(), |renamed| &renamed.old)
    }
}
