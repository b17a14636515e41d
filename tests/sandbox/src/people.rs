//! What belongs to the server and not to a space: users, teams, roles, freezes, the platform hub.

use serde_json::{Value, json};

use crate::answer::{Answer, Outcome};
use crate::collections::{self, Fields};
use crate::documents::{self, fill, show};
use crate::paging;
use crate::permissions;
use crate::request::{Method, Request};
use crate::server::Server;
use crate::store::{SERVER, new_uuid, text, texts};

pub(crate) fn complete_user(
    server: &mut Server,
    _space: &str,
    fields: &mut Fields,
    _old: Option<&Value>,
) -> Result<(), Answer> {
    // A password is taken, never kept: nobody signs in here.
    fields.shift_remove("Password");
    let name = fields.get("Username").and_then(Value::as_str).unwrap_or_default().to_owned();
    let id = fields.get("Id").cloned().unwrap_or_default();
    let taken = server
        .store
        .all(SERVER, "users")
        .any(|(_, user)| user["Id"] != id && text(user, "Username").eq_ignore_ascii_case(&name));
    if name.is_empty() || taken {
        return Err(Answer::bad_request(format!("The user name '{name}' is empty or already used.")));
    }
    Ok(())
}

pub(crate) fn user_leaves(server: &mut Server, _space: &str, id: &str) -> Result<(), Answer> {
    server.keys.remove_all_of(id);
    let listed: Vec<String> = server
        .store
        .all(SERVER, "apikeys")
        .filter(|(_, key)| key["UserId"] == id)
        .map(|(key, _)| key.clone())
        .collect();
    for key in listed {
        server.store.remove(SERVER, "apikeys", &key);
    }
    Ok(())
}

/// What may be done with a team is for the server to say, whatever a client writes. Its own teams have ids that are words.
pub(crate) fn complete_team(
    _server: &mut Server,
    _space: &str,
    fields: &mut Fields,
    old: Option<&Value>,
) -> Result<(), Answer> {
    for field in ["CanBeDeleted", "CanBeRenamed", "CanChangeMembers", "CanChangeRoles"] {
        fields.insert(field.into(), old.map_or(json!(true), |old| old[field].clone()));
    }
    Ok(())
}

/// The same of a role, which grants what the server knows, each permission at its level.
pub(crate) fn complete_role(
    server: &mut Server,
    _space: &str,
    fields: &mut Fields,
    old: Option<&Value>,
) -> Result<(), Answer> {
    for (field, of_space) in [("GrantedSpacePermissions", true), ("GrantedSystemPermissions", false)] {
        for permission in fields.get(field).into_iter().flat_map(|list| list.as_array().into_iter().flatten())
        {
            let known = permissions::of_version(&server.server_version).any(|(name, level)| {
                permission == name && (if of_space { level.is_of_space() } else { level.is_of_system() })
            });
            if !known {
                return Err(Answer::bad_request(format!("{permission} can't be granted in {field}.")));
            }
        }
    }
    fields.insert("CanBeDeleted".into(), old.map_or(json!(true), |old| old["CanBeDeleted"].clone()));
    Ok(())
}

pub(crate) fn team_leaves(server: &mut Server, _space: &str, id: &str) -> Result<(), Answer> {
    if server.store.get(SERVER, "teams", id).is_some_and(|team| team["CanBeDeleted"] == false) {
        return Err(Answer::bad_request("A built-in team can't be deleted."));
    }
    let roles: Vec<String> = server
        .store
        .all(SERVER, "scopeduserroles")
        .filter(|(_, role)| role["TeamId"] == id)
        .map(|(id, _)| id.clone())
        .collect();
    for role in roles {
        server.store.remove(SERVER, "scopeduserroles", &role);
    }
    Ok(())
}

pub(crate) fn role_leaves(server: &mut Server, _space: &str, id: &str) -> Result<(), Answer> {
    if server.store.get(SERVER, "userroles", id).is_some_and(|role| role["CanBeDeleted"] == false) {
        return Err(Answer::bad_request("A built-in user role can't be deleted."));
    }
    Ok(())
}

pub(crate) fn route(server: &mut Server, request: &Request) -> Option<Outcome> {
    let (method, route) = request.route();
    Some(match (method, route.as_slice()) {
        (Method::Get, ["users"]) if request.query("filter").is_some() => Ok(find_users(server, request)),
        (Method::Get, ["users", _, "teams"]) => Ok(teams_of(server, request)),
        (Method::Get, ["users", _, "spaces"]) => Ok(Answer::ok(
            server.store.all(SERVER, "spaces").map(|(_, space)| show(SERVER, "spaces", space)).collect(),
        )),
        (Method::Get, ["teams", _, "scopeduserroles"]) => {
            let roles = collections::find("scopeduserroles").expect("roles are in the table");
            let team = request.at(1).to_owned();
            Ok(documents::list(server, request, roles, |role| role["TeamId"] == team.as_str()))
        }
        (_, ["serviceaccounts", _, "oidcidentities", ..]) => identities(server, request),
        (_, ["deploymentfreezes", ..]) => freezes(server, request),
        (_, ["platformhub", "versioncontrol"]) => hub_settings(server, request),
        (_, ["platformhub", kind @ ("accounts" | "git-credentials"), ..]) => {
            let name =
                if *kind == "accounts" { "platformhub-accounts" } else { "platformhub-git-credentials" };
            hub(server, request, name)
        }
        _ => return None,
    })
}

fn find_users(server: &Server, request: &Request) -> Answer {
    let filter = request.query("filter").unwrap_or_default().to_lowercase();
    let mut users: Vec<&Value> = server
        .store
        .all(SERVER, "users")
        .map(|(_, user)| user)
        .filter(|user| {
            ["Username", "DisplayName", "EmailAddress"]
                .iter()
                .any(|field| text(user, field).to_lowercase().contains(&filter))
        })
        .collect();
    paging::sort(&mut users);
    paging::page(request, "User", &users, |user| show(SERVER, "users", user))
}

fn teams_of(server: &Server, request: &Request) -> Answer {
    let user = if request.at(1).eq_ignore_ascii_case("me") { &request.user } else { request.at(1) };
    let teams = server
        .store
        .all(SERVER, "teams")
        .filter(|(id, team)| {
            id.as_str() == "teams-everyone" || texts(team, "MemberUserIds").any(|member| member == user)
        })
        .map(|(_, team)| show(SERVER, "teams", team))
        .collect();
    Answer::ok(teams)
}

const IDENTITIES: &str = "oidcidentities";

fn identities(server: &mut Server, request: &Request) -> Outcome {
    let account = request.at(1).to_owned();
    let (method, route) = request.route();
    match (method, &route[3..]) {
        (Method::Get, ["v1"]) => {
            let found: Vec<Value> = server
                .store
                .all(SERVER, IDENTITIES)
                .map(|(_, identity)| identity.clone())
                .filter(|identity| identity["ServiceAccountId"] == account.as_str())
                .collect();
            let count = found.len();
            Ok(Answer::ok(
                json!({"ServerUrl": server.url, "ExternalId": new_uuid(), "OidcIdentities": found, "Count": count}),
            ))
        }
        (Method::Post, ["create", "v1"]) => {
            let mut fields = request.object()?;
            let id = server.store.next_id("OidcIdentities");
            fields.insert("Id".into(), json!(id));
            fields.insert("ServiceAccountId".into(), json!(account));
            server.store.keep(SERVER, IDENTITIES, Value::Object(fields));
            Ok(Answer::created(json!({"Id": id})))
        }
        (method, [_, "v1"]) => {
            let id = request.at(3);
            let old =
                server.store.get(SERVER, IDENTITIES, id).cloned().ok_or_else(|| Answer::no_document(id))?;
            match method {
                Method::Get => return Ok(Answer::ok(old)),
                Method::Put => {
                    let mut fields = request.object()?;
                    fields.insert("Id".into(), old["Id"].clone());
                    fields.insert("ServiceAccountId".into(), json!(account));
                    server.store.keep(SERVER, IDENTITIES, Value::Object(fields));
                }
                _ => drop(server.store.remove(SERVER, IDENTITIES, text(&old, "Id"))),
            }
            Ok(Answer::nothing())
        }
        _ => Err(Answer::not_found("The resource you requested was not found.")),
    }
}

const FREEZES: &str = "deploymentfreezes";

/// Deployment freezes: of the server, names may repeat, the list has its own shape.
fn freezes(server: &mut Server, request: &Request) -> Outcome {
    let (method, route) = request.route();
    match (method, &route[1..]) {
        (Method::Get, []) => {
            let mut found: Vec<&Value> = server
                .store
                .all(SERVER, FREEZES)
                .map(|(_, freeze)| freeze)
                .filter(|freeze| {
                    paging::matches(request, freeze)
                        && request.query_list("projectids").is_none_or(|ids| {
                            ids.iter().any(|id| freeze["ProjectEnvironmentScope"].get(*id).is_some())
                        })
                })
                .collect();
            paging::sort(&mut found);
            let number = |name: &str| request.query(name).and_then(|text| text.parse::<usize>().ok());
            let take = number("take").filter(|take| *take > 0).unwrap_or(usize::MAX);
            let page: Vec<&Value> =
                found.iter().skip(number("skip").unwrap_or_default()).take(take).copied().collect();
            Ok(Answer::ok(json!({"DeploymentFreezes": page, "Count": found.len()})))
        }
        (Method::Post, []) => {
            let mut fields = request.object()?;
            let id = server.store.next_id("DeploymentFreezes");
            fields.insert("Id".into(), json!(id));
            complete_freeze(&mut fields)?;
            let document = Value::Object(fields);
            server.store.keep(SERVER, FREEZES, document.clone());
            Ok(Answer::created(document))
        }
        (method, [_]) => {
            let id = request.at(1);
            let old =
                server.store.get(SERVER, FREEZES, id).cloned().ok_or_else(|| Answer::no_document(id))?;
            match method {
                Method::Get => Ok(Answer::ok(old)),
                Method::Put => {
                    let mut fields = documents::updated(request, &old)?;
                    fields.insert("Id".into(), old["Id"].clone());
                    complete_freeze(&mut fields)?;
                    let document = Value::Object(fields);
                    server.store.keep(SERVER, FREEZES, document.clone());
                    Ok(Answer::ok(document))
                }
                _ => {
                    server.store.remove(SERVER, FREEZES, text(&old, "Id"));
                    Ok(Answer::ok(json!({})))
                }
            }
        }
        _ => Err(Answer::not_found("The resource you requested was not found.")),
    }
}

fn complete_freeze(fields: &mut Fields) -> Result<(), Answer> {
    if fields.get("Name").and_then(Value::as_str).unwrap_or_default().is_empty() {
        return Err(Answer::bad_request("Please provide a name for the deployment freeze."));
    }
    let is_owned = fields.get("OwnerId").and_then(Value::as_str).is_some_and(|owner| !owner.is_empty());
    fill(
        fields,
        &json!({"Description": null, "OwnerId": null, "RecurringSchedule": null, "TenantProjectEnvironmentScope": []}),
    );
    // One that belongs to a project has no list of projects.
    let scope = if is_owned { Value::Null } else { json!({}) };
    if fields.get("ProjectEnvironmentScope").is_none_or(Value::is_null) {
        fields.insert("ProjectEnvironmentScope".into(), scope);
    }
    Ok(())
}

/// The hub's accounts and Git credentials.
fn hub(server: &mut Server, request: &Request, collection: &str) -> Outcome {
    let id = request.at(2).to_owned();
    let prefix = if collection == "platformhub-accounts" {
        "PlatformHubAccounts"
    } else {
        "PlatformHubGitCredentials"
    };
    let known = server.store.get(SERVER, collection, &id).cloned();
    match (request.method, id.is_empty()) {
        (Method::Get, true) => {
            let mut found: Vec<&Value> = server
                .store
                .all(SERVER, collection)
                .map(|(_, document)| document)
                .filter(|document| paging::matches(request, document))
                .collect();
            paging::sort(&mut found);
            Ok(paging::page(request, prefix, &found, Clone::clone))
        }
        (Method::Post, true) => {
            let id = server.store.next_id(prefix);
            let mut fields = request.object()?;
            fields.insert("Id".into(), json!(id));
            fill(&mut fields, &json!({"Description": ""}));
            server.store.keep(SERVER, collection, Value::Object(fields));
            let document = server.store.get(SERVER, collection, &id).cloned().unwrap_or_default();
            Ok(Answer::created(document))
        }
        (method, false) => {
            let old = known.ok_or_else(|| Answer::no_document(&id))?;
            match method {
                Method::Put => {
                    let mut fields = request.object()?;
                    fields.insert("Id".into(), old["Id"].clone());
                    server.store.keep(SERVER, collection, Value::Object(fields));
                    Ok(Answer::ok(server.store.get(SERVER, collection, &id).cloned().unwrap_or_default()))
                }
                Method::Delete => {
                    server.store.remove(SERVER, collection, text(&old, "Id"));
                    Ok(Answer::ok(json!({})))
                }
                _ => Ok(Answer::ok(old)),
            }
        }
        _ => Err(Answer::not_found("The resource you requested was not found.")),
    }
}

const HUB_SETTINGS: &str = "platformhub-versioncontrol";

/// The hub's Git settings: one document, not there until it was set.
fn hub_settings(server: &mut Server, request: &Request) -> Outcome {
    if request.method == Method::Put {
        let mut fields = request.object()?;
        fields.insert("Id".into(), json!(HUB_SETTINGS));
        server.store.keep(SERVER, HUB_SETTINGS, Value::Object(fields));
    }
    let settings = server.store.get(SERVER, HUB_SETTINGS, HUB_SETTINGS);
    settings.cloned().map(Answer::ok).ok_or_else(|| Answer::no_document("platformhub/versioncontrol"))
}
