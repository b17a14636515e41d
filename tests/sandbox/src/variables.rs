//! Variable sets: whole documents with a version, values of sensitive variables kept apart, what a scope may name.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::answer::{Answer, Outcome};
use crate::documents::{check_reference, fill};
use crate::paging;
use crate::permissions;
use crate::processes;
use crate::request::{Method, Request};
use crate::server::Server;
use crate::store::{new_uuid, text, texts};

/// The empty set of a new project or library set.
pub(crate) fn born(server: &mut Server, space: &str, owner: &str) {
    server.store.put(
        space,
        "variables",
        json!({"Id": format!("variableset-{owner}"), "OwnerId": owner, "SpaceId": space, "Variables": [], "Version": 0}),
    );
}

pub(crate) fn route(server: &mut Server, request: &Request) -> Option<Outcome> {
    let (method, route) = request.route();
    let ["variables", rest @ ..] = route.as_slice() else { return None };
    Some(match (method, rest) {
        (Method::Get, []) if !server.is_switched_off("variables") => Ok(list(server, request)),
        (Method::Get, ["all"]) if !server.is_switched_off("variables") => {
            let shared = shared_scope_values(server, &request.space);
            let sets = select(server, request).into_iter();
            Ok(Answer::ok(sets.map(|set| show(server, request, set, &shared)).collect()))
        }
        (Method::Get, ["names"]) => names(server, request),
        (Method::Get, ["preview"]) => return None,
        (Method::Get, [_]) => read(server, request, request.at(1)),
        (Method::Put, [_]) => write(server, request, request.at(1)),
        _ => return None,
    })
}

fn select<'a>(server: &'a Server, request: &Request) -> Vec<&'a Value> {
    let mut sets: Vec<&Value> = server
        .store
        .all(&request.space, "variables")
        .map(|(_, set)| set)
        .filter(|set| paging::matches(request, set))
        .collect();
    paging::sort(&mut sets);
    sets
}

fn list(server: &Server, request: &Request) -> Answer {
    let sets = select(server, request);
    let shared = shared_scope_values(server, &request.space);
    paging::page(request, "VariableSet", &sets, |set| show(server, request, set, &shared))
}

fn find<'a>(server: &'a Server, space: &str, id: &str) -> Result<&'a Value, Answer> {
    server
        .store
        .get(space, "variables", id)
        .or_else(|| server.store.get(space, "variablesnapshots", id))
        .ok_or_else(|| Answer::no_document(id))
}

fn read(server: &Server, request: &Request, id: &str) -> Outcome {
    let set = find(server, &request.space, id)?;
    Ok(Answer::ok(show(server, request, set, &shared_scope_values(server, &request.space))))
}

/// `…/projects/Projects-1/variables`: the same document; a PUT answers nothing of it.
pub(crate) fn of_project(server: &mut Server, request: &Request, project: &str) -> Outcome {
    let id = format!("variableset-{project}");
    if request.method == Method::Get {
        return read(server, request, &id);
    }
    write(server, request, &id).map(|_| Answer::ok(json!({})))
}

fn show(server: &Server, request: &Request, set: &Value, shared: &Value) -> Value {
    let space = &request.space;
    let mut shown = set.clone();
    // Assumption: who may not see them sees the set without them.
    if let Some(variables) = shown["Variables"].as_array_mut()
        && variables.iter().any(is_unscoped)
        && !permissions::may(server, request, "VariableViewUnscoped")
    {
        variables.retain(|variable| !is_unscoped(variable));
    }
    let mut scopes = shared.clone();
    add_scope_values(server, space, text(set, "OwnerId"), &mut scopes);
    shown["ScopeValues"] = scopes;
    shown["Links"] = json!({"Self": format!("/api/{space}/variables/{}", text(set, "Id"))});
    shown
}

/// Whether a variable is scoped to no environment: there are permissions for these.
fn is_unscoped(variable: &Value) -> bool {
    texts(&variable["Scope"], "Environment").next().is_none()
}

/// What the scopes of an owner's variables may name.
pub(crate) fn scope_values(server: &Server, space: &str, owner: &str) -> Value {
    let mut scopes = shared_scope_values(server, space);
    add_scope_values(server, space, owner, &mut scopes);
    scopes
}

/// The part that is the same for all owners.
fn shared_scope_values(server: &Server, space: &str) -> Value {
    let named = |collection: &str| -> Vec<Value> {
        let mut documents: Vec<&Value> =
            server.store.all(space, collection).map(|(_, document)| document).collect();
        paging::sort(&mut documents);
        documents
            .into_iter()
            .map(|document| json!({"Id": document["Id"], "Name": document["Name"]}))
            .collect()
    };
    let roles: BTreeSet<&str> =
        server.store.all(space, "machines").flat_map(|(_, machine)| texts(machine, "Roles")).collect();
    let tags: Vec<Value> = server
        .store
        .all(space, "tagsets")
        .flat_map(|(_, set)| set["Tags"].as_array().into_iter().flatten())
        .map(|tag| json!({"Id": tag["CanonicalTagName"], "Name": tag["CanonicalTagName"]}))
        .collect();
    json!({
        "Environments": named("environments"), "Machines": named("machines"),
        "Roles": roles.into_iter().map(|role| json!({"Id": role, "Name": role})).collect::<Vec<_>>(),
        "TenantTags": tags,
    })
}

fn add_scope_values(server: &Server, space: &str, owner: &str, scopes: &mut Value) {
    let of_owner = |collection: &str| -> Vec<Value> {
        server
            .store
            .all(space, collection)
            .filter(|(_, document)| document["ProjectId"] == owner)
            .map(|(_, document)| json!({"Id": document["Id"], "Name": document["Name"]}))
            .collect()
    };
    let mut actions: Vec<Value> = Vec::new();
    let mut owners: Vec<Value> = Vec::new();
    if let Some(project) = server.store.get(space, "projects", owner) {
        owners.push(json!({"Id": owner, "Name": project["Name"], "ProcessType": "Deployment"}));
        for collection in ["deploymentprocesses", "runbookprocesses"] {
            for (_, process) in server
                .store
                .all(space, collection)
                .filter(|(id, process)| process["ProjectId"] == owner && !processes::is_frozen(id))
            {
                actions.extend(
                    processes::actions(process)
                        .map(|action| json!({"Id": action["Id"], "Name": action["Name"]})),
                );
            }
        }
        owners.extend(of_owner("runbooks").into_iter().map(|mut runbook| {
            runbook["ProcessType"] = json!("Runbook");
            runbook
        }));
    }
    scopes["Actions"] = json!(actions);
    scopes["Channels"] = json!(of_owner("channels"));
    scopes["Processes"] = json!(owners);
}

/// Replaces a set. The version must be the one that is there, and goes up by one.
fn write(server: &mut Server, request: &Request, id: &str) -> Outcome {
    let space = request.space.clone();
    let old = server.store.get(&space, "variables", id).cloned().ok_or_else(|| Answer::no_document(id))?;
    let mut fields = request.object()?;
    if fields.get("Version").and_then(Value::as_i64).unwrap_or_default()
        != old["Version"].as_i64().unwrap_or_default()
    {
        return Err(Answer::conflict(
            "Changes to these variables could not be saved, because another user has made changes to the variables between when you started editing and when you saved your changes. Please refresh the page to see the changes they have made.",
        ));
    }
    let mut variables = match fields.get("Variables") {
        Some(Value::Array(variables)) => variables.clone(),
        _ => Vec::new(),
    };
    for variable in &mut variables {
        complete(server, &space, variable)?;
    }
    // Assumption: the values of a library set are a part of it.
    if text(&old, "OwnerId").starts_with("LibraryVariableSets-") {
        permissions::demand(server, request, "LibraryVariableSetEdit")?;
    }
    let unscoped = |variables: &[Value]| -> BTreeSet<String> {
        variables.iter().filter(|variable| is_unscoped(variable)).map(Value::to_string).collect()
    };
    if unscoped(&variables) != unscoped(old["Variables"].as_array().map_or(&[], Vec::as_slice)) {
        permissions::demand(server, request, "VariableEditUnscoped")?;
    }
    let mut document = Map::new();
    for field in ["Id", "OwnerId", "SpaceId"] {
        document.insert(field.into(), old[field].clone());
    }
    document.insert("Variables".into(), Value::Array(variables));
    document.insert("Version".into(), json!(old["Version"].as_i64().unwrap_or_default() + 1));
    // Unknown fields stay, as everywhere; what the server computes does not.
    fields.retain(|name, _| name != "ScopeValues" && !document.contains_key(name));
    document.extend(fields);
    server.store.keep(&space, "variables", Value::Object(document));
    let stored = find(server, &space, id)?;
    let mut shown = stored.clone();
    // The answer to a PUT has no usable scope values: clients read the set again.
    shown["ScopeValues"] = json!({});
    shown["Links"] = json!({"Self": format!("/api/{space}/variables/{}", text(stored, "Id"))});
    Ok(Answer::ok(shown))
}

pub(crate) fn complete(server: &Server, space: &str, variable: &mut Value) -> Result<(), Answer> {
    let Value::Object(fields) = variable else {
        return Err(Answer::bad_request("A variable must be a JSON object."));
    };
    if fields.get("Name").and_then(Value::as_str).unwrap_or_default().is_empty() {
        return Err(Answer::bad_request("Please provide a name for each variable."));
    }
    if fields.get("Id").and_then(Value::as_str).unwrap_or_default().is_empty() {
        fields.insert("Id".into(), json!(new_uuid()));
    }
    let is_sensitive =
        fields.get("IsSensitive") == Some(&json!(true)) || fields.get("Type") == Some(&json!("Sensitive"));
    fill(
        fields,
        &json!({"Description": null, "IsEditable": true, "IsSensitive": is_sensitive, "Prompt": null, "Scope": {},
                "Type": if is_sensitive { "Sensitive" } else { "String" }, "Value": null}),
    );
    if let Some(Value::Object(scope)) = fields.get_mut("Scope") {
        scope.retain(|_, ids| ids.as_array().is_some_and(|ids| !ids.is_empty()));
    }
    for (kind, collection) in [
        ("Environment", "environments"),
        ("Machine", "machines"),
        ("Channel", "channels"),
        ("TenantTag", "tagsets"),
    ] {
        for id in texts(&fields["Scope"], kind) {
            check_reference(server, space, collection, id)?;
        }
    }
    Ok(())
}

/// `…/variables/names?project=`: the names that a project's runs can know.
fn names(server: &Server, request: &Request) -> Outcome {
    let project = request.query("project").unwrap_or_default();
    let mut owners = crate::projects::included_sets(server, &request.space, project);
    owners.push(project.to_owned());
    let names: BTreeSet<&str> = owners
        .iter()
        .filter_map(|owner| server.store.get(&request.space, "variables", &format!("variableset-{owner}")))
        .flat_map(|set| set["Variables"].as_array().into_iter().flatten())
        .map(|variable| text(variable, "Name"))
        .collect();
    Ok(Answer::ok(json!(names)))
}
