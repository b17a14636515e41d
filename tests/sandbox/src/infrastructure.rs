//! Environments, lifecycles, tag sets, accounts, feeds: what the server adds and checks, and what can't be deleted.

use serde_json::{Value, json};

use crate::answer::{Answer, Outcome};
use crate::collections::{self, Fields};
use crate::documents::{self, check_reference, fill, mentioned, refuse_if_mentioned, select};
use crate::paging;
use crate::request::{Method, Request};
use crate::server::Server;
use crate::store::{new_uuid, text, texts};
use crate::target_tags;
use crate::version::Feature;

/// A sort order that is sent is kept, 0 too; else the old one stays, and a new document comes last.
pub(crate) fn append(
    server: &Server,
    space: &str,
    collection: &str,
    fields: &mut Fields,
    old: Option<&Value>,
) {
    if fields.get("SortOrder").and_then(Value::as_i64).is_some() {
        return;
    }
    if let Some(order) = old.and_then(|old| old["SortOrder"].as_i64()) {
        fields.insert("SortOrder".into(), json!(order));
    } else {
        let last = server
            .store
            .all(space, collection)
            .filter_map(|(_, document)| document["SortOrder"].as_i64())
            .max();
        fields.insert("SortOrder".into(), json!(last.map_or(0, |last| last + 1)));
    }
}

pub(crate) fn complete_environment(
    server: &mut Server,
    space: &str,
    fields: &mut Fields,
    old: Option<&Value>,
) -> Result<(), Answer> {
    append(server, space, "environments", fields, old);
    Ok(())
}

pub(crate) fn environment_leaves(server: &mut Server, space: &str, id: &str) -> Result<(), Answer> {
    refuse_if_mentioned(server, space, id, &["lifecycles", "machines", "tenants", "channels"])
}

/// Parent and ephemeral environments have routes of their own: `…/parentEnvironments`, `…/environments/v2`.
pub(crate) fn route(server: &mut Server, request: &Request) -> Option<Outcome> {
    let (method, route) = request.route();
    Some(match (method, route.as_slice()) {
        (_, ["parentenvironments", ..] | ["environments", "v2"])
            if !server.has(Feature::ParentEnvironments) =>
        {
            Err(Answer::not_found("The resource you requested was not found."))
        }
        (_, ["retentionpolicies", ..]) if !server.has(Feature::RetentionDefaults) => {
            Err(Answer::not_found("The resource you requested was not found."))
        }
        (Method::Get, ["workerpools", "supportedtypes"]) => Ok(Answer::ok(
            json!({"Id": "supportedtypes", "SupportedPoolTypes": ["StaticWorkerPool", "DynamicWorkerPool"]}),
        )),
        (Method::Get, ["workerpools", "dynamicworkertypes"]) => Ok(Answer::ok(dynamic_worker_types())),
        (_, ["git-credentials", ..]) => return git_credentials(server, request),
        (Method::Get, ["environments", "v2"]) => Ok(list_both(server, request)),
        (Method::Get, ["retentionpolicies"]) if request.query("retentiontype").is_some() => {
            let wanted = request.query("retentiontype").unwrap_or_default();
            server
                .store
                .find(&request.space, "retentionpolicies", "RetentionType", wanted)
                .map(|policy| Answer::ok(documents::show(&request.space, "retentionpolicies", policy)))
                .ok_or_else(|| Answer::no_document(wanted))
        }
        _ => return None,
    })
}

/// What workers of a service there are, with the dates of their lives.
fn dynamic_worker_types() -> Value {
    let kind = |id: &str, description: &str, deprecated: Value, end: Value| {
        json!({"Id": id, "Type": id, "Description": description, "StartDateUtc": "2022-06-01T00:00:00Z",
               "DeprecationDateUtc": deprecated, "EndOfLifeDateUtc": end})
    };
    json!({"Id": "dynamicworkertypes", "WorkerTypes": [
        kind("Ubuntu1804", "Ubuntu 18.04", json!("2023-01-01T00:00:00Z"), json!("2023-04-03T00:00:00Z")),
        kind("Ubuntu2204", "Ubuntu 22.04", Value::Null, json!("2032-04-01T00:00:00Z")),
        kind("UbuntuDefault", "Ubuntu (default)", Value::Null, Value::Null),
        kind("Windows2019", "Windows Server 2019", Value::Null, Value::Null),
        kind("Windows2022", "Windows Server 2022", Value::Null, Value::Null),
        kind("WindowsDefault", "Windows (default)", Value::Null, Value::Null),
    ]})
}

/// `…/git-credentials`: user names and passwords; `…/v2`: each type.
fn git_credentials(server: &mut Server, request: &Request) -> Option<Outcome> {
    let collection = collections::find("git-credentials").expect("a collection of the table");
    let (method, route) = request.route();
    if route.last() == Some(&"v2") && !server.has(Feature::GitCredentialTypes) {
        return None;
    }
    match (method, &route[1..]) {
        (Method::Get, ["v2"]) => Some(Ok(documents::list(server, request, collection, |_| true))),
        (Method::Get, [_, "v2"]) => {
            Some(documents::read(server, request, collection, request.at(1)).map(|mut answer| {
                if let crate::answer::Content::Json(document) = &mut answer.content {
                    *document = json!({"GitCredential": document.take()});
                }
                answer
            }))
        }
        (Method::Post, ["v2"]) => Some(documents::create(server, request, collection, Fields::new())),
        (Method::Put, [_, "v2"]) => Some(documents::update(server, request, collection, request.at(1))),
        // The older routes know no type. What a client says of it is dropped.
        (Method::Post, []) if server.has(Feature::Reference) => {
            let details = request.object().map(|mut fields| fields.remove("Details").unwrap_or_default());
            Some(details.and_then(|details| {
                let given = json!({"Type": "UsernamePassword", "Username": details["Username"], "Password": details["Password"]});
                documents::create(server, request, collection, Fields::from_iter([("Details".to_owned(), given)]))
            }))
        }
        _ => None,
    }
}

fn list_both(server: &Server, request: &Request) -> Answer {
    let mut found: Vec<&Value> = Vec::new();
    for (collection, kind) in [("environments", "Static"), ("parentenvironments", "Parent")] {
        if request.query("type").is_none_or(|wanted| wanted.eq_ignore_ascii_case(kind)) {
            let collection = collections::find(collection).expect("a collection of the table");
            found.extend(select(server, request, collection, |_| true));
        }
    }
    paging::sort(&mut found);
    paging::page(request, "Environment", &found, |document| {
        let collection = if document["Type"] == "Parent" { "parentenvironments" } else { "environments" };
        documents::show(&request.space, collection, document)
    })
}

/// What a lifecycle keeps when nobody said it.
fn default_retention() -> Value {
    json!({"QuantityToKeep": 0, "ShouldKeepForever": true, "Strategy": "Default", "Unit": "Items"})
}

pub(crate) fn complete_lifecycle(
    server: &mut Server,
    space: &str,
    fields: &mut Fields,
    _old: Option<&Value>,
) -> Result<(), Answer> {
    fill(
        fields,
        &json!({"ReleaseRetentionPolicy": default_retention(), "TentacleRetentionPolicy": default_retention()}),
    );
    for field in ["ReleaseRetentionPolicy", "TentacleRetentionPolicy"] {
        complete_retention(fields.get_mut(field));
    }
    for phase in fields.get_mut("Phases").and_then(Value::as_array_mut).into_iter().flatten() {
        for field in ["AutomaticDeploymentTargets", "OptionalDeploymentTargets"] {
            for id in texts(phase, field) {
                check_reference(server, space, "environments", id)?;
            }
        }
        for field in ["ReleaseRetentionPolicy", "TentacleRetentionPolicy"] {
            complete_retention(phase.get_mut(field));
        }
        if let Value::Object(phase) = phase
            && phase.get("Id").and_then(Value::as_str).unwrap_or_default().is_empty()
        {
            phase.insert("Id".into(), json!(new_uuid()));
        }
    }
    Ok(())
}

/// A policy without a strategy is the default one; one that keeps for ever says so in both fields.
fn complete_retention(policy: Option<&mut Value>) {
    let Some(Value::Object(policy)) = policy else { return };
    fill(policy, &json!({"Strategy": "Default", "Unit": "Items", "QuantityToKeep": 0}));
    if policy["Unit"] == "" {
        policy.insert("Unit".into(), json!("Items"));
    }
    let keeps = policy["Strategy"] != "Count";
    policy.insert("ShouldKeepForever".into(), json!(keeps));
}

pub(crate) fn lifecycle_leaves(server: &mut Server, space: &str, id: &str) -> Result<(), Answer> {
    refuse_if_mentioned(server, space, id, &["projects", "channels"])
}

pub(crate) fn complete_retention_policy(
    _server: &mut Server,
    _space: &str,
    fields: &mut Fields,
    old: Option<&Value>,
) -> Result<(), Answer> {
    if let Some(old) = old {
        for field in ["Name", "RetentionType", "IsReadOnly"] {
            fields.insert(field.into(), old[field].clone());
        }
    }
    // Only a count has a number and a unit.
    if fields.get("Strategy").and_then(Value::as_str) != Some("Count") {
        fields.insert("QuantityToKeep".into(), json!(0));
        fields.insert("Unit".into(), json!(""));
    }
    Ok(())
}

pub(crate) fn group_leaves(server: &mut Server, space: &str, id: &str) -> Result<(), Answer> {
    refuse_if_mentioned(server, space, id, &["projects"])
}

/// Tags get ids and canonical names; a tag that something uses can't go.
pub(crate) fn complete_tag_set(
    server: &mut Server,
    space: &str,
    fields: &mut Fields,
    old: Option<&Value>,
) -> Result<(), Answer> {
    old.map_or(Ok(()), target_tags::refuse_system)?;
    if server.has(Feature::TargetTagSets) {
        fields.insert("IsSystem".into(), json!(false));
    }
    let set = fields["Id"].as_str().unwrap_or_default().to_owned();
    let name = fields.get("Name").and_then(Value::as_str).unwrap_or_default().to_owned();
    append(server, space, "tagsets", fields, old);
    let old_tags = old.and_then(|old| old["Tags"].as_array().cloned()).unwrap_or_default();
    let mut tags = fields.get("Tags").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut names: Vec<String> = Vec::new();
    for tag in &mut tags {
        let Value::Object(tag) = tag else { return Err(Answer::bad_request("A tag must be a JSON object.")) };
        tag.shift_remove("Links");
        let tag_name = tag.get("Name").and_then(Value::as_str).unwrap_or_default().to_owned();
        if tag_name.trim().is_empty() || names.contains(&tag_name.to_lowercase()) {
            return Err(Answer::bad_request(format!("The tag name '{tag_name}' is empty or used twice.")));
        }
        let next_order = tags_max_order(&old_tags).max(i64::try_from(names.len()).unwrap_or_default());
        names.push(tag_name.to_lowercase());
        let sent = tag.get("Id").and_then(Value::as_str).unwrap_or_default();
        let known = old_tags.iter().find(|known| {
            known["Id"] == sent || sent.is_empty() && text(known, "Name").eq_ignore_ascii_case(&tag_name)
        });
        // A client leaves out what is 0 or empty: it means the value that is there.
        let defaults = known.cloned().unwrap_or_else(|| {
            let id = format!("{set}/{}", server.store.next_id("Tags"));
            json!({"Id": id, "Color": "#333333", "Description": "", "SortOrder": next_order})
        });
        if sent.is_empty() {
            tag.insert("Id".into(), defaults["Id"].clone());
        }
        fill(tag, &defaults);
        tag.insert("CanonicalTagName".into(), json!(format!("{name}/{tag_name}")));
    }
    let gone = old_tags.iter().filter(|old| !tags.iter().any(|tag| tag["Id"] == old["Id"]));
    for tag in gone {
        refuse_tag_in_use(server, space, text(tag, "CanonicalTagName"))?;
    }
    // Assumption: a server keeps the tags of things by their ids, so that a new name of a tag or its set is theirs too.
    for (old, new) in
        old_tags.iter().filter_map(|old| Some((old, tags.iter().find(|tag| tag["Id"] == old["Id"])?)))
    {
        let (old, new) = (text(old, "CanonicalTagName"), text(new, "CanonicalTagName"));
        if old != new && !old.is_empty() {
            server.store.rename_tag(space, old, new);
        }
    }
    fields.insert("Tags".into(), Value::Array(tags));
    Ok(())
}

fn tags_max_order(tags: &[Value]) -> i64 {
    tags.iter().filter_map(|tag| tag["SortOrder"].as_i64()).max().map_or(0, |highest| highest + 1)
}

fn refuse_tag_in_use(server: &Server, space: &str, tag: &str) -> Result<(), Answer> {
    const USERS: [&str; 6] = ["tenants", "machines", "accounts", "certificates", "channels", "environments"];
    match mentioned(server, space, tag, &USERS) {
        Some(user) => {
            Err(Answer::bad_request(format!("The tag '{tag}' can't be deleted: it is used by '{user}'.")))
        }
        None => Ok(()),
    }
}

pub(crate) fn tag_set_leaves(server: &mut Server, space: &str, id: &str) -> Result<(), Answer> {
    server.store.get(space, "tagsets", id).map_or(Ok(()), target_tags::refuse_system)?;
    let tags: Vec<String> = server
        .store
        .get(space, "tagsets", id)
        .and_then(|set| set["Tags"].as_array())
        .into_iter()
        .flatten()
        .map(|tag| text(tag, "CanonicalTagName").to_owned())
        .collect();
    tags.iter().try_for_each(|tag| refuse_tag_in_use(server, space, tag))
}

pub(crate) fn account_leaves(server: &mut Server, space: &str, id: &str) -> Result<(), Answer> {
    refuse_if_mentioned(server, space, id, &["machines", "workers", "variables"])
}

/// A feed has the fields of its type; clients send those of others too, as false and 0.
pub(crate) fn complete_feed(
    _server: &mut Server,
    _space: &str,
    fields: &mut Fields,
    _old: Option<&Value>,
) -> Result<(), Answer> {
    let kind = fields.get("FeedType").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut foreign = Vec::new();
    if kind != "BuiltIn" {
        foreign.extend([
            "DeletePackagesAssociatedWithReleases",
            "DeleteUnreleasedPackagesAfterDays",
            "IsBuiltInRepoSyncEnabled",
        ]);
    }
    if kind != "NuGet" {
        foreign.push("EnhancedMode");
    }
    // No feed is asked 0 times.
    foreign.extend(
        ["DownloadAttempts", "DownloadRetryBackoffSeconds"]
            .into_iter()
            .filter(|field| fields.get(*field) == Some(&json!(0))),
    );
    for field in foreign {
        fields.shift_remove(field);
    }
    if let Some(Value::Object(login)) = fields.get_mut("OidcAuthentication") {
        login.shift_remove("Type");
    }
    match kind.as_str() {
        "S3" => fill(fields, &json!({"UseMachineCredentials": false})),
        "GcsStorage" => fill(fields, &json!({"UseServiceAccountKey": false})),
        "Npm" | "PyPi" => {
            fill(fields, &json!({"Password": {"HasValue": false, "Hint": null, "NewValue": null}}));
        }
        _ => {}
    }
    Ok(())
}

pub(crate) fn feed_leaves(server: &mut Server, space: &str, id: &str) -> Result<(), Answer> {
    let kind = server
        .store
        .get(space, "feeds", id)
        .map(|feed| text(feed, "FeedType").to_owned())
        .unwrap_or_default();
    if kind == "BuiltIn" || kind == "OctopusProject" {
        return Err(Answer::bad_request("A built-in feed can't be deleted."));
    }
    crate::processes::used_by_steps(server, space, id)
}
