//! What people do at the destination: they enter secrets, make things of their own, and change what is not theirs to change there.

use serde_json::{Value, json};

use super::chance::Chance;
use super::document::{Done, eligible, tags};
use super::part;
use super::server::{Server, fill, is_frozen, items, of_dump, text};
use crate::years::KINDS;

/// With this the names of what is a person's own begin.
pub(super) const OWN: &str = "Person's";

/// Documents of which one may be made that needs nothing but its fields.
const OWN_KINDS: [&str; 12] = [
    "environments",
    "feeds",
    "accounts",
    "libraryvariablesets",
    "lifecycles",
    "projectgroups",
    "tenants",
    "machines",
    "runbooks",
    "channels",
    "projecttriggers",
    "projects",
];

/// Lists to which a person may add at the destination.
const OWN_PARTS: [(&str, &str); 4] = [
    ("variables", "Variables"),
    ("deploymentprocesses", "Steps"),
    ("runbookprocesses", "Steps"),
    ("tagsets", "Tags"),
];

/// What is a person's at the destination.
#[derive(Default)]
pub(super) struct Own {
    /// Kind and document.
    pub(super) documents: Vec<(String, Value)>,
    /// Kind, the document's id, list, the part.
    pub(super) parts: Vec<(String, String, String, Value)>,
    /// Document, place, secret.
    pub(super) secrets: Vec<[String; 3]>,
}

pub(super) fn edit(server: &Server<'_>, chance: &mut Chance, own: &mut Own) -> Done {
    match chance.below(12) {
        0..=4 => enter(server, chance, own),
        5 | 6 => make(server, chance, own),
        7 | 8 => make_part(server, chance, own),
        9 => change(server, chance, "Description"),
        10 => change(server, chance, "Name"),
        _ => delete(server, chance),
    }
}

fn none() -> String {
    "nothing of the kind".to_owned()
}

fn is_own(document: &Value) -> bool {
    text(document, "Name").starts_with(OWN)
}

/// Enters all secrets of one document.
fn enter(server: &Server<'_>, chance: &mut Chance, own: &mut Own) -> Done {
    use std::fmt::Write as _;
    let mut secret = String::new();
    // Valid as a file in base64.
    for byte in format!("by hand {:08}", chance.below(99_999_999)).bytes() {
        let _ = write!(secret, "{byte:02x}");
    }
    let holds = |value: &Value| {
        let text = value.to_string();
        text.contains("\"HasValue\":true") || text.contains("\"Type\":\"Sensitive\"")
    };
    let kinds = KINDS.into_iter().filter(|kind| *kind != "certificates");
    let mut all: Vec<(&str, Value)> = Vec::new();
    for kind in kinds.chain(["variables", "deploymentprocesses", "runbookprocesses"]) {
        all.extend(server.made(kind).into_iter().filter(holds).map(|document| (kind, document)));
    }
    let (kind, document) =
        chance.shuffled(all, |(_, document)| text(document, "Id")).into_iter().next().ok_or_else(none)?;
    let id = text(&document, "Id");
    server.change(kind, &id, |document| {
        fill(document, &secret);
        for variable in document["Variables"].as_array_mut().into_iter().flatten() {
            if variable["Type"] == "Sensitive" {
                variable["Value"] = json!(secret);
            }
        }
    })?;
    let dump = server.sandbox.dump();
    let places = dump["Secrets"][&id].as_object().into_iter().flatten();
    let mut count = 0;
    for (place, _) in places.filter(|(_, value)| **value == secret) {
        own.secrets.retain(|[of, at, _]| (of, at) != (&id, place));
        own.secrets.push([id.clone(), place.clone(), secret.clone()]);
        count += 1;
    }
    Ok(format!("{count} secrets of {kind} {id} {:?} are entered", text(&document, "Name")))
}

fn make(server: &Server<'_>, chance: &mut Chance, own: &mut Own) -> Done {
    let kind = chance.one(&OWN_KINDS);
    let mut made = server.made(kind);
    made.retain(|document| !is_own(document));
    let model = chance.documents(made).into_iter().next().ok_or_else(none)?;
    let name = format!("{OWN} {} {}", kind, chance.below(9000));
    let mut new = server.like(&model, kind, &name);
    if kind == "tenants" {
        // Linked to what was moved.
        let project = chance.documents(server.made("projects")).into_iter().next().ok_or_else(none)?;
        let environment = chance.shuffled(eligible(server, "environments"), Clone::clone).into_iter().next();
        new["ProjectEnvironments"][text(&project, "Id")] = json!([environment]);
    }
    let added = server.add(kind, &new)?;
    let id = text(&added, "Id");
    own.documents.push((kind.to_owned(), server.get(kind, &id)?));
    Ok(format!("a person makes {kind} {name:?} ({id})"))
}

fn make_part(server: &Server<'_>, chance: &mut Chance, own: &mut Own) -> Done {
    let (kind, list) = chance.one(&OWN_PARTS);
    let mut all = server.made(kind);
    all.retain(|document| items(document, list).next().is_some() && !is_frozen(kind, document));
    let document = chance.documents(all).into_iter().next().ok_or_else(none)?;
    let id = text(&document, "Id");
    let model = items(&document, list).find(|part| part["Type"] != "Sensitive").ok_or_else(none)?.clone();
    let name = format!("{OWN} {}", chance.below(9000));
    let mut new = part::like(&model, chance, &name);
    if kind == "variables" {
        // What it named may go.
        new["Scope"] = json!({});
    }
    let first = kind.ends_with("processes") && chance.percent(30);
    server.change(kind, &id, |document| {
        let parts = document[list].as_array_mut().expect("a list");
        let at = if first { 0 } else { parts.len() };
        parts.insert(at, new.clone());
    })?;
    let after = server.get(kind, &id)?;
    let part = items(&after, list).find(|part| text(part, "Name") == name).expect("it was added").clone();
    own.parts.push((kind.to_owned(), id.clone(), list.to_owned(), part));
    Ok(format!("a person adds {name:?} to {kind} {id} {list}"))
}

/// Something that the next migration sets back.
fn change(server: &Server<'_>, chance: &mut Chance, field: &str) -> Done {
    for _ in 0..6 {
        let kind = chance.one(&KINDS);
        let mut made = server.made(kind);
        made.retain(|document| !is_own(document) && (field == "Name" || document[field].is_string()));
        let Some(document) = chance.documents(made).into_iter().next() else { continue };
        let words = format!("Changed there {}", chance.below(9000));
        if server.change(kind, &text(&document, "Id"), |document| document[field] = json!(words)).is_ok() {
            return Ok(format!(
                "{kind} {} {:?}: {field} is {words:?}",
                text(&document, "Id"),
                text(&document, "Name")
            ));
        }
    }
    Err(none())
}

fn delete(server: &Server<'_>, chance: &mut Chance) -> Done {
    for _ in 0..6 {
        let kind = chance.one(&KINDS);
        let mut made = server.made(kind);
        made.retain(|document| !is_own(document));
        for document in chance.documents(made).iter().take(4) {
            if server.delete(kind, &text(document, "Id")).is_ok() {
                return Ok(format!(
                    "{kind} {:?} ({}) is deleted",
                    text(document, "Name"),
                    text(document, "Id")
                ));
            }
        }
    }
    Err(none())
}

/// Without what a server changes by itself, and without what names something that is there no more.
fn lasting(value: &Value, is_gone: &dyn Fn(&str) -> bool) -> Value {
    const VOLATILE: [&str; 10] = [
        "Links",
        "Version",
        "LastModifiedOn",
        "LastModifiedBy",
        "SortOrder",
        "Slug",
        "HealthStatus",
        "StatusSummary",
        "VariableSetId",
        "Templates",
    ];
    match value {
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, value)| {
                !VOLATILE.contains(&name.as_str()) && !is_gone(name) && !value.as_str().is_some_and(is_gone)
            })
            .map(|(name, value)| (name.clone(), lasting(value, is_gone)))
            .filter(|(_, value)| !(value.is_null() || *value == json!([]) || *value == json!({})))
            .collect(),
        Value::Array(all) => all
            .iter()
            .filter(|value| !value.as_str().is_some_and(is_gone))
            .map(|value| lasting(value, is_gone))
            .collect(),
        other => other.clone(),
    }
}

impl Own {
    /// What a person has deleted there takes with it what was in it.
    pub(super) fn forget_what_is_gone(&mut self, server: &Server<'_>) {
        let dump = server.sandbox.dump();
        let there = |kind: &str, id: &str| {
            of_dump(&dump, &server.space, kind).iter().any(|document| document["Id"] == id)
        };
        self.documents.retain(|(kind, document)| there(kind, &text(document, "Id")));
        self.parts.retain(|(kind, id, _, _)| there(kind, id));
        self.secrets.retain(|[id, place, value]| dump["Secrets"][id][place] == value.as_str());
    }

    /// What of it is gone, or another one.
    pub(super) fn problems(&self, server: &Server<'_>, owners_gone: &dyn Fn(&str) -> bool) -> Vec<String> {
        let dump = server.sandbox.dump().to_string();
        let known: std::collections::BTreeSet<&str> = dump.split('"').collect();
        let tags = tags(server);
        // Ids and canonical names of tags that nothing has any more.
        let is_gone = |word: &str| {
            let is_id = word.rsplit_once('-').is_some_and(|(before, number)| {
                before.starts_with(|letter: char| letter.is_ascii_uppercase())
                    && !number.is_empty()
                    && number.bytes().all(|digit| digit.is_ascii_digit())
            });
            is_id && !known.contains(word)
                || word.contains('/')
                    && !word.contains(' ')
                    && word.matches('/').count() == 1
                    && !tags.iter().any(|tag| tag == word)
        };
        let mut found = Vec::new();
        for (kind, document) in &self.documents {
            let id = text(document, "Id");
            match server.get(kind, &id) {
                Err(said) if owners_gone(&text(document, "ProjectId")) => drop(said),
                Err(said) => found.push(format!("a person's own {kind} {id} is gone: {said}")),
                Ok(now) => {
                    let (before, now) = (lasting(document, &is_gone), lasting(&now, &is_gone));
                    if before != now {
                        found.push(format!("a person's own {kind} {id} is another one: {before}\nnow {now}"));
                    }
                }
            }
        }
        for (kind, id, list, part) in &self.parts {
            let Ok(document) = server.get(kind, id) else {
                if !owners_gone(id) {
                    found.push(format!("{kind} {id} is gone, and with it a person's own {part}"));
                }
                continue;
            };
            match items(&document, list).find(|now| now["Id"] == part["Id"]) {
                None => found.push(format!("a person's own {} of {kind} {id} is gone", part["Name"])),
                Some(now) => {
                    let (before, now) = (lasting(part, &is_gone), lasting(now, &is_gone));
                    if before != now {
                        found.push(format!(
                            "a person's own part of {kind} {id} is another one: {before}\nnow {now}"
                        ));
                    }
                }
            }
        }
        found
    }
}
