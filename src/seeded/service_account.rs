//! The runbooks' own keys: a service account on each server with a role that grants what the runbooks do and nothing else, and a key that ends.
//!
//! Each is known by its name and, since users have no description, by how its display name begins; role and team carry the mark. From the API
//! reference (2026-08): `users` (`IsService`), `users/{id}/apikeys`, `userroles`, `teams`, `scopeduserroles`, `authentication`. That a key is
//! deleted at `users/{id}/apikeys/{id}` is in an older server's own description of its API.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zeroize::Zeroize as _;

use crate::mark::{is_seeded, name};
use crate::rights::{Grants, Held, needed};
use documents::document::Document;
use documents::inventory::Inventory;
use documents::moment;
use failure::Failure;
use failure::While as _;
use module::seal;
use octopus::client::encode;
use octopus::server::Server;
use octopus::upsert;
use secret::Secret;

/// What making one takes, and taking it back.
const MAKING: [&str; 8] = [
    "TeamCreate",
    "TeamDelete",
    "TeamEdit",
    "TeamView",
    "UserEdit",
    "UserRoleEdit",
    "UserRoleView",
    "UserView",
];

/// How long a key lives, in days, when nobody says otherwise.
pub const DAYS: u32 = 30;

/// How the display name begins. After it: whose keys seed was given, as `name (id)`; what these write at the destination counts as octoferry's.
const DISPLAY_NAME: &str = "octoferry, seeded by ";

/// User name of the source's account: a server has one for each space that moves.
#[must_use]
pub fn source_name(source: &Server) -> String {
    format!("{}{}", name::SOURCE_USER, source.space_id())
}

/// The same at the destination, where spaces of several servers may arrive.
#[must_use]
pub fn destination_name(source: &Server, destination: &Server) -> String {
    use sha2::Digest as _;
    let from = format!("{}\n{}", source.identity(), source.space_id());
    let from = seal::hex(&sha2::Sha256::digest(from.as_bytes())[..4]);
    format!("{}{}-{from}", name::DESTINATION_USER, destination.space_id())
}

/// One that seed may make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Of user, role and team.
    pub name: String,
    pub grants: Grants,
    days: u32,
    by: String,
}

impl Plan {
    /// One at the source, for what the runbooks do there as far as the key's owner may do it: nobody gets more through octoferry than they have.
    /// `more`: permissions that runbooks need which are made only where somebody asks for them.
    ///
    /// # Errors
    /// Why there can be none, for a person.
    pub fn at_source(source: &Server, held: Option<&Held>, more: &[&str], days: u32) -> Result<Self, String> {
        let mut wanted = needed::of_runbooks_at_source();
        wanted.extend(more.iter().map(|&permission| permission.to_owned()));
        Self::of(source_name(source), Self::may_make(held)?, &wanted, days)
    }

    /// The same at the destination. `inventory` is the source's.
    ///
    /// # Errors
    /// Why there can be none, for a person.
    pub fn at_destination(
        (source, destination): (&Server, &Server),
        held: Option<&Held>,
        inventory: &Inventory,
        more: &[&str],
        days: u32,
    ) -> Result<Self, String> {
        let mut wanted = needed::of_runbooks_at_destination(inventory);
        wanted.extend(more.iter().map(|&permission| permission.to_owned()));
        Self::of(destination_name(source, destination), Self::may_make(held)?, &wanted, days)
    }

    /// Whether the key's owner may make an account.
    ///
    /// # Errors
    /// Why not, for a person.
    pub fn may_make(held: Option<&Held>) -> Result<&Held, String> {
        let held = held.ok_or("the server doesn't tell what its owner may do")?;
        let lacks = held.lacks(&MAKING);
        if lacks.is_empty() {
            return Ok(held);
        }
        Err(format!(
            "its owner ({}) may not make a service account there (lacks {})",
            held.user,
            lacks.join(", ")
        ))
    }

    fn of(name: String, held: &Held, wanted: &BTreeSet<String>, days: u32) -> Result<Self, String> {
        let grants = held.grantable(wanted).ok_or("the server doesn't tell its permissions")?;
        Ok(Self { name, grants, days, by: format!("{} ({})", held.user, held.user_id) })
    }

    /// How many permissions it gets.
    #[must_use]
    pub fn permissions(&self) -> usize {
        self.grants.space.len() + self.grants.system.len()
    }
}

/// One that is there, with a new key.
pub struct Made {
    pub key: Secret,
    pub note: Note,
    user: String,
    key_id: String,
}

/// What seed notes of one in the set `Octoferry`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    pub name: String,
    /// Of the server.
    pub address: String,
    /// Of the key.
    pub expires: String,
}

impl Note {
    /// As the variable of the set holds it.
    #[must_use]
    pub fn text(&self) -> String {
        json!(self).to_string()
    }

    /// Reads the variable of this name of the set `Octoferry`; `None`: seed made no account there.
    #[must_use]
    pub fn of(variables: &[Value], variable: &str) -> Option<Self> {
        let noted = variables.iter().find(|other| other["Name"] == variable)?;
        serde_json::from_str(noted["Value"].as_str()?).ok()
    }

    /// What a person must know of the key's end: nothing, unless it is near or over.
    #[must_use]
    pub fn ending(&self) -> Option<String> {
        const NEAR: Duration = Duration::from_secs(3 * 86_400);
        let ends = moment::instant(&self.expires)?;
        let left = ends.duration_since(SystemTime::now()).unwrap_or_default();
        let when = if left.is_zero() { "ended" } else { "ends" };
        (left <= NEAR).then(|| {
            format!(
                "the API key of the runbooks at {} {when} at {}: octoferry seed gives them a new one",
                self.address, self.expires
            )
        })
    }
}

/// Makes the account, or completes the one that is there, and gives it a new key. The new key is tried; a server that does not give it what it
/// was made for is an error, and then nothing of it is left.
///
/// # Errors
/// When the server refuses, or somebody else has a user, team or role of the name.
pub async fn make(server: &Server, plan: &Plan) -> Result<Made, Failure> {
    let there = There::find(server, &plan.name).await?;
    match complete(server, plan, &there).await {
        Ok(made) => Ok(made),
        Err(failure) if there.is_nothing() => {
            let stays = There::find(server, &plan.name).await?.remove(server).await;
            Err(stays.into_iter().fold(failure, |failure, what| failure.hint(format!("It stays: {what}"))))
        }
        Err(failure) => Err(failure),
    }
}

async fn complete(server: &Server, plan: &Plan, there: &There) -> Result<Made, Failure> {
    let description = name::description("What octoferry's runbooks may do in this space.");
    let role = upsert::ensure_at(
        server,
        "/api/userroles",
        there.role.as_ref(),
        &json!({
            "Name": plan.name, "Description": description,
            "GrantedSpacePermissions": plan.grants.space, "GrantedSystemPermissions": plan.grants.system,
        }),
    )
    .await?;
    let by = match there.user.as_ref().and_then(|user| user.text("DisplayName")?.strip_prefix(DISPLAY_NAME)) {
        Some(before) if before.split(", ").any(|other| other == plan.by) => before.to_owned(),
        Some(before) => format!("{before}, {}", plan.by),
        None => plan.by.clone(),
    };
    let user = upsert::ensure_at(
        server,
        "/api/users",
        there.user.as_ref(),
        &json!({"Username": plan.name, "DisplayName": format!("{DISPLAY_NAME}{by}"), "IsService": true, "IsActive": true}),
    )
    .await?;
    let team = upsert::ensure_at(
        server,
        &server.path("teams"),
        there.team.as_ref(),
        &json!({
            "Name": plan.name, "Description": description, "SpaceId": server.space_id(), "MemberUserIds": [user.id()],
            "ExternalSecurityGroups": [],
        }),
    )
    .await?;
    // Assumption: what a role grants of the server counts in a team of a space too, as it does for *Space managers*.
    let roles_of_teams = server.path("scopeduserroles");
    let given = upsert::list_at(server, &roles_of_teams, "scopeduserroles").await?;
    let ours = |given: &&Document| {
        given.text("TeamId") == Some(team.id()) && given.text("UserRoleId") == Some(role.id())
    };
    upsert::ensure_at(
        server,
        &roles_of_teams,
        given.iter().find(ours),
        &json!({"TeamId": team.id(), "UserRoleId": role.id(), "SpaceId": server.space_id()}),
    )
    .await?;
    new_key(server, plan, user.id()).await
}

async fn new_key(server: &Server, plan: &Plan, user: &str) -> Result<Made, Failure> {
    let limits = server.client.find("/api/authentication").await.ok().flatten().unwrap_or_default();
    let most = limits["ApiKeyMaxExpiryDays"].as_u64().filter(|days| *days > 0);
    let days = most.map_or(u64::from(plan.days), |most| most.min(plan.days.into()));
    let expires = moment::text(SystemTime::now() + Duration::from_secs(days * 86_400));
    let wanted = json!({"UserId": user, "Purpose": "octoferry's runbooks", "Expires": expires});
    let mut answer = server.client.post(&keys(user), &wanted).await.while_doing("making an API key")?;
    let Value::String(mut text) = answer["ApiKey"].take() else {
        return Err(Failure::failed("the server made an API key and did not show it"));
    };
    let key = Secret::new(text.clone());
    text.zeroize();
    let client = server.client.with_key(key.clone())?;
    let reached = Server::connect(client, server.space_id()).await.while_doing("trying the new API key")?;
    let held = Held::read(&reached).await;
    let wanted: Vec<&str> = plan.grants.space.iter().chain(&plan.grants.system).map(String::as_str).collect();
    let lacks = held.map_or(wanted.clone(), |held| held.lacks(&wanted));
    if !lacks.is_empty() {
        return Err(Failure::failed(format!("the new service account did not get: {}", lacks.join(", "))));
    }
    Ok(Made {
        key,
        note: Note { name: plan.name.clone(), address: server.client.address().to_owned(), expires },
        user: user.to_owned(),
        key_id: answer["Id"].as_str().unwrap_or_default().to_owned(),
    })
}

impl Made {
    /// Revokes the keys that earlier runs of seed made: the runbooks use them no more. Those that can't be.
    ///
    /// # Errors
    /// When the keys can't be listed.
    pub async fn revoke_others(&self, server: &Server) -> Result<Vec<String>, Failure> {
        let all = server.client.list(&keys(&self.user)).await?;
        let others = all.iter().filter(|key| key["Id"] != self.key_id.as_str());
        let mut stays = Vec::new();
        for key in others {
            stays.extend(revoke(server, &self.user, key).await.err());
        }
        Ok(stays)
    }
}

fn keys(user: &str) -> String {
    format!("/api/users/{}/apikeys", encode(user))
}

/// Revokes a key. The error says what stays.
async fn revoke(server: &Server, user: &str, key: &Value) -> Result<(), String> {
    let id = key["Id"].as_str().unwrap_or_default();
    let deleted = server.client.delete(&format!("{}/{}", keys(user), encode(id))).await;
    deleted.map_err(|failure| {
        format!(
            "API key {id} of {user}, which ends at {}: {failure}",
            key["Expires"].as_str().unwrap_or("no time")
        )
    })
}

/// What is there of an account.
#[derive(Debug)]
pub struct There {
    user: Option<Document>,
    team: Option<Document>,
    role: Option<Document>,
    address: String,
}

impl There {
    /// Looks for it.
    ///
    /// # Errors
    /// When the key's owner may not see users, teams or roles; when one has the name that seed did not make.
    pub async fn find(server: &Server, name: &str) -> Result<Self, Failure> {
        let client = &server.client;
        // Each narrows by a part of the name.
        let part = encode(name);
        let (users, teams, roles) = (
            format!("/api/users?filter={part}"),
            server.path(&format!("teams?partialName={part}")),
            format!("/api/userroles?partialName={part}"),
        );
        let (users, teams, roles) = futures::try_join!(
            client.list(&users),
            upsert::list_at(server, &teams, "teams"),
            client.list(&roles)
        )?;
        let named = |document: &Document, field: &str| {
            document.text(field).is_some_and(|text| text.eq_ignore_ascii_case(name))
        };
        let user = users.into_iter().filter_map(Document::new).find(|user| named(user, "Username"));
        let team = teams.into_iter().find(|team| named(team, "Name"));
        let role = roles.into_iter().filter_map(Document::new).find(|role| named(role, "Name"));
        let is_ours = |user: &Document| {
            user.flag("IsService")
                && user.text("DisplayName").is_some_and(|text| text.starts_with(DISPLAY_NAME))
        };
        let foreign = [
            ("user", user.as_ref().filter(|user| !is_ours(user))),
            ("team", team.as_ref().filter(|team| !is_seeded(team, team.name()))),
            ("user role", role.as_ref().filter(|role| !is_seeded(role, role.name()))),
        ];
        if let Some((kind, _)) = foreign.into_iter().find(|(_, foreign)| foreign.is_some()) {
            return Err(Failure::failed(format!(
                "there is already a {kind} {name:?} that octoferry did not make"
            ))
            .hint("Rename it; octoferry never touches what is not its own."));
        }
        Ok(Self { user, team, role, address: client.address().to_owned() })
    }

    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.user.is_none() && self.team.is_none() && self.role.is_none()
    }

    /// For a person, before it is removed.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let user = self.user.iter().map(|user| {
            format!("service account {:?} with its API keys", user.text("Username").unwrap_or_default())
        });
        let team = self.team.iter().map(|team| format!("team {:?}", team.name()));
        let role = self.role.iter().map(|role| format!("user role {:?}", role.name()));
        user.chain(team).chain(role).map(|what| format!("{what} at {}", self.address)).collect()
    }

    /// Takes it away: the keys first, then whatever else. A user that can't be deleted is made inactive. What stays, and why.
    pub async fn remove(&self, server: &Server) -> Vec<String> {
        let mut stays = Vec::new();
        if let Some(user) = &self.user {
            let listed = server.client.list(&keys(user.id())).await.unwrap_or_default();
            let mut unrevoked = Vec::new();
            for key in &listed {
                unrevoked.extend(revoke(server, user.id(), key).await.err());
            }
            let path = format!("/api/users/{}", encode(user.id()));
            if let Err(failure) = server.client.delete(&path).await {
                let what = format!("service account {:?}", user.text("Username").unwrap_or_default());
                let mut asleep = user.clone();
                asleep.fields_mut().insert("IsActive".to_owned(), false.into());
                match server.client.put(&path, &asleep.into_value()).await {
                    Ok(_) => stays.push(format!("{what}, made inactive: {failure}")),
                    Err(_) => stays.push(format!("{what}: {failure}")),
                }
                stays.extend(unrevoked);
            }
        }
        let documents = [
            ("team", self.team.as_ref().map(|team| (team, server.path(&format!("teams/{}", team.id()))))),
            (
                "user role",
                self.role.as_ref().map(|role| (role, format!("/api/userroles/{}", encode(role.id())))),
            ),
        ];
        for (kind, document) in documents {
            let Some((document, path)) = document else { continue };
            if let Err(failure) = server.client.delete(&path).await {
                stays.push(format!("{kind} {:?}: {failure}", document.name()));
            }
        }
        stays
    }
}

/// Whether a user acts for octoferry at the destination: one of the accounts that seed makes, or whose display name names it. `me` is the user
/// whose key octoferry has.
#[derive(Debug, Clone)]
pub struct Ours {
    /// Ids and names.
    users: Vec<String>,
}

impl Ours {
    #[must_use]
    pub fn of(me: &Value) -> Self {
        let text = |field: &str| me[field].as_str().unwrap_or_default();
        let mut users = vec![text("Id").to_owned(), text("Username").to_owned()];
        let is_account = name::is_service_account(text("Username"));
        for by in text("DisplayName")
            .strip_prefix(DISPLAY_NAME)
            .filter(|_| is_account)
            .unwrap_or_default()
            .split(", ")
        {
            if let Some((name, id)) = by.strip_suffix(')').and_then(|by| by.rsplit_once(" (")) {
                users.extend([name.to_owned(), id.to_owned()]);
            }
        }
        users.retain(|user| !user.is_empty());
        Self { users }
    }

    /// `user`: an id or a name.
    #[must_use]
    pub fn has(&self, user: &str) -> bool {
        name::is_service_account(user) || self.users.iter().any(|other| other == user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_acts_for_octoferry_is_known_by_the_account_and_by_who_had_it_made() {
        let person = Ours::of(
            &json!({"Id": "Users-1", "Username": "jane", "DisplayName": "octoferry, seeded by bob (Users-2)"}),
        );
        assert!(
            person.has("Users-1")
                && person.has("jane")
                && person.has("octoferry-destination-Spaces-2-0a1b2c3d")
        );
        assert!(!person.has("Users-2") && !person.has("bob") && !person.has(""));
        let account = Ours::of(&json!({
            "Id": "Users-9", "Username": "octoferry-destination-Spaces-2-0a1b2c3d",
            "DisplayName": "octoferry, seeded by jane (Users-1), Bob (B) (Users-2)",
        }));
        for ours in ["Users-9", "Users-1", "jane", "Users-2", "Bob (B)"] {
            assert!(account.has(ours), "{ours}");
        }
        assert!(!account.has("Users-3"));
    }

    #[test]
    fn a_keys_end_is_said_when_it_is_near() {
        let note = |days: u64| Note {
            name: "octoferry-source-Spaces-1".to_owned(),
            address: "https://old.example".to_owned(),
            expires: moment::text(SystemTime::now() + Duration::from_secs(days * 86_400)),
        };
        assert_eq!(note(30).ending(), None);
        assert!(note(2).ending().is_some_and(|text| text.contains(" ends at ")));
        let over = Note { expires: "2026-01-01T00:00:00.000+00:00".to_owned(), ..note(1) };
        assert!(over.ending().is_some_and(|text| text.contains(" ended at ")));
        let variables = [json!({"Name": name::SOURCE_ACCOUNT, "Value": over.text()})];
        assert_eq!(Note::of(&variables, name::SOURCE_ACCOUNT), Some(over));
        assert_eq!(Note::of(&variables, name::DESTINATION_ACCOUNT), None);
    }
}
