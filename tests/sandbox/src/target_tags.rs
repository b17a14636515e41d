//! Target tags: what the `Roles` of targets name. Newer servers keep them in tag sets of scope `Target`; those of no set of a person's stand
//! in a built-in one.

use serde_json::{Value, json};

use crate::answer::{Answer, Outcome};
use crate::collections::Fields;
use crate::request::{Method, Request};
use crate::server::Server;
use crate::store::{text, texts};
use crate::version::Feature;

const NAME: &str = "[System] Tag Set";

/// Gives a space its built-in set, with the tags of the targets that it holds already.
pub(crate) fn found(server: &mut Server, space: &str) {
    if !server.has(Feature::TargetTagSets) {
        return;
    }
    if system_set(server, space).is_none() {
        let id = server.store.next_id("TagSets");
        // Assumption: its type; the reference only says that it is built in and of scope Target.
        let set = json!({
            "Description": "", "Id": id, "IsSystem": true, "Name": NAME, "Scopes": ["Target"], "SortOrder": 0, "SpaceId": space,
            "Tags": [], "Type": "MultiSelect",
        });
        server.store.put(space, "tagsets", set);
    }
    let roles: Vec<String> = server
        .store
        .all(space, "machines")
        .flat_map(|(_, machine)| texts(machine, "Roles").map(ToOwned::to_owned))
        .collect();
    for role in roles {
        add(server, space, &role);
    }
}

/// The same for the spaces of a loaded file, which may be one of an older server's.
pub(crate) fn complete_loaded(server: &mut Server) {
    if !server.has(Feature::TargetTagSets) {
        return;
    }
    let spaces: Vec<String> =
        server.store.all(crate::store::SERVER, "spaces").map(|(id, _)| id.clone()).collect();
    for space in spaces {
        let sets: Vec<Value> = server.store.all(&space, "tagsets").map(|(_, set)| set.clone()).collect();
        for mut set in sets.into_iter().filter(|set| set["IsSystem"].is_null()) {
            set["IsSystem"] = json!(false);
            server.store.put(&space, "tagsets", set);
        }
        found(server, &space);
        crate::machines::found(server, &space);
    }
}

/// The tags that a target's fields name.
pub(crate) fn note(server: &mut Server, space: &str, fields: &Fields) {
    for role in crate::documents::listed(fields, "Roles") {
        add(server, space, role);
    }
}

fn system_set<'a>(server: &'a Server, space: &str) -> Option<&'a Value> {
    server.store.all(space, "tagsets").map(|(_, set)| set).find(|set| set["IsSystem"] == true)
}

/// The tags of all sets of scope `Target`.
fn tags<'a>(server: &'a Server, space: &str) -> impl Iterator<Item = &'a Value> {
    let sets = server.store.all(space, "tagsets").map(|(_, set)| set);
    sets.filter(|set| texts(set, "Scopes").any(|scope| scope == "Target"))
        .flat_map(|set| set["Tags"].as_array().into_iter().flatten())
}

fn is_known(server: &Server, space: &str, tag: &str) -> bool {
    tags(server, space).any(|known| text(known, "Name").eq_ignore_ascii_case(tag))
}

/// Puts a tag that is in no set into the built-in one. Assumption: its tags are in the order of their names.
fn add(server: &mut Server, space: &str, tag: &str) {
    if tag.is_empty() || is_known(server, space, tag) {
        return;
    }
    let Some(mut set) = system_set(server, space).cloned() else { return };
    let id = format!("{}/{}", text(&set, "Id"), server.store.next_id("Tags"));
    let Some(tags) = set["Tags"].as_array_mut() else { return };
    tags.push(json!({"CanonicalTagName": format!("{NAME}/{tag}"), "Color": "#333333", "Description": "", "Id": id, "Name": tag}));
    tags.sort_by_key(|tag| text(tag, "Name").to_lowercase());
    for (order, tag) in tags.iter_mut().enumerate() {
        tag["SortOrder"] = json!(order);
    }
    server.store.put(space, "tagsets", set);
}

/// Refuses changes of the built-in set.
pub(crate) fn refuse_system(set: &Value) -> Result<(), Answer> {
    if set["IsSystem"] == true {
        return Err(Answer::bad_request(format!(
            "The tag set '{NAME}' is managed by Octopus and can't be changed."
        )));
    }
    Ok(())
}

/// `…/deploymenttargettags`: a list of its own shape, and tags that no target has yet.
pub(crate) fn route(server: &mut Server, request: &Request) -> Option<Outcome> {
    let (method, route) = request.route();
    let ["deploymenttargettags", rest @ ..] = route.as_slice() else { return None };
    if !server.has(Feature::TargetTagSets) {
        return None;
    }
    let space = request.space.clone();
    let shown = |tag: &str| json!({"SpaceId": space, "Tag": tag});
    Some(match (method, rest) {
        (Method::Get, []) => {
            let found: Vec<Value> = tags(server, &space).map(|tag| shown(text(tag, "Name"))).collect();
            let number = |name: &str| request.query(name).and_then(|text| text.parse::<usize>().ok());
            let page: Vec<&Value> =
                found.iter().skip(number("skip").unwrap_or(0)).take(number("take").unwrap_or(30)).collect();
            Ok(Answer::ok(json!({"Count": found.len(), "DeploymentTargetTags": page})))
        }
        (Method::Post, []) => request.object().and_then(|fields| {
            let tag = fields.get("Tag").and_then(Value::as_str).unwrap_or_default();
            if tag.is_empty() || tag.chars().count() > 200 {
                return Err(Answer::bad_request("A target tag needs a name of 1 to 200 characters."));
            }
            if is_known(server, &space, tag) {
                return Err(Answer::bad_request(format!("The target tag '{tag}' exists already.")));
            }
            add(server, &space, tag);
            Ok(Answer::created(shown(tag)))
        }),
        (Method::Get, [_]) if is_known(server, &space, request.at(1)) => Ok(Answer::ok(shown(request.at(1)))),
        (Method::Get, [_]) => Err(Answer::no_document(request.at(1))),
        _ => return None,
    })
}
