//! All documents of a space, by collection and id.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use crate::collection::Collection;
use crate::document::Document;
use crate::of_space::{about_this_space, people};
use crate::renamed;
use crate::slug::slug_of;
use crate::target_tags;

/// What a space holds: collection → id → document. Collections are named as in `tests/spaces/README.md` (the API's route
/// in lower case; `variables`, `deploymentprocesses`, `runbookprocesses`, `tenantvariablevalues`, … have special routes).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inventory {
    /// The installation id of the server (`GET /api`).
    pub installation_id: String,
    /// The server's version, such as `2025.3.1`.
    pub server_version: String,
    /// The space document.
    pub space: Option<Document>,
    /// What the key's owner may not see, so that nobody takes it for not being there.
    pub unread: Vec<Unread>,
    /// Collections that the server has no route for: it is older than they are.
    pub unknown: BTreeSet<Collection>,
    /// What was read, so that nobody takes what was not for something that is gone.
    pub reach: Reach,
    /// References that led nowhere.
    pub settled: Vec<Settled>,
    /// Logos that somebody has uploaded, by the id of what they belong to.
    pub logos: BTreeMap<String, bytes::Bytes>,
    collections: BTreeMap<Collection, Documents>,
    /// Id → the collections that have a document with it, in order.
    places: HashMap<String, Vec<Collection>>,
}

/// A collection that the key's owner may not see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    pub collection: Collection,
}

impl Unread {
    /// What is not known, in a sentence.
    #[must_use]
    pub fn text(&self) -> String {
        format!("The source API key may not see the {}; whether there are any is not known.", self.collection)
    }
}

/// A reference that was settled, for a note of the module that makes the document.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    pub collection: Collection,
    /// Id of the document at the source.
    pub id: String,
    /// The document, when it was left out and so is in the inventory no more.
    pub gone: Option<Document>,
    /// The project whose module the note goes to; none: the space's.
    pub project: Option<String>,
    /// As a note names it: `Variables/Key/Scope/Environment`.
    pub field: String,
    pub text: String,
    pub todo: &'static str,
}

/// How much of a space an inventory holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Reach {
    #[default]
    Whole,
    /// All but what is inside projects.
    Shared,
    /// Some projects, and of all else what has one of these ids.
    Named(BTreeSet<String>),
}

/// The documents of one collection by id, and what finds them by other means: without these a space would be searched through for
/// each of its projects.
#[derive(Debug, Clone, Default, PartialEq)]
struct Documents {
    documents: BTreeMap<String, Document>,
    /// Owner's id and document's id.
    owned: BTreeSet<(String, String)>,
    /// How many documents would get a slug by their names.
    slugs: HashMap<String, usize>,
}

impl Documents {
    fn insert(&mut self, document: Document) {
        self.remove(document.id());
        let id = document.id();
        self.owned.extend(owners(&document).map(|owner| (owner.to_owned(), id.to_owned())));
        *self.slugs.entry(slug_of(document.name())).or_default() += 1;
        self.documents.insert(id.to_owned(), document);
    }

    fn remove(&mut self, id: &str) -> Option<Document> {
        let document = self.documents.remove(id)?;
        for owner in owners(&document) {
            self.owned.remove(&(owner.to_owned(), id.to_owned()));
        }
        if let Some(count) = self.slugs.get_mut(&slug_of(document.name())) {
            *count -= 1;
        }
        Some(document)
    }
}

/// The ids of what a document belongs to: named by a field, by links of a tenant to projects, or in its own id
/// (`deploymentprocess-Projects-1`).
fn owners(document: &Document) -> impl Iterator<Item = &str> {
    let fields = ["ProjectId", "OwnerId", "RunbookId", "TenantId"];
    let named = fields.into_iter().filter_map(|field| document.text(field));
    let links = document.get("ProjectEnvironments").and_then(Value::as_object);
    let linked = links.into_iter().flat_map(|links| links.keys().map(String::as_str));
    let in_id = document.id().split_once('-').map(|(_, rest)| rest).filter(|rest| rest.contains('-'));
    named.chain(linked).chain(in_id)
}

impl Inventory {
    /// Reads the documents of one space from the format of `space.json` (`Documents` → space id → collection → id → document).
    /// `None` when that space is not there.
    #[must_use]
    pub fn from_dump(dump: &Value, space_id: &str) -> Option<Self> {
        let space = dump.get("Documents")?.get(space_id)?.as_object()?;
        let mut inventory = Self {
            space: dump["Documents"]["Server"]["spaces"].get(space_id).cloned().and_then(Document::new),
            ..Self::default()
        };
        for (name, documents) in space {
            let collection = Collection::named(name);
            for document in documents.as_object()?.values() {
                let document = match collection {
                    target_tags::COLLECTION => target_tags::document(document),
                    _ => Document::new(document.clone()),
                };
                inventory.insert(collection, document?);
            }
        }
        inventory.add_of_server(dump, space_id);
        Some(inventory)
    }

    /// What of a dump's server is about the space, as reading a server would find it.
    fn add_of_server(&mut self, dump: &Value, space_id: &str) {
        let mut server = Self::default();
        for (collection, documents) in dump["Documents"]["Server"].as_object().into_iter().flatten() {
            for document in documents.as_object().into_iter().flatten().map(|(_, document)| document) {
                if let Some(document) = Document::new(document.clone()) {
                    server.insert(Collection::named(collection), document);
                }
            }
        }
        let freezes = server
            .all(Collection::DeploymentFreezes)
            .map(|freeze| (Collection::DeploymentFreezes, freeze.clone()));
        let freezes = about_this_space(self, freezes.collect());
        for (collection, document) in people(&server, space_id).into_iter().chain(freezes) {
            self.insert(collection, document);
        }
    }

    #[must_use]
    pub fn space_id(&self) -> &str {
        self.space.as_ref().map_or("", Document::id)
    }

    /// Adds a document, or replaces the one with its id. The tag set that servers make for target tags is none: its tags are added.
    /// Fields get their newer names.
    pub fn insert(&mut self, collection: Collection, mut document: Document) {
        renamed::to_newer(collection, &mut document);
        if target_tags::is_system_set(collection, &document) {
            for tag in target_tags::of_system_set(&document) {
                self.insert(target_tags::COLLECTION, tag);
            }
            return;
        }
        let places = self.places.entry(document.id().to_owned()).or_default();
        if let Err(position) = places.binary_search(&collection) {
            places.insert(position, collection);
        }
        self.collections.entry(collection).or_default().insert(document);
    }

    pub fn remove(&mut self, collection: Collection, id: &str) -> Option<Document> {
        let removed = self.collections.get_mut(&collection)?.remove(id)?;
        if let Some(places) = self.places.get_mut(id) {
            places.retain(|place| *place != collection);
        }
        Some(removed)
    }

    #[must_use]
    pub fn get(&self, collection: Collection, id: &str) -> Option<&Document> {
        self.collections.get(&collection)?.documents.get(id)
    }

    /// A document to be changed; but for its id, its name and what it belongs to.
    pub fn get_mut(&mut self, collection: Collection, id: &str) -> Option<&mut Document> {
        self.collections.get_mut(&collection)?.documents.get_mut(id)
    }

    /// Whether a document of that collection and id would be here if the space had it.
    #[must_use]
    pub fn is_read(&self, collection: Collection, id: &str) -> bool {
        if self.unread.iter().any(|note| note.collection == collection) {
            return false;
        }
        match &self.reach {
            Reach::Whole => true,
            Reach::Shared => !matches!(
                collection,
                Collection::Channels
                    | Collection::Runbooks
                    | Collection::DeploymentProcesses
                    | Collection::RunbookProcesses
                    | Collection::ProjectTriggers
            ),
            Reach::Named(ids) => match collection {
                Collection::Projects
                | Collection::Teams
                | Collection::UserRoles
                | Collection::DeploymentProcesses => true,
                Collection::TagSets => self.all(Collection::TagSets).next().is_some(),
                _ => ids.contains(id),
            },
        }
    }

    /// How many documents there are in all.
    #[must_use]
    pub fn len(&self) -> usize {
        self.collections.values().map(|collection| collection.documents.len()).sum()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The documents of a collection, by id (as text).
    pub fn all(&self, collection: Collection) -> impl Iterator<Item = &Document> {
        self.collections.get(&collection).into_iter().flat_map(|collection| collection.documents.values())
    }

    /// The documents of a collection that belong to a project, runbook, library set or tenant, by id (as text). A tenant belongs to the
    /// projects that it is linked to.
    pub fn of<'i>(
        &'i self,
        collection: Collection,
        owner: &str,
    ) -> impl Iterator<Item = &'i Document> + use<'i> {
        let first = (owner.to_owned(), String::new());
        self.collections.get(&collection).into_iter().flat_map(move |collection| {
            let owner = first.0.clone();
            let owned = collection.owned.range(first.clone()..).take_while(move |(of, _)| *of == owner);
            owned.filter_map(|(_, id)| collection.documents.get(id))
        })
    }

    /// How many documents of a collection would get this slug by their names.
    #[must_use]
    pub fn with_slug(&self, collection: Collection, slug: &str) -> usize {
        self.collections.get(&collection).and_then(|found| found.slugs.get(slug)).copied().unwrap_or_default()
    }

    /// The collections that hold something, by name.
    pub fn collections(&self) -> impl Iterator<Item = Collection> {
        self.collections.keys().copied()
    }

    /// Which collection a document id belongs to, if there is such a document: the first by name.
    #[must_use]
    pub fn collection_of(&self, id: &str) -> Option<Collection> {
        self.places.get(id)?.first().copied()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn inventory() -> Inventory {
        let mut inventory = Inventory::default();
        for (collection, document) in [
            (Collection::Projects, json!({"Id": "Projects-1", "Name": "Shop"})),
            (Collection::Projects, json!({"Id": "Projects-11", "Name": "shop!"})),
            (Collection::Channels, json!({"Id": "Channels-1", "Name": "Default", "ProjectId": "Projects-1"})),
            (
                Collection::Channels,
                json!({"Id": "Channels-2", "Name": "Default", "ProjectId": "Projects-11"}),
            ),
            (Collection::Variables, json!({"Id": "variableset-Projects-1"})),
            (
                Collection::Tenants,
                json!({"Id": "Tenants-1", "ProjectEnvironments": {"Projects-1": [], "Projects-11": []}}),
            ),
        ] {
            inventory.insert(collection, Document::new(document).unwrap());
        }
        inventory
    }

    #[test]
    fn documents_are_found_by_what_they_belong_to() {
        let inventory = inventory();
        let ids =
            |collection, owner| -> Vec<&str> { inventory.of(collection, owner).map(Document::id).collect() };
        assert_eq!(ids(Collection::Channels, "Projects-1"), ["Channels-1"]);
        assert_eq!(ids(Collection::Variables, "Projects-1"), ["variableset-Projects-1"]);
        assert_eq!(ids(Collection::Tenants, "Projects-11"), ["Tenants-1"]);
        assert_eq!(ids(Collection::Channels, "Projects-2"), [""; 0]);
        assert_eq!(inventory.collection_of("Channels-2"), Some(Collection::Channels));
        assert_eq!(inventory.with_slug(Collection::Projects, "shop"), 2);
    }

    #[test]
    fn what_is_replaced_or_removed_is_not_found_any_more() {
        let mut inventory = inventory();
        let moved = json!({"Id": "Channels-1", "Name": "Hotfix", "ProjectId": "Projects-11"});
        inventory.insert(Collection::Channels, Document::new(moved).unwrap());
        assert_eq!(inventory.of(Collection::Channels, "Projects-1").count(), 0);
        assert_eq!(inventory.of(Collection::Channels, "Projects-11").count(), 2);
        assert_eq!(inventory.with_slug(Collection::Channels, "default"), 1);
        inventory.remove(Collection::Channels, "Channels-1");
        assert_eq!(inventory.of(Collection::Channels, "Projects-11").count(), 1);
        assert_eq!(inventory.collection_of("Channels-1"), None);
    }
}
