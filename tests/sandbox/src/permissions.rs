//! What a user may: which permission a request needs, and who holds it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::collections;
use crate::request::{Method, Request};
use crate::server::Server;
use crate::store::{SERVER, text, texts};

/// What a user was given without roles, by `POST /sandbox/users`. Users who aren't listed have what their teams have.
#[derive(Default)]
pub(crate) struct Grants(BTreeMap<String, Vec<Grant>>);

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
        self.0.insert(user.to_owned(), grants);
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
    if let Some(grants) = server.grants.0.get(user) {
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
                || (!spaces.is_empty() && OF_SPACE_MANAGERS.contains(&permission))
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
    let Some(mut permission) = needed(request) else { return Ok(()) };
    // Snapshots have a permission of their own from 2026.3 on.
    if matches!(request.route(), (Method::Post, route) if route.contains(&"runbooksnapshots") && permission == "RunbookEdit")
        && crate::packages::compare_versions(&server.server_version, "2026.3").is_ge()
    {
        permission = "RunbookSnapshotCreate".to_owned();
    }
    if !is_known(&permission, &server.server_version)
        || holds(server, &request.user, &permission, &request.space)
    {
        Ok(())
    } else {
        Err(Answer::forbidden(&permission))
    }
}

/// Refuses unless the user holds a permission: for rooms with finer rules than the address shows.
pub(crate) fn demand(server: &Server, request: &Request, permission: &str) -> Result<(), Answer> {
    if holds(server, &request.user, permission, &request.space) {
        Ok(())
    } else {
        Err(Answer::forbidden(permission))
    }
}

/// Whether a narrowed permission lets the user see a document: by its environments, project, tenant or group.
pub(crate) fn sees(server: &Server, request: &Request, permission: &str, document: &Value) -> bool {
    let Held::Some { spaces, grants } = held(server, &request.user) else { return true };
    spaces.contains(&request.space)
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

/// The permission that an address needs; `None` where any user may ask.
fn needed(request: &Request) -> Option<String> {
    let (method, route) = request.route();
    let named = |name: &str| Some(name.to_owned());
    let verb = match method {
        Method::Get => "View",
        Method::Post => "Create",
        Method::Put => "Edit",
        Method::Delete => "Delete",
    };
    let view_or_edit =
        |noun: &str| Some(format!("{noun}{}", if method == Method::Get { "View" } else { "Edit" }));
    match (method, route.as_slice()) {
        // Everybody may see what they are and may do.
        (Method::Get, ["users", id, ..]) if *id == "me" || id.eq_ignore_ascii_case(&request.user) => None,
        (_, ["variables", ..] | ["projects", _, "variables", ..] | ["projects", _, _, "variables", ..]) => {
            view_or_edit("Variable")
        }
        (
            _,
            ["deploymentprocesses" | "runbookprocesses", ..]
            | ["projects", _, "deploymentprocesses" | "runbookprocesses", ..]
            | ["projects", _, _, "deploymentprocesses" | "runbookprocesses", ..],
        ) => view_or_edit("Process"),
        (Method::Post, ["projects", _, _, "runbooks", _, "run", ..]) => named("RunbookRunCreate"),
        (_, ["projects", _, _, "runbooks", ..]) => view_or_edit("Runbook"),
        (_, ["projects", _, "triggers" | "projecttriggers", ..] | ["projecttriggers", ..]) => {
            Some(format!("Trigger{verb}"))
        }
        (_, ["projects", _, "channels", ..] | ["channels", ..]) => view_or_edit("Process"),
        (_, ["projects", _, "runbooks", ..]) => view_or_edit("Runbook"),
        (Method::Post, ["runbooks"]) => named("RunbookEdit"),
        (Method::Delete, ["runbooks", _]) => named("RunbookEdit"),
        (_, ["projects", _, "deploymentsettings", ..]) => view_or_edit("Project"),
        (
            _,
            [
                "tenants",
                _,
                "variables" | "projectvariables" | "commonvariables" | "library-variables"
                | "project-variables",
                ..,
            ],
        ) => view_or_edit("Tenant"),
        (_, ["tenantvariables", ..]) => view_or_edit("Tenant"),
        (Method::Post, ["packages", "raw", ..]) => named("BuiltInFeedPush"),
        (Method::Delete, ["packages", ..]) => named("BuiltInFeedAdminister"),
        (Method::Get, ["packages", _, "raw"]) => named("BuiltInFeedDownload"),
        (Method::Get, ["packages", ..] | ["feeds", _, "packages", ..]) => named("FeedView"),
        (_, ["runbooksnapshots", _, "runbookruns", ..]) => named("RunbookRunView"),
        (Method::Post, ["runbooks", _, "run", ..] | ["runbookruns", ..] | ["runbook-runs", ..]) => {
            named("RunbookRunCreate")
        }
        (Method::Get, ["runbookruns", ..]) => named("RunbookRunView"),
        (Method::Get, ["runbooksnapshots", ..]) => named("RunbookView"),
        (_, ["runbooksnapshots", ..]) => named("RunbookEdit"),
        (Method::Get, ["tasks", ..]) => named("TaskView"),
        (Method::Post, ["tasks", _, "cancel"]) => named("TaskCancel"),
        (Method::Post, ["tasks", ..]) => named("TaskCreate"),
        (Method::Get, ["serviceaccounts", ..]) => named("UserView"),
        (_, ["serviceaccounts", ..]) => named("UserEdit"),
        (Method::Put, ["retentionpolicies", ..]) => named("RetentionAdminister"),
        (Method::Get, ["deploymenttargettags", ..]) => named("TargetTagView"),
        (_, ["deploymenttargettags", ..]) => named("TargetTagAdminister"),
        (Method::Get, ["artifacts", ..]) => named("ArtifactView"),
        (Method::Get, ["events", ..]) => named("EventView"),
        (Method::Get, ["interruptions", ..]) => named("InterruptionView"),
        (_, ["interruptions", ..]) => named("InterruptionSubmit"),
        (_, ["deploymentfreezes", ..]) => named("DeploymentFreezeAdminister"),
        (_, ["platformhub", ..]) => {
            Some(format!("PlatformHub{}", if method == Method::Get { "View" } else { "Edit" }))
        }
        (_, ["licenses", "licenses-current-usage"]) => named("AdministerSystem"),
        (Method::Get, ["spaces", ..]) => None,
        (_, ["spaces", ..]) => Some(format!("Space{verb}")),
        (Method::Get, [first, ..]) | (_, [first, ..]) => {
            let noun = collections::permission_noun(first)?;
            // Tag sets can be read by everybody.
            if noun == "TagSet" && method == Method::Get {
                return None;
            }
            let verb = if method == Method::Post && route.len() > 1 { "Edit" } else { verb };
            Some(format!("{noun}{verb}"))
        }
        _ => None,
    }
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
            system_permissions.extend(SYSTEM_PERMISSIONS.map(ToOwned::to_owned));
            (spaces.clone(), Vec::new())
        }
        Held::Some { spaces, grants } => {
            if !spaces.is_empty() {
                system_permissions.extend(OF_SPACE_MANAGERS.map(ToOwned::to_owned));
            }
            (spaces, grants)
        }
    };
    for space in spaces.iter().filter(|space| all_of.contains(space)) {
        for permission in space_permission_names() {
            space_permissions.entry(permission).or_default().push(entry(space, None));
        }
    }
    for grant in &grants {
        if SYSTEM_PERMISSIONS.contains(&grant.permission.as_str()) {
            system_permissions.push(grant.permission.clone());
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

pub(crate) const SYSTEM_PERMISSIONS: [&str; 15] = [
    "AdministerSystem",
    "ConfigureServer",
    "SpaceCreate",
    "SpaceEdit",
    "SpaceDelete",
    "SpaceView",
    "UserView",
    "UserEdit",
    "UserRoleView",
    "UserRoleEdit",
    "DeploymentFreezeAdminister",
    "PlatformHubView",
    "PlatformHubEdit",
    "TaskView",
    "EventView",
];

/// Whether a server of that version has a permission of that name.
pub(crate) fn is_known(permission: &str, server_version: &str) -> bool {
    let since = match permission {
        "TargetTagAdminister" | "TargetTagView" => "2026.2",
        "RunbookSnapshotCreate" => "2026.3",
        "RetentionAdminister" => "2025.3",
        _ => return true,
    };
    crate::packages::compare_versions(server_version, since).is_ge()
}

/// What the built-in role "Space Manager" has of the system (its documentation, 2026-10-08).
const OF_SPACE_MANAGERS: [&str; 4] = ["DeploymentFreezeAdminister", "TeamView", "UserRoleView", "UserView"];

/// The names of all permissions inside a space.
pub(crate) fn space_permission_names() -> Vec<String> {
    let mut names: Vec<String> = collections::permission_nouns()
        .flat_map(|noun| ["View", "Create", "Edit", "Delete"].map(|verb| format!("{noun}{verb}")))
        .collect();
    names.extend(
        [
            "VariableView",
            "VariableViewUnscoped",
            "VariableEdit",
            "VariableEditUnscoped",
            "ProcessView",
            "ProcessEdit",
            "BuiltInFeedPush",
            "BuiltInFeedAdminister",
            "BuiltInFeedDownload",
            "RunbookRunCreate",
            "RunbookRunView",
            "RunbookSnapshotCreate",
            "RunbookRunDelete",
            "RunbookSnapshotCreate",
            "TaskView",
            "TaskCreate",
            "TaskCancel",
            "TaskEdit",
            "ArtifactView",
            "ArtifactCreate",
            "InterruptionView",
            "InterruptionSubmit",
            "EventView",
            "RetentionAdminister",
            "TargetTagAdminister",
            "TargetTagView",
            "ReleaseView",
            "ReleaseCreate",
            "DeploymentView",
            "DeploymentCreate",
            "SpaceView",
        ]
        .map(ToOwned::to_owned),
    );
    names.sort();
    names.dedup();
    names
}
