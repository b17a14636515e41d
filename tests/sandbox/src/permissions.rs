//! What a user may: which permission a request needs, and who holds it.

mod known;
mod needed;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::answer::Answer;
pub(crate) use crate::permissions::known::of_version;
pub(crate) use crate::permissions::needed::to_view;
use crate::request::Request;
use crate::server::Server;
use crate::store::{SERVER, text, texts};

/// What a user was given without roles, by `POST /sandbox/users`. Users who aren't listed have what their teams have.
#[derive(Default)]
pub(crate) struct Grants {
    given: BTreeMap<String, Vec<Grant>>,
    /// User → the permissions that their requests needed so far.
    demanded: Mutex<BTreeMap<String, BTreeSet<&'static str>>>,
}

/// One permission, everywhere or narrowed; empty lists do not narrow.
#[derive(Clone, Default, serde::Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Grant {
    pub(crate) permission: String,
    pub(crate) space_id: Option<String>,
    pub(crate) restricted_to_project_ids: Vec<String>,
    pub(crate) restricted_to_environment_ids: Vec<String>,
    pub(crate) restricted_to_tenant_ids: Vec<String>,
    pub(crate) restricted_to_project_group_ids: Vec<String>,
}

impl Grants {
    pub(crate) fn set(&mut self, user: &str, grants: Vec<Grant>) {
        self.given.insert(user.to_owned(), grants);
    }

    /// The permissions that a user's requests needed so far, held or not.
    pub(crate) fn demanded(&self, user: &str) -> BTreeSet<&'static str> {
        let demanded = self.demanded.lock().unwrap_or_else(PoisonError::into_inner);
        demanded.get(user).cloned().unwrap_or_default()
    }

    fn note(&self, user: &str, permission: &'static str) {
        let mut demanded = self.demanded.lock().unwrap_or_else(PoisonError::into_inner);
        demanded.entry(user.to_owned()).or_default().insert(permission);
    }
}

/// What a user holds.
enum Held {
    Everything,
    /// Everything in these spaces, and these grants.
    Some {
        spaces: Vec<String>,
        grants: Vec<Grant>,
    },
}

fn held(server: &Server, user: &str) -> Held {
    if let Some(grants) = server.grants.given.get(user) {
        return Held::Some { spaces: Vec::new(), grants: grants.clone() };
    }
    let mut spaces = Vec::new();
    let mut grants = Vec::new();
    let teams: Vec<&Value> = server
        .store
        .all(SERVER, "teams")
        .map(|(_, team)| team)
        .filter(|team| {
            text(team, "Id") == "teams-everyone" || texts(team, "MemberUserIds").any(|id| id == user)
        })
        .collect();
    for team in teams {
        let id = text(team, "Id");
        if id == "teams-administrators" || id == "teams-managers" {
            return Held::Everything;
        }
        if let Some(space) = id.strip_prefix("teams-spacemanagers-") {
            spaces.push(space.to_owned());
        }
        for (_, role) in server.store.all(SERVER, "scopeduserroles").filter(|(_, role)| role["TeamId"] == id)
        {
            let granted = server.store.get(SERVER, "userroles", text(role, "UserRoleId"));
            let ids = |field: &str| texts(role, field).map(ToOwned::to_owned).collect::<Vec<_>>();
            for permission in granted.into_iter().flat_map(|role| {
                texts(role, "GrantedSpacePermissions").chain(texts(role, "GrantedSystemPermissions"))
            }) {
                grants.push(Grant {
                    permission: permission.to_owned(),
                    space_id: role["SpaceId"].as_str().map(ToOwned::to_owned),
                    restricted_to_project_ids: ids("ProjectIds"),
                    restricted_to_environment_ids: ids("EnvironmentIds"),
                    restricted_to_tenant_ids: ids("TenantIds"),
                    restricted_to_project_group_ids: ids("ProjectGroupIds"),
                });
            }
        }
    }
    Held::Some { spaces, grants }
}

/// Whether a user holds a permission in a space at all, narrowed or not.
pub(crate) fn holds(server: &Server, user: &str, permission: &str, space: &str) -> bool {
    match held(server, user) {
        Held::Everything => true,
        Held::Some { spaces, grants } => {
            spaces.iter().any(|id| id == space)
                || (!spaces.is_empty() && known::OF_SPACE_MANAGERS.contains(&permission))
                || grants.iter().any(|grant| {
                    grant.permission == permission
                        && (space == SERVER || grant.space_id.as_deref().is_none_or(|id| id == space))
                })
        }
    }
}

/// Refuses what the user may not do. A permission narrowed to some documents passes here and filters lists later
/// ([`sees`]).
pub(crate) fn check(server: &Server, request: &Request) -> Result<(), Answer> {
    let mut permission = needed::of(request);
    // Snapshots have a permission of their own from 2026.3 on.
    if permission == "RunbookSnapshotCreate" && !is_known(server, permission) {
        permission = "RunbookEdit";
    }
    if permission.is_empty() || !is_known(server, permission) {
        return Ok(());
    }
    demand(server, request, permission)
}

fn is_known(server: &Server, permission: &str) -> bool {
    of_version(&server.server_version).any(|(name, _)| name == permission)
}

/// Refuses unless the user holds a permission: for rooms with finer rules than the address shows.
pub(crate) fn demand(server: &Server, request: &Request, permission: &'static str) -> Result<(), Answer> {
    if may(server, request, permission) { Ok(()) } else { Err(Answer::forbidden(permission)) }
}

/// Whether the user holds a permission that the answer depends on.
pub(crate) fn may(server: &Server, request: &Request, permission: &'static str) -> bool {
    server.grants.note(&request.user, permission);
    holds(server, &request.user, permission, &request.space)
}

/// Whether a narrowed permission lets the user see a document: by its environments, project, tenant or group.
pub(crate) fn sees(server: &Server, request: &Request, permission: &str, document: &Value) -> bool {
    let Held::Some { spaces, grants } = held(server, &request.user) else { return true };
    permission.is_empty()
        || spaces.contains(&request.space)
        || !spaces.is_empty() && known::OF_SPACE_MANAGERS.contains(&permission)
        || grants.iter().filter(|grant| grant.permission == permission).any(|grant| {
            let id = text(document, "Id");
            let within = |allowed: &[String], field: &str| {
                allowed.is_empty()
                    || allowed.iter().any(|item| item == id || document[field] == item.as_str())
                    || document[field].is_null() && !id.starts_with("Projects-")
            };
            within(&grant.restricted_to_project_ids, "ProjectId")
                && within(&grant.restricted_to_project_group_ids, "ProjectGroupId")
                && (grant.restricted_to_environment_ids.is_empty()
                    || !id.starts_with("Environments-")
                    || grant.restricted_to_environment_ids.iter().any(|item| item == id))
                && (grant.restricted_to_tenant_ids.is_empty()
                    || !id.starts_with("Tenants-")
                    || grant.restricted_to_tenant_ids.iter().any(|item| item == id))
        })
}

/// The document of `GET /api/users/{id}/permissions`.
pub(crate) fn describe(server: &Server, user: &str, only_space: Option<&str>) -> Value {
    let spaces: Vec<String> = server
        .store
        .all(SERVER, "spaces")
        .map(|(id, _)| id.clone())
        .filter(|id| only_space.is_none_or(|space| space == id))
        .collect();
    let entry = |space: &str, grant: Option<&Grant>| {
        let grant = grant.cloned().unwrap_or_default();
        json!({
            "SpaceId": space,
            "RestrictedToProjectIds": grant.restricted_to_project_ids,
            "RestrictedToEnvironmentIds": grant.restricted_to_environment_ids,
            "RestrictedToTenantIds": grant.restricted_to_tenant_ids,
            "RestrictedToProjectGroupIds": grant.restricted_to_project_group_ids,
        })
    };
    let mut space_permissions: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut system_permissions: Vec<String> = Vec::new();
    let (all_of, grants) = match held(server, user) {
        Held::Everything => {
            let of_system = of_version(&server.server_version).filter(|(_, level)| level.is_of_system());
            system_permissions.extend(of_system.map(|(name, _)| name.to_owned()));
            (spaces.clone(), Vec::new())
        }
        Held::Some { spaces, grants } => {
            if !spaces.is_empty() {
                let of_system = known::OF_SPACE_MANAGERS.iter().filter(|name| is_known(server, name));
                system_permissions.extend(of_system.map(|name| (*name).to_owned()));
            }
            (spaces, grants)
        }
    };
    for space in spaces.iter().filter(|space| all_of.contains(space)) {
        for (permission, _) in of_version(&server.server_version).filter(|(_, level)| level.is_of_space()) {
            space_permissions.entry(permission.to_owned()).or_default().push(entry(space, None));
        }
    }
    for grant in &grants {
        let Some(level) = known::level(&grant.permission) else { continue };
        if level.is_of_system() {
            system_permissions.push(grant.permission.clone());
        }
        if !level.is_of_space() {
            continue;
        }
        for space in spaces.iter().filter(|space| grant.space_id.as_ref().is_none_or(|id| id == *space)) {
            space_permissions.entry(grant.permission.clone()).or_default().push(entry(space, Some(grant)));
        }
    }
    let teams: Vec<Value> = server
        .store
        .all(SERVER, "teams")
        .filter(|(_, team)| texts(team, "MemberUserIds").any(|id| id == user))
        .map(|(id, team)| json!({"Id": id, "Name": team["Name"]}))
        .collect();
    json!({
        "Id": "UserPermissions", "SystemPermissions": system_permissions, "SpacePermissions": space_permissions,
        "Teams": teams, "IsPermissionsComplete": true, "IsTeamsComplete": true,
    })
}
