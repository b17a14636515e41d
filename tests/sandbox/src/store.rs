//! Documents as JSON, by space → collection → id, and their secrets, kept apart so that no answer can hold one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::secrets::Secrets;

/// The name of the place for documents that belong to no space.
pub(crate) const SERVER: &str = "Server";

pub(crate) type Documents = BTreeMap<String, Value>;

#[derive(Default)]
pub(crate) struct Store {
    documents: BTreeMap<String, BTreeMap<String, Documents>>,
    /// Space, collection and tenant → ids of the documents with that `TenantId`.
    of_tenants: BTreeMap<(String, String, String), BTreeSet<String>>,
    pub(crate) secrets: Secrets,
    /// When and by whom documents were last changed, by id.
    changes: BTreeMap<String, (String, String)>,
    /// The name of the user whose request is answered.
    pub(crate) asking: String,
    /// The highest number given so far, by id prefix in lower case.
    counters: BTreeMap<String, u64>,
}

impl Store {
    /// The next id of a kind: `Projects-12`. Numbers are unique in the server, not in a space.
    pub(crate) fn next_id(&mut self, prefix: &str) -> String {
        let counter = self.counters.entry(prefix.to_lowercase()).or_default();
        *counter += 1;
        format!("{prefix}-{counter}")
    }

    /// Remembers the numbers in an id, so that no later one collides: `TagSets-3/Tags-9` counts for both.
    pub(crate) fn note_id(&mut self, id: &str) {
        for part in id.split('/') {
            let Some((prefix, number)) = part.rsplit_once('-') else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            let counter = self.counters.entry(prefix.to_lowercase()).or_default();
            *counter = (*counter).max(number);
        }
    }

    /// A document by its id, matched without case.
    pub(crate) fn get(&self, space: &str, collection: &str, id: &str) -> Option<&Value> {
        let documents = self.documents.get(space)?.get(collection)?;
        documents.get(id).or_else(|| {
            documents.iter().find(|(key, _)| key.eq_ignore_ascii_case(id)).map(|(_, value)| value)
        })
    }

    pub(crate) fn get_mut(&mut self, space: &str, collection: &str, id: &str) -> Option<&mut Value> {
        self.documents.get_mut(space)?.get_mut(collection)?.get_mut(id)
    }

    /// When and by whom a document was last changed.
    pub(crate) fn change_of(&self, id: &str) -> (&str, &str) {
        self.changes.get(id).map_or(("2026-01-01T00:00:00.000+00:00", ""), |(time, user)| (time, user))
    }

    /// The ids and documents of a collection, by id as text.
    pub(crate) fn all(&self, space: &str, collection: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.documents.get(space).and_then(|space| space.get(collection)).into_iter().flatten()
    }

    /// The first document of a collection that has a text in a field.
    pub(crate) fn find(&self, space: &str, collection: &str, field: &str, text: &str) -> Option<&Value> {
        self.all(space, collection).map(|(_, document)| document).find(|document| document[field] == text)
    }

    /// Stores a document as it is. Secrets must have been taken out before ([`Store::keep`] does both).
    pub(crate) fn put(&mut self, space: &str, collection: &str, document: Value) {
        let id = document["Id"].as_str().unwrap_or_default().to_owned();
        self.note_id(&id);
        self.changes.insert(id.clone(), (now(), self.asking.clone()));
        self.forget_tenant(space, collection, &id);
        if let Some(tenant) = document["TenantId"].as_str() {
            let key = (space.to_owned(), collection.to_owned(), tenant.to_owned());
            self.of_tenants.entry(key).or_default().insert(id.clone());
        }
        self.documents
            .entry(space.to_owned())
            .or_default()
            .entry(collection.to_owned())
            .or_default()
            .insert(id, document);
    }

    /// Takes the secrets out of a document that a client sent, keeps those it says to keep, and stores it.
    pub(crate) fn keep(&mut self, space: &str, collection: &str, mut document: Value) {
        let id = document["Id"].as_str().unwrap_or_default().to_owned();
        let old = self.get(space, collection, &id).cloned();
        self.secrets.settle(&id, &mut document, old.as_ref());
        self.put(space, collection, document);
    }

    /// Writes another name of a tag wherever documents of the space hold it.
    pub(crate) fn rename_tag(&mut self, space: &str, old: &str, new: &str) {
        fn rename(value: &mut Value, old: &str, new: &str) {
            match value {
                Value::String(text) if text == old => new.clone_into(text),
                Value::Array(items) => items.iter_mut().for_each(|item| rename(item, old, new)),
                Value::Object(fields) => fields.values_mut().for_each(|field| rename(field, old, new)),
                _ => {}
            }
        }
        let collections = self.documents.get_mut(space).into_iter().flatten();
        for document in collections.flat_map(|(_, documents)| documents.values_mut()) {
            rename(document, old, new);
        }
    }

    /// Removes a document and its secrets.
    pub(crate) fn remove(&mut self, space: &str, collection: &str, id: &str) -> Option<Value> {
        self.forget_tenant(space, collection, id);
        let removed = self.documents.get_mut(space)?.get_mut(collection)?.remove(id);
        if removed.is_some() {
            self.secrets.forget(id);
        }
        removed
    }

    fn forget_tenant(&mut self, space: &str, collection: &str, id: &str) {
        let document = self.documents.get(space).and_then(|space| space.get(collection)?.get(id));
        if let Some(tenant) = document.and_then(|document| document["TenantId"].as_str()) {
            let key = (space.to_owned(), collection.to_owned(), tenant.to_owned());
            if let Some(ids) = self.of_tenants.get_mut(&key) {
                ids.remove(id);
            }
        }
    }

    /// The documents of a collection that belong to a tenant, by id as text.
    pub(crate) fn of_tenant(
        &self,
        space: &str,
        collection: &str,
        tenant: &str,
    ) -> impl Iterator<Item = &Value> {
        let key = (space.to_owned(), collection.to_owned(), tenant.to_owned());
        let documents = self.documents.get(space).and_then(|space| space.get(collection));
        let ids = self.of_tenants.get(&key).into_iter().flatten();
        ids.filter_map(move |id| documents?.get(id))
    }

    /// Removes all documents of a space.
    pub(crate) fn remove_space(&mut self, space: &str) {
        self.of_tenants.retain(|(of, ..), _| of != space);
        for id in self
            .documents
            .remove(space)
            .into_iter()
            .flatten()
            .flat_map(|(_, documents)| documents.into_keys())
        {
            self.secrets.forget(&id);
        }
    }

    /// Places (spaces and [`SERVER`]) with their collections.
    pub(crate) fn places(&self) -> impl Iterator<Item = (&String, &BTreeMap<String, Documents>)> {
        self.documents.iter()
    }

    /// The names of the places, while these are changed.
    pub(crate) fn place_names(&self) -> Vec<String> {
        self.documents.keys().cloned().collect()
    }

    /// A space's id by id, slug or name, without case.
    pub(crate) fn find_space(&self, text: &str) -> Option<String> {
        self.all(SERVER, "spaces")
            .find(|(id, document)| {
                id.eq_ignore_ascii_case(text)
                    || ["Slug", "Name"].iter().any(|field| {
                        document[*field].as_str().is_some_and(|value| value.eq_ignore_ascii_case(text))
                    })
            })
            .map(|(id, _)| id.clone())
    }

    pub(crate) fn default_space(&self) -> Option<String> {
        self.all(SERVER, "spaces")
            .find(|(_, document)| document["IsDefault"] == true)
            .map(|(id, _)| id.clone())
    }
}

/// The number at the end of an id, for an order that people expect.
pub(crate) fn number_of(id: &str) -> u64 {
    id.rsplit_once('-').and_then(|(_, number)| number.parse().ok()).unwrap_or_default()
}

/// A text field of a document; empty when absent, null or no text.
pub(crate) fn text<'a>(document: &'a Value, field: &str) -> &'a str {
    document[field].as_str().unwrap_or_default()
}

/// The texts of a list field; empty when absent or null.
pub(crate) fn texts<'a>(document: &'a Value, field: &str) -> impl Iterator<Item = &'a str> {
    document[field].as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// A new random id in the form of a UUID, as steps, actions, variables and templates have it.
pub(crate) fn new_uuid() -> String {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// Now, as the API writes times.
pub(crate) fn now() -> String {
    chrono::Utc::now().format("%Y-%m-%dT%H:%M:%S%.3f+00:00").to_string()
}
