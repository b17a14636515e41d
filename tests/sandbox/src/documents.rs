//! The ordinary collections: lists, single documents, create, update, delete, logos.

use serde_json::{Value, json};

use crate::answer::{Answer, Outcome};
use crate::collections::{self, Collection, Fields, Unique};
pub(crate) use crate::links::show;
use crate::paging;
use crate::permissions;
use crate::request::{Method, Request};
use crate::server::Server;
use crate::slugs;
use crate::store::{SERVER, text};

pub(crate) fn route(server: &mut Server, request: &Request) -> Option<Outcome> {
    let (method, route) = request.route();
    let collection = collections::find(route.first()?)?;
    Some(match (method, &route[1..]) {
        (Method::Get, []) => {
            if SPACE_WIDE.contains(&collection.name) && server.is_switched_off(collection.name) {
                return None;
            }
            Ok(list(server, request, collection, |document| crate::triggers::wanted(request, document)))
        }
        (Method::Get, ["all"]) => Ok(all(server, request, collection)),
        (Method::Post, []) => create(server, request, collection, Fields::new()),
        (Method::Get, [_]) => read(server, request, collection, request.at(1)),
        (Method::Put, ["sortorder"]) if SORTED.contains(&collection.name) => {
            sort(server, request, collection)
        }
        (Method::Post, [_, "logo", "icon"]) => write_icon(server, request, collection.name, request.at(1)),
        (Method::Put, [_]) => update(server, request, collection, request.at(1)),
        (Method::Delete, [_]) => delete(server, request, collection, request.at(1)),
        (Method::Get, [_, "logo"]) => read_logo(server, request.at(1)),
        (Method::Post | Method::Put, [_, "logo"]) => write_logo(server, request, request.at(1)),
        _ => return None,
    })
}

/// Lists over a whole space of what belongs to projects: not every server has them (`Options::switched_off`).
const SPACE_WIDE: [&str; 3] = ["channels", "projecttriggers", "runbooks"];

/// Collections whose order is set for all documents at once.
const SORTED: [&str; 3] = ["environments", "tagsets", "workerpools"];

/// `PUT …/sortorder` with the ids of every document.
fn sort(server: &mut Server, request: &Request, collection: &Collection) -> Outcome {
    let ids: Vec<String> =
        serde_json::from_slice(&request.body).map_err(|_| Answer::bad_request("A list of ids is wanted."))?;
    let place = place(collection, request).to_owned();
    if ids.len() != server.store.all(&place, collection.name).count() {
        return Err(Answer::bad_request("The ids of all documents are wanted, each once."));
    }
    for (order, id) in ids.iter().enumerate() {
        let mut document = find(server, &place, collection.name, id)?.clone();
        document["SortOrder"] = json!(order);
        server.store.put(&place, collection.name, document);
    }
    Ok(Answer::ok(json!({})))
}

/// Where the documents of a collection stand: in the request's space, or in the server.
pub(crate) fn place<'a>(collection: &Collection, request: &'a Request) -> &'a str {
    if collection.of_server { SERVER } else { &request.space }
}

/// Those of a collection that the user sees, the query asks for and `wanted` accepts, in order.
pub(crate) fn select<'a>(
    server: &'a Server,
    request: &Request,
    collection: &Collection,
    wanted: impl Fn(&Value) -> bool,
) -> Vec<&'a Value> {
    let permission = permissions::to_view(collection.name);
    let mut documents: Vec<&Value> = server
        .store
        .all(place(collection, request), collection.name)
        .map(|(_, document)| document)
        .filter(|document| wanted(document) && paging::matches(request, document))
        .filter(|document| {
            collection.filters.iter().all(|(parameter, field)| match field.split_once('/') {
                Some((outer, inner)) => paging::field_matches(request, parameter, &document[outer], inner),
                None if document[*field].is_boolean() => {
                    request.query_flag(parameter).is_none_or(|flag| document[*field].as_bool() == Some(flag))
                }
                None => paging::field_matches(request, parameter, document, field),
            })
        })
        .filter(|document| {
            // Tenants of a project: those that are linked to it.
            let project = request.query("projectid").filter(|_| collection.name == "tenants");
            project.is_none_or(|project| document["ProjectEnvironments"].get(project).is_some())
        })
        .filter(|document| permissions::sees(server, request, permission, document))
        .collect();
    paging::sort(&mut documents);
    documents
}

pub(crate) fn list(
    server: &Server,
    request: &Request,
    collection: &Collection,
    wanted: impl Fn(&Value) -> bool,
) -> Answer {
    let documents = select(server, request, collection, wanted);
    let place = place(collection, request);
    paging::page(request, collection.noun, &documents, |document| show(place, collection.name, document))
}

/// `…/all`: an array of everything.
fn all(server: &Server, request: &Request, collection: &Collection) -> Answer {
    let place = place(collection, request);
    let documents = select(server, request, collection, |_| true);
    Answer::ok(documents.into_iter().map(|document| show(place, collection.name, document)).collect())
}

/// Finds a document by id, or by slug where the kind has one.
pub(crate) fn find<'a>(
    server: &'a Server,
    place: &str,
    collection: &str,
    id: &str,
) -> Result<&'a Value, Answer> {
    let has_slug = collections::find(collection).is_some_and(|collection| collection.slug);
    server
        .store
        .get(place, collection, id)
        .or_else(|| {
            has_slug.then(|| server.store.find(place, collection, "Slug", &id.to_lowercase())).flatten()
        })
        .or_else(|| {
            // The built-in feed has a second id that is the same in every space.
            (collection == "feeds" && id.eq_ignore_ascii_case("feeds-builtin"))
                .then(|| server.store.find(place, collection, "FeedType", "BuiltIn"))
                .flatten()
        })
        .ok_or_else(|| Answer::no_document(id))
}

pub(crate) fn read(server: &Server, request: &Request, collection: &Collection, id: &str) -> Outcome {
    let place = place(collection, request);
    let document = find(server, place, collection.name, id)?;
    if !permissions::sees(server, request, permissions::to_view(collection.name), document) {
        return Err(Answer::no_document(id));
    }
    Ok(Answer::ok(show(place, collection.name, document)))
}

/// Creates a document of the body; `given` overrides fields of it (an owner that the address names).
pub(crate) fn create(
    server: &mut Server,
    request: &Request,
    collection: &Collection,
    given: Fields,
) -> Outcome {
    let mut fields = request.object()?;
    fields.extend(given);
    let place = place(collection, request).to_owned();
    let id = make(server, &place, collection, fields)?;
    let document = server.store.get(&place, collection.name, &id).ok_or_else(|| Answer::no_document(&id))?;
    Ok(Answer::created(show(&place, collection.name, document)))
}

/// Makes a document of fields, with all that comes into being with it. Answers its id.
pub(crate) fn make(
    server: &mut Server,
    place: &str,
    collection: &Collection,
    mut fields: Fields,
) -> Result<String, Answer> {
    let id = server.store.next_id(collection.prefix);
    fields.insert("Id".into(), json!(id));
    complete(server, place, collection, &mut fields, None)?;
    server.store.keep(place, collection.name, Value::Object(fields));
    if let Some(born) = collection.hooks.born {
        born(server, place, &id);
    }
    Ok(id)
}

pub(crate) fn update(server: &mut Server, request: &Request, collection: &Collection, id: &str) -> Outcome {
    let place = place(collection, request).to_owned();
    let old = find(server, &place, collection.name, id)?.clone();
    let fields = updated(request, &old)?;
    replace(server, &place, collection, fields, &old)?;
    let id = text(&old, "Id");
    let document = server.store.get(&place, collection.name, id).ok_or_else(|| Answer::no_document(id))?;
    Ok(Answer::ok(show(&place, collection.name, document)))
}

/// The fields of an update. What the request does not take stays as it is; what it takes and does not say falls back to the default.
pub(crate) fn updated(request: &Request, old: &Value) -> Result<Fields, Answer> {
    let mut fields = request.object()?;
    if let (Some(known), Value::Object(old)) = (request.known, old) {
        let kept = old.iter().filter(|(name, _)| !known.takes(name));
        fields.extend(kept.map(|(name, value)| (name.clone(), value.clone())));
    }
    Ok(fields)
}

/// Puts new fields in the place of a document.
pub(crate) fn replace(
    server: &mut Server,
    place: &str,
    collection: &Collection,
    mut fields: Fields,
    old: &Value,
) -> Result<(), Answer> {
    fields.insert("Id".into(), old["Id"].clone());
    if let Some(keep) = collection.hooks.keep {
        keep(&mut fields, old);
    }
    complete(server, place, collection, &mut fields, Some(old))?;
    server.store.keep(place, collection.name, Value::Object(fields));
    if let Some(changed) = collection.hooks.changed {
        changed(server, place, text(old, "Id"));
    }
    Ok(())
}

pub(crate) fn delete(server: &mut Server, request: &Request, collection: &Collection, id: &str) -> Outcome {
    let place = place(collection, request).to_owned();
    let id = text(find(server, &place, collection.name, id)?, "Id").to_owned();
    remove(server, &place, collection, &id)?;
    Ok(Answer::ok(json!({})))
}

/// Removes a document and what goes with it, unless something needs it.
pub(crate) fn remove(
    server: &mut Server,
    place: &str,
    collection: &Collection,
    id: &str,
) -> Result<(), Answer> {
    if let Some(leaving) = collection.hooks.leaving {
        leaving(server, place, id)?;
    }
    server.store.remove(place, collection.name, id);
    server.blobs.remove(&logo_key(id));
    Ok(())
}

/// Checks a document and adds what the server adds.
fn complete(
    server: &mut Server,
    place: &str,
    collection: &Collection,
    fields: &mut Fields,
    old: Option<&Value>,
) -> Result<(), Answer> {
    if place == SERVER {
        // Documents of the server carry the space they are about, or none.
        if fields.get("SpaceId").and_then(Value::as_str) == Some("") {
            fields.insert("SpaceId".into(), Value::Null);
        }
    } else {
        fields.insert("SpaceId".into(), json!(place));
    }
    fill_choices(fields, &(collection.defaults)());
    if let Some(complete) = collection.hooks.complete {
        complete(server, place, fields, old)?;
    }
    check_references(server, place, collection, fields)?;
    check_name(server, place, collection, fields)?;
    if collection.slug {
        settle_slug(server, place, collection, fields, old);
    }
    Ok(())
}

/// Gives absent and null fields their default.
pub(crate) fn fill(fields: &mut Fields, defaults: &Value) {
    for (name, default) in defaults.as_object().into_iter().flatten() {
        let field = fields.entry(name.clone()).or_insert(Value::Null);
        if field.is_null() {
            *field = default.clone();
        }
    }
}

/// The same, and also for a choice that is "": clients write that for "not given".
pub(crate) fn fill_choices(fields: &mut Fields, defaults: &Value) {
    for (name, default) in defaults.as_object().into_iter().flatten() {
        if default.is_string() && fields.get(name).is_some_and(|field| field == "") {
            fields.insert(name.clone(), default.clone());
        }
    }
    fill(fields, defaults);
}

fn check_references(
    server: &Server,
    place: &str,
    collection: &Collection,
    fields: &Fields,
) -> Result<(), Answer> {
    for (field, target) in collection.references {
        let value = fields.get(*field).unwrap_or(&Value::Null);
        let ids = value
            .as_str()
            .into_iter()
            .chain(value.as_array().into_iter().flatten().filter_map(Value::as_str));
        for id in ids.filter(|id| !id.is_empty()) {
            check_reference(server, place, target, id)?;
        }
    }
    Ok(())
}

/// Refuses an id (or tag) that is not there.
pub(crate) fn check_reference(server: &Server, place: &str, target: &str, id: &str) -> Result<(), Answer> {
    let known = match target {
        // Sets of free text have no tags of their own, and take any text.
        "tagsets" => server.store.all(place, "tagsets").any(|(_, set)| {
            let mut tags = set["Tags"].as_array().into_iter().flatten();
            tags.any(|tag| text(tag, "CanonicalTagName").eq_ignore_ascii_case(id))
                || (set["Type"] == "FreeText"
                    && id.strip_prefix(text(set, "Name")).is_some_and(|rest| rest.starts_with('/')))
        }),
        // Ordinary and parent environments share their ids.
        "environments" => {
            server.store.get(place, target, id).is_some()
                || server.store.get(place, "parentenvironments", id).is_some()
        }
        "teams" | "users" | "userroles" => server.store.get(SERVER, target, id).is_some(),
        "feeds" => find(server, place, target, id).is_ok(),
        _ => server.store.get(place, target, id).is_some(),
    };
    if known {
        Ok(())
    } else if target == "tagsets" {
        Err(Answer::bad_request(format!("The tag '{id}' does not exist.")))
    } else {
        Err(Answer::bad_request(format!("The resource '{id}' ({target}) was not found.")))
    }
}

fn check_name(server: &Server, place: &str, collection: &Collection, fields: &Fields) -> Result<(), Answer> {
    let name = fields.get("Name").and_then(Value::as_str).unwrap_or_default().trim();
    let owner = match collection.unique {
        Unique::No => return Ok(()),
        Unique::Name => None,
        Unique::Within(field) => Some(field),
    };
    let thing = words(collection.noun);
    if name.is_empty() {
        return Err(Answer::bad_request(format!("Please provide a value for the {thing} name.")));
    }
    let lower = name.to_lowercase();
    let taken = server.store.all(place, collection.name).any(|(id, other)| {
        Some(id.as_str()) != fields.get("Id").and_then(Value::as_str)
            && text(other, "Name").to_lowercase() == lower
            && owner.is_none_or(|field| fields.get(field) == Some(&other[field]))
    });
    if taken {
        return Err(Answer::bad_request(format!(
            "The name '{name}' is already used by another {thing}. Please choose a different name."
        )));
    }
    Ok(())
}

/// `ProjectGroup` → `project group`.
fn words(noun: &str) -> String {
    let mut words = String::new();
    for character in noun.chars() {
        if character.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(character.to_lowercase());
    }
    words
}

/// A slug that a client sends is taken; else the old one stays; else it is made of the name.
fn settle_slug(
    server: &Server,
    place: &str,
    collection: &Collection,
    fields: &mut Fields,
    old: Option<&Value>,
) {
    let sent = fields.get("Slug").and_then(Value::as_str).filter(|slug| !slug.is_empty());
    let kept = old.and_then(|old| old["Slug"].as_str());
    let slug = sent.or(kept).map(ToOwned::to_owned).unwrap_or_else(|| {
        let owner = if let Unique::Within(field) = collection.unique { Some(field) } else { None };
        slugs::slug(fields.get("Name").and_then(Value::as_str).unwrap_or_default(), |slug| {
            server.store.all(place, collection.name).any(|(_, other)| {
                text(other, "Slug") == slug
                    && owner.is_none_or(|field| fields.get(field) == Some(&other[field]))
            })
        })
    });
    fields.insert("Slug".into(), json!(slug));
}

fn logo_key(id: &str) -> String {
    format!("logo/{id}")
}

fn read_logo(server: &Server, id: &str) -> Outcome {
    match server.blobs.get(&logo_key(id)) {
        Some(bytes) => Ok(Answer::bytes("image/png", bytes.clone())),
        None => Err(Answer::not_found("There is no logo.")),
    }
}

/// `POST …/logo/icon`: an icon of the server's in place of a picture.
pub(crate) fn write_icon(server: &mut Server, request: &Request, collection: &str, id: &str) -> Outcome {
    let fields = request.object()?;
    let place = if collection == "spaces" { SERVER } else { &request.space };
    let id = text(find(server, place, collection, id)?, "Id").to_owned();
    if let Some(document) = server.store.get_mut(place, collection, &id) {
        document["Icon"] = json!({"Color": fields.get("IconColor"), "Id": fields.get("IconId")});
    }
    Ok(Answer::ok(json!({})))
}

fn write_logo(server: &mut Server, request: &Request, id: &str) -> Outcome {
    let upload = request.uploads.first().ok_or_else(|| Answer::bad_request("Please send a picture."))?;
    server.blobs.insert(logo_key(id), upload.bytes.clone());
    Ok(Answer::nothing())
}

/// Whether some document of these collections mentions an id anywhere. Answers the name of the first that does.
pub(crate) fn mentioned(server: &Server, place: &str, id: &str, collections: &[&str]) -> Option<String> {
    fn mentions(value: &Value, id: &str) -> bool {
        match value {
            Value::String(text) => text == id,
            Value::Array(items) => items.iter().any(|item| mentions(item, id)),
            Value::Object(fields) => fields.iter().any(|(name, field)| name == id || mentions(field, id)),
            _ => false,
        }
    }
    collections.iter().find_map(|collection| {
        server
            .store
            .all(place, collection)
            .find(|(_, document)| mentions(document, id))
            .map(|(id, document)| document["Name"].as_str().unwrap_or(id).to_owned())
    })
}

/// Refuses the deletion of what these collections mention.
pub(crate) fn refuse_if_mentioned(
    server: &Server,
    place: &str,
    id: &str,
    collections: &[&str],
) -> Result<(), Answer> {
    match mentioned(server, place, id, collections) {
        Some(user) => Err(Answer::bad_request(format!("'{id}' can't be deleted: it is used by '{user}'."))),
        None => Ok(()),
    }
}

/// Refuses the deletion of a document that its space can't be without.
pub(crate) fn refuse_if_default(
    server: &Server,
    place: &str,
    collection: &str,
    id: &str,
) -> Result<(), Answer> {
    if server.store.get(place, collection, id).is_some_and(|document| document["IsDefault"] == true) {
        return Err(Answer::bad_request(format!("'{id}' is the default and can't be deleted.")));
    }
    Ok(())
}

/// The ids in a list field of fields.
pub(crate) fn listed<'a>(fields: &'a Fields, field: &str) -> Vec<&'a str> {
    fields.get(field).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}
