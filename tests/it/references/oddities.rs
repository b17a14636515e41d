//! References and the ways in which they can be odd: dead, dead among living ones, twice, empty, null, an id of another kind, one of another space,
//! one that is archived. Found by looking at the documents and not at octoferry's tables: a text that is the id of something is a reference.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::planted::plant;
use crate::support::space_file;

/// The space, at the source.
pub(super) const SPACE: &str = "Spaces-2";
/// No id of a test's space ends so, and no colour.
pub(super) const GONE: &str = "7770777";
/// The same, of things of the other space.
pub(super) const ELSEWHERE: &str = "88888";

/// How a reference is odd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Dead,
    /// A list with one that lives, twice, among one that is gone, one of another kind, one of another space and an empty text.
    Mixed,
    OtherKind,
    OtherSpace,
    Empty,
    Null,
    Archived,
}

const WAYS: [Way; 7] =
    [Way::Dead, Way::Mixed, Way::OtherKind, Way::OtherSpace, Way::Empty, Way::Null, Way::Archived];

/// Fields by which a server holds its documents together; they lead nowhere in no server.
const OWN: [&str; 13] = [
    "Id",
    "SpaceId",
    "OwnerId",
    "VariableSetId",
    "DeploymentProcessId",
    "RunbookProcessId",
    "PublishedRunbookSnapshotId",
    "CanonicalTagName",
    "TemplateId",
    "ServiceAccountId",
    "MemberUserIds",
    "SpaceManagersTeams",
    "CommunityActionTemplateId",
];
/// Collections that are not moved, or whose documents are what others say of them.
const OTHERS: [&str; 5] =
    ["variablesnapshots", "runbooksnapshots", "spaces", "oidcidentities", "deploymentsettings"];
/// Their documents belong to a project that knows them, by this field.
const OF_PROJECT: [&str; 6] =
    ["channels", "deploymentprocesses", "runbookprocesses", "runbooks", "projecttriggers", "variables"];

/// In their texts ids stand with commas between them, and in JSON.
const IN_TEXTS: [&str; 2] = ["Properties", "Parameters"];
pub(super) const COMMAS: &str = ",";
pub(super) const JSON: &str = "json";

/// A field of documents that holds ids; `[]` stands for the items of a list, `{}` for the values of an object by ids, [`COMMAS`] for the parts of
/// a text, [`JSON`] for what a text holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) collection: String,
    pub(super) way: Vec<String>,
}

impl Place {
    fn is_list(&self) -> bool {
        self.way.last().is_some_and(|last| last == "[]")
    }

    /// The list whose items can be made once more, without their document.
    pub(super) fn part(&self) -> Option<&'static str> {
        ["Steps", "Variables", "Templates", "Parameters"].into_iter().find(|part| self.way[0] == *part)
    }

    /// Whether the documents are so dear (a project is a module of its own) that one has to do for all places that are odd in the same way.
    fn shares(&self) -> bool {
        self.collection == "projects" && self.part().is_none()
    }
}

/// One odd reference.
#[derive(Debug, Clone)]
pub(super) struct Oddity {
    pub(super) place: Place,
    pub(super) way: Way,
    /// The document that has it in the space as it was.
    pub(super) document: String,
    /// What is referred to there.
    pub(super) living: String,
    pub(super) number: usize,
}

impl Oddity {
    /// Of the document, step or value that is made for it.
    pub(super) fn name(&self) -> String {
        if self.place.part() == Some("Variables") {
            format!("Odd.{}", self.number)
        } else {
            format!("Odd {}", self.number)
        }
    }
}

pub(super) struct Base {
    pub(super) dump: Value,
    /// Id → collection.
    pub(super) ids: BTreeMap<String, String>,
}

impl Base {
    pub(super) fn of(space: &str) -> Self {
        let dump = serde_json::from_slice(&std::fs::read(space_file(space)).expect("the space"));
        let mut dump: Value = dump.expect("JSON");
        plant(&mut dump);
        let mut ids = BTreeMap::new();
        let spaces = dump["Documents"].as_object().expect("spaces");
        for (collection, documents) in spaces.values().flat_map(|space| space.as_object().expect("a space")) {
            for (id, document) in documents.as_object().expect("documents") {
                ids.insert(id.clone(), collection.clone());
                let parts = |field: &str| document[field].as_array().cloned().unwrap_or_default();
                for tag in parts("Tags") {
                    let name = |value: &Value| value["Name"].as_str().expect("a name").to_owned();
                    ids.insert(format!("{}/{}", name(document), name(&tag)), "tags".to_owned());
                }
                for action in
                    parts("Steps").iter().flat_map(|step| step["Actions"].as_array().cloned()).flatten()
                {
                    ids.insert(action["Id"].as_str().expect("an id").to_owned(), "actions".to_owned());
                }
            }
        }
        Self { dump, ids }
    }

    /// Each place, with a document that has it and what stands there.
    fn places(&self) -> BTreeMap<Place, Vec<(String, String)>> {
        let mut found = BTreeMap::new();
        for (space, collections) in self.dump["Documents"].as_object().expect("spaces") {
            if ![SPACE, "Server"].contains(&space.as_str()) {
                continue;
            }
            for (collection, documents) in collections.as_object().expect("collections") {
                for (id, document) in documents.as_object().expect("documents") {
                    if !OTHERS.contains(&collection.as_str()) && self.is_movable(collection, document) {
                        self.look(collection, id, document, &mut Vec::new(), &mut found);
                    }
                }
            }
        }
        found
    }

    /// Built-in things stay at their server; a version-controlled project can't be tried here.
    fn is_movable(&self, collection: &str, document: &Value) -> bool {
        let project = document["ProjectId"].as_str().unwrap_or_default();
        let project = &self.dump["Documents"][SPACE]["projects"][project];
        document["IsSystem"] != true
            && !(collection == "channels" && document["IsDefault"] == true)
            && ![document, project].iter().any(|project| project["IsVersionControlled"] == true)
    }

    fn look(
        &self,
        collection: &str,
        id: &str,
        value: &Value,
        way: &mut Vec<String>,
        found: &mut BTreeMap<Place, Vec<(String, String)>>,
    ) {
        match value {
            Value::String(text) if self.ids.contains_key(text) && !way.is_empty() => {
                let place = Place { collection: collection.to_owned(), way: way.clone() };
                found.entry(place).or_default().push((id.to_owned(), text.clone()));
            }
            Value::String(text) if way.iter().any(|part| IN_TEXTS.contains(&part.as_str())) => {
                let parts: Vec<&str> = text.split(',').collect();
                let inner = serde_json::from_str::<Value>(text).ok().filter(|_| text.starts_with(['{', '[']));
                if let Some(inner) = inner {
                    way.push(JSON.to_owned());
                    self.look(collection, id, &inner, way, found);
                    way.pop();
                } else if parts.iter().all(|part| self.ids.contains_key(*part)) {
                    way.push(COMMAS.to_owned());
                    parts.iter().for_each(|part| self.look(collection, id, &json!(part), way, found));
                    way.pop();
                }
            }
            Value::Array(items) => {
                way.push("[]".to_owned());
                items.iter().for_each(|item| self.look(collection, id, item, way, found));
                way.pop();
            }
            Value::Object(fields) => {
                for (field, value) in fields {
                    let is_owners = field == "ProjectId" && OF_PROJECT.contains(&collection)
                        || field == "RunbookId" && collection == "runbookprocesses"
                        // A value goes with its tenant, project or library set.
                        || collection == "tenantvariablevalues" && !["EnvironmentIds", "Value"].contains(&field.as_str());
                    if OWN.contains(&field.as_str()) || is_owners {
                        continue;
                    }
                    way.push(if self.ids.contains_key(field) { "{}".to_owned() } else { field.clone() });
                    self.look(collection, id, value, way, found);
                    way.pop();
                }
            }
            _ => {}
        }
    }

    /// Each place in all its ways, for each kind of thing that is referred to there.
    pub(super) fn oddities(&self) -> Vec<Oddity> {
        let mut all: Vec<Oddity> = Vec::new();
        for (place, having) in self.places() {
            let kinds: BTreeSet<&String> = having.iter().map(|(_, living)| &self.ids[living]).collect();
            for (kind, (at, way)) in
                kinds.into_iter().flat_map(|kind| WAYS.into_iter().enumerate().map(move |way| (kind, way)))
            {
                let having: Vec<&(String, String)> =
                    having.iter().filter(|(_, living)| self.ids[living] == *kind).collect();
                let (document, living) = having[at % having.len()];
                if self.value(&place, living, way).is_none() {
                    continue;
                }
                let shared = all.iter().find(|other| other.place.shares() && other.way == way);
                let number = match shared.filter(|_| place.shares()) {
                    Some(shared) => shared.number,
                    None => all.len() + 1,
                };
                let (place, document, living) = (place.clone(), document.clone(), living.clone());
                all.push(Oddity { place, way, document, living, number });
            }
        }
        all
    }

    /// What stands at a place instead; none: this way is not one of the place's.
    pub(super) fn value(&self, place: &Place, living: &str, way: Way) -> Option<Value> {
        let is_tag = living.contains('/');
        let prefix = || living.rsplit_once(['-', '/']).map_or(living, |(prefix, _)| prefix).to_owned();
        let separator = if is_tag { '/' } else { '-' };
        let gone = format!("{}{separator}{GONE}", prefix());
        let kind = &self.ids[living];
        let other = ["proxies", "lifecycles"].into_iter().find(|other| other != kind)?;
        let other = self.ids.iter().find(|(_, of)| *of == other).map(|(id, _)| id.clone());
        let archived = || {
            let certificates = self.dump["Documents"][SPACE]["certificates"]
                .as_object()
                .filter(|_| kind == "certificates")?;
            certificates.iter().find(|(_, one)| one["Archived"].is_string()).map(|(id, _)| id.clone())
        };
        let list = place.is_list();
        let commas = place.way.last().is_some_and(|last| last == COMMAS);
        let of_space = (!is_tag && kind != "actions").then(|| format!("{}-{ELSEWHERE}", prefix()));
        let of_kind = other.filter(|_| !is_tag);
        Some(match way {
            Way::Dead if list => json!([gone]),
            Way::Dead => json!(gone),
            Way::Mixed if list || commas => {
                let mixed = [
                    Some(String::new()),
                    Some(living.to_owned()),
                    Some(gone),
                    Some(living.to_owned()),
                    of_kind,
                    of_space,
                ];
                let mixed: Vec<String> = mixed.into_iter().flatten().collect();
                if commas { json!(mixed[1..].join(",")) } else { json!(mixed) }
            }
            Way::Empty if list => json!([]),
            Way::Empty => json!(""),
            Way::Null => Value::Null,
            Way::OtherKind if !list => json!(of_kind?),
            Way::OtherSpace if !list => json!(of_space?),
            Way::Mixed | Way::OtherKind | Way::OtherSpace => return None,
            Way::Archived if list => json!([living, archived()?]),
            Way::Archived => json!(archived()?),
        })
    }
}
