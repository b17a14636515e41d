//! Deployment and runbook processes: ids, slugs and order of steps, the version that refuses stale writes.

use serde_json::{Map, Value, json};

use crate::answer::{Answer, Outcome};
use crate::documents::{check_reference, fill, refuse_if_mentioned};
use crate::paging;
use crate::projects::{self, refuse_git};
use crate::request::{Method, Request};
use crate::server::Server;
use crate::slugs::slug;
use crate::store::{new_uuid, text};

/// Makes the empty process of a new project or runbook.
pub(crate) fn born(server: &mut Server, space: &str, id: &str, project: &str, runbook: Option<&str>) {
    let mut process = json!({"Id": id, "LastSnapshotId": null, "ProjectId": project, "SpaceId": space, "Steps": [], "Version": 0});
    let collection = if let Some(runbook) = runbook {
        process["RunbookId"] = json!(runbook);
        "runbookprocesses"
    } else {
        "deploymentprocesses"
    };
    server.store.put(space, collection, process);
}

pub(crate) fn route(server: &mut Server, request: &Request) -> Option<Outcome> {
    let (method, route) = request.route();
    let [collection @ ("deploymentprocesses" | "runbookprocesses"), rest @ ..] = route.as_slice() else {
        return None;
    };
    let collection =
        if *collection == "runbookprocesses" { "runbookprocesses" } else { "deploymentprocesses" };
    Some(match (method, rest) {
        (Method::Get, []) if !server.is_switched_off(collection) => Ok(list(server, request, collection)),
        (Method::Get | Method::Put, [_]) => answer(server, request, collection, request.at(1), false),
        _ => return None,
    })
}

fn list(server: &Server, request: &Request, collection: &str) -> Answer {
    let mut processes: Vec<&Value> = server
        .store
        .all(&request.space, collection)
        .map(|(_, process)| process)
        .filter(|process| !is_frozen(text(process, "Id")))
        // The API reference (2026-08) has no `ids` for runbookProcesses, the root document's link has.
        .filter(|process| server.is_switched_off("ids") || paging::matches(request, process))
        // What is in Git has its own addresses.
        .filter(|process| refuse_git(server, &request.space, text(process, "ProjectId"), collection).is_ok())
        .collect();
    paging::sort(&mut processes);
    paging::page(request, collection, &processes, |process| show(&request.space, collection, process))
}

/// A frozen copy that belongs to a snapshot: `RunbookProcess-Runbooks-1-s-3-…`.
pub(crate) fn is_frozen(id: &str) -> bool {
    id.contains("-s-")
}

/// Reads or writes one process. `by_git_route`: the address names a branch or the project.
pub(crate) fn answer(
    server: &mut Server,
    request: &Request,
    collection: &str,
    id: &str,
    by_git_route: bool,
) -> Outcome {
    let space = &request.space;
    let old = server.store.get(space, collection, id).cloned().ok_or_else(|| Answer::no_document(id))?;
    if !by_git_route {
        refuse_git(server, space, text(&old, "ProjectId"), collection)?;
    }
    if request.method == Method::Get {
        return Ok(Answer::ok(show(space, collection, &old)));
    }
    let fields = request.object()?;
    write(server, space, collection, fields, &old)?;
    let id = text(&old, "Id");
    let document = server.store.get(space, collection, id).ok_or_else(|| Answer::no_document(id))?;
    Ok(Answer::ok(show(space, collection, document)))
}

pub(crate) fn show(space: &str, collection: &str, process: &Value) -> Value {
    let route = if collection == "runbookprocesses" { "runbookProcesses" } else { collection };
    let mut shown = process.clone();
    let own = format!("/api/{space}/{route}/{}", text(process, "Id"));
    shown["Links"] = json!({
        "Self": own, "Project": format!("/api/{space}/projects/{}", text(process, "ProjectId")),
        "Template": format!("{own}/template"), "RunbookSnapshotTemplate": format!("{own}/runbookSnapshotTemplate"),
    });
    shown
}

/// Stores a process: the version must be the one that is there, and goes up by one.
pub(crate) fn write(
    server: &mut Server,
    space: &str,
    collection: &str,
    mut fields: Map<String, Value>,
    old: &Value,
) -> Result<(), Answer> {
    if is_frozen(text(old, "Id")) {
        return Err(Answer::bad_request("Only a process owned by a project can be changed."));
    }
    if fields.get("Version").and_then(Value::as_i64).unwrap_or_default()
        != old["Version"].as_i64().unwrap_or_default()
    {
        return Err(Answer::conflict(
            "Changes to this process could not be saved, because another user has made changes to the process between when you started editing and when you saved your changes. Please refresh the page to see the changes they have made.",
        ));
    }
    for field in ["Id", "ProjectId", "RunbookId", "SpaceId"] {
        if let Some(value) = old.get(field) {
            fields.insert(field.into(), value.clone());
        }
    }
    fill(&mut fields, &json!({"Steps": [], "LastSnapshotId": null}));
    fields.insert("Version".into(), json!(old["Version"].as_i64().unwrap_or_default() + 1));
    let mut steps = fields["Steps"].as_array().cloned().unwrap_or_default();
    complete_steps(server, space, &mut steps, old)?;
    fields.insert("Steps".into(), Value::Array(steps));
    let process = Value::Object(fields);
    if collection == "deploymentprocesses" {
        follow_renames(server, space, old, &process);
    }
    server.store.keep(space, collection, process);
    Ok(())
}

/// What names an action in rules of channels and in the project is stored by its id, so it goes with a new name (OctopusDeploy/Issues 7230, 7961).
fn follow_renames(server: &mut Server, space: &str, old: &Value, process: &Value) {
    let renamed: Vec<(String, Value)> = actions(old)
        .filter_map(|action| {
            let now = actions(process).find(|now| now["Id"] == action["Id"])?;
            (now["Name"] != action["Name"]).then(|| (text(action, "Name").to_owned(), now["Name"].clone()))
        })
        .collect();
    if renamed.is_empty() {
        return;
    }
    let project = text(old, "ProjectId").to_owned();
    let follow = |named: &mut Value| {
        if let Some((_, name)) = renamed.iter().find(|(name, _)| named["DeploymentAction"] == name.as_str()) {
            named["DeploymentAction"] = name.clone();
        }
    };
    let of_project = |channel: &&Value| channel["ProjectId"] == project.as_str();
    let channels: Vec<Value> =
        server.store.all(space, "channels").map(|(_, channel)| channel).filter(of_project).cloned().collect();
    for mut channel in channels {
        for rule in channel["Rules"].as_array_mut().into_iter().flatten() {
            rule["ActionPackages"].as_array_mut().into_iter().flatten().for_each(follow);
        }
        server.store.keep(space, "channels", channel);
    }
    let Some(mut document) = server.store.get(space, "projects", &project).cloned() else { return };
    for (strategy, package) in
        [("VersioningStrategy", "DonorPackage"), ("ReleaseCreationStrategy", "ReleaseCreationPackage")]
    {
        if document[strategy][package].is_object() {
            follow(&mut document[strategy][package]);
        }
    }
    server.store.keep(space, "projects", document);
    projects::mirror_settings(server, space, &project);
}

pub(crate) fn complete_steps(
    server: &Server,
    space: &str,
    steps: &mut [Value],
    old: &Value,
) -> Result<(), Answer> {
    let old_steps = old["Steps"].as_array().cloned().unwrap_or_default();
    let old_actions: Vec<Value> = actions(old).cloned().collect();
    let mut step_slugs: Vec<String> = Vec::new();
    let mut action_slugs: Vec<String> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    // Slugs that are given come first: a made one must not take them.
    for step in steps.iter() {
        step_slugs.extend(given_slug(step, &old_steps));
        for action in step["Actions"].as_array().into_iter().flatten() {
            action_slugs.extend(given_slug(action, &old_actions));
        }
    }
    for (index, step) in steps.iter_mut().enumerate() {
        let Value::Object(fields) = step else {
            return Err(Answer::bad_request("A step must be a JSON object."));
        };
        number(fields);
        fill(
            fields,
            &json!({"Actions": [], "Condition": "Success", "PackageRequirement": "LetOctopusDecide", "Properties": {},
                    "StartTrigger": "StartAfterPrevious"}),
        );
        drop_nulls(fields);
        // There is nothing that the first step could start with.
        if index == 0 && fields["StartTrigger"] == "StartWithPrevious" {
            fields.insert("StartTrigger".into(), json!("StartAfterPrevious"));
        }
        let name = fields.get("Name").and_then(Value::as_str).unwrap_or_default().to_owned();
        if name.trim().is_empty() {
            return Err(Answer::bad_request("Please provide a name for each step."));
        }
        if names.contains(&name.to_lowercase()) {
            return Err(Answer::bad_request(format!("The step name '{name}' is used more than once.")));
        }
        names.push(name.to_lowercase());
        settle_slug(fields, &old_steps, &mut step_slugs);
        for action in fields.get_mut("Actions").and_then(Value::as_array_mut).into_iter().flatten() {
            complete_action(server, space, action, &old_actions, &mut action_slugs)?;
        }
    }
    Ok(())
}

fn complete_action(
    server: &Server,
    space: &str,
    action: &mut Value,
    old: &[Value],
    slugs: &mut Vec<String>,
) -> Result<(), Answer> {
    let Value::Object(fields) = action else {
        return Err(Answer::bad_request("An action must be a JSON object."));
    };
    number(fields);
    fill(
        fields,
        &json!({"CanBeUsedForProjectVersioning": false, "Channels": [], "Condition": "Success", "Container": {},
                "Environments": [], "ExcludedEnvironments": [], "GitDependencies": [], "Inputs": null, "IsDisabled": false,
                "IsRequired": false, "Notes": null, "Packages": [], "Properties": {}, "StepPackageVersion": null,
                "TenantTags": [], "WorkerPoolId": null, "WorkerPoolVariable": null}),
    );
    drop_nulls(fields);
    settle_slug(fields, old, slugs);
    for package in fields.get_mut("Packages").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Value::Object(package) = package {
            number(package);
            fill(
                package,
                &json!({"Name": "", "Properties": {}, "StepPackageInputsReferenceId": null, "Version": null}),
            );
        }
    }
    let has_packages = fields["Packages"].as_array().is_some_and(|packages| !packages.is_empty());
    fields.insert("CanBeUsedForProjectVersioning".into(), json!(has_packages));
    for field in ["WorkerPoolId", "WorkerPoolVariable"] {
        if fields[field] == "" {
            fields.insert(field.into(), Value::Null);
        }
    }
    // Tenant tags are not checked: clients may name tags of sets that come later.
    for (field, collection) in
        [("Environments", "environments"), ("ExcludedEnvironments", "environments"), ("Channels", "channels")]
    {
        for id in fields[field].as_array().into_iter().flatten().filter_map(Value::as_str) {
            check_reference(server, space, collection, id)?;
        }
    }
    if let Some(pool) = fields["WorkerPoolId"].as_str() {
        check_reference(server, space, "workerpools", pool)?;
    }
    Ok(())
}

/// Gives a part without an id one.
fn number(fields: &mut Map<String, Value>) {
    if fields.get("Id").and_then(Value::as_str).unwrap_or_default().is_empty() {
        fields.insert("Id".into(), json!(new_uuid()));
    }
}

/// A property that is null is one that isn't there: clients would read it as a sensitive value.
fn drop_nulls(fields: &mut Map<String, Value>) {
    if let Some(Value::Object(properties)) = fields.get_mut("Properties") {
        properties.retain(|_, value| !value.is_null());
    }
}

/// The slug that a part is given or had before.
fn given_slug(part: &Value, old: &[Value]) -> Option<String> {
    let sent = part["Slug"].as_str().filter(|slug| !slug.is_empty());
    let kept = || {
        let id = part["Id"].as_str().filter(|id| !id.is_empty())?;
        old.iter().find(|other| other["Id"] == id)?["Slug"].as_str()
    };
    sent.or_else(kept).map(ToOwned::to_owned)
}

fn settle_slug(fields: &mut Map<String, Value>, old: &[Value], taken: &mut Vec<String>) {
    let given = given_slug(&Value::Object(fields.clone()), old);
    let slug = given.unwrap_or_else(|| {
        let name = fields.get("Name").and_then(Value::as_str).unwrap_or_default();
        let made = slug(name, |slug| taken.iter().any(|other| other == slug));
        taken.push(made.clone());
        made
    });
    fields.insert("Slug".into(), json!(slug));
}

/// All actions of a process document, in order.
pub(crate) fn actions(process: &Value) -> impl Iterator<Item = &Value> {
    process["Steps"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|step| step["Actions"].as_array().into_iter().flatten())
}

pub(crate) fn actions_of(server: &Server, space: &str, process: &str) -> Vec<Value> {
    server
        .store
        .get(space, "deploymentprocesses", process)
        .map(|process| actions(process).cloned().collect())
        .unwrap_or_default()
}

/// A step of a project's deployment process (with the package) that others name: by a name that it does not have they can't be read any more
/// (OctopusDeploy/Issues 7521, 7961, 8247), so it is refused. In Git, names are only words (9600).
pub(crate) fn check_step(server: &Server, space: &str, project: &str, named: &Value) -> Result<(), Answer> {
    let step = text(named, "DeploymentAction");
    let is_in_git =
        server.store.get(space, "projects", project).is_some_and(|own| own["IsVersionControlled"] == true);
    if step.is_empty() || is_in_git {
        return Ok(());
    }
    let actions = actions_of(server, space, &format!("deploymentprocess-{project}"));
    let is_named = |action: &&Value| {
        ["Name", "Slug", "Id"].iter().any(|field| text(action, field).eq_ignore_ascii_case(step))
    };
    let action = actions.iter().find(is_named).ok_or_else(|| Answer::no_document(step))?;
    let package = text(named, "PackageReference");
    let mut packages = action["Packages"].as_array().into_iter().flatten();
    if package.is_empty() || packages.any(|own| text(own, "Name") == package) {
        return Ok(());
    }
    Err(Answer::no_document(package))
}

/// Refuses the deletion of what a step uses.
pub(crate) fn used_by_steps(server: &mut Server, space: &str, id: &str) -> Result<(), Answer> {
    refuse_if_mentioned(server, space, id, &["deploymentprocesses", "runbookprocesses", "machines"])
}
