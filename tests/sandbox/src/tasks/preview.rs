//! Before a run: where a runbook may run, what has changed since its snapshot, what it asks for at prompts.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::snapshot::{self, FROZEN_SETS, SNAPSHOTS};
use super::variable::{self, Source};
use crate::answer::{Answer, Outcome};
use crate::git;
use crate::paging;
use crate::request::{Method, Request};
use crate::server::Server;
use crate::store::{Store, text, texts};
use crate::worker::scope::{Candidate, Place};

pub(crate) fn route(server: &mut Server, request: &Request) -> Option<Outcome> {
    let (method, route) = request.route();
    let (from, route) = match route.as_slice() {
        ["projects", _, rest @ ..]
            if rest.first().is_some_and(|first| matches!(*first, "runbooks" | "runbookruns" | SNAPSHOTS)) =>
        {
            (2, rest.to_vec())
        }
        _ => (0, route),
    };
    let id = request.at(from + 1);
    Some(match (method, route.as_slice()) {
        (Method::Get, [SNAPSHOTS, _, "runbookruns", "template"]) => run_template(server, request, id),
        (Method::Get, ["runbooks", _, "runbookruntemplate"]) => draft_template(server, request, id),
        (Method::Get, ["runbooks", _, "environments"]) => environments(server, request, id),
        (Method::Get, ["runbooks", _, "environments", "v2"]) => {
            environments(server, request, id).map(|mut answer| {
                if let crate::answer::Content::Json(list) = answer.content {
                    answer.content = crate::answer::Content::Json(json!({"Environments": list}));
                }
                answer
            })
        }
        (Method::Get, [SNAPSHOTS | "runbooks", _, "runbookruns", "preview", _]) => {
            preview(server, request, route[0], id, request.at(from + 4), "").map(Answer::ok)
        }
        (Method::Get, [SNAPSHOTS | "runbooks", _, "runbookruns", "preview", _, _]) => {
            preview(server, request, route[0], id, request.at(from + 4), request.at(from + 5)).map(Answer::ok)
        }
        (Method::Post, [SNAPSHOTS | "runbooks", _, "runbookruns", "previews"]) => {
            previews(server, request, route[0], id)
        }
        _ => return None,
    })
}

/// The environments of a runbook, by its scope.
pub(crate) fn allowed_environments(store: &Store, space: &str, runbook: &Value) -> Vec<Value> {
    let all = || -> Vec<String> { store.all(space, "environments").map(|(id, _)| id.clone()).collect() };
    let ids: Vec<String> = match text(runbook, "EnvironmentScope") {
        "Specified" => texts(runbook, "Environments").map(ToOwned::to_owned).collect(),
        "FromProjectLifecycles" => {
            let project = text(runbook, "ProjectId");
            let own =
                store.get(space, "projects", project).map(|project| text(project, "LifecycleId").to_owned());
            let channels = store
                .all(space, "channels")
                .filter(|(_, channel)| channel["ProjectId"] == project)
                .map(|(_, channel)| text(channel, "LifecycleId").to_owned());
            let mut ids = Vec::new();
            for lifecycle in
                own.into_iter().chain(channels).filter_map(|id| store.get(space, "lifecycles", &id))
            {
                let phases: Vec<&Value> = lifecycle["Phases"].as_array().into_iter().flatten().collect();
                if phases.is_empty() {
                    ids.extend(all());
                }
                for phase in phases {
                    for list in ["AutomaticDeploymentTargets", "OptionalDeploymentTargets"] {
                        ids.extend(texts(phase, list).map(ToOwned::to_owned));
                    }
                }
            }
            ids
        }
        _ => all(),
    };
    let mut found: Vec<&Value> = Vec::new();
    for id in ids {
        if let Some(environment) = store.get(space, "environments", &id)
            && !found.iter().any(|known| known["Id"] == environment["Id"])
        {
            found.push(environment);
        }
    }
    paging::sort(&mut found);
    found.into_iter().cloned().collect()
}

fn environments(server: &Server, request: &Request, id: &str) -> Outcome {
    let runbook = snapshot::find_runbook(server, request, id)?;
    Ok(Answer::ok(Value::Array(allowed_environments(&server.store, &request.space, runbook))))
}

fn tenants_of(store: &Store, space: &str, project: &str) -> Vec<Value> {
    store
        .all(space, "tenants")
        .map(|(_, tenant)| tenant)
        .filter(|tenant| tenant["IsDisabled"] != true && tenant["ProjectEnvironments"].get(project).is_some())
        .map(|tenant| {
            let environments: Vec<Value> =
                texts(&tenant["ProjectEnvironments"], project).map(|id| json!({"Id": id})).collect();
            json!({"Id": tenant["Id"], "Name": tenant["Name"], "PromoteTo": environments})
        })
        .collect()
}

fn run_template(server: &Server, request: &Request, id: &str) -> Outcome {
    let (store, space) = (&server.store, request.space.as_str());
    let snapshot = snapshot::find(store, space, id)?;
    let runbook = snapshot::find_runbook(server, request, text(snapshot, "RunbookId"))?;
    let stale = snapshot::staleness(store, space, snapshot);
    let promote: Vec<Value> = allowed_environments(store, space, runbook)
        .iter()
        .map(|environment| json!({"Id": environment["Id"], "Name": environment["Name"]}))
        .collect();
    Ok(Answer::ok(json!({
        "RunbookSnapshotId": snapshot["Id"], "IsRunbookProcessModified": stale.process, "IsVariableSetModified": stale.variables,
        "IsLibraryVariableSetModified": stale.library_sets, "IsGitResourceModified": false, "PromoteTo": promote,
        "TenantPromotions": tenants_of(store, space, text(snapshot, "ProjectId")),
        "VariableSnapshotConcurrencyToken": snapshot["VariableSnapshotConcurrencyToken"],
    })))
}

fn draft_template(server: &Server, request: &Request, id: &str) -> Outcome {
    let runbook = snapshot::find_runbook(server, request, id)?;
    Ok(Answer::ok(promotions(server, &request.space, runbook)))
}

/// Where a runbook may run, and for whom.
pub(crate) fn promotions(server: &Server, space: &str, runbook: &Value) -> Value {
    let store = &server.store;
    let promote: Vec<Value> = allowed_environments(store, space, runbook)
        .iter()
        .map(|environment| json!({"Id": environment["Id"], "Name": environment["Name"]}))
        .collect();
    json!({
        "RunbookId": runbook["Id"], "PromoteTo": promote, "TenantPromotions": tenants_of(store, space, text(runbook, "ProjectId")),
    })
}

// --- Variables and preview ----------------------------------------------------------------------------------

/// Where a snapshot's variables are.
pub(crate) fn source_of(snapshot: &Value) -> Source {
    Source {
        collection: if snapshot["GitReference"].is_object() { git::run::FROZEN_SETS } else { FROZEN_SETS },
        project_set: text(snapshot, "FrozenProjectVariableSetId").to_owned(),
        library_sets: texts(snapshot, "LibraryVariableSetSnapshotIds").map(ToOwned::to_owned).collect(),
        project: text(snapshot, "ProjectId").to_owned(),
    }
}

/// Where the variables of a runbook's draft are.
fn source_of_draft(store: &Store, space: &str, runbook: &Value) -> Source {
    let project = store.get(space, "projects", text(runbook, "ProjectId")).cloned().unwrap_or_default();
    Source {
        collection: "variables",
        project_set: text(&project, "VariableSetId").to_owned(),
        library_sets: texts(&project, "IncludedLibraryVariableSetIds")
            .map(|id| format!("variableset-{id}"))
            .collect(),
        project: text(&project, "Id").to_owned(),
    }
}

pub(crate) fn place_of(store: &Store, space: &str, environment: &str, tenant: &str, runbook: &str) -> Place {
    let tags = store
        .get(space, "tenants", tenant)
        .map(|tenant| texts(tenant, "TenantTags").map(ToOwned::to_owned).collect());
    Place {
        environment: environment.to_owned(),
        tenant: Some(tenant.to_owned()).filter(|tenant| !tenant.is_empty()),
        tenant_tags: tags.unwrap_or_default(),
        runbook: runbook.to_owned(),
        ..Place::default()
    }
}

/// The prompted variables in scope. One element per variable, also where a value of another scope would win.
pub(super) fn prompts<'a>(candidates: &'a [Candidate], place: &Place) -> Vec<&'a Candidate> {
    candidates.iter().filter(|candidate| candidate.prompt.is_object() && candidate.fits(place)).collect()
}

fn preview(
    server: &Server,
    request: &Request,
    kind: &str,
    id: &str,
    environment: &str,
    tenant: &str,
) -> Result<Value, Answer> {
    let (store, space) = (&server.store, request.space.as_str());
    let (runbook, process, source) = if kind == SNAPSHOTS {
        let snapshot = snapshot::find(store, space, id)?;
        let runbook = snapshot::find_runbook(server, request, text(snapshot, "RunbookId"))?;
        (runbook, text(snapshot, "FrozenRunbookProcessId"), source_of(snapshot))
    } else {
        let runbook = snapshot::find_runbook(server, request, id)?;
        (runbook, text(runbook, "RunbookProcessId"), source_of_draft(store, space, runbook))
    };
    let process = store.get(space, "runbookprocesses", process).cloned().unwrap_or_default();
    preview_of(server, request, (runbook, &process, &source), environment, tenant)
}

/// What a run of this runbook with these variables would ask for and do.
pub(crate) fn preview_of(
    server: &Server,
    request: &Request,
    (runbook, process, source): (&Value, &Value, &Source),
    environment: &str,
    tenant: &str,
) -> Result<Value, Answer> {
    let (store, space) = (&server.store, request.space.as_str());
    let environment =
        store.get(space, "environments", environment).ok_or_else(|| Answer::no_document(environment))?;
    let place = place_of(store, space, text(environment, "Id"), tenant, text(runbook, "Id"));
    let candidates = variable::candidates(store, space, source, place.tenant.as_deref(), &BTreeMap::new());
    let mut elements = Vec::new();
    let mut values = serde_json::Map::new();
    for prompt in prompts(&candidates, &place) {
        let required = prompt.prompt["Required"] == true;
        elements.push(json!({
            "Name": prompt.id, "IsValueRequired": required,
            "Control": {"Type": "VariableValue", "Name": prompt.name, "Label": prompt.prompt["Label"],
                        "Description": prompt.prompt["Description"], "Required": required,
                        "IsSecure": prompt.sensitive, "DisplaySettings": prompt.prompt["DisplaySettings"]},
        }));
        let default = if prompt.sensitive { Value::Null } else { json!(prompt.value) };
        values.insert(prompt.id.clone(), default);
    }
    let with_disabled = request.query_flag("includeDisabledSteps") == Some(true);
    let mut steps = Vec::new();
    for (index, step) in process["Steps"].as_array().into_iter().flatten().enumerate() {
        for action in step["Actions"].as_array().into_iter().flatten() {
            let disabled = action["IsDisabled"] == true;
            if disabled && !with_disabled || !super::execute::is_for(action, &place) {
                continue;
            }
            let targets = !text(&step["Properties"], "Octopus.Action.TargetRoles").is_empty()
                && text(&action["Properties"], "Octopus.Action.RunOnServer") != "true";
            steps.push(json!({
                "ActionId": action["Id"], "ActionName": action["Name"], "ActionNumber": (index + 1).to_string(),
                "Machines": [], "Roles": [], "HasNoApplicableMachines": targets, "CanBeSkipped": action["IsRequired"] != true,
                "IsDisabled": disabled,
            }));
        }
    }
    Ok(json!({
        "Form": {"Elements": elements, "Values": values}, "StepsToExecute": steps,
        "UseGuidedFailureModeByDefault": guided_by_default(runbook, environment),
    }))
}

pub(super) fn guided_by_default(runbook: &Value, environment: &Value) -> bool {
    match text(runbook, "DefaultGuidedFailureMode") {
        "On" => true,
        "EnvironmentDefault" => environment["UseGuidedFailure"] == true,
        _ => false,
    }
}

fn previews(server: &Server, request: &Request, kind: &str, id: &str) -> Outcome {
    let body = Value::Object(request.object()?);
    let wanted = body["DeploymentPreviews"].as_array().into_iter().flatten();
    let previews: Result<Vec<Value>, Answer> = wanted
        .map(|one| preview(server, request, kind, id, text(one, "EnvironmentId"), text(one, "TenantId")))
        .collect();
    Ok(Answer::ok(Value::Array(previews?)))
}
