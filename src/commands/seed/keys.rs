//! Which keys the runbooks get: those of files, those of service accounts that seed makes, or those that seed itself was given.

use std::path::Path;

use serde_json::Value;

use crate::cli;
use crate::deployment::exported;
use crate::mark::found::Found;
use crate::mark::name;
use crate::rights::Held;
use crate::seeded::runbook::{self, Runbook};
use crate::seeded::service_account::{self, Made, Note, Plan, There};
use crate::seeded::variables;
use crate::settings;
use crate::ui::Ui;
use failure::Failure;
use octopus::read::{self, Extent};
use octopus::role::Role;
use octopus::server::Server;
use secret::Secret;

/// One server's side.
struct Side<'s> {
    role: Role,
    server: &'s Server,
    key: Key,
    /// What an earlier seed noted.
    before: Option<Note>,
}

enum Key {
    /// Of a file.
    Given(Secret),
    /// Of an account that can be made.
    Planned(Plan),
    /// Of whoever seeds, and why.
    Own(String),
}

/// Both sides, before anything is changed.
pub(super) struct Keys<'s>([Side<'s>; 2]);

/// What was made of it: looked after when all else is in place.
pub(super) struct Used<'s>(Vec<(Side<'s>, Option<Made>)>);

impl<'s> Keys<'s> {
    /// Decides. Nothing is written.
    ///
    /// # Errors
    /// A key of a file does not open the space, or a server can't be read.
    pub(super) async fn plan(
        arguments: &cli::Seed,
        (source, destination): (&'s Server, &'s Server),
        found: &Found,
        optional: &[Runbook],
    ) -> Result<Self, Failure> {
        // Scripts on machines are tasks of the server's console.
        let more: &[&str] =
            if optional.contains(&runbook::REHOME) { &["TaskCreate", "TaskView"] } else { &[] };
        // What a step has read goes into a variable.
        let reads_feeds = optional.contains(&runbook::READ_FEEDS);
        let edits: &[&str] = if reads_feeds {
            &["LibraryVariableSetEdit", "VariableEdit", "VariableEditUnscoped"]
        } else {
            &[]
        };
        let noted = noted(source, found).await?;
        let before = |variable| Note::of(&noted, variable);
        let file = arguments.runbook_source_key_file.as_deref();
        let key = match Key::chosen(arguments, (source, Role::Source), file).await? {
            Some(key) => key,
            None => {
                let held = Held::read(source).await;
                let more = [more, edits].concat();
                Key::of(Plan::at_source(source, held.as_ref(), &more, arguments.runbook_key_days))
            }
        };
        let here = Side { role: Role::Source, server: source, key, before: before(name::SOURCE_ACCOUNT) };
        let file = arguments.runbook_destination_key_file.as_deref();
        let key = match Key::chosen(arguments, (destination, Role::Destination), file).await? {
            Some(key) => key,
            None => {
                let held = Held::read(destination).await;
                // What it needs of the server depends on what the source has; only then is it read.
                match Plan::may_make(held.as_ref()) {
                    Ok(_) => {
                        let inventory = read::read(source, Extent::Shared).await?;
                        let both = (source, destination);
                        let days = arguments.runbook_key_days;
                        Key::of(Plan::at_destination(both, held.as_ref(), &inventory, more, days))
                    }
                    Err(why) => Key::Own(why),
                }
            }
        };
        let there = Side {
            role: Role::Destination,
            server: destination,
            key,
            before: before(name::DESTINATION_ACCOUNT),
        };
        Ok(Self([here, there]))
    }

    /// Says what will be, before anybody is asked.
    pub(super) fn announce(&self, ui: &Ui) {
        for Side { role, key, .. } in &self.0 {
            match key {
                Key::Given(_) => {}
                Key::Planned(plan) => ui.info(&format!(
                    "The runbooks get a {role} API key of their own: seed makes there the service account {:?} with a team and a user role of that name, which grants {} permissions. The key ends by itself; unseed takes all of it away.",
                    plan.name,
                    plan.permissions()
                )),
                Key::Own(why) => ui.warning(&format!(
                    "the runbooks get the {role} API key that you use yourself, with all that you may do, until unseed; {why}. --runbook-{role}-key-file FILE gives them another"
                )),
            }
        }
    }

    /// Makes the accounts, and puts the keys into what the runbooks are given. Where a server refuses after all, they get the key of whoever seeds.
    pub(super) async fn make(self, settings: &mut variables::Settings, ui: &Ui) -> Used<'s> {
        let mut used = Vec::new();
        for side in self.0 {
            let made = match &side.key {
                Key::Planned(plan) => match service_account::make(side.server, plan).await {
                    Ok(made) => Some(made),
                    Err(failure) => {
                        ui.warning(&format!(
                            "the {role} makes no service account, so the runbooks get the {role} API key that you use yourself, with all that you may do, until unseed: {failure}",
                            role = side.role
                        ));
                        None
                    }
                },
                _ => None,
            };
            let key = match (&made, &side.key) {
                (Some(made), _) => made.key.clone(),
                (None, Key::Given(key)) => key.clone(),
                (None, _) => side.server.client.key().clone(),
            };
            let note = made.as_ref().map(|made| made.note.text());
            if let Some(made) = &made {
                ui.info(&format!(
                    "service account {:?} at the {}; its key ends at {}",
                    made.note.name, side.role, made.note.expires
                ));
            }
            if side.role == Role::Source {
                settings.exports = may_export(side.server, &key).await;
                (settings.source_key, settings.source_account) = (key, note);
            } else {
                (settings.destination_key, settings.destination_account) = (key, note);
            }
            used.push((side, made));
        }
        Used(used)
    }
}

/// Whether the runbooks' source key may export certificates with their private keys, as far as the server tells.
async fn may_export(source: &Server, key: &Secret) -> bool {
    let Ok(client) = source.client.with_key(key.clone()) else { return false };
    match Server::connect(client, source.space_id()).await {
        Ok(server) => {
            Held::read(&server).await.is_some_and(|held| held.lacks(&[exported::PERMISSION]).is_empty())
        }
        Err(_) => false,
    }
}

const CHOSEN: &str = "--own-runbook-keys says so";

impl Key {
    /// What the options say: a file's, or that of whoever seeds. `None`: they leave it to seed.
    async fn chosen(
        arguments: &cli::Seed,
        (server, role): (&Server, Role),
        file: Option<&Path>,
    ) -> Result<Option<Self>, Failure> {
        let given = settings::runbook_key(server, role, file).await?.map(Self::Given);
        Ok(given.or_else(|| arguments.own_runbook_keys.then(|| Self::Own(CHOSEN.to_owned()))))
    }

    fn of(plan: Result<Plan, String>) -> Self {
        plan.map_or_else(Self::Own, Self::Planned)
    }
}

impl Used<'_> {
    /// Takes away what the runbooks used before and use no more: older keys, and accounts that were not wanted again. True when nothing stays.
    pub(super) async fn clear(&self, ui: &Ui) -> bool {
        let mut stays = Vec::new();
        for (side, made) in &self.0 {
            if let Some(made) = made {
                match made.revoke_others(side.server).await {
                    Ok(left) => stays.extend(left),
                    Err(failure) => stays.push(format!("API keys of {:?}: {failure}", made.note.name)),
                }
            }
            let Some(before) = &side.before else { continue };
            if before.address != side.server.client.address() {
                stays.push(format!(
                    "service account {:?} at {}, whose key ends at {}: another server is the {} now",
                    before.name, before.address, before.expires, side.role
                ));
            } else if made.as_ref().is_none_or(|made| made.note.name != before.name) {
                match There::find(side.server, &before.name).await {
                    Ok(there) => stays.extend(there.remove(side.server).await),
                    Err(failure) => stays.push(format!("service account {:?}: {failure}", before.name)),
                }
            }
        }
        if !stays.is_empty() {
            ui.warning(&format!(
                "these are of no use any more and could not be taken away:\n  {}",
                stays.join("\n  ")
            ));
        }
        stays.is_empty()
    }
}

/// The variables of the set `Octoferry`; none where the space is not seeded.
async fn noted(source: &Server, found: &Found) -> Result<Vec<Value>, Failure> {
    let Ok(set) = found.library_set(name::SETTINGS_SET) else { return Ok(Vec::new()) };
    let id = set.text("VariableSetId").unwrap_or_default();
    let variables = source.client.find(&source.path(&format!("variables/{id}"))).await?;
    Ok(variables.and_then(|variables| variables["Variables"].as_array().cloned()).unwrap_or_default())
}
