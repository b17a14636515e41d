//! Making documents as they are wanted: found again by name, written only when something differs.

use serde_json::Value;

use crate::server::Server;
use documents::collection::Collection;
use documents::document::Document;
use failure::While as _;
use failure::{Failure, FailureKind};

/// How often a document that somebody else changed in the meantime is read and edited again.
const TRIES: usize = 4;

/// Whether the document holds everything that is wanted; what else it holds doesn't matter. Null is the same as absent.
#[must_use]
pub fn has_all_of(there: &Value, wanted: &Value) -> bool {
    match (there, wanted) {
        (_, Value::Null) => there.is_null(),
        (Value::Object(there), Value::Object(wanted)) => {
            wanted.iter().all(|(field, wanted)| has_all_of(there.get(field).unwrap_or(&Value::Null), wanted))
        }
        (Value::Array(there), Value::Array(wanted)) => {
            there.len() == wanted.len()
                && there.iter().zip(wanted).all(|(there, wanted)| has_all_of(there, wanted))
        }
        _ => there == wanted,
    }
}

/// Makes a document of a collection, or brings the one that is there to what is wanted.
///
/// # Errors
/// When the server refuses.
pub async fn ensure(
    server: &Server,
    collection: Collection,
    there: Option<&Document>,
    wanted: &Value,
) -> Result<Document, Failure> {
    ensure_at(server, &collection.documents(server.space_id()), there, wanted).await
}

/// The same of the list at this path.
///
/// # Errors
/// When the server refuses.
pub async fn ensure_at(
    server: &Server,
    path: &str,
    there: Option<&Document>,
    wanted: &Value,
) -> Result<Document, Failure> {
    let collection = path.rsplit('/').next().unwrap_or(path);
    let what = || format!("writing {} in {collection}", wanted["Name"]);
    let Some(there) = there else {
        let made = server.client.post(path, wanted).await;
        return document(made.while_doing(what())?);
    };
    let before = there.clone().into_value();
    if has_all_of(&before, wanted) {
        return Ok(there.clone());
    }
    let mut after = there.clone();
    for (field, value) in wanted.as_object().into_iter().flatten() {
        after.fields_mut().insert(field.clone(), value.clone());
    }
    let written = server.client.put(&format!("{path}/{}", there.id()), &after.into_value()).await;
    document(written.while_doing(what())?)
}

/// Reads a document, lets it be edited and writes it if `edit` says that it changed something; reads it again when somebody
/// else was faster. Whether anything was written.
///
/// # Errors
/// When the server refuses, or others keep changing the document.
pub async fn edit(
    server: &Server,
    path: &str,
    mut edit: impl FnMut(&mut Document) -> bool,
) -> Result<bool, Failure> {
    let path = server.path(path);
    let mut tries = 0;
    loop {
        let mut there = document(server.client.get(&path).await?)?;
        if !edit(&mut there) {
            return Ok(false);
        }
        match server.client.put(&path, &there.into_value()).await {
            Ok(_) => return Ok(true),
            Err(failure) if failure.kind == FailureKind::Overtaken && tries < TRIES => tries += 1,
            Err(failure) => return Err(failure.while_doing(format!("writing {path}"))),
        }
    }
}

/// A document of an answer.
///
/// # Errors
/// When the answer is none.
pub fn document(answer: Value) -> Result<Document, Failure> {
    Document::new(answer).ok_or_else(|| Failure::failed("the server answered something else than a document"))
}

/// The documents of a collection.
///
/// # Errors
/// When the list can't be read whole.
pub async fn list(server: &Server, collection: Collection) -> Result<Vec<Document>, Failure> {
    list_at(server, &collection.list(server.space_id()), collection.name()).await
}

/// Those documents of a collection that a query finds: `partialName=Shop`.
///
/// # Errors
/// When they can't be read whole.
pub async fn search(server: &Server, collection: Collection, query: &str) -> Result<Vec<Document>, Failure> {
    let path = format!("{}?{query}", collection.list(server.space_id()));
    list_at(server, &path, &format!("{collection}?{query}")).await
}

/// The documents of the list at this path; `what` names them in a message.
///
/// # Errors
/// When the list can't be read whole.
pub async fn list_at(server: &Server, path: &str, what: &str) -> Result<Vec<Document>, Failure> {
    let items = server.client.list(path).await;
    let items = items.while_doing(format!("reading the {what}"))?;
    Ok(items.into_iter().filter_map(Document::new).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::has_all_of;

    #[test]
    fn what_the_server_adds_does_not_matter() {
        assert!(has_all_of(
            &json!({"a": [{"b": 1, "Id": 2}], "c": null}),
            &json!({"a": [{"b": 1}], "d": null})
        ));
        assert!(!has_all_of(&json!({"a": [1, 2]}), &json!({"a": [1]})));
        assert!(!has_all_of(&json!({"a": 1}), &json!({"b": 1})));
    }
}
