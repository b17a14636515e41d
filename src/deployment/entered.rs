//! Which placeholders a person has replaced at the destination: the API never shows a secret, so that one is there says nothing of whose it is.
//!
//! What octoferry wrote as a placeholder is open until somebody else has changed the document since, as the server's own audit trail has it
//! (or the document's `LastModifiedBy`, where the trail can't be read), or until a person says so (`octoferry secrets done`). Both outlive
//! workers, workstations and Terraform's state. Documents that hold many secrets (variable sets, processes, templates) tell nothing by
//! being changed: there only a person's word counts.

use serde_json::Value;

use crate::finish::directory::Directory;
use documents::collection::Collection;
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
/// How many of a document's last events are looked at.
const EVENTS: usize = 1000;

/// Asks the destination who changed what.
pub struct Witness {
    directory: Directory,
    /// Id and name of the user whose key octoferry has.
    me: Option<(String, String)>,
}

impl Witness {
    /// Asks who octoferry itself is there.
    pub async fn new(server: Server) -> Self {
        let me = server.client.get("/api/users/me").await.ok().and_then(|me| {
            Some((me["Id"].as_str()?.to_owned(), me["Username"].as_str().unwrap_or_default().to_owned()))
        });
        Self { directory: Directory::new(server), me }
    }

    /// Whether somebody else has changed the document of a secret since octoferry made it, or made it.
    ///
    /// # Errors
    /// When the destination can't be asked for the document.
    pub async fn is_entered(&mut self, secret: &SecretEntry) -> Result<bool, Failure> {
        let Some((my_id, my_name)) = &self.me else { return Ok(false) };
        if !OF_ONE_THING.contains(&secret.collection) {
            return Ok(false);
        }
        let target = Target { collection: secret.collection, key: secret.key.clone() };
        let Some(place) = self.directory.find(&target).await? else { return Ok(false) };
        let server = &self.directory.server;
        let path = server.path(&format!("events?regarding={}&take={EVENTS}", place.id));
        // Not everybody may see the trail, and servers forget it after some time.
        let events = server.client.get(&path).await.unwrap_or_default();
        let events = events["Items"].as_array().map_or(&[][..], Vec::as_slice);
        if !events.is_empty() {
            return Ok(changed_by_others(events, my_id));
        }
        let document = server.client.find(&place.read).await?.unwrap_or_default();
        let by = document["LastModifiedBy"].as_str().unwrap_or_default();
        Ok(!by.is_empty() && by != my_name && by != my_id)
    }
}

/// Whether events of a document, the newest first, have a change by another user. What others did before octoferry changed it for the first time
/// counts when they made it: then the secret that is there is theirs.
fn changed_by_others(events: &[Value], me: &str) -> bool {
    let is_change = |event: &&Value| matches!(event["Category"].as_str(), Some("Created" | "Modified"));
    events.iter().filter(is_change).any(|event| event["UserId"] != me)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_others_changes_count() {
        let event = |category: &str, user: &str| json!({"Category": category, "UserId": user});
        let mine = [event("Modified", "Users-1"), event("Created", "Users-1")];
        assert!(!changed_by_others(&mine, "Users-1"));
        assert!(!changed_by_others(&[event("Queued", "Users-2")], "Users-1"));
        assert!(changed_by_others(&[event("Modified", "Users-2"), mine[1].clone()], "Users-1"));
    }
}
