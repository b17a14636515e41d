//! Files that tasks left for people. Their bytes are kept as they are: a server masks logs, not files.

use serde_json::{Value, json};

use crate::answer::{Answer, Content, Outcome};
use crate::paging;
use crate::request::{Method, Request};
use crate::server::Server;
use crate::store::{now, number_of, text};

pub(crate) fn route(server: &mut Server, request: &Request) -> Option<Outcome> {
    let (method, route) = request.route();
    let id = request.at(1);
    Some(match (method, route.as_slice()) {
        (Method::Get, ["artifacts"]) => {
            let mut found: Vec<&Value> = server
                .store
                .all(&request.space, "artifacts")
                .map(|(_, artifact)| artifact)
                .filter(|artifact| paging::matches(request, artifact))
                .filter(|artifact| {
                    request.query("regarding").is_none_or(|id| {
                        ["ServerTaskId", "RunId", "ProjectId"].iter().any(|field| artifact[*field] == id)
                    })
                })
                .collect();
            found.sort_by_key(|artifact| number_of(text(artifact, "Id")));
            Ok(paging::page(request, "Artifact", &found, show))
        }
        (Method::Get, ["artifacts", _]) => {
            find(server, request, id).map(|artifact| Answer::ok(show(artifact)))
        }
        (Method::Get, ["artifacts", _, "content"]) => find(server, request, id).map(|artifact| {
            let bytes = server.blobs.get(&blob_key(text(artifact, "Id"))).cloned().unwrap_or_default();
            let media_type = "application/octet-stream".to_owned();
            Answer { status: 200, content: Content::Bytes { media_type, bytes }, headers: Vec::new() }
        }),
        (Method::Delete, ["artifacts", _]) => find(server, request, id).cloned().map(|artifact| {
            let id = text(&artifact, "Id");
            server.blobs.remove(&blob_key(id));
            server.store.remove(&request.space, "artifacts", id);
            Answer::nothing()
        }),
        _ => return None,
    })
}

fn find<'a>(server: &'a Server, request: &Request, id: &str) -> Result<&'a Value, Answer> {
    server.store.get(&request.space, "artifacts", id).ok_or_else(|| Answer::no_document(id))
}

fn blob_key(id: &str) -> String {
    format!("artifact/{id}")
}

fn show(artifact: &Value) -> Value {
    let mut shown = artifact.clone();
    let own = format!("/api/{}/artifacts/{}", text(artifact, "SpaceId"), text(artifact, "Id"));
    shown["Links"] = json!({"Self": own, "Content": format!("{own}/content")});
    shown
}

/// Keeps a file of a task.
pub(crate) fn add(
    server: &mut Server,
    space: &str,
    run: &Value,
    source: &str,
    correlation: &str,
    name: &str,
    bytes: Vec<u8>,
) {
    let id = server.store.next_id("Artifacts");
    server.blobs.insert(blob_key(&id), bytes);
    let artifact = json!({
        "Id": id, "SpaceId": space, "Filename": name, "Source": source, "ServerTaskId": run["TaskId"],
        "RunId": run["Id"], "ProjectId": run["ProjectId"], "Created": now(), "LogCorrelationId": correlation,
    });
    server.store.put(space, "artifacts", artifact);
}
