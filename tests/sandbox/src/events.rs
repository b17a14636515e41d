//! The audit trail: who made and changed which document. Assumption: one event for each request that makes or changes a document.

use serde_json::{Value, json};

use crate::answer::{Answer, Content, Outcome};
use crate::paging;
use crate::request::{Method, Request};
use crate::server::Server;
use crate::store::{SERVER, text};

pub(crate) fn route(server: &mut Server, request: &Request) -> Option<Outcome> {
    let (method, route) = request.route();
    match (method, route.as_slice()) {
        (Method::Get, ["events"]) => {
            let mut events: Vec<&Value> = server
                .store
                .all(SERVER, "events")
                .map(|(_, event)| event)
                .filter(|event| is_of(request, event))
                .filter(|event| {
                    let is_about = |id: &str| {
                        event["RelatedDocumentIds"]
                            .as_array()
                            .is_some_and(|ids| ids.iter().any(|other| *other == *id))
                    };
                    let is_of = |kinds: Vec<&str>| kinds.iter().any(|kind| event["Category"] == **kind);
                    event["SpaceId"] == json!(request.space)
                        && request.query_list("eventCategories").is_none_or(is_of)
                        && request.query("regarding").is_none_or(is_about)
                        && request.query("regardingAny").is_none_or(|ids| ids.split(',').any(is_about))
                })
                .collect();
            // Newest first.
            events.sort_by_key(|event| std::cmp::Reverse(event["AutoId"].as_u64()));
            Some(Ok(paging::page(request, "Event", &events, Value::clone)))
        }
        _ => None,
    }
}

/// Whether the lists of categories and of document types let an event through.
fn is_of(request: &Request, event: &Value) -> bool {
    let listed = |name: &str, wanted: &str| {
        request.query(name).is_none_or(|list| list.split(',').any(|one| one.eq_ignore_ascii_case(wanted)))
    };
    let first = event["RelatedDocumentIds"][0].as_str().unwrap_or_default();
    listed("eventcategories", text(event, "Category"))
        && listed("documenttypes", first.rsplit_once('-').map_or(first, |(kind, _)| kind))
}

/// Writes down what a request did.
pub(crate) fn note(server: &mut Server, request: &Request, answer: &Answer) {
    if !(200..=299).contains(&answer.status) {
        return;
    }
    let (method, route) = request.route();
    let category = match method {
        Method::Post => "Created",
        Method::Put => "Modified",
        Method::Delete => "Deleted",
        _ => return,
    };
    let made = match &answer.content {
        Content::Json(document) => text(document, "Id"),
        _ => "",
    };
    let id = match route.as_slice() {
        // Values of a tenant have no id of their own in what is written.
        ["tenants", _, "variables" | "commonvariables" | "projectvariables", ..] => request.at(1),
        [.., _] if method == Method::Delete => request.at(route.len() - 1),
        _ => made,
    };
    if id.is_empty() {
        return;
    }
    let number = server.store.all(SERVER, "events").count() + 1;
    let event = json!({
        "Id": format!("Events-{number}"), "AutoId": number, "Category": category, "UserId": request.user,
        "Username": server.store.asking, "RelatedDocumentIds": [id], "SpaceId": request.space, "Occurred": crate::store::now(),
    });
    server.store.put(SERVER, "events", event);
}
