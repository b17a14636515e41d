//! Documents as answers show them: with the links that clients follow.

use md5::Digest as _;
use serde_json::{Map, Value, json};

use crate::request::encode;
use crate::server::Server;
use crate::store::{SERVER, text};

/// A document as an answer shows it: with its links.
pub(crate) fn show(place: &str, collection: &str, document: &Value) -> Value {
    let id = text(document, "Id");
    let base = if place == SERVER { "/api".to_owned() } else { format!("/api/{place}") };
    let own = format!("{base}/{collection}/{}", encode(id));
    let mut links = Map::new();
    links.insert("Self".into(), json!(own));
    match collection {
        "projects" => {
            links.insert("Web".into(), json!(format!("/app#/{place}/projects/{id}")));
            let git = crate::git::is_in_git(document);
            let settings = if git {
                format!("{own}/{{gitRef}}/deploymentsettings")
            } else {
                format!("{own}/deploymentsettings")
            };
            links.insert("DeploymentSettings".into(), json!(settings));
            if !git {
                links.insert("ConvertToVcs".into(), json!(format!("{own}/git/convert")));
            }
            links.insert(
                "Variables".into(),
                json!(format!("{base}/variables/{}", text(document, "VariableSetId"))),
            );
            let process = if git {
                format!("{own}/{{gitRef}}/deploymentprocesses")
            } else {
                format!("{base}/deploymentprocesses/{}", text(document, "DeploymentProcessId"))
            };
            links.insert("DeploymentProcess".into(), json!(process));
            if git {
                links.insert(
                    "Branches".into(),
                    json!(format!("{own}/git/branches{{/name}}{{?skip,take,searchByName,refresh}}")),
                );
                links.insert(
                    "Tags".into(),
                    json!(format!("{own}/git/tags{{/name}}{{?skip,take,searchByName,refresh}}")),
                );
                links.insert("Commits".into(), json!(format!("{own}/git/commits{{/hash}}")));
            }
            links.insert("Channels".into(), json!(format!("{own}/channels{{?skip,take,partialName}}")));
            links.insert("Runbooks".into(), json!(format!("{own}/runbooks{{?skip,take,partialName}}")));
            links.insert("Triggers".into(), json!(format!("{own}/triggers{{?skip,take}}")));
            links.insert("Logo".into(), json!(format!("{own}/logo")));
        }
        "runbooks" => {
            links.insert("RunbookSnapshotTemplate".into(), json!(format!("{own}/runbookSnapshotTemplate")));
            links.insert("RunbookRunTemplate".into(), json!(format!("{own}/runbookRunTemplate")));
            links.insert(
                "RunbookRunPreview".into(),
                json!(format!("{own}/runbookRuns/preview/{{environment}}{{?includeDisabledSteps}}")),
            );
            links.insert("CreateRunbookRun".into(), json!(format!("{own}/run")));
            links.insert(
                "RunbookSnapshots".into(),
                json!(format!("{own}/runbookSnapshots{{?skip,take,searchByName}}")),
            );
        }
        "libraryvariablesets" => {
            links.insert(
                "Variables".into(),
                json!(format!("{base}/variables/{}", text(document, "VariableSetId"))),
            );
        }
        "tenants" => {
            links.insert("Variables".into(), json!(format!("{own}/variables")));
            links.insert("Logo".into(), json!(format!("{own}/logo")));
        }
        "actiontemplates" => {
            links.insert("Logo".into(), json!(format!("{own}/logo")));
        }
        "users" => {
            links.insert("Permissions".into(), json!(format!("{own}/permissions{{?spaces,includeSystem}}")));
            links.insert("ApiKeys".into(), json!(format!("{own}/apikeys{{/id}}{{?skip,take}}")));
            links.insert("Spaces".into(), json!(format!("{own}/spaces")));
            links.insert("Teams".into(), json!(format!("{own}/teams{{?spaces,includeSystem}}")));
        }
        "teams" => {
            links.insert("ScopedUserRoles".into(), json!(format!("{own}/scopeduserroles{{?skip,take}}")));
        }
        "spaces" => {
            links.insert("SpaceHome".into(), json!(format!("/api/{id}")));
            links.insert("Logo".into(), json!(format!("{own}/logo")));
        }
        _ => {}
    }
    let mut shown = document.clone();
    if let Value::Object(fields) = &mut shown {
        fields.insert("Links".into(), Value::Object(links));
    }
    shown
}

/// When and by whom each document was changed.
pub(crate) fn mark_changes(server: &Server, answer: &mut Value) {
    let documents = match answer {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(fields) if fields.contains_key("Items") => {
            fields.get_mut("Items").and_then(Value::as_array_mut).into_iter().flatten().collect()
        }
        other => vec![other],
    };
    for document in documents {
        let Value::Object(fields) = document else { continue };
        let (Some(id), true) = (fields.get("Id").and_then(Value::as_str), fields.contains_key("Links"))
        else {
            continue;
        };
        let (time, user) = server.store.change_of(id);
        for (name, value) in [("LastModifiedOn", time), ("LastModifiedBy", user)] {
            fields.entry(name).or_insert_with(|| json!(value));
        }
    }
}

/// The addresses of logos with the mark that tells clients to ask anew: the server's version where nobody has uploaded one (seen in answers
/// that others have published), else one that depends on the picture. Documents, pages and arrays of documents.
pub(crate) fn mark_logos(server: &Server, answer: &mut Value) {
    let documents = match answer {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(fields) if fields.contains_key("Items") => {
            fields.get_mut("Items").and_then(Value::as_array_mut).into_iter().flatten().collect()
        }
        other => vec![other],
    };
    for document in documents {
        let key = format!("logo/{}", document["Id"].as_str().unwrap_or_default());
        let Some(logo) = document.pointer_mut("/Links/Logo") else { continue };
        let mark = match server.blobs.get(&key) {
            Some(picture) => format!("{:x}", md5::Md5::digest(picture)),
            None => server.server_version.clone(),
        };
        *logo = json!(format!("{}?cb={mark}", logo.as_str().unwrap_or_default()));
    }
}
