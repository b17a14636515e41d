//! Parts of documents that are resources of their own: tags, variables, steps, child steps.
//!
//! A part that is at the destination and not in the state would be made a second time: servers take two variables of one name.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Collision;
use crate::finish::directory::Directory;
use crate::finish::field::fits;
use documents::collection::Collection;
use failure::Failure;
use module::manifest::{MadePart, Manifest, Target};
use terraform::state::State;

/// Looks for all of them. Only documents that are there are read, each once.
///
/// # Errors
/// When the destination refuses.
pub(super) async fn look(
    manifest: &Manifest,
    state: &State,
    directory: &mut Directory,
) -> Result<Vec<Collision>, Failure> {
    let mut of_documents: BTreeMap<(Collection, &[String]), Vec<&MadePart>> = BTreeMap::new();
    for part in &manifest.parts {
        if state.has(&part.address) || part.target.collection == super::tenant::COLLECTION {
            continue;
        }
        of_documents.entry((part.target.collection, &part.target.key)).or_default().push(part);
    }
    let mut collisions = Vec::new();
    for ((collection, key), parts) in of_documents {
        let target = Target { collection, key: key.to_vec() };
        let Some(place) = directory.find(&target).await? else { continue };
        let Some(document) = directory.server.client.find(&place.read).await? else { continue };
        let already = collisions.len();
        for part in parts {
            if let Some(import) = found(part, &document, directory).await? {
                collisions.push(Collision {
                    target: target.clone(),
                    part: Some(name_of(&part.path)),
                    address: part.address.clone(),
                    id: None,
                    import,
                    relay: None,
                    in_use: None,
                });
            }
        }
        // Steps are replaced when the id of their process is not known before the apply: so the process is taken over too.
        let process = manifest.makes.iter().find(|made| made.adopted && made.target == target);
        if let Some(made) = process.filter(|made| collisions.len() > already && !state.has(&made.address)) {
            let (target, address) = (target, made.address.clone());
            collisions.push(Collision {
                target,
                part: None,
                address,
                id: None,
                import: Ok(place.id),
                relay: None,
                in_use: None,
            });
        }
    }
    Ok(collisions)
}

/// The id for the import of a part that is in the document, or why it can't be told; `None` when it isn't there.
async fn found(
    part: &MadePart,
    document: &Value,
    directory: &mut Directory,
) -> Result<Option<Result<String, String>>, Failure> {
    let path = match directory.resolved(&Value::Array(part.path.clone())).await {
        Ok(Value::Array(path)) => path,
        Ok(_) => return Ok(None),
        // A scope that names what is not there is no scope of this document.
        Err(failure) if failure.is_missing() => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let mut ids: Vec<&str> = Vec::new();
    let mut place = document;
    for step in &path {
        place = match step {
            Value::String(field) => &place[field.as_str()],
            Value::Object(wanted) => {
                let items = place.as_array().map_or(&[][..], Vec::as_slice);
                let mut fitting = items.iter().filter(|item| fits(item, wanted, |one, other| one == other));
                let Some(item) = fitting.next() else { return Ok(None) };
                if fitting.next().is_some() {
                    return Ok(Some(Err("there are several, and which is meant can't be told".to_owned())));
                }
                ids.push(item["Id"].as_str().unwrap_or_default());
                item
            }
            // No name tells it from its neighbours; so it may be any of those that are there.
            _ => {
                let any = place.as_array().is_some_and(|items| !items.is_empty());
                let why = "its name does not tell it from its neighbours".to_owned();
                return Ok(any.then_some(Err(why)));
            }
        };
    }
    // What stands before the part's own id in an import (provider 1.17.0).
    let owner = match part.target.collection {
        Collection::TagSets => None,
        Collection::Variables => document["OwnerId"].as_str(),
        _ => document["Id"].as_str(),
    };
    Ok(Some(Ok(owner.into_iter().chain(ids).collect::<Vec<_>>().join(":"))))
}

/// `Deploy/Warm up`: the names on the way.
fn name_of(path: &[Value]) -> String {
    let names = path.iter().filter_map(|step| {
        let fields = step.as_object()?;
        let name = fields.get("Name").or_else(|| fields.values().next())?;
        Some(name.as_str().unwrap_or_default().to_owned())
    });
    names.collect::<Vec<_>>().join("/")
}
