//! Root documents, the server's state, the user who asks.

use serde_json::{Map, Value, json};

use crate::answer::{Answer, Outcome};
use crate::documents::show;
use crate::permissions;
use crate::request::{Method, Request};
use crate::server::Server;
use crate::store::{SERVER, new_uuid, now};
use crate::version::Feature;

pub(crate) fn route(server: &mut Server, request: &Request) -> Option<Outcome> {
    let (method, route) = request.route();
    Some(match (method, route.as_slice()) {
        (Method::Get, []) => Ok(root(server, &request.space)),
        (Method::Get, ["users", "me"]) => server
            .store
            .get(SERVER, "users", &request.user)
            .map(|user| Answer::ok(show(SERVER, "users", user)))
            .ok_or_else(Answer::unauthorized),
        (Method::Get, ["users", _, "permissions", ..]) => {
            let user = if request.at(1).eq_ignore_ascii_case("me") { &request.user } else { request.at(1) };
            let space = (request.space != SERVER).then_some(request.space.as_str());
            Ok(Answer::ok(permissions::describe(server, user, space)))
        }
        (Method::Post, ["users", _, "apikeys"]) => make_key(server, request),
        (Method::Get, ["users", user, "apikeys"]) => {
            let keys: Vec<&Value> = server
                .store
                .all(SERVER, KEYS)
                .map(|(_, key)| key)
                .filter(|key| crate::store::text(key, "UserId").eq_ignore_ascii_case(user))
                .collect();
            Ok(crate::paging::page(request, "ApiKey", &keys, Value::clone))
        }
        (Method::Delete, ["users", _, "apikeys", id]) => {
            let key = server.store.remove(SERVER, KEYS, id);
            server.keys.remove_listed(id);
            key.map(|_| Answer::ok(json!({}))).ok_or_else(|| Answer::no_document(id))
        }
        (Method::Get, ["authentication"]) => Ok(Answer::ok(json!({
            "AuthenticationProviders": [], "ApiKeyDefaultExpiryDays": null, "ApiKeyMaxExpiryDays": server.api_key_days,
            "UserApiKeysEnabled": true,
        }))),
        (Method::Get, ["permissions", "all"]) => Ok(Answer::ok(all_permissions(&server.server_version))),
        (Method::Get, ["serverstatus"]) => Ok(Answer::ok(json!({
            "Id": "serverstatus", "IsInMaintenanceMode": server.maintenance, "MaintenanceExpires": null,
            "IsUpgradeAvailable": false, "IsPotentialClone": server.potential_clone, "IsDatabaseEncrypted": true,
            "Links": {"Self": "/api/serverstatus"},
        }))),
        (Method::Get, ["serverstatus", "health"]) => Ok(Answer::ok(json!({
            "IsOperatingNormally": true, "IsEntireClusterReadOnly": false, "IsEntireClusterDrainingTasks": false,
            "IsCompliantWithLicense": true, "Description": "All good",
        }))),
        (Method::Get, ["serverstatus", "timezones"]) => Ok(Answer::ok(json!([
            {"Id": "UTC", "Name": "(UTC) Coordinated Universal Time", "IsLocal": true},
            {"Id": "Central European Standard Time", "Name": "(UTC+01:00) Sarajevo, Skopje, Warsaw, Zagreb", "IsLocal": false},
        ]))),
        (Method::Get, ["maintenanceconfiguration"]) => {
            Ok(Answer::ok(json!({"Id": "maintenance", "IsInMaintenanceMode": server.maintenance})))
        }
        (Method::Put, ["maintenanceconfiguration"]) => request.object().map(|fields| {
            server.maintenance = fields.get("IsInMaintenanceMode") == Some(&Value::Bool(true));
            Answer::ok(Value::Object(fields))
        }),
        (_, ["sshknownhosts", ..]) if server.has(Feature::GitCredentialTypes) => known_hosts(server, request),
        (Method::Get, ["ratelimitingpolicies"]) if server.has(Feature::Reference) => Ok(rate_limits(request)),
        (Method::Get, ["configuration", "feature-toggles"]) => Ok(feature_toggles(server, request)),
        (Method::Get, ["licenses", "licenses-current-status"]) => Ok(Answer::ok(license_status(server))),
        (Method::Get, ["licenses", "licenses-current-usage"]) => Ok(Answer::ok(license_usage(server))),
        _ => return None,
    })
}

const HOSTS: &str = "sshknownhosts";
const KEYS: &str = "apikeys";

/// The hosts of Git repositories that the server trusts (API reference of 2026-08: a shape of its own).
fn known_hosts(server: &mut Server, request: &Request) -> Outcome {
    let (method, route) = request.route();
    match (method, route.as_slice()) {
        (Method::Get, [_]) => {
            let part = request.query("partialhost").unwrap_or_default().to_lowercase();
            let all: Vec<&Value> = server.store.all(SERVER, HOSTS).map(|(_, host)| host).collect();
            let found: Vec<&Value> = all
                .iter()
                .copied()
                .filter(|host| crate::store::text(host, "Host").to_lowercase().contains(&part))
                .collect();
            Ok(Answer::ok(json!({"FilteredCount": found.len(), "Resources": found, "TotalCount": all.len()})))
        }
        (Method::Post, [_]) => {
            let fields = request.object()?;
            let entries = fields["KnownHostEntries"].as_array().cloned().unwrap_or_default();
            let mut added = Vec::new();
            for entry in entries.iter().filter_map(Value::as_str) {
                let parts: Vec<&str> = entry.split_whitespace().collect();
                let [host, kind, key] = parts.as_slice() else {
                    return Err(Answer::bad_request(format!("'{entry}' is no entry of known hosts.")));
                };
                let id = server.store.next_id("SshKnownHosts");
                let document = json!({"Host": host, "Id": id, "KeyType": kind, "PublicKey": key});
                server.store.put(SERVER, HOSTS, document.clone());
                added.push(document);
            }
            Ok(Answer::created(json!({"AddedResources": added})))
        }
        (Method::Delete, [_, id]) => {
            let found = server.store.get(SERVER, HOSTS, id).ok_or_else(|| Answer::no_document(id))?;
            let id = crate::store::text(found, "Id").to_owned();
            server.store.remove(SERVER, HOSTS, &id);
            Ok(Answer::ok(json!({})))
        }
        _ => Err(Answer::not_found("The resource you requested was not found.")),
    }
}

/// The built-in policies of rate limiting. What they hold is the documentation's (2026-07); the sandbox limits by its own options.
fn rate_limits(request: &Request) -> Answer {
    let policy = |number: usize, name: &str, scope: &str| {
        json!({"Id": format!("RateLimitingPolicies-{number}"), "Name": name, "ScopeType": scope, "RequestsPerMinute": 200,
               "BurstLimit": 200, "AuditMode": false, "IsEnabled": true, "IsBuiltIn": true})
    };
    let policies = [
        policy(1, "Unauthenticated", "Unauthenticated"),
        policy(2, "Authenticated users", "AuthenticatedHuman"),
        policy(3, "AI agents", "AiAgent"),
        policy(4, "Webhook triggers", "WebhookTrigger"),
    ];
    let found: Vec<&Value> = policies.iter().collect();
    crate::paging::page(request, "RateLimitingPolicy", &found, Value::clone)
}

/// The root document: only the links that public clients really use.
fn root(server: &Server, space: &str) -> Answer {
    let mut links = Map::new();
    let base = if space == SERVER { "/api".to_owned() } else { format!("/api/{space}") };
    let mut link = |name: &str, target: String| links.insert(name.to_owned(), json!(target));
    link("Self", base.clone());
    link("Spaces", "/api/spaces{/id}{?skip,ids,take,partialName}".to_owned());
    link(
        "Machines",
        format!(
            "{base}/machines{{/id}}{{?skip,take,name,ids,partialName,roles,isDisabled,healthStatuses,commStyles,tenantIds,tenantTags,environmentIds,thumbprint,deploymentId,shellNames}}"
        ),
    );
    link(
        "Projects",
        format!("{base}/projects{{/id}}{{?name,skip,ids,clone,take,partialName,clonedFromProjectId}}"),
    );
    link("CommunityActionTemplates", "/api/communityactiontemplates{/id}{?skip,take,ids}".to_owned());
    link("Teams", "/api/teams{/id}{?skip,take,ids,partialName,spaces,includeSystem}".to_owned());
    link(
        "ScopedUserRoles",
        "/api/scopeduserroles{/id}{?skip,take,ids,partialName,spaces,includeSystem}".to_owned(),
    );
    link("CurrentUser", "/api/users/me".to_owned());
    link("Users", "/api/users{/id}{?skip,take,ids,filter}".to_owned());
    link("UserRoles", "/api/userroles{/id}{?skip,take,ids,partialName}".to_owned());
    link("SpaceHome", "/api/{spaceId}".to_owned());
    if space != SERVER {
        for (name, route, query) in [
            ("Accounts", "accounts", "skip,take,ids,partialName,accountType"),
            ("ActionTemplates", "actiontemplates", "skip,take,ids,partialName"),
            ("Artifacts", "artifacts", "skip,take,regarding,ids,partialName,order"),
            (
                "Certificates",
                "certificates",
                "skip,take,search,archived,tenant,firstResult,orderBy,ids,partialName",
            ),
            ("Channels", "channels", "skip,take,ids,partialName"),
            ("DeploymentProcesses", "deploymentprocesses", "skip,take,ids"),
            ("Environments", "environments", "name,skip,ids,take,partialName"),
            ("Feeds", "feeds", "skip,take,ids,partialName,feedType,name"),
            ("LibraryVariables", "libraryvariablesets", "skip,contentType,take,ids,partialName"),
            ("Lifecycles", "lifecycles", "skip,take,ids,partialName"),
            ("MachinePolicies", "machinepolicies", "skip,take,ids,partialName"),
            ("Packages", "packages", "nuGetPackageId,filter,latest,skip,take,includeNotes"),
            ("ProjectGroups", "projectgroups", "skip,take,ids,partialName"),
            ("ProjectTriggers", "projecttriggers", "skip,take,ids,runbooks"),
            ("Proxies", "proxies", "skip,take,ids,partialName"),
            ("RunbookProcesses", "runbookProcesses", "skip,take,ids"),
            (
                "RunbookRuns",
                "runbookRuns",
                "skip,take,ids,projects,environments,tenants,runbooks,taskState,partialName",
            ),
            ("RunbookSnapshots", "runbookSnapshots", "skip,take,ids,publish"),
            ("Runbooks", "runbooks", "skip,take,ids,partialName,clone,projectIds"),
            ("TagSets", "tagSets", "skip,take,ids,partialName"),
            (
                "Tasks",
                "tasks",
                "skip,active,environment,tenant,runbook,project,name,node,running,states,hasPendingInterruptions,hasWarningsOrErrors,take,ids,partialName",
            ),
            (
                "Tenants",
                "tenants",
                "skip,projectId,tags,take,ids,clone,partialName,isDisabled,clonedFromTenantId",
            ),
            ("Variables", "variables", "ids"),
            ("WorkerPools", "workerpools", "name,skip,ids,take,partialName"),
            (
                "Workers",
                "workers",
                "skip,take,name,ids,partialName,isDisabled,healthStatuses,commStyles,workerPoolIds,thumbprint,shellNames",
            ),
        ] {
            link(name, format!("{base}/{route}{{/id}}{{?{query}}}"));
        }
        link("PackageUpload", format!("{base}/packages/raw{{?replace,overwriteMode}}"));
        link("TenantVariables", format!("{base}/tenantvariables/all{{?projectId}}"));
    }
    Answer::ok(json!({
        "Application": "Octopus Deploy", "Version": server.server_version, "ApiVersion": "3.0.0",
        "InstallationId": server.installation_id, "IsEarlyAccessProgram": false, "HasLongTermSupport": false,
        "Links": links,
    }))
}

fn feature_toggles(server: &Server, request: &Request) -> Answer {
    let wanted = request.query_list("name");
    let toggles: Vec<Value> = server
        .feature_toggles
        .iter()
        .filter(|(name, _)| {
            wanted.as_ref().is_none_or(|wanted| wanted.iter().any(|other| other.eq_ignore_ascii_case(name)))
        })
        .map(|(name, is_enabled)| json!({"Name": name, "IsEnabled": is_enabled}))
        .collect();
    Answer::ok(json!({"FeatureToggles": toggles}))
}

fn all_permissions(server_version: &str) -> Value {
    let described = permissions::of_version(server_version).map(|(name, level)| {
        let description = json!({"Description": name, "CanApplyAtSpaceLevel": level.is_of_space(),
            "CanApplyAtSystemLevel": level.is_of_system(), "SupportedRestrictions": []});
        (name.to_owned(), description)
    });
    Value::Object(described.collect())
}

/// A new API key for a user: the only answer that ever shows it.
fn make_key(server: &mut Server, request: &Request) -> Outcome {
    let user = if request.at(1).eq_ignore_ascii_case("me") {
        request.user.clone()
    } else {
        request.at(1).to_owned()
    };
    let user = server.store.get(SERVER, "users", &user).ok_or_else(|| Answer::no_document(&user))?;
    let user = crate::store::text(user, "Id").to_owned();
    let fields = request.object()?;
    let expires = match fields.get("Expires") {
        None | Some(Value::Null) => None,
        Some(text) => {
            let moment = text.as_str().and_then(|text| chrono::DateTime::parse_from_rfc3339(text).ok());
            let moment = moment.ok_or_else(|| Answer::bad_request("Expires is no time."))?.to_utc();
            if moment <= chrono::Utc::now() {
                return Err(Answer::bad_request("The expiry date must be in the future."));
            }
            Some(moment)
        }
    };
    if let Some(days) = server.api_key_days
        && expires.is_none_or(|end| end > chrono::Utc::now() + chrono::Duration::days(days))
    {
        return Err(Answer::bad_request(format!("API keys must expire within {days} days.")));
    }
    let key = crate::auth::new_api_key();
    // The sandbox does not note when a key is used.
    let listed = json!({
        "Id": format!("apikeys-{}", new_uuid()), "Purpose": fields.get("Purpose"), "UserId": user, "Created": now(),
        "Expires": fields.get("Expires"), "LastUsedTimeStamp": null, "IsLastUsedTimestampKnown": false,
    });
    server.keys.add_listed(key.clone(), &user, crate::store::text(&listed, "Id"), expires);
    server.store.put(SERVER, KEYS, listed.clone());
    let mut shown = listed;
    shown["ApiKey"] = json!(key);
    Ok(Answer::created(shown))
}

fn license_status(server: &Server) -> Value {
    json!({
        "Id": "licenses-current-status", "IsCompliant": true, "ComplianceSummary": "You are in compliance with the terms of your license",
        "DaysToEffectiveExpiryDate": 300, "DoesExpiryBlockKeyActivities": false, "EffectiveNodeTaskLimit": 5,
        "EffectiveClusterTaskLimit": 20, "IsTrial": false, "PermissionsMode": "Restricted", "Limits": limits(server),
        "Messages": [],
    })
}

fn limits(server: &Server) -> Vec<Value> {
    let spaces: Vec<String> = server.store.all(SERVER, "spaces").map(|(id, _)| id.clone()).collect();
    [("Projects", "projects"), ("Tenants", "tenants"), ("Targets", "machines")]
        .into_iter()
        .map(|(name, collection)| {
            let usage: usize = spaces.iter().map(|space| server.store.all(space, collection).count()).sum();
            json!({"Name": name, "CurrentUsage": usage, "EffectiveLimit": 2_147_483_647, "LicensedLimit": 2_147_483_647,
                   "IsUnlimited": true, "LimitStatus": "UnderLimit", "Disposition": "Ok", "Message": ""})
        })
        .collect()
}

fn license_usage(server: &Server) -> Value {
    let usage: Vec<Value> = server
        .store
        .all(SERVER, "spaces")
        .map(|(id, space)| {
            json!({"SpaceId": id, "SpaceName": space["Name"], "ProjectsCount": server.store.all(id, "projects").count(),
                   "TenantsCount": server.store.all(id, "tenants").count(),
                   "MachinesCount": server.store.all(id, "machines").count()})
        })
        .collect();
    json!({"Id": "licenses-current-usage", "SpacesUsage": usage, "Limits": limits(server)})
}
