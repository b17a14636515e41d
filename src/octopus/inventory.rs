//! All documents of a space, by collection and id.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::module::manifest::Note;
use crate::octopus::document::Document;
use crate::octopus::read::{about_this_space, people};

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
    pub unread: Vec<Note>,
    collections: BTreeMap<String, BTreeMap<String, Document>>,
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
        for (collection, documents) in space {
            for document in documents.as_object()?.values() {
                inventory.insert(collection, Document::new(document.clone())?);
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
                    server.insert(collection, document);
                }
            }
        }
        let freezes = server.all("deploymentfreezes").map(|freeze| ("deploymentfreezes", freeze.clone()));
        let freezes = about_this_space(self, freezes.collect());
        for (collection, document) in people::of_space(&server, space_id).into_iter().chain(freezes) {
            self.insert(collection, document);
        }
    }

    #[must_use]
    pub fn space_id(&self) -> &str {
        self.space.as_ref().map_or("", Document::id)
    }

    /// Adds a document, or replaces the one with its id.
    pub fn insert(&mut self, collection: &str, document: Document) {
        self.collections.entry(collection.to_owned()).or_default().insert(document.id().to_owned(), document);
    }

    pub fn remove(&mut self, collection: &str, id: &str) -> Option<Document> {
        self.collections.get_mut(collection)?.remove(id)
    }

    #[must_use]
    pub fn get(&self, collection: &str, id: &str) -> Option<&Document> {
        self.collections.get(collection)?.get(id)
    }

    pub fn get_mut(&mut self, collection: &str, id: &str) -> Option<&mut Document> {
        self.collections.get_mut(collection)?.get_mut(id)
    }

    /// How many documents there are in all.
    #[must_use]
    pub fn len(&self) -> usize {
        self.collections.values().map(BTreeMap::len).sum()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The documents of a collection, by id (as text).
    pub fn all(&self, collection: &str) -> impl Iterator<Item = &Document> {
        self.collections.get(collection).into_iter().flat_map(BTreeMap::values)
    }

    /// The names of the collections that hold something.
    pub fn collections(&self) -> impl Iterator<Item = &str> {
        self.collections.keys().map(String::as_str)
    }

    /// Which collection a document id belongs to, if there is such a document.
    #[must_use]
    pub fn collection_of(&self, id: &str) -> Option<&str> {
        self.collections
            .iter()
            .find(|(_, documents)| documents.contains_key(id))
            .map(|(name, _)| name.as_str())
    }
}
