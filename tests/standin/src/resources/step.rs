//! A step (with its first action) or a child step (a further action), as one item of the process that is written whole.

use anyhow::{Context, Result};
use serde_json::{Map, Value as Json, json};

use super::process::Process;
use super::{Call, items, text};

/// Properties of the action that the package arguments make.
const RESERVED: [&str; 3] = [
    "Octopus.Action.Package.PackageId",
    "Octopus.Action.Package.FeedId",
    "Octopus.Action.Package.DownloadOnTentacle",
];
/// Added by the server to actions in a container; shown only where it is configured.
const BUNDLED_TOOLING: &str = "OctopusUseBundledTooling";

pub(super) fn is_child(call: &Call<'_>) -> bool {
    call.type_name.contains("_child_")
}

/// Sets the members of the step itself. The step's slug stays the server's.
pub(super) fn write_step(step: &mut Json, plan: &Json) {
    step["Name"] = plan["name"].clone();
    step["StartTrigger"] = plan["start_trigger"].clone();
    step["PackageRequirement"] = plan["package_requirement"].clone();
    step["Condition"] = plan["condition"].clone();
    step["Properties"] = plain(&plan["properties"]);
}

/// Sets the members that actions of all kinds share; its own Condition only a child has.
pub(super) fn write_action(action: &mut Json, plan: &Json, child: bool) {
    let mut members = action.as_object().cloned().unwrap_or_default();
    let mut set = |name: &str, value: Json| {
        // What is empty is left out by the client.
        if value.is_null() || value == json!("") || value == json!([]) {
            members.remove(name);
        } else {
            members.insert(name.to_owned(), value);
        }
    };
    set("Name", plan["name"].clone());
    set("Slug", plan["slug"].clone());
    set("Notes", plan["notes"].clone());
    set("WorkerPoolId", plan["worker_pool_id"].clone());
    set("WorkerPoolVariable", plan["worker_pool_variable"].clone());
    set("TenantTags", plan["tenant_tags"].clone());
    set("Environments", plan["environments"].clone());
    set("ExcludedEnvironments", plan["excluded_environments"].clone());
    set("Channels", plan["channels"].clone());
    if child {
        set("Condition", plan["condition"].clone());
    }
    set("IsRequired", json!(plan["is_required"] == json!(true)));
    set("IsDisabled", json!(plan["is_disabled"] == json!(true)));
    let container: Map<String, Json> = [("FeedId", "feed_id"), ("Image", "image")]
        .into_iter()
        .filter(|(_, argument)| !text(&plan["container"], argument).is_empty())
        .map(|(member, argument)| (member.to_owned(), plan["container"][argument].clone()))
        .collect();
    set("Container", Json::Object(container));
    members.entry("CanBeUsedForProjectVersioning").or_insert(json!(false));
    *action = Json::Object(members);
}

/// A map of properties as plain text: also what was sensitive.
fn plain(properties: &Json) -> Json {
    let entries = properties.as_object().into_iter().flatten();
    Json::Object(
        entries.map(|(name, value)| (name.clone(), json!(value.as_str().unwrap_or_default()))).collect(),
    )
}

fn write_own(action: &mut Json, plan: &Json) {
    let mut properties = Map::new();
    let mut packages = Vec::new();
    let primary = &plan["primary_package"];
    if primary.is_object() {
        let on_target = primary["acquisition_location"] == json!("ExecutionTarget");
        properties.insert(RESERVED[0].to_owned(), json!(text(primary, "package_id")));
        properties.insert(RESERVED[1].to_owned(), json!(text(primary, "feed_id")));
        properties.insert(RESERVED[2].to_owned(), json!(if on_target { "True" } else { "False" }));
        packages.push(package(primary, ""));
    }
    for (name, reference) in plan["packages"].as_object().into_iter().flatten() {
        packages.push(package(reference, name));
    }
    if let Json::Object(own) = plain(&plan["execution_properties"]) {
        properties.extend(own);
    }
    let dependencies = plan["git_dependencies"].as_object().into_iter().flatten().map(|(name, dependency)| {
        let mut sent = json!({
            "Name": name, "RepositoryUri": dependency["repository_uri"], "DefaultBranch": dependency["default_branch"],
            "GitCredentialType": dependency["git_credential_type"],
        });
        for (member, argument) in [("GitCredentialId", "git_credential_id"), ("GitHubConnectionId", "github_connection_id")] {
            if !text(dependency, argument).is_empty() {
                sent[member] = dependency[argument].clone();
            }
        }
        if !items(dependency, "file_path_filters").is_empty() {
            sent["FilePathFilters"] = dependency["file_path_filters"].clone();
        }
        sent
    });
    action["ActionType"] = plan["type"].clone();
    action["GitDependencies"] = dependencies.collect();
    action["Packages"] = Json::Array(packages);
    // Whole: what the configuration lacks is wiped, secrets put there by others included.
    action["Properties"] = Json::Object(properties);
}

fn package(reference: &Json, name: &str) -> Json {
    let mut sent = json!({
        "FeedId": reference["feed_id"],
        "AcquisitionLocation": reference["acquisition_location"], "Properties": plain(&reference["properties"]),
    });
    if !name.is_empty() {
        sent["Name"] = json!(name);
    }
    for (member, argument) in [("Id", "id"), ("PackageId", "package_id"), ("Version", "version")] {
        if !text(reference, argument).is_empty() {
            sent[member] = reference[argument].clone();
        }
    }
    sent
}

/// What a step and its action are in the state, without what a template adds.
pub(super) fn value(process: &Process, step: &Json, action: &Json, expected: &Json, child: bool) -> Json {
    let list = |member: &str| json!(items(action, member));
    let mut value = json!({
        "space_id": process.document["SpaceId"], "process_id": process.document["Id"],
        "name": if child { action["Name"].clone() } else { step["Name"].clone() },
        "type": action["ActionType"], "slug": text(action, "Slug"), "notes": text(action, "Notes"),
        "is_required": action["IsRequired"] == json!(true), "is_disabled": action["IsDisabled"] == json!(true),
        "worker_pool_id": text(action, "WorkerPoolId"), "worker_pool_variable": text(action, "WorkerPoolVariable"),
        "container": {"feed_id": text(&action["Container"], "FeedId"), "image": text(&action["Container"], "Image")},
        "tenant_tags": list("TenantTags"), "environments": list("Environments"),
        "excluded_environments": list("ExcludedEnvironments"), "channels": list("Channels"),
        "git_dependencies": git_dependencies(action),
    });
    let (primary, packages) = packages(action);
    value["packages"] = packages;
    value["primary_package"] = primary;
    if child {
        value["id"] = action["Id"].clone();
        value["parent_id"] = step["Id"].clone();
        value["condition"] = json!(action["Condition"].as_str().unwrap_or("Success"));
    } else {
        value["id"] = step["Id"].clone();
        value["action_id"] = action["Id"].clone();
        value["start_trigger"] = step["StartTrigger"].clone();
        value["package_requirement"] = step["PackageRequirement"].clone();
        value["condition"] = step["Condition"].clone();
        value["properties"] = plain(&step["Properties"]);
    }
    value["execution_properties"] = execution_properties(action, &expected["execution_properties"]);
    value
}

/// Sensitive properties are read as ""; flags keep the spelling that was configured.
fn execution_properties(action: &Json, expected: &Json) -> Json {
    let mut properties = Map::new();
    for (name, property) in action["Properties"].as_object().into_iter().flatten() {
        let configured = expected[name.as_str()].as_str();
        if RESERVED.contains(&name.as_str()) || (name == BUNDLED_TOOLING && configured.is_none()) {
            continue;
        }
        let read = property.as_str().unwrap_or_default();
        let flag = read.eq_ignore_ascii_case("true") || read.eq_ignore_ascii_case("false");
        let kept =
            configured.filter(|configured| flag && configured.eq_ignore_ascii_case(read)).unwrap_or(read);
        properties.insert(name.clone(), json!(kept));
    }
    Json::Object(properties)
}

fn packages(action: &Json) -> (Json, Json) {
    let mut primary = Json::Null;
    let mut named = Map::new();
    for package in items(action, "Packages") {
        let read = json!({
            "id": text(package, "Id"), "package_id": text(package, "PackageId"), "feed_id": text(package, "FeedId"),
            "acquisition_location": text(package, "AcquisitionLocation"), "version": text(package, "Version"),
            "properties": plain(&package["Properties"]),
        });
        match text(package, "Name") {
            "" => primary = read,
            name => {
                named.insert(name.to_owned(), read);
            }
        }
    }
    (primary, Json::Object(named))
}

fn git_dependencies(action: &Json) -> Json {
    let dependencies = items(action, "GitDependencies").iter().map(|dependency| {
        let read = json!({
            "repository_uri": text(dependency, "RepositoryUri"), "default_branch": text(dependency, "DefaultBranch"),
            "git_credential_type": text(dependency, "GitCredentialType"), "git_credential_id": text(dependency, "GitCredentialId"),
            "github_connection_id": text(dependency, "GitHubConnectionId"), "file_path_filters": items(dependency, "FilePathFilters"),
        });
        (text(dependency, "Name").to_owned(), read)
    });
    Json::Object(dependencies.collect())
}

/// Adds a step, or an action to its parent, and saves; answers where it is.
pub(super) async fn add(
    call: &Call<'_>,
    plan: &Json,
    process: &mut Process,
    action: Json,
) -> Result<(Json, Json)> {
    let name = plan["name"].clone();
    if is_child(call) {
        let parent = text(plan, "parent_id");
        let step = process.step_mut(parent)?;
        let mut actions = items(step, "Actions").to_vec();
        actions.push(action);
        step["Actions"] = Json::Array(actions);
    } else {
        let mut step = json!({});
        write_step(&mut step, plan);
        step["Actions"] = json!([action]);
        let mut steps = process.steps().to_vec();
        steps.push(step);
        process.set_steps(steps);
    }
    process.save(call).await?;
    let found = if is_child(call) {
        let step = process.step(text(plan, "parent_id")).context("the parent step is gone")?;
        items(step, "Actions")
            .iter()
            .find(|action| action["Name"] == name)
            .map(|action| (step.clone(), action.clone()))
    } else {
        let step = process.steps().iter().find(|step| step["Name"] == name);
        step.map(|step| (step.clone(), step["Actions"][0].clone()))
    };
    found.context("the new step is not in the answer")
}

/// The step and action of the state.
pub(super) fn locate(call: &Call<'_>, process: &Process, value: &Json) -> Option<(Json, Json)> {
    if is_child(call) {
        let step = process.step(text(value, "parent_id"))?;
        let action = items(step, "Actions").iter().find(|action| action["Id"] == value["id"])?;
        return Some((step.clone(), action.clone()));
    }
    let step = process.step(text(value, "id"))?;
    Some((step.clone(), step["Actions"][0].clone()))
}

/// Replaces step and action of the state, and saves.
pub(super) async fn replace(
    call: &Call<'_>,
    plan: &Json,
    process: &mut Process,
    action: Json,
) -> Result<(Json, Json)> {
    let child = is_child(call);
    let step = process.step_mut(text(&call.state, if child { "parent_id" } else { "id" }))?;
    if child {
        let place =
            step["Actions"].as_array_mut().into_iter().flatten().find(|old| old["Id"] == call.state["id"]);
        *place.context("the child step is not there any more")? = action;
    } else {
        write_step(step, plan);
        step["Actions"][0] = action;
    }
    process.save(call).await?;
    locate(call, process, &call.state).context("the step is not in the answer")
}

/// # Errors
/// What the server says.
pub(super) async fn create(call: &Call<'_>, plan: &Json) -> Result<Json> {
    let _lock = call.api.lock_document(text(plan, "process_id")).await;
    let mut process = Process::load(call, plan).await?;
    let mut action = json!({});
    write_action(&mut action, plan, is_child(call));
    write_own(&mut action, plan);
    let (step, action) = add(call, plan, &mut process, action).await?;
    let mut value = value(&process, &step, &action, plan, is_child(call));
    if !is_child(call) {
        // A step that was made first can't start with its predecessor: the server says so, the state does not.
        value["start_trigger"] = plan["start_trigger"].clone();
    }
    Ok(value)
}

/// # Errors
/// What the server says.
pub(super) async fn read(call: &Call<'_>) -> Result<Option<Json>> {
    let Some(process) = Process::load_if_there(call, &call.state).await? else { return Ok(None) };
    Ok(locate(call, &process, &call.state)
        .map(|(step, action)| value(&process, &step, &action, &call.state, is_child(call))))
}

/// # Errors
/// What the server says.
pub(super) async fn update(call: &Call<'_>, plan: &Json) -> Result<Json> {
    let _lock = call.api.lock_document(text(plan, "process_id")).await;
    let mut process = Process::load(call, plan).await?;
    let (_, mut action) = locate(call, &process, &call.state).context("the step is not there any more")?;
    write_action(&mut action, plan, is_child(call));
    write_own(&mut action, plan);
    let (step, action) = replace(call, plan, &mut process, action).await?;
    Ok(value(&process, &step, &action, plan, is_child(call)))
}

/// Takes away the step or child step of the state.
///
/// # Errors
/// What the server says.
pub(super) async fn delete(call: &Call<'_>) -> Result<()> {
    let _lock = call.api.lock_document(text(&call.state, "process_id")).await;
    let Some(mut process) = Process::load_if_there(call, &call.state).await? else { return Ok(()) };
    if is_child(call) {
        let Ok(step) = process.step_mut(text(&call.state, "parent_id")) else { return Ok(()) };
        let kept: Vec<Json> = items(step, "Actions")
            .iter()
            .filter(|action| action["Id"] != call.state["id"])
            .cloned()
            .collect();
        step["Actions"] = Json::Array(kept);
    } else {
        let kept = process.steps().iter().filter(|step| step["Id"] != call.state["id"]).cloned().collect();
        process.set_steps(kept);
    }
    process.save(call).await
}
