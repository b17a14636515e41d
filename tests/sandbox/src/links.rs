//! Documents as answers show them: with the links that clients follow.

use serde_json::{Map, Value, json};

use crate::request::encode;
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
