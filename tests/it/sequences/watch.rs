//! Which thing of the destination is which of the source, by names alone; and what must be so of them after each migration.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::people::OWN;
use super::server::{is_frozen, items, text};

/// Lists whose items are things of their own. Phases are none: nothing names one, and the provider knows them by their places.
const LISTS: [&str; 5] = ["Variables", "Steps", "Tags", "Templates", "Parameters"];

/// Collections that hold no things that somebody has made.
const NOT_THINGS: [&str; 7] = [
    "variablesnapshots",
    "runbooksnapshots",
    "deploymentsettings",
    "actiontemplateversions",
    "retentionpolicies",
    "spaces",
    "users",
];

/// A server as it is now: what everything is called.
pub(super) struct Seen {
    pub(super) dump: Value,
    space: String,
    /// Id → what it is called, with its owner's name.
    names: BTreeMap<String, String>,
    /// What it is called → ids (of parts with those of what they are in).
    things: BTreeMap<String, Vec<String>>,
}

impl Seen {
    pub(super) fn of(dump: Value, space: &str) -> Self {
        let mut seen =
            Self { dump, space: space.to_owned(), names: BTreeMap::new(), things: BTreeMap::new() };
        let documents: Vec<(String, Value)> = seen
            .documents()
            .filter(|(kind, document)| !NOT_THINGS.contains(kind) && !is_frozen(kind, document))
            .map(|(kind, document)| (kind.to_owned(), document.clone()))
            .collect();
        // Owners before what they own; values of tenants name both.
        let rank = |kind: &str| match kind {
            "channels" | "runbooks" | "projecttriggers" | "scopeduserroles" => 1,
            "variables" | "deploymentprocesses" | "runbookprocesses" => 2,
            "tenantvariablevalues" => 4,
            _ => 0,
        };
        for step in 0..5 {
            for (kind, document) in documents.iter().filter(|(kind, _)| rank(kind) == step) {
                seen.add(kind, document);
            }
        }
        seen
    }

    fn documents(&self) -> impl Iterator<Item = (&str, &Value)> {
        let places = [self.space.as_str(), "Server"].into_iter();
        let kinds = places.filter_map(|place| self.dump["Documents"][place].as_object()).flatten();
        kinds.flat_map(|(kind, all)| {
            all.as_object().into_iter().flatten().map(move |(_, document)| (kind.as_str(), document))
        })
    }

    fn name_of(&self, id: &str) -> String {
        self.names.get(id).cloned().unwrap_or_else(|| id.to_owned())
    }

    fn add(&mut self, kind: &str, document: &Value) {
        let id = text(document, "Id");
        let owner = ["ProjectId", "OwnerId", "RunbookId", "LibraryVariableSetId", "TeamId"]
            .iter()
            .find_map(|field| document[*field].as_str().filter(|owner| !owner.is_empty()));
        let owner = owner.filter(|_| kind != "runbookprocesses");
        let owner =
            document["RunbookId"].as_str().or(owner).map(|owner| self.name_of(owner)).unwrap_or_default();
        let own = match kind {
            "tenantvariablevalues" => {
                let environments: Vec<String> = items(document, "EnvironmentIds")
                    .filter_map(Value::as_str)
                    .map(|id| self.name_of(id))
                    .collect();
                format!(
                    "{} {} {environments:?}",
                    self.name_of(&text(document, "TenantId")),
                    self.name_of(&text(document, "TemplateId"))
                )
            }
            "scopeduserroles" => self.name_of(&text(document, "UserRoleId")),
            _ => text(document, "Name"),
        };
        let called = format!("{kind}:{owner}:{own}");
        self.names.insert(id.clone(), called.clone());
        self.things.entry(called.clone()).or_default().push(id.clone());
        for list in LISTS {
            for part in items(document, list) {
                self.add_part(&called, &id, list, part);
                for action in items(part, "Actions") {
                    self.add_part(&called, &format!("{id}/{}", text(part, "Id")), "Actions", action);
                }
            }
        }
    }

    fn add_part(&mut self, called: &str, of: &str, list: &str, part: &Value) {
        let mut scopes: Vec<String> = Vec::new();
        for (kind, all) in part["Scope"].as_object().into_iter().flatten() {
            let mut all: Vec<String> = all
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(|id| self.name_of(id))
                .collect();
            all.sort();
            scopes.push(format!("{kind}={all:?}"));
        }
        scopes.sort();
        let called = format!("{called}/{list}/{}{}", text(part, "Name"), scopes.concat());
        let id = text(part, "Id");
        self.names.insert(id.clone(), called.clone());
        self.things.entry(called).or_default().push(format!("{of}/{id}"));
    }

    /// Whether something of this id is there.
    pub(super) fn has(&self, id: &str) -> bool {
        self.names.contains_key(id)
    }

    /// Ids, and tags, that a document refers to: where, and what these are called.
    fn references(&self, kind: &str, document: &Value) -> BTreeSet<(String, String)> {
        let mut found = BTreeSet::new();
        self.walk(document, kind, &mut found);
        found
    }

    fn walk(&self, value: &Value, at: &str, found: &mut BTreeSet<(String, String)>) {
        /// Not said by anybody.
        const COMPUTED: [&str; 6] = [
            "Id",
            "SpaceId",
            "Links",
            "PublishedRunbookSnapshotId",
            "DeploymentSettingsId",
            "ClonedFromProjectId",
        ];
        match value {
            Value::String(text) => {
                if let Some(name) = self.names.get(text) {
                    found.insert((at.to_owned(), name.clone()));
                }
            }
            Value::Array(all) => {
                for item in all {
                    let name = text(item, "Name");
                    self.walk(
                        item,
                        &if name.is_empty() { at.to_owned() } else { format!("{at}/{name}") },
                        found,
                    );
                }
            }
            Value::Object(fields) => {
                for (name, field) in fields.iter().filter(|(name, _)| !COMPUTED.contains(&name.as_str())) {
                    let name = self.names.get(name).unwrap_or(name);
                    self.walk(field, &format!("{at}/{name}"), found);
                }
            }
            _ => {}
        }
    }
}

/// What is known of both servers.
#[derive(Default)]
pub(super) struct Watch {
    /// Thing at the source → the same at the destination.
    pub(super) same: BTreeMap<String, String>,
}

impl Watch {
    /// Takes in what is there after a migration. A thing that lives and is another one now is a problem.
    pub(super) fn take(&mut self, source: &Seen, destination: &Seen) -> Vec<String> {
        let mut problems = Vec::new();
        let living: BTreeSet<&String> = source.things.values().flatten().collect();
        self.same.retain(|thing, _| living.contains(thing));
        for (called, ids) in &source.things {
            let there = destination.things.get(called);
            let (Some([there]), [here]) = (there.map(Vec::as_slice), ids.as_slice()) else { continue };
            let own = |thing: &str| thing.rsplit('/').next().unwrap_or_default().to_owned();
            if let Some(before) = self.same.get(here)
                && before != there
                // A part that was moved within its document is the same one.
                && own(before) != own(there)
            {
                problems.push(format!("{called:?} ({here}) was {before}, and is {there} now"));
            }
            self.same.insert(here.clone(), there.clone());
        }
        problems
    }

    /// What was deleted at the destination is another one when it comes again.
    pub(super) fn forget_what_is_gone(&mut self, destination: &Seen) {
        let there: BTreeSet<&String> = destination.things.values().flatten().collect();
        self.same.retain(|_, thing| there.contains(thing));
    }

    /// What of the source a document or part of the destination is.
    fn at_source(&self, destination: &str) -> Option<&String> {
        self.same.iter().find(|(_, there)| *there == destination).map(|(here, _)| here)
    }

    /// Document and place of a secret of the destination, at the source.
    pub(super) fn secret_at_source(&self, id: &str, place: &str) -> Option<(String, String)> {
        let document = self.at_source(id)?.clone();
        let mut way = id.to_owned();
        let mut at_source = Vec::new();
        for word in place.split('/') {
            let thing = format!("{way}/{word}");
            match self.at_source(&thing) {
                Some(here) => {
                    at_source.push(here.rsplit('/').next().unwrap_or_default().to_owned());
                    way = thing;
                }
                None => at_source.push(word.to_owned()),
            }
        }
        Some((document, at_source.join("/")))
    }

    /// What refers to something at the destination that its like at the source does not refer to.
    pub(super) fn wrong_references(&self, source: &Seen, destination: &Seen) -> Vec<String> {
        let mut problems = Vec::new();
        let here: BTreeMap<&str, (&str, &Value)> =
            source.documents().filter_map(|(kind, it)| Some((it["Id"].as_str()?, (kind, it)))).collect();
        for (kind, document) in destination.documents() {
            let Some(id) = document["Id"].as_str() else { continue };
            let Some((_, original)) = self.at_source(id).and_then(|id| here.get(id.as_str())) else {
                continue;
            };
            let wanted = source.references(kind, original);
            for (at, name) in destination.references(kind, document) {
                if !wanted.contains(&(at.clone(), name.clone())) && !at.contains(OWN) && !name.contains(OWN) {
                    problems.push(format!("{kind} {id} {:?}: {at} is {name:?}", text(document, "Name")));
                }
            }
        }
        problems
    }
}
