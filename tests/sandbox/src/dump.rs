//! Whole servers as JSON, in and out: the format of `tests/spaces/README.md`.

use serde_json::{Map, Value, json};

use crate::collections::Fields;
use crate::server::Server;
use crate::store::Store;

/// Collections that are history or content, not documents of a space: they are not in a dump.
const NOT_DUMPED: [&str; 7] =
    ["tasks", "runbookruns", "artifacts", "interruptions", "events", "packages", "gitvariablesnapshots"];

/// Lets each loaded document of a collection, wherever it is, be as this server has it. `change` says whether it is another one now.
pub(crate) fn change_loaded(
    server: &mut Server,
    collection: &str,
    change: impl Fn(&Server, &mut Fields) -> bool,
) {
    for space in server.store.place_names() {
        let documents: Vec<Value> =
            server.store.all(&space, collection).map(|(_, document)| document.clone()).collect();
        for document in documents {
            let Value::Object(mut fields) = document else { continue };
            if change(server, &mut fields) {
                server.store.put(&space, collection, Value::Object(fields));
            }
        }
    }
}

/// Adds the documents and secrets of a dump. `None` when it isn't one.
pub(crate) fn load(store: &mut Store, dump: &Value) -> Option<()> {
    for (place, collections) in dump.get("Documents")?.as_object()? {
        for (collection, documents) in collections.as_object()? {
            for document in documents.as_object()?.values() {
                for id in ids_within(document) {
                    store.note_id(&id);
                }
                store.put(place, collection, document.clone());
            }
        }
    }
    for (id, secrets) in dump.get("Secrets").and_then(Value::as_object).into_iter().flatten() {
        for (path, secret) in secrets.as_object()? {
            store.secrets.set(id, path, secret.as_str()?);
        }
    }
    Some(())
}

/// Ids of parts that are numbered like documents: tags, rules, phases.
fn ids_within(document: &Value) -> Vec<String> {
    let mut ids = Vec::new();
    for list in ["Tags", "Rules", "Phases"] {
        for item in document[list].as_array().into_iter().flatten() {
            ids.extend(item["Id"].as_str().map(ToOwned::to_owned));
        }
    }
    ids
}

/// All documents and secrets; objects sorted, so that equal servers give equal bytes.
pub(crate) fn write(store: &Store) -> Value {
    let mut documents = Map::new();
    for (place, collections) in store.places() {
        let collections: Map<String, Value> = collections
            .iter()
            .filter(|(name, documents)| !documents.is_empty() && !NOT_DUMPED.contains(&name.as_str()))
            .map(|(name, documents)| {
                let documents =
                    documents.iter().map(|(id, document)| (id.clone(), sorted(document))).collect();
                (name.clone(), Value::Object(documents))
            })
            .collect();
        if !collections.is_empty() {
            documents.insert(place.clone(), Value::Object(collections));
        }
    }
    let secrets: Map<String, Value> =
        store.secrets.iter().map(|(id, secrets)| (id.clone(), json!(secrets))).collect();
    json!({"Documents": documents, "Secrets": secrets})
}

/// The same value with the keys of all objects sorted.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort();
            Value::Object(names.into_iter().map(|name| (name.clone(), sorted(&fields[name]))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}
