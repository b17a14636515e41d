//! Spaces: what a new server and a new space are born with, and the space documents.

use serde_json::{Value, json};

use crate::answer::{Answer, Outcome};
use crate::documents::{fill, show};
use crate::options::Options;
use crate::paging;
use crate::request::{Method, Request};
use crate::server::Server;
use crate::slugs::slug;
use crate::store::{SERVER, text, texts};
use crate::target_tags;
use crate::version::Feature;

/// Gives a server what it needs: an administrator, the built-in teams and roles, a first space when it is `empty`, and the
/// spaces that were asked for.
pub(crate) fn found(server: &mut Server, empty: bool, options: &Options) {
    if server.store.all(SERVER, "users").next().is_none() {
        server.store.put(
            SERVER,
            "users",
            json!({"CanPasswordBeEdited": true, "DisplayName": "Administrator", "EmailAddress": "admin@example.invalid",
                   "Id": "Users-1", "Identities": [], "IsActive": true, "IsRequestor": false, "IsService": false,
                   "Username": "admin"}),
        );
    }
    let administrator =
        server.store.all(SERVER, "users").next().map(|(id, _)| id.clone()).unwrap_or_default();
    for (id, name, members) in [
        ("teams-administrators", "Octopus Administrators", vec![administrator]),
        ("teams-everyone", "Everyone", vec![]),
        ("teams-managers", "Octopus Managers", vec![]),
    ] {
        if server.store.get(SERVER, "teams", id).is_none() {
            server.store.put(
                SERVER,
                "teams",
                json!({"CanBeDeleted": false, "CanBeRenamed": true, "CanChangeMembers": true, "CanChangeRoles": true,
                       "Description": null, "ExternalSecurityGroups": [], "Id": id, "MemberUserIds": members,
                       "Name": name, "Slug": slug(name, |_| false), "SpaceId": null}),
            );
        }
    }
    for (id, name) in [
        ("userroles-projectdeployer", "Project deployer"),
        ("userroles-projectviewer", "Project viewer"),
        ("userroles-spacemanager", "Space manager"),
        ("userroles-systemadministrator", "System administrator"),
    ] {
        if server.store.get(SERVER, "userroles", id).is_none() {
            server.store.put(
                SERVER,
                "userroles",
                json!({"CanBeDeleted": false, "Description": null, "GrantedSpacePermissions": [],
                       "GrantedSystemPermissions": [], "Id": id, "Name": name, "SpacePermissionDescriptions": [],
                       "SupportedRestrictions": [], "SystemPermissionDescriptions": []}),
            );
        }
    }
    if server.store.all(SERVER, "communityactiontemplates").next().is_none() {
        server.store.put(SERVER, "communityactiontemplates", community_template());
    }
    if empty {
        let id = bear(server, json!({"Name": "Default", "Description": ""}));
        if let Some(space) = server.store.get_mut(SERVER, "spaces", &id) {
            space["IsDefault"] = json!(true);
        }
    }
    for name in &options.spaces {
        let id = bear(server, json!({"Name": name, "Description": ""}));
        if options.task_queue_stopped
            && let Some(space) = server.store.get_mut(SERVER, "spaces", &id)
        {
            space["TaskQueueStopped"] = json!(true);
        }
    }
}

/// One template of the community library, so that it can be found and installed.
fn community_template() -> Value {
    json!({
        "ActionType": "Octopus.Script", "Author": "sandbox", "Category": "Octopus",
        "Description": "A community step template for tests", "ExternalId": "5fd4ca08-0000-4000-8000-000000000001",
        "GitDependencies": [], "HistoryUrl": "https://example.invalid/history", "Id": "CommunityActionTemplates-1",
        "IsInstalled": false, "Name": "Sandbox - Say hello", "Packages": [],
        "Parameters": [{"DefaultValue": "you", "DisplaySettings": {"Octopus.ControlType": "SingleLineText"}, "HelpText": "",
                        "Id": "5fd4ca08-0000-4000-8000-00000000000a", "Label": "Who", "Name": "Hello.Who"}],
        "Properties": {"Octopus.Action.Script.ScriptBody": "echo \"hello #{Hello.Who}\"",
                       "Octopus.Action.Script.ScriptSource": "Inline", "Octopus.Action.Script.Syntax": "Bash"},
        "Type": "Octopus.Script", "Version": 1,
        "Website": "https://library.octopus.com/step-templates/5fd4ca08-0000-4000-8000-000000000001",
    })
}

/// Makes a space and all it is born with. Answers its id.
pub(crate) fn bear(server: &mut Server, document: Value) -> String {
    let id = server.store.next_id("Spaces");
    let Value::Object(mut fields) = document else { return id };
    fill(
        &mut fields,
        &json!({"Description": "", "ExtensionSettings": [], "Icon": null, "IsPrivate": false,
                "SpaceManagersTeamMembers": [], "SpaceManagersTeams": [], "TaskQueueStopped": false}),
    );
    let managers = format!("teams-spacemanagers-{id}");
    if let Some(Value::Array(teams)) = fields.get_mut("SpaceManagersTeams") {
        teams.retain(|team| team != managers.as_str());
        teams.push(json!(managers));
    }
    fields.insert("Id".into(), json!(id));
    fields.insert("IsDefault".into(), json!(false));
    let name = fields.get("Name").and_then(Value::as_str).unwrap_or_default().to_owned();
    if fields.get("Slug").and_then(Value::as_str).unwrap_or_default().is_empty() {
        let slug = slug(&name, |slug| server.store.find(SERVER, "spaces", "Slug", slug).is_some());
        fields.insert("Slug".into(), json!(slug));
    }
    let members = fields.get("SpaceManagersTeamMembers").cloned().unwrap_or(json!([]));
    server.store.put(SERVER, "spaces", Value::Object(fields));
    server.store.put(
        SERVER,
        "teams",
        json!({"CanBeDeleted": false, "CanBeRenamed": false, "CanChangeMembers": true, "CanChangeRoles": false,
               "Description": null, "ExternalSecurityGroups": [], "Id": managers, "MemberUserIds": members,
               "Name": "Space Managers", "Slug": "space-managers", "SpaceId": id}),
    );
    for (collection, prefix, document) in first_documents(server) {
        let Value::Object(mut fields) = document else { continue };
        let document_id = server.store.next_id(prefix);
        fields.insert("Id".into(), json!(document_id));
        fields.insert("SpaceId".into(), json!(id));
        server.store.put(&id, collection, Value::Object(fields));
    }
    target_tags::found(server, &id);
    crate::machines::found(server, &id);
    id
}

/// The default for the machines' caches of packages, in every space of a newer server. Assumption: the version, and what it holds besides its
/// type, which the API's reference shows alone.
fn default_of_caches() -> Value {
    json!({"IsReadOnly": false, "Name": "Default MachinePackageCache", "QuantityToKeep": 0,
           "RetentionType": "MachinePackageCache", "Strategy": "Default", "Unit": ""})
}

/// Spaces of older servers get what newer ones have from the start.
pub(crate) fn complete_loaded(server: &mut Server) {
    if !server.has(Feature::Reference) {
        return;
    }
    let spaces: Vec<String> = server.store.all(SERVER, "spaces").map(|(id, _)| id.clone()).collect();
    for space in spaces {
        if server.store.find(&space, "retentionpolicies", "RetentionType", "MachinePackageCache").is_none() {
            let mut document = default_of_caches();
            document["Id"] = json!(server.store.next_id("RetentionPolicies"));
            document["SpaceId"] = json!(space);
            server.store.put(&space, "retentionpolicies", document);
        }
    }
}

/// What every space has from the start.
fn first_documents(server: &Server) -> Vec<(&'static str, &'static str, Value)> {
    let keep =
        || json!({"QuantityToKeep": 0, "ShouldKeepForever": true, "Strategy": "Default", "Unit": "Items"});
    let mut documents = vec![
        (
            "lifecycles",
            "Lifecycles",
            json!({"Description": "", "Name": "Default Lifecycle", "Phases": [], "ReleaseRetentionPolicy": keep(),
                   "Slug": "default-lifecycle", "TentacleRetentionPolicy": keep()}),
        ),
        (
            "projectgroups",
            "ProjectGroups",
            json!({"Description": null, "EnvironmentIds": [], "Name": "Default Project Group", "RetentionPolicyId": null,
                   "Slug": "default-project-group"}),
        ),
        ("machinepolicies", "MachinePolicies", default_machine_policy()),
        (
            "workerpools",
            "WorkerPools",
            json!({"CanAddWorkers": true, "Description": null, "IsDefault": true, "Name": "Default Worker Pool",
                   "Slug": "default-worker-pool", "SortOrder": 0, "WorkerPoolType": "StaticWorkerPool"}),
        ),
        (
            "feeds",
            "Feeds",
            json!({"DeletePackagesAssociatedWithReleases": true, "DeleteUnreleasedPackagesAfterDays": 30,
                   "FeedType": "BuiltIn", "IsBuiltInRepoSyncEnabled": false, "Name": "Octopus Server (built-in)",
                   "PackageAcquisitionLocationOptions": ["Server"], "Slug": "octopus-server-built-in"}),
        ),
        (
            "feeds",
            "Feeds",
            json!({"FeedType": "OctopusProject", "Name": "Octopus Server Releases (built-in)",
                   "PackageAcquisitionLocationOptions": ["NotAcquired"], "Slug": "octopus-server-releases-built-in"}),
        ),
    ];
    if server.has(Feature::Reference) {
        documents.push(("retentionpolicies", "RetentionPolicies", default_of_caches()));
    }
    for (kind, strategy, quantity, unit) in [
        ("LifecycleRelease", "Forever", 0, ""),
        ("LifecycleTentacle", "Forever", 0, ""),
        ("RunbookRetention", "Count", 100, "Items"),
    ] {
        documents.push((
            "retentionpolicies",
            "RetentionPolicies",
            json!({"IsReadOnly": false, "Name": format!("Default {kind}"), "QuantityToKeep": quantity, "RetentionType": kind,
                   "Strategy": strategy, "Unit": unit}),
        ));
    }
    documents
}

/// The fields of a machine policy that nobody gave.
pub(crate) fn default_machine_policy() -> Value {
    json!({
        "ConnectionConnectTimeout": "00:01:00", "ConnectionRetryCountLimit": 5,
        "ConnectionRetrySleepInterval": "00:00:01", "ConnectionRetryTimeLimit": "00:05:00", "Description": null,
        "IsDefault": true,
        "MachineCleanupPolicy": {"DeleteMachinesBehavior": "DoNotDelete", "DeleteMachinesElapsedTimeSpan": "00:00:00"},
        "MachineConnectivityPolicy": {"MachineConnectivityBehavior": "ExpectedToBeOnline"},
        "MachineHealthCheckPolicy": {
            "BashHealthCheckPolicy": {"RunType": "InheritFromDefault", "ScriptBody": null},
            "HealthCheckCron": null, "HealthCheckCronTimezone": "UTC", "HealthCheckInterval": "01:00:00",
            "HealthCheckType": "RunScript",
            "PowerShellHealthCheckPolicy": {"RunType": "InheritFromDefault", "ScriptBody": null}},
        "MachinePackageCacheRetentionPolicy": {"PackageUnit": null, "QuantityOfPackagesToKeep": null,
            "QuantityOfVersionsToKeep": null, "Strategy": "Default", "VersionUnit": null},
        "MachineRpcCallRetryPolicy": {"Enabled": true, "HealthCheckRetryDuration": "00:02:30", "RetryDuration": "00:02:30"},
        "MachineUpdatePolicy": {"CalamariUpdateBehavior": "UpdateOnDeployment", "KubernetesAgentUpdateBehavior": "Update",
            "TentacleUpdateAccountId": null, "TentacleUpdateBehavior": "NeverUpdate"},
        "Name": "Default Machine Policy", "PollingRequestMaximumMessageProcessingTimeout": "00:10:00",
        "PollingRequestQueueTimeout": "00:02:00", "Slug": "default-machine-policy",
    })
}

pub(crate) fn route(server: &mut Server, request: &Request) -> Option<Outcome> {
    let (method, route) = request.route();
    Some(match (method, route.as_slice()) {
        (Method::Get, ["spaces"]) => Ok(list(server, request)),
        (Method::Get, ["spaces", "all"]) => Ok(Answer::ok(
            server.store.all(SERVER, "spaces").map(|(_, space)| show(SERVER, "spaces", space)).collect(),
        )),
        (Method::Post, ["spaces"]) => create(server, request),
        (Method::Get, ["spaces", _]) => {
            find(server, request.at(1)).map(|space| Answer::ok(show(SERVER, "spaces", &space)))
        }
        (Method::Post, ["spaces", _, "logo", "icon"]) => {
            crate::documents::write_icon(server, request, "spaces", request.at(1))
        }
        (Method::Put, ["spaces", _]) => update(server, request),
        (Method::Delete, ["spaces", _]) => delete(server, request),
        _ => return None,
    })
}

fn list(server: &Server, request: &Request) -> Answer {
    let mut spaces: Vec<&Value> = server
        .store
        .all(SERVER, "spaces")
        .map(|(_, space)| space)
        .filter(|space| paging::matches(request, space))
        .collect();
    paging::sort(&mut spaces);
    paging::page(request, "Space", &spaces, |space| show(SERVER, "spaces", space))
}

fn find(server: &Server, id: &str) -> Result<Value, Answer> {
    let id = server.store.find_space(id).ok_or_else(|| Answer::no_document(id))?;
    server.store.get(SERVER, "spaces", &id).cloned().ok_or_else(|| Answer::no_document(&id))
}

fn create(server: &mut Server, request: &Request) -> Outcome {
    let fields = request.object()?;
    check_name(server, fields.get("Name").and_then(Value::as_str).unwrap_or_default(), "")?;
    let managed = ["SpaceManagersTeams", "SpaceManagersTeamMembers"]
        .iter()
        .any(|field| fields.get(*field).and_then(Value::as_array).is_some_and(|list| !list.is_empty()));
    if !managed {
        return Err(Answer::bad_request("Please specify at least one Space Manager team or user."));
    }
    let id = bear(server, Value::Object(fields));
    Ok(Answer::created(show(SERVER, "spaces", &find(server, &id)?)))
}

fn check_name(server: &Server, name: &str, own_id: &str) -> Result<(), Answer> {
    if name.trim().is_empty() || name.chars().count() > 50 {
        return Err(Answer::bad_request("A space needs a name of 1 to 50 characters."));
    }
    let taken = server
        .store
        .all(SERVER, "spaces")
        .any(|(id, space)| id != own_id && text(space, "Name").eq_ignore_ascii_case(name));
    if taken {
        return Err(Answer::bad_request(format!(
            "The name '{name}' is already used by another space. Please choose a different name."
        )));
    }
    Ok(())
}

fn update(server: &mut Server, request: &Request) -> Outcome {
    let old = find(server, request.at(1))?;
    let id = text(&old, "Id").to_owned();
    let mut fields = request.object()?;
    check_name(server, fields.get("Name").and_then(Value::as_str).unwrap_or_default(), &id)?;
    for kept in ["Id", "IsDefault"] {
        fields.insert(kept.into(), old[kept].clone());
    }
    if fields.get("Slug").and_then(Value::as_str).unwrap_or_default().is_empty() {
        fields.insert("Slug".into(), old["Slug"].clone());
    }
    fill(&mut fields, &old);
    let members = fields.get("SpaceManagersTeamMembers").cloned().unwrap_or(json!([]));
    if let Some(team) = server.store.get_mut(SERVER, "teams", &format!("teams-spacemanagers-{id}")) {
        team["MemberUserIds"] = members;
    }
    let document = Value::Object(fields);
    server.store.put(SERVER, "spaces", document.clone());
    Ok(Answer::ok(show(SERVER, "spaces", &document)))
}

fn delete(server: &mut Server, request: &Request) -> Outcome {
    let space = find(server, request.at(1))?;
    if space["TaskQueueStopped"] != true {
        return Err(Answer::bad_request(
            "The task queue of a space must be stopped before the space can be deleted.",
        ));
    }
    let id = text(&space, "Id").to_owned();
    server.store.remove_space(&id);
    server.store.remove(SERVER, "spaces", &id);
    for team in texts(&space, "SpaceManagersTeams").filter(|team| team.starts_with("teams-spacemanagers-")) {
        server.store.remove(SERVER, "teams", team);
    }
    Ok(Answer::ok(json!({})))
}
