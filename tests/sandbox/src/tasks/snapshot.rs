//! Runbook snapshots: frozen copies of process, variables and package versions, and their publishing.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::answer::{Answer, Outcome};
use crate::paging;
use crate::request::{Method, Request, encode};
use crate::server::Server;
use crate::store::{Store, new_uuid, now, number_of, text, texts};

pub(crate) const SNAPSHOTS: &str = "runbooksnapshots";
/// Where frozen variable sets are kept.
pub(crate) const FROZEN_SETS: &str = "variablesnapshots";

pub(crate) fn route(server: &mut Server, request: &Request) -> Option<Outcome> {
    let (method, route) = request.route();
    // Below a project the same addresses exist again.
    let (from, route) = match route.as_slice() {
        ["projects", _, rest @ ..] if rest.first().is_some_and(|first| is_ours(first)) => (2, rest.to_vec()),
        _ => (0, route),
    };
    let project = (from == 2).then(|| request.at(1).to_owned());
    Some(match (method, route.as_slice()) {
        (Method::Get, ["runbookprocesses" | "runbooks", _, "runbooksnapshottemplate"]) => {
            template(server, request, request.at(from + 1))
        }
        (Method::Post, [SNAPSHOTS]) => create(server, request),
        (Method::Get, [SNAPSHOTS]) => {
            let project =
                project.map(|project| find_project(&server.store, &request.space, &project)).transpose();
            project.map(|project| list(server, request, "ProjectId", project.as_deref()))
        }
        (Method::Get, ["runbooks", _, SNAPSHOTS]) => {
            let id = find_runbook(server, request, request.at(from + 1))
                .map(|runbook| text(runbook, "Id").to_owned());
            id.map(|id| list(server, request, "RunbookId", Some(&id)))
        }
        (Method::Get, [SNAPSHOTS, _]) => find(&server.store, &request.space, request.at(from + 1))
            .map(|snapshot| Answer::ok(show(snapshot))),
        (Method::Put, [SNAPSHOTS, _]) => rename(server, request, request.at(from + 1)),
        (Method::Delete, [SNAPSHOTS, _]) => delete(server, request, request.at(from + 1)),
        (Method::Post, [SNAPSHOTS, _, "snapshot-variables"]) => {
            refresh(server, request, request.at(from + 1))
        }
        (Method::Post, [SNAPSHOTS, _, "snapshot-variables", "v1"]) => {
            refresh(server, request, request.at(from + 1)).map(|mut answer| {
                if let crate::answer::Content::Json(resource) = answer.content {
                    answer.content = crate::answer::Content::Json(json!({"Resource": resource}));
                }
                answer
            })
        }
        _ => return None,
    })
}

fn is_ours(segment: &str) -> bool {
    matches!(segment, "runbookprocesses" | "runbooks" | SNAPSHOTS)
}

fn find_project(store: &Store, space: &str, id: &str) -> Result<String, Answer> {
    let found = store
        .get(space, "projects", id)
        .or_else(|| store.find(space, "projects", "Slug", &id.to_lowercase()));
    found.map(|project| text(project, "Id").to_owned()).ok_or_else(|| Answer::no_document(id))
}

/// A runbook by its own id or by that of its process; refused where runbooks are stored in Git.
pub(crate) fn find_runbook<'a>(server: &'a Server, request: &Request, id: &str) -> Result<&'a Value, Answer> {
    let store = &server.store;
    let own = id.get(.."RunbookProcess-".len()).filter(|start| start.eq_ignore_ascii_case("RunbookProcess-"));
    let id = own.map_or(id, |start| &id[start.len()..]);
    let runbook = store
        .get(&request.space, "runbooks", id)
        .or_else(|| store.find(&request.space, "runbooks", "Slug", &id.to_lowercase()))
        .ok_or_else(|| Answer::no_document(id))?;
    refuse_git(store, &request.space, text(runbook, "ProjectId"))?;
    Ok(runbook)
}

/// Runbooks that are stored in Git have no snapshots and answer on other routes only.
fn refuse_git(store: &Store, space: &str, project: &str) -> Result<(), Answer> {
    let settings =
        store.get(space, "projects", project).map_or(&Value::Null, |project| &project["PersistenceSettings"]);
    if settings["Type"] == "VersionControlled" && settings["ConversionState"]["RunbooksAreInGit"] == true {
        return Err(crate::git::no_git_ref());
    }
    Ok(())
}

/// A snapshot by id, or by name.
pub(crate) fn find<'a>(store: &'a Store, space: &str, id: &str) -> Result<&'a Value, Answer> {
    store
        .get(space, SNAPSHOTS, id)
        .or_else(|| {
            store
                .all(space, SNAPSHOTS)
                .map(|(_, snapshot)| snapshot)
                .find(|snapshot| text(snapshot, "Name").eq_ignore_ascii_case(id))
        })
        .ok_or_else(|| Answer::no_document(id))
}

fn show(snapshot: &Value) -> Value {
    let mut shown = snapshot.clone();
    let own = format!("/api/{}/runbookSnapshots/{}", text(snapshot, "SpaceId"), encode(text(snapshot, "Id")));
    if let Value::Object(fields) = &mut shown {
        fields.insert(
            "Links".into(),
            json!({"Self": own, "SnapshotVariables": format!("{own}/snapshot-variables"),
                   "RunbookRunTemplate": format!("{own}/runbookRuns/template"),
                   "RunbookRunPreview": format!("{own}/runbookRuns/preview/{{environment}}{{/tenant}}{{?includeDisabledSteps}}")}),
        );
    }
    shown
}

fn list(server: &Server, request: &Request, field: &str, wanted: Option<&str>) -> Answer {
    let mut snapshots: Vec<&Value> = server
        .store
        .all(&request.space, SNAPSHOTS)
        .map(|(_, snapshot)| snapshot)
        .filter(|snapshot| {
            wanted.is_none_or(|wanted| snapshot[field] == wanted) && paging::matches(request, snapshot)
        })
        .filter(|snapshot| {
            request
                .query("searchByName")
                .is_none_or(|part| text(snapshot, "Name").to_lowercase().contains(&part.to_lowercase()))
        })
        .collect();
    // Newest first.
    snapshots.sort_by_key(|snapshot| std::cmp::Reverse(number_of(text(snapshot, "Id"))));
    paging::page(request, "RunbookSnapshot", &snapshots, show)
}

/// A package that an action of the process needs.
pub(crate) struct PackageNeed {
    pub(crate) action: String,
    pub(crate) reference: String,
    pub(crate) package: String,
    pub(crate) feed: String,
    fixed: Value,
}

impl PackageNeed {
    /// Whether the step says the version.
    pub(crate) fn is_fixed(&self) -> bool {
        self.fixed.as_str().is_some_and(|version| !version.is_empty())
    }
}

/// The packages of all enabled actions.
pub(crate) fn package_needs(process: &Value) -> Vec<PackageNeed> {
    let steps = process["Steps"].as_array().into_iter().flatten();
    let actions = steps.flat_map(|step| step["Actions"].as_array().into_iter().flatten());
    actions.filter(|action| action["IsDisabled"] != true).flat_map(package_needs_of).collect()
}

pub(crate) fn package_needs_of(action: &Value) -> Vec<PackageNeed> {
    let packages = action["Packages"].as_array().into_iter().flatten();
    packages
        .map(|package| {
            // A deferred reference may have its package only in the parameter's value.
            let parameter = text(&package["Properties"], "PackageParameterName");
            let chosen: Value =
                serde_json::from_str(text(&action["Properties"], parameter)).unwrap_or_default();
            let either = |field: &str| match text(package, field) {
                "" => text(&chosen, field).to_owned(),
                own => own.to_owned(),
            };
            PackageNeed {
                action: text(action, "Name").to_owned(),
                reference: text(package, "Name").to_owned(),
                package: either("PackageId"),
                feed: either("FeedId"),
                fixed: package["Version"].clone(),
            }
        })
        .collect()
}

/// The next free name. Real ones have random letters; a counter is as good and the same each time.
fn next_name(store: &Store, space: &str, runbook: &str) -> String {
    let taken: BTreeSet<&str> = store
        .all(space, SNAPSHOTS)
        .map(|(_, snapshot)| snapshot)
        .filter(|snapshot| snapshot["RunbookId"] == runbook)
        .map(|snapshot| text(snapshot, "Name"))
        .collect();
    (1..)
        .map(|number| format!("Snapshot {number:05}"))
        .find(|name| !taken.contains(name.as_str()))
        .unwrap_or_default()
}

fn template(server: &Server, request: &Request, id: &str) -> Outcome {
    let runbook = find_runbook(server, request, id)?;
    let (store, space) = (&server.store, request.space.as_str());
    let process = text(runbook, "RunbookProcessId");
    let last = store
        .get(space, SNAPSHOTS, text(runbook, "PublishedRunbookSnapshotId"))
        .map_or(&Value::Null, |snapshot| &snapshot["SelectedPackages"]);
    let process = store.get(space, "runbookprocesses", process).cloned().unwrap_or_default();
    Ok(Answer::ok(template_of(server, space, runbook, &process, last)))
}

/// What has to be chosen for a snapshot of this process. `last`: the packages of the snapshot before.
pub(crate) fn template_of(
    server: &Server,
    space: &str,
    runbook: &Value,
    process: &Value,
    last: &Value,
) -> Value {
    let needs = package_needs(process);
    let packages: Vec<Value> = needs
        .iter()
        .map(|need| {
            let feed = crate::documents::find(server, space, "feeds", &need.feed).ok();
            let resolvable = !need.package.contains("#{") && !need.feed.contains("#{");
            json!({
                "ActionName": need.action, "StepName": need.action, "PackageReferenceName": need.reference,
                "PackageId": need.package, "FeedId": feed.map_or(need.feed.as_str(), |feed| text(feed, "Id")),
                "FeedName": feed.map_or("", |feed| text(feed, "Name")), "IsResolvable": resolvable,
                "FixedVersion": need.fixed, "VersionSelectedLastRelease": selected(last, &need.action, &need.reference),
                "ProjectName": null,
            })
        })
        .collect();
    json!({
        "NextNameIncrement": next_name(&server.store, space, text(runbook, "Id")), "RunbookId": runbook["Id"],
        "RunbookProcessId": runbook["RunbookProcessId"], "Packages": packages, "GitResources": [],
    })
}

/// The version that a list of selected packages has for a reference.
pub(crate) fn selected(list: &Value, action: &str, reference: &str) -> Option<String> {
    list.as_array()?
        .iter()
        .find(|item| {
            let named = [text(item, "ActionName"), text(item, "StepName")];
            named.iter().any(|name| name.eq_ignore_ascii_case(action))
                && text(item, "PackageReferenceName").eq_ignore_ascii_case(reference)
        })
        .map(|item| text(item, "Version").to_owned())
        .filter(|version| !version.is_empty())
}

fn create(server: &mut Server, request: &Request) -> Outcome {
    let fields = Value::Object(request.object()?);
    let space = request.space.as_str();
    refuse_git(&server.store, space, text(&fields, "ProjectId"))?;
    let runbook = find_runbook(server, request, text(&fields, "RunbookId"))?.clone();
    let packages = match &fields["SelectedPackages"] {
        Value::Null => json!([]),
        list @ Value::Array(_) => list.clone(),
        // What the server really does with an empty object, as PowerShell writes an empty list.
        _ => return Err(Answer::json(500, json!({"ErrorMessage": "An unexpected error occurred."}))),
    };
    let process_id = text(&runbook, "RunbookProcessId").to_owned();
    let Some(process) = server.store.get(space, "runbookprocesses", &process_id).cloned() else {
        return Err(Answer::no_document(&process_id));
    };
    if process["Steps"].as_array().is_none_or(Vec::is_empty) {
        return Err(Answer::bad_request(
            "The runbook process has no steps. Add a step before you create a snapshot.",
        ));
    }
    for need in package_needs(&process) {
        if !need.is_fixed() && selected(&packages, &need.action, &need.reference).is_none() {
            return Err(Answer::bad_request(format!(
                "No package version was specified for the step {}",
                need.action
            )));
        }
    }
    let name = match text(&fields, "Name").trim() {
        "" => next_name(&server.store, space, text(&runbook, "Id")),
        name => name.to_owned(),
    };
    let taken = server.store.all(space, SNAPSHOTS).any(|(_, snapshot)| {
        snapshot["RunbookId"] == runbook["Id"] && text(snapshot, "Name").eq_ignore_ascii_case(&name)
    });
    if taken {
        return Err(Answer::bad_request(format!(
            "A snapshot with the name '{name}' already exists for this runbook. Please choose a different name."
        )));
    }
    let id = server.store.next_id("RunbookSnapshots");
    let frozen_process = format!("{process_id}-s-{}-{id}", process["Version"]);
    freeze(&mut server.store, space, "runbookprocesses", &process_id, "runbookprocesses", &frozen_process);
    let mut snapshot = Map::new();
    for (field, value) in [
        ("Id", json!(id)),
        ("SpaceId", json!(space)),
        ("ProjectId", runbook["ProjectId"].clone()),
        ("RunbookId", runbook["Id"].clone()),
        ("Name", json!(name)),
        ("Notes", fields["Notes"].clone()),
        ("Assembled", json!(now())),
        ("FrozenRunbookProcessId", json!(frozen_process)),
        ("SelectedPackages", packages),
        (
            "SelectedGitResources",
            if fields["SelectedGitResources"].is_array() {
                fields["SelectedGitResources"].clone()
            } else {
                json!([])
            },
        ),
    ] {
        snapshot.insert(field.to_owned(), value);
    }
    snapshot.extend(freeze_variables(
        &mut server.store,
        space,
        text(&runbook, "ProjectId"),
        &id,
        FROZEN_SETS,
    ));
    let snapshot = Value::Object(snapshot);
    server.store.put(space, SNAPSHOTS, snapshot.clone());
    // Any text publishes, also "false"; so does a bare `true` in the body.
    let body = !matches!(&fields["Publish"], Value::Null | Value::Bool(false))
        && fields["Publish"].as_str().is_none_or(|text| !text.trim().is_empty());
    let asked = body || request.query("publish").is_some_and(|text| !text.trim().is_empty());
    if asked && let Some(runbook) = server.store.get_mut(space, "runbooks", text(&runbook, "Id")) {
        runbook["PublishedRunbookSnapshotId"] = json!(id);
    }
    Ok(Answer::created(show(&snapshot)))
}

/// Copies a document, secrets included, under a new id.
fn freeze(store: &mut Store, space: &str, from: &str, id: &str, to: &str, frozen: &str) {
    let Some(mut document) = store.get(space, from, id).cloned() else { return };
    document["Id"] = json!(frozen);
    store.put(space, to, document);
    store.secrets.copy(id, frozen);
}

/// Freezes the project's variables and those of its library sets. Returns the fields that name the copies.
pub(crate) fn freeze_variables(
    store: &mut Store,
    space: &str,
    project: &str,
    snapshot: &str,
    to: &str,
) -> Map<String, Value> {
    let project = store.get(space, "projects", project).cloned().unwrap_or_default();
    let mut frozen_of = |set: &str| {
        let version =
            store.get(space, "variables", set).map_or(0, |set| set["Version"].as_u64().unwrap_or_default());
        let frozen = format!("{set}-s-{version}-{snapshot}");
        freeze(store, space, "variables", set, to, &frozen);
        frozen
    };
    let own = frozen_of(text(&project, "VariableSetId"));
    let sets: Vec<String> = texts(&project, "IncludedLibraryVariableSetIds")
        .map(|id| frozen_of(&format!("variableset-{id}")))
        .collect();
    let mut fields = Map::new();
    fields.insert("FrozenProjectVariableSetId".into(), json!(own));
    fields.insert("ProjectVariableSetSnapshotId".into(), json!(own));
    fields.insert("LibraryVariableSetSnapshotIds".into(), json!(sets));
    fields.insert("VariableSnapshotConcurrencyToken".into(), json!(new_uuid()));
    fields
}

/// What has changed since a snapshot was made.
pub(crate) struct Staleness {
    pub(crate) process: bool,
    pub(crate) variables: bool,
    pub(crate) library_sets: bool,
}

pub(crate) fn staleness(store: &Store, space: &str, snapshot: &Value) -> Staleness {
    let version = |collection: &str, id: &str| {
        store.get(space, collection, id).map(|document| document["Version"].clone())
    };
    let project = store.get(space, "projects", text(snapshot, "ProjectId")).cloned().unwrap_or_default();
    let runbook = store.get(space, "runbooks", text(snapshot, "RunbookId")).cloned().unwrap_or_default();
    // A link that leads nowhere has nothing that could be changed.
    let linked: Vec<(String, Option<Value>)> = texts(&project, "IncludedLibraryVariableSetIds")
        .map(|id| (id.to_owned(), version("variables", &format!("variableset-{id}"))))
        .filter(|(_, version)| version.is_some())
        .collect();
    let frozen: Vec<(String, Option<Value>)> = texts(snapshot, "LibraryVariableSetSnapshotIds")
        .filter_map(|id| store.get(space, FROZEN_SETS, id))
        .map(|set| (text(set, "OwnerId").to_owned(), Some(set["Version"].clone())))
        .collect();
    Staleness {
        process: version("runbookprocesses", text(&runbook, "RunbookProcessId"))
            != version("runbookprocesses", text(snapshot, "FrozenRunbookProcessId")),
        variables: version("variables", text(&project, "VariableSetId"))
            != version(FROZEN_SETS, text(snapshot, "FrozenProjectVariableSetId")),
        library_sets: linked != frozen,
    }
}

/// Freezes the variables anew; the process and the packages stay.
fn refresh(server: &mut Server, request: &Request, id: &str) -> Outcome {
    let space = request.space.as_str();
    let body = request.value()?;
    let mut snapshot = find(&server.store, space, id)?.clone();
    let token = text(&body, "VariableSnapshotConcurrencyToken");
    if !token.is_empty() && snapshot["VariableSnapshotConcurrencyToken"] != token {
        return Err(Answer::conflict(
            "The variables of this snapshot were updated by somebody else. Refresh and try again.",
        ));
    }
    if staleness(&server.store, space, &snapshot).process {
        return Err(Answer::bad_request(
            "The variables of this snapshot can't be updated, because the runbook process has been modified since it was created. Create a new snapshot instead.",
        ));
    }
    let id = text(&snapshot, "Id").to_owned();
    for old in frozen_sets(&snapshot) {
        server.store.remove(space, FROZEN_SETS, &old);
    }
    let fresh = freeze_variables(&mut server.store, space, text(&snapshot, "ProjectId"), &id, FROZEN_SETS);
    if let Value::Object(fields) = &mut snapshot {
        fields.extend(fresh);
    }
    server.store.put(space, SNAPSHOTS, snapshot.clone());
    Ok(Answer::ok(show(&snapshot)))
}

pub(crate) fn frozen_sets(snapshot: &Value) -> Vec<String> {
    let own = text(snapshot, "FrozenProjectVariableSetId");
    std::iter::once(own)
        .chain(texts(snapshot, "LibraryVariableSetSnapshotIds"))
        .map(ToOwned::to_owned)
        .collect()
}

fn rename(server: &mut Server, request: &Request, id: &str) -> Outcome {
    let fields = Value::Object(request.object()?);
    let mut snapshot = find(&server.store, &request.space, id)?.clone();
    for field in ["Name", "Notes"] {
        if !fields[field].is_null() {
            snapshot[field] = fields[field].clone();
        }
    }
    server.store.put(&request.space, SNAPSHOTS, snapshot.clone());
    Ok(Answer::ok(show(&snapshot)))
}

/// Deletes a snapshot with its frozen copies, its runs and their tasks.
fn delete(server: &mut Server, request: &Request, id: &str) -> Outcome {
    let space = request.space.as_str();
    let snapshot = find(&server.store, space, id)?.clone();
    let id = text(&snapshot, "Id");
    let published = server.store.find(space, "runbooks", "PublishedRunbookSnapshotId", id).is_some();
    if published {
        return Err(Answer::bad_request("This snapshot is published and can't be deleted."));
    }
    let runs: Vec<(String, String)> = server
        .store
        .all(space, "runbookruns")
        .filter(|(_, run)| run["RunbookSnapshotId"] == id)
        .map(|(run, document)| (run.clone(), text(document, "TaskId").to_owned()))
        .collect();
    for (run, task) in runs {
        server.store.remove(space, "runbookruns", &run);
        server.store.remove(space, "tasks", &task);
        server.tasks.logs.remove(&task);
        server.tasks.inputs.remove(&task);
    }
    for set in frozen_sets(&snapshot) {
        server.store.remove(space, FROZEN_SETS, &set);
    }
    server.store.remove(space, "runbookprocesses", text(&snapshot, "FrozenRunbookProcessId"));
    server.store.remove(space, SNAPSHOTS, id);
    Ok(Answer::nothing())
}
