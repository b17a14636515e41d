//! What a branch holds: `DeploymentProcess`, `DeploymentSettings`, `Variables`, `Runbooks` (each with its `Process`).

use serde_json::{Map, Value, json};

use super::{BRANCHES, branch};
use crate::answer::{Answer, Outcome};
use crate::collections::Fields;
use crate::documents::{self, fill, fill_choices};
use crate::paging;
use crate::request::{Method, Request, encode};
use crate::server::Server;
use crate::slugs::slug;
use crate::store::{Store, text};
use crate::{processes, projects, runbooks, variables};

/// What of the database belongs into Git, by the project's conversion state.
pub(super) fn of_database(store: &Store, space: &str, project: &Value) -> Map<String, Value> {
    let id = text(project, "Id");
    let state = &project["PersistenceSettings"]["ConversionState"];
    let get = |collection: &str, id: String| store.get(space, collection, &id).cloned().unwrap_or(json!({}));
    let mut settings = get("deploymentsettings", format!("deploymentsettings-{id}"));
    if let Value::Object(settings) = &mut settings {
        settings
            .retain(|name, _| !["Id", "ProjectId", "SpaceId", "ChangeDescription"].contains(&name.as_str()));
    }
    let steps = |process: Value| process.get("Steps").cloned().unwrap_or(json!([]));
    let mut content = Map::new();
    content.insert(
        "DeploymentProcess".into(),
        json!({"Steps": steps(get("deploymentprocesses", format!("deploymentprocess-{id}")))}),
    );
    content.insert("DeploymentSettings".into(), settings);
    let set = get("variables", format!("variableset-{id}"));
    let plain: Vec<Value> = set["Variables"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|variable| !is_sensitive(variable))
        .cloned()
        .collect();
    content.insert(
        "Variables".into(),
        if state["VariablesAreInGit"] == true { Value::Array(plain) } else { Value::Null },
    );
    let books: Vec<Value> = store
        .all(space, "runbooks")
        .map(|(_, runbook)| runbook)
        .filter(|runbook| state["RunbooksAreInGit"] == true && runbook["ProjectId"] == id)
        .map(|runbook| {
            let mut stored = runbook.clone();
            if let Value::Object(fields) = &mut stored {
                fields.retain(|name, _| !KEPT_OUT.contains(&name.as_str()));
            }
            stored["Process"] = json!({"Steps": steps(get("runbookprocesses", text(runbook, "RunbookProcessId").to_owned()))});
            stored
        })
        .collect();
    content.insert("Runbooks".into(), Value::Array(books));
    content
}

/// Fields of a runbook that follow from where it is.
const KEPT_OUT: [&str; 6] =
    ["Id", "ProjectId", "SpaceId", "RunbookProcessId", "PublishedRunbookSnapshotId", "ChangeDescription"];

/// Takes out of the database what has gone to Git.
pub(super) fn leave_database(server: &mut Server, space: &str, project: &str) -> Result<(), Answer> {
    if let Some(process) =
        server.store.get_mut(space, "deploymentprocesses", &format!("deploymentprocess-{project}"))
    {
        process["Steps"] = json!([]);
    }
    if let Some(set) = server.store.get_mut(space, "variables", &format!("variableset-{project}")) {
        if let Some(variables) = set["Variables"].as_array_mut() {
            variables.retain(is_sensitive);
        }
        set["Version"] = json!(set["Version"].as_i64().unwrap_or_default() + 1);
    }
    let books: Vec<String> = server
        .store
        .all(space, "runbooks")
        .filter(|(_, runbook)| runbook["ProjectId"] == project)
        .map(|(id, _)| id.clone())
        .collect();
    for id in books {
        runbooks::leaving(server, space, &id)?;
        server.store.remove(space, "runbooks", &id);
    }
    Ok(())
}

pub(super) fn is_sensitive(variable: &Value) -> bool {
    variable["IsSensitive"] == true || variable["Type"] == "Sensitive"
}

/// Whether a part of a document holds a secret. Assumption: a server refuses to commit one.
fn holds_secret(value: &Value) -> bool {
    match value {
        Value::Object(fields) => {
            fields.get("HasValue") == Some(&json!(true)) || fields.values().any(holds_secret)
        }
        Value::Array(items) => items.iter().any(holds_secret),
        _ => false,
    }
}

fn refuse_secrets(value: &Value) -> Result<(), Answer> {
    if holds_secret(value) {
        return Err(Answer::bad_request(
            "Sensitive values can't be stored in Git. Use a sensitive variable, which stays in the database.",
        ));
    }
    Ok(())
}

/// Writes a changed branch as a commit.
fn commit(server: &mut Server, space: &str, mut changed: Value, fields: &Value) {
    branch::commit(&mut changed, text(fields, "ChangeDescription"));
    server.store.put(space, BRANCHES, changed);
}

fn version(branch: &Value) -> usize {
    branch["Commits"].as_array().map_or(0, Vec::len)
}

/// The steps of a body, completed as in the database.
fn steps_of(server: &Server, space: &str, fields: &Value, old: &Value) -> Result<Value, Answer> {
    refuse_secrets(&fields["Steps"])?;
    let mut steps = fields["Steps"].as_array().cloned().unwrap_or_default();
    processes::complete_steps(server, space, &mut steps, old)?;
    Ok(json!({"Steps": steps}))
}

pub(super) fn process(server: &mut Server, request: &Request, project: &str) -> Outcome {
    let (space, reference) = (request.space.clone(), request.at(2).to_owned());
    if request.method == Method::Put {
        let document = documents::find(server, &space, "projects", project)?.clone();
        let mut changed = branch::to_change(&server.store, &space, &document, &reference)?;
        let fields = Value::Object(request.object()?);
        changed["DeploymentProcess"] = steps_of(server, &space, &fields, &changed["DeploymentProcess"])?;
        commit(server, &space, changed, &fields);
    }
    let branch = branch::find(&server.store, &space, project, &reference)?;
    let own = format!("/api/{space}/projects/{project}/{}", encode(&reference));
    Ok(Answer::ok(json!({
        "Id": format!("deploymentprocess-{project}"), "ProjectId": project, "SpaceId": space, "Version": version(branch),
        "LastSnapshotId": null, "Steps": branch["DeploymentProcess"]["Steps"],
        "Links": {"Self": format!("{own}/deploymentprocesses"), "Project": format!("/api/{space}/projects/{project}")},
    })))
}

pub(super) fn settings(server: &mut Server, request: &Request, project: &str) -> Outcome {
    let (space, reference) = (request.space.clone(), request.at(2).to_owned());
    if request.method == Method::Put {
        let document = documents::find(server, &space, "projects", project)?.clone();
        let mut changed = branch::to_change(&server.store, &space, &document, &reference)?;
        let mut fields = request.object()?;
        let body = Value::Object(fields.clone());
        fields
            .retain(|name, _| !["Id", "ProjectId", "SpaceId", "ChangeDescription"].contains(&name.as_str()));
        projects::fill_connectivity(fields.get_mut("ConnectivityPolicy"));
        projects::fill_strategies(&mut fields);
        fill(&mut fields, &changed["DeploymentSettings"]);
        changed["DeploymentSettings"] = Value::Object(fields);
        commit(server, &space, changed, &body);
    }
    let branch = branch::find(&server.store, &space, project, &reference)?;
    let mut shown = branch["DeploymentSettings"].clone();
    shown["Id"] = json!(format!("deploymentsettings-{project}"));
    shown["ProjectId"] = json!(project);
    shown["SpaceId"] = json!(space);
    shown["ChangeDescription"] = Value::Null;
    shown["Links"] = json!({
        "Self": format!("/api/{space}/projects/{project}/{}/deploymentsettings", encode(&reference)),
        "Project": format!("/api/{space}/projects/{project}"),
    });
    Ok(Answer::ok(shown))
}

/// The plain variables. Sensitive ones are in the database: `…/projects/{id}/variables`.
pub(super) fn variables(server: &mut Server, request: &Request, project: &Value) -> Outcome {
    let (space, reference, id) = (request.space.clone(), request.at(2).to_owned(), text(project, "Id"));
    let branch = branch::find(&server.store, &space, id, &reference)?;
    if branch["Variables"].is_null() {
        return Err(Answer::json(
            400,
            json!({"ErrorMessage": format!("The file '.octopus/variables.ocl' does not exist in the Git repository at '{reference}'.")}),
        ));
    }
    if request.method == Method::Put {
        let fields = Value::Object(request.object()?);
        let mut list = fields["Variables"].as_array().cloned().unwrap_or_default();
        if list.iter().any(is_sensitive) {
            refuse_secrets(&json!({"HasValue": true}))?;
        }
        for variable in &mut list {
            variables::complete(server, &space, variable)?;
        }
        let mut changed = branch::to_change(&server.store, &space, project, &reference)?;
        changed["Variables"] = Value::Array(list);
        commit(server, &space, changed, &fields);
    }
    let branch = branch::find(&server.store, &space, id, &reference)?;
    let mut scopes = variables::scope_values(server, &space, id);
    let own = |process: &Value| -> Vec<Value> {
        processes::actions(process)
            .map(|action| json!({"Id": action["Id"], "Name": action["Name"]}))
            .collect()
    };
    let mut actions = own(&branch["DeploymentProcess"]);
    for book in branch["Runbooks"].as_array().into_iter().flatten() {
        actions.extend(own(&book["Process"]));
        if let Some(processes) = scopes["Processes"].as_array_mut() {
            processes.push(json!({"Id": book["Slug"], "Name": book["Name"], "ProcessType": "Runbook"}));
        }
    }
    scopes["Actions"] = Value::Array(actions);
    Ok(Answer::ok(json!({
        "Id": format!("variableset-{id}"), "OwnerId": id, "SpaceId": space, "Version": version(branch),
        "Variables": branch["Variables"], "ScopeValues": scopes,
        "Links": {"Self": format!("/api/{space}/projects/{id}/{}/variables", encode(&reference))},
    })))
}

/// A runbook of a branch by its slug, also as a process is called.
pub(super) fn runbook<'a>(branch: &'a Value, wanted: &str) -> Result<&'a Value, Answer> {
    let slug = wanted.strip_prefix("RunbookProcess-").unwrap_or(wanted);
    branch["Runbooks"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|book| text(book, "Slug").eq_ignore_ascii_case(slug))
        .ok_or_else(|| Answer::no_document(wanted))
}

/// A runbook as the API shows it: its id is its slug.
pub(super) fn shown(branch: &Value, book: &Value, reference: &str) -> Value {
    let (space, project, slug) = (text(branch, "SpaceId"), text(branch, "ProjectId"), text(book, "Slug"));
    let own = format!("/api/{space}/projects/{project}/{}", encode(reference));
    let mut shown = book.clone();
    if let Value::Object(fields) = &mut shown {
        fields.shift_remove("Process");
    }
    for (field, value) in
        [("Id", slug), ("ProjectId", project), ("SpaceId", space), ("RunbookProcessId", slug)]
    {
        shown[field] = json!(value);
    }
    shown["PublishedRunbookSnapshotId"] = Value::Null;
    shown["Links"] = json!({
        "Self": format!("{own}/runbooks/{slug}"), "RunbookProcesses": format!("{own}/runbookProcesses/{slug}"),
        "RunbookSnapshotTemplate": format!("{own}/runbooks/{slug}/runbookSnapshotTemplate"),
    });
    shown
}

/// `…/{gitRef}/runbooks…` and `…/{gitRef}/runbookProcesses/{id}`.
pub(super) fn runbooks(server: &mut Server, request: &Request, project: &Value) -> Outcome {
    let (method, route) = request.route();
    let (space, reference, id) = (request.space.clone(), request.at(2).to_owned(), text(project, "Id"));
    let wanted = request.at(4).to_owned();
    match (method, &route[3..]) {
        (Method::Get, ["runbooks"]) => {
            let branch = branch::find(&server.store, &space, id, &reference)?;
            let books: Vec<Value> = branch["Runbooks"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|book| shown(branch, book, &reference))
                .filter(|book| paging::matches(request, book))
                .collect();
            let mut books: Vec<&Value> = books.iter().collect();
            paging::sort(&mut books);
            Ok(paging::page(request, "Runbook", &books, Clone::clone))
        }
        (Method::Post, ["runbooks"] | ["runbooks", "v2"]) => write_runbook(server, request, project, None),
        (Method::Put, ["runbooks", _]) => write_runbook(server, request, project, Some(&wanted)),
        (Method::Delete, ["runbooks", _]) => {
            let mut changed = branch::to_change(&server.store, &space, project, &reference)?;
            let slug = text(runbook(&changed, &wanted)?, "Slug").to_owned();
            if let Some(books) = changed["Runbooks"].as_array_mut() {
                books.retain(|book| text(book, "Slug") != slug);
            }
            let fields = Value::Object(request.object().unwrap_or_default());
            commit(server, &space, changed, &fields);
            Ok(Answer::ok(json!({})))
        }
        (Method::Get, ["runbooks", _]) => {
            let branch = branch::find(&server.store, &space, id, &reference)?;
            Ok(Answer::ok(shown(branch, runbook(branch, &wanted)?, &reference)))
        }
        (Method::Get | Method::Put, ["runbookprocesses", _]) => {
            runbook_process(server, request, project, &wanted)
        }
        _ => super::run::before(server, request, project),
    }
}

fn write_runbook(server: &mut Server, request: &Request, project: &Value, old: Option<&str>) -> Outcome {
    let (space, reference) = (request.space.clone(), request.at(2).to_owned());
    let mut changed = branch::to_change(&server.store, &space, project, &reference)?;
    let old = old.map(|wanted| runbook(&changed, wanted).cloned()).transpose()?;
    let mut fields: Fields = request.object()?;
    let body = Value::Object(fields.clone());
    fields.retain(|name, _| !KEPT_OUT.contains(&name.as_str()));
    fill_choices(&mut fields, &runbooks::defaults());
    fields.shift_remove("PublishedRunbookSnapshotId");
    projects::fill_connectivity(fields.get_mut("ConnectivityPolicy"));
    let name = fields.get("Name").and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    let books = changed["Runbooks"].as_array().cloned().unwrap_or_default();
    let others: Vec<&Value> =
        books.iter().filter(|book| old.as_ref().is_none_or(|old| old["Slug"] != book["Slug"])).collect();
    if name.is_empty() || others.iter().any(|book| text(book, "Name").eq_ignore_ascii_case(&name)) {
        return Err(Answer::bad_request(format!(
            "The name '{name}' is empty or already used by another runbook. Please choose a different name."
        )));
    }
    // A slug stays; it is the runbook's file.
    let own = match (&old, fields.get("Slug").and_then(Value::as_str)) {
        (Some(old), _) => text(old, "Slug").to_owned(),
        (None, Some(sent)) if !sent.is_empty() => sent.to_owned(),
        _ => slug(&name, |slug| others.iter().any(|book| text(book, "Slug") == slug)),
    };
    fields.insert("Slug".into(), json!(own));
    fields.insert("Process".into(), old.as_ref().map_or(json!({"Steps": []}), |old| old["Process"].clone()));
    let book = Value::Object(fields);
    if let Some(books) = changed["Runbooks"].as_array_mut() {
        books.retain(|book| text(book, "Slug") != own);
        books.push(book.clone());
        books.sort_by_key(|book| text(book, "Slug").to_owned());
    }
    let answer = shown(&changed, &book, &reference);
    commit(server, &space, changed, &body);
    Ok(if old.is_some() { Answer::ok(answer) } else { Answer::created(answer) })
}

fn runbook_process(server: &mut Server, request: &Request, project: &Value, wanted: &str) -> Outcome {
    let (space, reference, id) = (request.space.clone(), request.at(2).to_owned(), text(project, "Id"));
    if request.method == Method::Put {
        let mut changed = branch::to_change(&server.store, &space, project, &reference)?;
        let old = runbook(&changed, wanted)?.clone();
        let fields = Value::Object(request.object()?);
        let process = steps_of(server, &space, &fields, &old["Process"])?;
        for book in changed["Runbooks"].as_array_mut().into_iter().flatten() {
            if book["Slug"] == old["Slug"] {
                book["Process"] = process.clone();
            }
        }
        commit(server, &space, changed, &fields);
    }
    let branch = branch::find(&server.store, &space, id, &reference)?;
    let book = runbook(branch, wanted)?;
    let slug = text(book, "Slug");
    let own = format!("/api/{space}/projects/{id}/{}", encode(&reference));
    Ok(Answer::ok(json!({
        "Id": slug, "RunbookId": slug, "ProjectId": id, "SpaceId": space, "Version": version(branch), "LastSnapshotId": null,
        "Steps": book["Process"]["Steps"], "Links": {"Self": format!("{own}/runbookProcesses/{slug}")},
    })))
}
