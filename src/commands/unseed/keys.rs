//! The service accounts that seed made for the runbooks, on both servers: the first that goes.

use crate::mark::found::settings_variables;
use crate::mark::name;
use crate::seeded::service_account::{Note, There, destination_name, source_name};
use crate::ui::Ui;
use documents::inventory::Inventory;
use failure::Failure;
use octopus::server::Server;

/// What is there of them.
pub(super) struct Keys {
    there: Vec<(Server, There)>,
    /// What could not be looked at, though seed noted it.
    unseen: Vec<String>,
}

impl Keys {
    /// Looks at both servers, by the names that seed gives: what it made before it was stopped is not noted anywhere. `destination` is `None`
    /// where none is given.
    pub(super) async fn look(
        source: &Server,
        inventory: &Inventory,
        destination: Result<Option<Server>, Failure>,
    ) -> Self {
        let variables = settings_variables(inventory);
        let mut keys = Self { there: Vec::new(), unseen: Vec::new() };
        let note = Note::of(variables, name::SOURCE_ACCOUNT);
        keys.look_at(Ok(Some(source.clone())), &source_name(source), note).await;
        let note = Note::of(variables, name::DESTINATION_ACCOUNT);
        let name = match (&note, &destination) {
            (_, Ok(Some(destination))) => destination_name(source, destination),
            (Some(note), _) => note.name.clone(),
            (None, _) => return keys,
        };
        keys.look_at(destination, &name, note).await;
        keys
    }

    async fn look_at(&mut self, server: Result<Option<Server>, Failure>, name: &str, note: Option<Note>) {
        let found = match server {
            Ok(Some(server)) if note.as_ref().is_none_or(|note| note.name == name) => {
                There::find(&server, name)
                    .await
                    .map(|there| (server, there))
                    .map_err(|failure| failure.to_string())
            }
            Ok(Some(server)) => {
                Err(format!("{} is not the server or space that it is for", server.client.address()))
            }
            Ok(None) => {
                Err("the destination is not given (--destination-url, --destination-space, its key)"
                    .to_owned())
            }
            Err(failure) => Err(failure.to_string()),
        };
        match (found, note) {
            (Ok(found), _) => self.there.push(found),
            (Err(why), Some(note)) => self.unseen.push(format!(
                "service account {:?} at {}, whose key ends at {}: {why}",
                note.name, note.address, note.expires
            )),
            // Where nothing is noted, nothing is missed: not everybody may see the users of a server.
            (Err(_), None) => {}
        }
    }

    #[must_use]
    pub(super) fn is_nothing(&self) -> bool {
        self.unseen.is_empty() && self.there.iter().all(|(_, there)| there.is_nothing())
    }

    /// For a person, before anything is done.
    #[must_use]
    pub(super) fn lines(&self) -> Vec<String> {
        let there = self.there.iter().flat_map(|(_, there)| there.lines());
        let unseen = self.unseen.iter().map(|what| format!("stays: {what}"));
        there.map(|what| format!("remove: {what}")).chain(unseen).collect()
    }

    /// Takes them away. What stays, and why.
    pub(super) async fn remove(&self, ui: &Ui) -> Vec<String> {
        let mut stays = self.unseen.clone();
        for (server, there) in self.there.iter().filter(|(_, there)| !there.is_nothing()) {
            let left = there.remove(server).await;
            if left.is_empty() {
                ui.info(&format!(
                    "removed: the runbooks' service account at {}, with its keys",
                    server.client.address()
                ));
            }
            stays.extend(left);
        }
        stays
    }
}
