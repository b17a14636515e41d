//! References that lead nowhere: to what was deleted, to another space, to another kind, to nothing (an empty text). One policy for all of
//! them, applied to the documents before they are converted:
//!
//! - a dead entry among living ones is dropped;
//! - a thing whose only scope is dead is left out, for it can never apply; a step is disabled instead, for others may name it;
//! - a single dead reference becomes what the server shows for nothing;
//! - an empty text in a list is nothing, an entry that stands twice stands once.
//!
//! Each change is one note that names document and field. [`places`] lists where documents hold ids, [`texts`] knows ids
//! in properties, [`steps`] where steps go by name.

mod places;
mod steps;
#[cfg(test)]
mod tests;
mod texts;

use std::collections::BTreeSet;

use serde_json::{Value, json};

pub(crate) use self::places::is_list;
use self::places::{Left, PLACES, ReferencePath};
use self::steps::Steps;
pub(crate) use self::texts::{chosen, is_package_name, is_project_feed};
use documents::collection::Collection;
use documents::document::Document;
use documents::ids::{id_order, is_everywhere};
use documents::inventory::{Inventory, Settled};

/// Takes dead references out of all documents, and remembers each in [`Inventory::settled`]. What something uses is no longer archived.
#[must_use]
pub fn settle(mut inventory: Inventory) -> Inventory {
    let mut settled = Vec::new();
    // What is left out makes dead what refers to it.
    loop {
        let mut again = false;
        for Verdict { collection, id, document, said } in changes(&inventory) {
            let was = inventory.remove(collection, &id);
            again |= document.is_none();
            let gone = if document.is_none() { was } else { None };
            if let Some(document) = document {
                inventory.insert(collection, document);
            }
            settled.extend(said.into_iter().map(|said| Settled {
                collection,
                id: id.clone(),
                gone: gone.clone(),
                project: said.project,
                field: said.field,
                text: said.text,
                todo: said.todo,
            }));
        }
        if !again {
            break;
        }
    }
    unarchive(&mut inventory, &mut settled);
    inventory.settled.extend(settled);
    inventory
}

/// What becomes of a document; none: it is left out.
struct Verdict {
    collection: Collection,
    id: String,
    document: Option<Document>,
    said: Vec<Said>,
}

struct Said {
    project: Option<String>,
    field: String,
    text: String,
    todo: &'static str,
}

const CHOOSE: &str = "Choose another one at the destination, or remove the reference at the source.";
const LIMIT: &str = "Say what it is meant for at the destination, or remove it at the source.";

fn changes(inventory: &Inventory) -> Vec<Verdict> {
    let actions = actions(inventory);
    let steps = Steps::of(inventory);
    let mut changes = Vec::new();
    for collection in inventory.collections() {
        let places: Vec<&ReferencePath> = PLACES.iter().filter(|place| place.is_of(collection)).collect();
        for document in inventory.all(collection) {
            let mut settling = Settling {
                inventory,
                actions: &actions,
                steps: &steps,
                collection,
                document,
                said: Vec::new(),
            };
            let mut value = document.clone().into_value();
            let is_kept = settling.settle(&places, &mut value);
            if !settling.said.is_empty() {
                changes.push(Verdict {
                    collection,
                    id: document.id().to_owned(),
                    said: settling.said,
                    document: if is_kept { Document::new(value) } else { None },
                });
            }
        }
    }
    changes
}

/// Ids of the actions in the processes that were read.
fn actions(inventory: &Inventory) -> BTreeSet<&str> {
    let processes = [Collection::DeploymentProcesses, Collection::RunbookProcesses];
    let processes = processes.into_iter().flat_map(|collection| inventory.all(collection));
    let steps = processes.flat_map(|process| process.list("Steps"));
    let actions = steps.filter_map(|step| step["Actions"].as_array()).flatten();
    actions.filter_map(|action| action["Id"].as_str()).collect()
}

/// What has to happen to the thing that holds a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Effect {
    None,
    Disable,
    Omit,
}

/// One document being settled.
struct Settling<'a> {
    inventory: &'a Inventory,
    actions: &'a BTreeSet<&'a str>,
    steps: &'a Steps<'a>,
    collection: Collection,
    document: &'a Document,
    said: Vec<Said>,
}

impl Settling<'_> {
    /// False: the document is left out.
    fn settle(&mut self, places: &[&ReferencePath], value: &mut Value) -> bool {
        for place in places {
            let path: Vec<&str> = place.path.split('.').collect();
            match self.walk(place, &path, value, &[]) {
                Effect::Omit => return self.omit(),
                Effect::Disable => value["IsDisabled"] = json!(true),
                Effect::None => {}
            }
        }
        match self.collection {
            Collection::Tenants => self.links(value),
            Collection::DeploymentFreezes => self.freeze(value),
            Collection::Lifecycles => self.phases(value),
            _ => {}
        }
        if !self.settle_steps(value) {
            return self.omit();
        }
        texts::settle(self, value);
        true
    }

    /// The document is left out, so the last note is about it as a whole.
    fn omit(&mut self) -> bool {
        if let Some(said) = self.said.pop() {
            let text = format!("{} {}", said.field, said.text);
            self.said = vec![Said { field: String::new(), text, ..said }];
        }
        false
    }

    fn walk(&mut self, place: &ReferencePath, path: &[&str], value: &mut Value, at: &[String]) -> Effect {
        let Some((part, rest)) = path.split_first() else { return Effect::None };
        let field = part.trim_end_matches("[]");
        let Some(inner) = value.get_mut(field) else { return Effect::None };
        let at = [at, &[field.to_owned()]].concat();
        match (part.ends_with("[]"), rest.is_empty()) {
            (false, true) => self.single(place, inner, &at),
            (true, true) => {
                let effect = self.list(place, inner, &at);
                if effect != Effect::None && place.left == Left::Nobody {
                    // No environment would be every environment: so it is for tenants alone, and for none of them.
                    for (field, nobody) in [
                        ("TenantedDeploymentParticipation", json!("Tenanted")),
                        ("TenantIds", json!([])),
                        ("TenantTags", json!([])),
                    ] {
                        let was = std::mem::replace(&mut value[field], nobody);
                        if !was.is_null() && was != value[field] {
                            self.say(&[field.to_owned()], "goes with its environments", "");
                        }
                    }
                    return Effect::None;
                }
                effect
            }
            (false, false) => self.walk(place, rest, inner, &at),
            (true, false) => {
                let Some(items) = inner.as_array_mut() else { return Effect::None };
                let mut index = 0;
                items.retain_mut(|item| {
                    let at = [&at[..], &[name_of(item, index)]].concat();
                    index += 1;
                    match self.walk(place, rest, item, &at) {
                        Effect::Omit => false,
                        Effect::Disable => {
                            item["IsDisabled"] = json!(true);
                            true
                        }
                        Effect::None => true,
                    }
                });
                Effect::None
            }
        }
    }

    fn single(&mut self, place: &ReferencePath, value: &mut Value, at: &[String]) -> Effect {
        let is_empty = value.is_null() || value == "";
        let dead = match value.as_str() {
            _ if is_empty && place.left == Left::Required => format!("none of the {}", place.to[0]),
            Some(id) if !is_empty && !self.is_alive(place.to, id) => self.described(id, place.to),
            _ => return Effect::None,
        };
        match place.left {
            Left::Omit | Left::Required | Left::Disable | Left::Nobody => {
                self.say(at, &format!("names {dead}: {}", self.left_out(place, at)), LIMIT);
                *value = Value::Null;
                if place.left == Left::Disable { Effect::Disable } else { Effect::Omit }
            }
            Left::Default => {
                let default = self.default_of(place.to[0]);
                let name = default.map(|document| document.name().to_owned()).unwrap_or_default();
                *value = default.map_or(Value::Null, |document| document.id().into());
                self.say(at, &format!("names {dead}: the default \"{name}\" takes its place"), CHOOSE);
                Effect::None
            }
            Left::Nothing | Left::Everyone => {
                *value = if value_is_text(place) { json!("") } else { Value::Null };
                self.say(at, &format!("names {dead}: there is none at the destination"), CHOOSE);
                Effect::None
            }
        }
    }

    fn list(&mut self, place: &ReferencePath, value: &mut Value, at: &[String]) -> Effect {
        let Some(items) = value.as_array() else { return Effect::None };
        let mut kept: Vec<Value> = Vec::new();
        let (mut dead, mut twice, mut empty) = (Vec::new(), Vec::new(), false);
        for item in items {
            match item.as_str() {
                None | Some("") if item.is_null() || item == "" => empty = true,
                None => kept.push(item.clone()),
                Some(id) if !self.is_alive(place.to, id) => dead.push(self.described(id, place.to)),
                Some(id) if kept.contains(item) => twice.push(self.described_living(id)),
                Some(_) => kept.push(item.clone()),
            }
        }
        if kept.len() == items.len() {
            return Effect::None;
        }
        let is_gone = kept.is_empty() && !dead.is_empty();
        *value = Value::Array(kept);
        let mut effect = Effect::None;
        let (outcome, todo) = if !is_gone {
            ("that is dropped".to_owned(), "")
        } else {
            match place.left {
                Left::Omit | Left::Required | Left::Disable | Left::Nobody => {
                    effect = if place.left == Left::Disable { Effect::Disable } else { Effect::Omit };
                    (self.left_out(place, at), LIMIT)
                }
                Left::Default => {
                    let default = self.default_of(place.to[0]).map(Document::id).unwrap_or_default();
                    *value = json!([default]);
                    effect = Effect::Disable;
                    ("it goes into the default, disabled".to_owned(), LIMIT)
                }
                Left::Nothing => ("none is left".to_owned(), CHOOSE),
                Left::Everyone => ("none is left, so it is for all of them".to_owned(), LIMIT),
            }
        };
        let mut parts = Vec::new();
        if !dead.is_empty() {
            parts.push(format!("names {}", dead.join(", ")));
        }
        if empty {
            parts.push("has an empty entry".to_owned());
        }
        if !twice.is_empty() {
            parts.push(format!("names {} twice", twice.join(", ")));
        }
        self.say(at, &format!("{}: {outcome}", parts.join(" and ")), todo);
        effect
    }

    fn left_out(&self, place: &ReferencePath, at: &[String]) -> String {
        let what = match (self.collection, at) {
            (Collection::Variables, [_, name, ..]) => format!("the value of \"{name}\""),
            _ if place.left == Left::Disable => "the step".to_owned(),
            (Collection::TenantVariableValues, _) => "the value".to_owned(),
            (Collection::ScopedUserRoles, _) => "the role".to_owned(),
            _ => format!("\"{}\"", self.document.name()),
        };
        match place.left {
            Left::Disable => format!("{what} could never run, so it is disabled"),
            Left::Nobody => format!("nothing can use {what} at the destination until somebody says where"),
            _ => format!("{what} could never apply, so it is left out"),
        }
    }

    /// Environments of a tenant by project.
    fn links(&mut self, value: &mut Value) {
        let Some(links) = value.get_mut("ProjectEnvironments").and_then(Value::as_object_mut) else { return };
        let projects: Vec<String> = links.keys().cloned().collect();
        for id in projects {
            if !self.is_alive(&[Collection::Projects], &id) {
                links.shift_remove(&id);
                let dead = self.described(&id, &[Collection::Projects]);
                self.say(
                    &["ProjectEnvironments".to_owned(), id],
                    &format!("is a link to {dead}: it is dropped"),
                    "",
                );
                continue;
            }
            let name =
                self.inventory.get(Collection::Projects, &id).map_or(id.as_str(), Document::name).to_owned();
            let at = ["ProjectEnvironments".to_owned(), name];
            let said = self.said.len();
            if let Some(environments) = links.get_mut(&id) {
                self.list(&places::LINK, environments, &at);
            }
            self.said[said..].iter_mut().for_each(|said| said.project = Some(id.clone()));
        }
    }

    /// A freeze belongs to the server: what it says of other spaces is theirs.
    fn freeze(&mut self, value: &mut Value) {
        let ours = |id: &str| self.inventory.get(Collection::Projects, id).is_some();
        let mut projects: Vec<(String, Value)> = Vec::new();
        for (id, environments) in value["ProjectEnvironmentScope"].as_object().into_iter().flatten() {
            if ours(id) {
                projects.push((id.clone(), environments.clone()));
            }
        }
        for (id, mut environments) in projects {
            let was = environments.as_array().map_or(0, Vec::len);
            let name = self.inventory.get(Collection::Projects, &id).map_or("", Document::name).to_owned();
            let said = self.said.len();
            self.list(&places::FROZEN, &mut environments, &["ProjectEnvironmentScope".to_owned(), name]);
            if self.said.len() == said {
                continue;
            }
            self.said[said..].iter_mut().for_each(|said| said.project = Some(id.clone()));
            let is_gone = was > 0 && environments.as_array().is_some_and(Vec::is_empty);
            if let Some(scope) = value["ProjectEnvironmentScope"].as_object_mut() {
                if is_gone {
                    scope.shift_remove(&id);
                } else {
                    scope.insert(id, environments);
                }
            }
        }
        let Some(scopes) = value["TenantProjectEnvironmentScope"].as_array().cloned() else { return };
        let mut kept = Vec::new();
        for scope in scopes {
            let text = |field: &str| scope[field].as_str().unwrap_or_default().to_owned();
            let (project, tenant, environment) = (text("ProjectId"), text("TenantId"), text("EnvironmentId"));
            let is_known = |collection: Collection, id: &str| self.inventory.get(collection, id).is_some();
            let of_project = is_known(Collection::Projects, &project);
            let is_ours = of_project || is_known(Collection::Tenants, &tenant);
            let dead = [
                (tenant, Collection::Tenants),
                (environment, Collection::Environments),
                (project.clone(), Collection::Projects),
            ]
            .into_iter()
            .find(|(id, collection)| !self.is_alive(&[*collection], id));
            match dead.filter(|_| is_ours) {
                Some((id, collection)) => {
                    let dead = self.described(&id, &[collection]);
                    self.say(
                        &["TenantProjectEnvironmentScope".to_owned()],
                        &format!("names {dead}: that is dropped"),
                        "",
                    );
                    if let Some(said) = self.said.last_mut().filter(|_| of_project) {
                        said.project = Some(project);
                    }
                }
                None => kept.push(scope),
            }
        }
        if value["TenantProjectEnvironmentScope"].as_array().is_some_and(|all| all.len() != kept.len()) {
            value["TenantProjectEnvironmentScope"] = Value::Array(kept);
        }
    }

    /// A phase that has lost all its environments would be one for every environment.
    fn phases(&mut self, value: &mut Value) {
        let lists = ["AutomaticDeploymentTargets", "OptionalDeploymentTargets"];
        let is_some = |item: &Value| item.as_str().is_some_and(|id| !id.is_empty());
        let has = |phase: &Value| {
            lists.iter().any(|list| phase[*list].as_array().into_iter().flatten().any(is_some))
        };
        let before: Vec<bool> = self.document.list("Phases").iter().map(has).collect();
        let Some(phases) = value.get_mut("Phases").and_then(Value::as_array_mut) else { return };
        let mut index = 0;
        let mut gone = Vec::new();
        phases.retain(|phase| {
            let lost = before.get(index).copied().unwrap_or_default() && !has(phase);
            if lost {
                gone.push(name_of(phase, index));
            }
            index += 1;
            !lost
        });
        let none_is_left = phases.is_empty();
        // One word about each phase is enough.
        let below: Vec<String> = gone.iter().map(|name| format!("Phases/{name}/")).collect();
        self.said.retain(|said| !below.iter().any(|below| said.field.starts_with(below)));
        if none_is_left && !gone.is_empty() {
            // A lifecycle without phases has one for each environment, and no phase can be for none.
            let text = format!(
                "has lost its environments in every phase ({}): none is left, so releases may go to every environment in its order",
                gone.join(", ")
            );
            return self.say(&["Phases".to_owned()], &text, LIMIT);
        }
        for name in gone {
            let at = ["Phases".to_owned(), name];
            self.say(&at, "has lost its environments, and would be for all of them: it is left out", LIMIT);
        }
    }

    /// Whether the space has what is meant. What was not read is taken for being there.
    fn is_alive(&self, to: &[Collection], id: &str) -> bool {
        if id.contains("#{") || is_everywhere(id) {
            return true;
        }
        to.iter().any(|&collection| match collection {
            Collection::Actions => {
                self.actions.contains(id) || !self.inventory.is_read(Collection::DeploymentProcesses, id)
            }
            Collection::Tags => self.is_tag(id),
            Collection::Teams if id.starts_with("teams-") && id.ends_with(self.inventory.space_id()) => true,
            Collection::UserRoles if id.starts_with("userroles-") => true,
            _ => {
                self.inventory.get(collection, id).is_some()
                    || (self.inventory.collection_of(id).is_none() && !self.inventory.is_read(collection, id))
            }
        })
    }

    /// Sets of free text have no tags of their own (vendor's documentation of tag sets): any text will do.
    fn is_tag(&self, name: &str) -> bool {
        let Some((set, tag)) = name.split_once('/') else { return false };
        let mut sets = self.inventory.all(Collection::TagSets).filter(|document| document.name() == set);
        let is_in = |set: &Document| {
            set.text("Type") == Some("FreeText") || set.list("Tags").iter().any(|own| own["Name"] == tag)
        };
        sets.any(is_in) || !self.inventory.is_read(Collection::TagSets, name)
    }

    /// A dead id for people.
    fn described(&self, id: &str, to: &[Collection]) -> String {
        match self.inventory.collection_of(id) {
            Some(Collection::EphemeralEnvironments) => {
                format!("{id}, an ephemeral environment, which goes by itself")
            }
            Some(other) if !to.contains(&other) => {
                format!("{id}, which is none of the {} (it is one of the {other})", to[0])
            }
            _ => format!("{id}, which the source space does not have"),
        }
    }

    fn described_living(&self, id: &str) -> String {
        let found = self.inventory.collection_of(id).and_then(|all| self.inventory.get(all, id));
        found.map_or_else(|| id.to_owned(), |document| format!("\"{}\"", document.name()))
    }

    /// What every space has of a kind: by the server's flag where there is one, else the oldest.
    fn default_of(&self, collection: Collection) -> Option<&Document> {
        let all = || self.inventory.all(collection);
        let oldest = || all().min_by_key(|document| id_order(document.id()));
        all().find(|document| document.flag("IsDefault")).or_else(oldest)
    }

    fn say(&mut self, at: &[String], text: &str, todo: &'static str) {
        let project = self.project_of();
        self.said.push(Said { project, field: at.join("/"), text: text.to_owned(), todo });
    }

    /// The project whose module makes the document.
    fn project_of(&self) -> Option<String> {
        let is_project = |id: &str| self.inventory.get(Collection::Projects, id).is_some();
        let document = self.document;
        let own = (self.collection == Collection::Projects).then(|| document.id());
        let named = ["ProjectId", "OwnerId"].into_iter().filter_map(|field| document.text(field));
        let in_id = document.id().split_once('-').map(|(_, rest)| rest);
        own.into_iter().chain(named).chain(in_id).find(|id| is_project(id)).map(str::to_owned)
    }
}

fn name_of(item: &Value, index: usize) -> String {
    match item["Name"].as_str() {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => index.to_string(),
    }
}

/// A feed that is not chosen is an empty text, as steps send it.
fn value_is_text(place: &ReferencePath) -> bool {
    place.path.ends_with("FeedId")
}

/// Certificates that are archived and in use have to be carried: at the destination they are not archived.
fn unarchive(inventory: &mut Inventory, settled: &mut Vec<Settled>) {
    let is_archived = |document: &&Document| document.get("Archived").is_some_and(|when| !when.is_null());
    let archived: BTreeSet<String> = inventory
        .all(Collection::Certificates)
        .filter(is_archived)
        .map(|document| document.id().to_owned())
        .collect();
    if archived.is_empty() {
        return;
    }
    let mut used = BTreeSet::new();
    for collection in inventory.collections().filter(|collection| *collection != Collection::Certificates) {
        for document in inventory.all(collection) {
            document.fields().values().for_each(|value| texts::uses(value, &archived, &mut used));
        }
    }
    for id in used {
        if let Some(document) = inventory.get_mut(Collection::Certificates, &id) {
            document.fields_mut().insert("Archived".to_owned(), Value::Null);
        }
        settled.push(Settled {
            collection: Collection::Certificates.to_owned(),
            id,
            gone: None,
            project: None,
            field: "Archived".to_owned(),
            text: "is archived and still in use: it is carried, and not archived at the destination"
                .to_owned(),
            todo: "",
        });
    }
}
