//! Who has changed what, as a server's audit trail tells; and by it, which placeholders a person has replaced at the destination: the API never shows a secret, so that one is there says nothing of whose it is.
//!
//! What octoferry wrote as a placeholder is open until somebody else has changed the document since, as the server's own audit trail has it
//! (or the document's `LastModifiedBy`, where the trail can't be read), or until a person says so (`octoferry secrets done`). Both outlive
//! workers, workstations and Terraform's state. Documents that hold many secrets (variable sets, processes, templates) tell nothing by
//! being changed: there only a person's word counts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::OnceCell;

use crate::finish::directory::Directory;
use crate::mark::name;
use crate::seeded::service_account::Ours;
use documents::collection::Collection;
use documents::inventory::Inventory;
use failure::Failure;
use module::manifest::{SecretEntry, Target};
use octopus::server::Server;

/// Collections whose documents hold the secrets of one thing.
const OF_ONE_THING: [Collection; 7] = [
    Collection::Accounts,
    Collection::Certificates,
    Collection::Feeds,
    Collection::GitCredentials,
    Collection::Machines,
    Collection::Proxies,
    Collection::Workers,
];
/// How many of the last events are looked at.
const EVENTS: usize = 1000;
/// How many documents are asked for in one request: addresses must not become too long.
const AT_ONCE: usize = 80;

/// Asks a server who changed what.
pub struct Witness {
    directory: Directory,
    me: Arc<OnceCell<Option<Ours>>>,
}

/// Who has made a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    /// `alone`: nobody else has changed it since.
    Us {
        alone: bool,
    },
    Others,
}

impl Witness {
    #[must_use]
    pub fn new(server: Server) -> Self {
        Self { directory: Directory::new(server), me: Arc::default() }
    }

    /// The same witness when documents may have changed.
    #[must_use]
    pub fn again(&self) -> Self {
        Self { directory: Directory::new(self.directory.server.clone()), me: Arc::clone(&self.me) }
    }

    /// Spares it the lists that have been read already.
    #[must_use]
    pub fn knowing(mut self, inventory: Option<&Inventory>) -> Self {
        inventory.into_iter().for_each(|inventory| self.directory.know(inventory, &OF_ONE_THING));
        self
    }

    /// Who acts for octoferry.
    async fn me(&self) -> Option<Ours> {
        let client = &self.directory.server.client;
        let ask = || async { client.get("/api/users/me").await.ok().map(|me| Ours::of(&me)) };
        self.me.get_or_init(ask).await.clone()
    }

    /// Who has made these documents, as far as the trail tells.
    pub async fn makers(&self, ids: &BTreeSet<String>) -> BTreeMap<String, Maker> {
        let mut makers = BTreeMap::new();
        if ids.is_empty() {
            return makers;
        }
        let Some(me) = self.me().await else { return makers };
        let all: Vec<&str> = ids.iter().map(String::as_str).collect();
        for some in all.chunks(AT_ONCE) {
            let trails = self.trails(some.iter().copied()).await;
            for id in some {
                let events = trails.get(*id).map_or(&[][..], Vec::as_slice);
                let Some(made) = events.iter().find(|event| event["Category"] == "Created") else { continue };
                let maker = if is_by(made, &me) {
                    Maker::Us { alone: !changed_by_others(events, &me) }
                } else {
                    Maker::Others
                };
                makers.insert((*id).to_owned(), maker);
            }
        }
        makers
    }

    /// Which of these secrets (by name) somebody else has entered: who has changed their document since octoferry made it, or made it.
    ///
    /// # Errors
    /// When the destination can't be asked for the documents.
    pub async fn entered(&mut self, secrets: &[&SecretEntry]) -> Result<BTreeSet<String>, Failure> {
        let mut entered = BTreeSet::new();
        let mut places = Vec::new();
        for secret in secrets.iter().filter(|secret| OF_ONE_THING.contains(&secret.collection)) {
            let target = Target { collection: secret.collection, key: secret.key.clone() };
            places.extend(self.directory.find(&target).await?.map(|place| (&secret.name, place)));
        }
        if places.is_empty() {
            return Ok(entered);
        }
        let Some(me) = self.me().await else { return Ok(entered) };
        let mut trails = BTreeMap::new();
        for places in places.chunks(AT_ONCE) {
            trails.extend(self.trails(places.iter().map(|(_, place)| place.id.as_str())).await);
        }
        for (name, place) in places {
            let by_others = match trails.get(&place.id).filter(|events| !events.is_empty()) {
                Some(events) => changed_by_others(events, &me),
                // Not everybody may see the trail, and servers forget it after some time.
                None => {
                    let document = self.directory.server.client.find(&place.read).await?.unwrap_or_default();
                    let by = document["LastModifiedBy"].as_str().unwrap_or_default();
                    !by.is_empty() && !me.has(by)
                }
            };
            if by_others {
                entered.insert(name.clone());
            }
        }
        Ok(entered)
    }

    /// Who has changed these documents, and when last, besides whoever runs octoferry, its own accounts, and who made them. `None`: the trail does
    /// not tell.
    pub async fn others(&self, ids: &[&str]) -> Option<BTreeMap<String, String>> {
        let me = self.me().await?;
        let trails = self.trails(ids.iter().copied()).await;
        let events: Vec<&Value> = trails.values().flatten().collect();
        if events.is_empty() {
            return None;
        }
        let text = |event: &Value, field: &str| event[field].as_str().unwrap_or_default().to_owned();
        let made = events.iter().filter(|event| event["Category"] == "Created");
        let makers: BTreeSet<String> = made.map(|event| text(event, "UserId")).collect();
        let mut others = BTreeMap::new();
        for event in events {
            if !is_by(event, &me) && !makers.contains(&text(event, "UserId")) {
                let last: &mut String = others.entry(text(event, "Username")).or_default();
                *last = text(event, "Occurred").max(std::mem::take(last));
            }
        }
        Some(others)
    }

    /// The events of these documents: in one request, unless there are more of them than that shows.
    async fn trails<'i>(&self, ids: impl Iterator<Item = &'i str>) -> BTreeMap<String, Vec<Value>> {
        let ids: BTreeSet<&str> = ids.collect();
        let list = ids.iter().copied().collect::<Vec<_>>().join(",");
        let (events, total) = self.events(&format!("regardingAny={list}")).await;
        let of = |id: &str, events: &[Value]| {
            let is_of = |event: &&Value| {
                let related = event["RelatedDocumentIds"].as_array();
                related.is_some_and(|related| related.iter().any(|other| other == id))
            };
            events.iter().filter(is_of).cloned().collect::<Vec<Value>>()
        };
        // An older server may not know this filter and show all that ever happened.
        let shows_all =
            total <= events.len() && events.iter().all(|event| event["RelatedDocumentIds"].is_array());
        let mut trails = BTreeMap::new();
        for id in ids {
            let trail =
                if shows_all { of(id, &events) } else { self.events(&format!("regarding={id}")).await.0 };
            trails.insert(id.to_owned(), trail);
        }
        trails
    }

    /// Events, the newest first, and how many there are.
    async fn events(&self, filter: &str) -> (Vec<Value>, usize) {
        let server = &self.directory.server;
        let path = server.path(&format!("events?{filter}&take={EVENTS}"));
        let mut answer = server.client.get(&path).await.unwrap_or_default();
        let total = answer["TotalResults"].as_u64().and_then(|total| usize::try_from(total).ok());
        let events = match answer["Items"].take() {
            Value::Array(events) => events,
            _ => Vec::new(),
        };
        let total = total.unwrap_or(events.len());
        (events, total)
    }
}

/// Whether events of a document, the newest first, have a change by another user. What others did before octoferry changed it for the first time
/// counts when they made it: then the secret that is there is theirs.
fn changed_by_others(events: &[Value], me: &Ours) -> bool {
    let is_change = |event: &&Value| matches!(event["Category"].as_str(), Some("Created" | "Modified"));
    events.iter().filter(is_change).any(|event| !is_by(event, me))
}

/// An account that was removed since is known by its name alone.
fn is_by(event: &Value, me: &Ours) -> bool {
    let is_ours = |field: &str| event[field].as_str().is_some_and(|user| me.has(user));
    is_ours("UserId")
        || (is_ours("Username") && event["Username"].as_str().is_some_and(name::is_service_account))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_others_changes_count() {
        let event = |category: &str, user: &str| json!({"Category": category, "UserId": user});
        let me = Ours::of(&json!({"Id": "Users-1", "Username": "jane"}));
        let mine = [event("Modified", "Users-1"), event("Created", "Users-1")];
        assert!(!changed_by_others(&mine, &me));
        assert!(!changed_by_others(&[event("Queued", "Users-2")], &me));
        assert!(changed_by_others(&[event("Modified", "Users-2"), mine[1].clone()], &me));
        // The account of an earlier seed.
        let mut by_account = event("Modified", "Users-7");
        by_account["Username"] = json!("octoferry-destination-Spaces-2-0a1b2c3d");
        assert!(!changed_by_others(&[by_account, mine[1].clone()], &me));
    }
}
