//! Runbook runs: their preview, and the three addresses that start one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::snapshot::{self, FROZEN_SETS, SNAPSHOTS};
use super::variable::{self, Source};
use crate::answer::{Answer, Outcome};
use crate::paging;
use crate::permissions;
use crate::request::{Method, Request, encode};
use crate::server::Server;
use crate::store::{SERVER, Store, now, number_of, text, texts};
use crate::worker::scope::{Candidate, Place};

/// What a task needs to know beyond its run's document.
#[derive(Clone, Default)]
pub(crate) struct Input {
    pub(crate) run: String,
    /// Variable id → what was entered.
    pub(crate) answers: BTreeMap<String, String>,
    /// Ids of actions.
    pub(crate) skip: BTreeSet<String>,
    pub(crate) guided: bool,
}

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
        (Method::Post, ["runbookruns"]) => run_one(server, request),
        (Method::Post, ["runbooks", _, "run"]) => run_by_ids(server, request, id),
        (Method::Post, ["runbook-runs", "create", "v1"]) => run_by_names(server, request),
        (Method::Get, ["runbookruns"]) => Ok(list(server, request)),
        (Method::Get, ["runbookruns", _]) => find(server, request, id).map(|run| Answer::ok(show(run))),
        _ => return None,
    })
}

fn find<'a>(server: &'a Server, request: &Request, id: &str) -> Result<&'a Value, Answer> {
    server.store.get(&request.space, "runbookruns", id).ok_or_else(|| Answer::no_document(id))
}

fn show(run: &Value) -> Value {
    let space = text(run, "SpaceId");
    let mut shown = run.clone();
    if let Value::Object(fields) = &mut shown {
        fields.insert(
            "Links".into(),
            json!({"Self": format!("/api/{space}/runbookRuns/{}", encode(text(run, "Id"))),
                   "Task": format!("/api/tasks/{}", text(run, "TaskId"))}),
        );
    }
    shown
}

fn list(server: &Server, request: &Request) -> Answer {
    let mut runs: Vec<&Value> = server
        .store
        .all(&request.space, "runbookruns")
        .map(|(_, run)| run)
        .filter(|run| paging::matches(request, run))
        .filter(|run| {
            [
                ("projects", "ProjectId"),
                ("runbooks", "RunbookId"),
                ("environments", "EnvironmentId"),
                ("tenants", "TenantId"),
            ]
            .iter()
            .all(|(parameter, field)| paging::field_matches(request, parameter, run, field))
        })
        .filter(|run| {
            request.query_list("taskState").is_none_or(|states| {
                let task = server.store.get(&request.space, "tasks", text(run, "TaskId"));
                task.is_some_and(|task| {
                    states.iter().any(|state| state.eq_ignore_ascii_case(text(task, "State")))
                })
            })
        })
        .collect();
    runs.sort_by_key(|run| std::cmp::Reverse(number_of(text(run, "Id"))));
    paging::page(request, "RunbookRun", &runs, show)
}

// --- Where a runbook may run --------------------------------------------------------------------------------

/// The environments of a runbook, by its scope.
fn allowed_environments(store: &Store, space: &str, runbook: &Value) -> Vec<Value> {
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
    let (store, space) = (&server.store, request.space.as_str());
    let promote: Vec<Value> = allowed_environments(store, space, runbook)
        .iter()
        .map(|environment| json!({"Id": environment["Id"], "Name": environment["Name"]}))
        .collect();
    Ok(Answer::ok(json!({
        "RunbookId": runbook["Id"], "PromoteTo": promote, "TenantPromotions": tenants_of(store, space, text(runbook, "ProjectId")),
    })))
}

// --- Variables and preview ----------------------------------------------------------------------------------

/// Where a snapshot's variables are.
pub(crate) fn source_of(snapshot: &Value) -> Source {
    Source {
        collection: FROZEN_SETS,
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
        action: None,
        runbook: runbook.to_owned(),
    }
}

/// The prompted variables in scope. One element per variable, also where a value of another scope would win.
fn prompts<'a>(candidates: &'a [Candidate], place: &Place) -> Vec<&'a Candidate> {
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
    let environment =
        store.get(space, "environments", environment).ok_or_else(|| Answer::no_document(environment))?;
    let place = place_of(store, space, text(environment, "Id"), tenant, text(runbook, "Id"));
    let candidates = variable::candidates(store, space, &source, place.tenant.as_deref(), &BTreeMap::new());
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
    let process = store.get(space, "runbookprocesses", process).cloned().unwrap_or_default();
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

fn guided_by_default(runbook: &Value, environment: &Value) -> bool {
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

// --- Starting a run -----------------------------------------------------------------------------------------

/// A run as all three addresses understand it.
struct Order<'a> {
    runbook: &'a Value,
    /// Id or name; `None` = the published one.
    snapshot: Option<String>,
    environment: String,
    tenant: String,
    answers: BTreeMap<String, String>,
    skip: BTreeSet<String>,
    body: &'a Value,
}

/// A field of the body, its name matched without case, as the server does.
fn field<'a>(body: &'a Value, name: &str) -> &'a Value {
    let found =
        body.as_object().and_then(|fields| fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)));
    found.map_or(&Value::Null, |(_, value)| value)
}

fn field_text(body: &Value, name: &str) -> String {
    field(body, name).as_str().unwrap_or_default().to_owned()
}

fn field_texts(body: &Value, name: &str) -> Vec<String> {
    field(body, name)
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(ToOwned::to_owned)
        .collect()
}

/// Entered values, which may be objects for secrets.
fn answers_of(values: &Value) -> BTreeMap<String, String> {
    let entries = values.as_object().into_iter().flatten();
    entries
        .filter_map(|(name, value)| {
            let value = value.as_str().or_else(|| value["NewValue"].as_str())?;
            Some((name.clone(), value.to_owned()))
        })
        .collect()
}

fn run_one(server: &mut Server, request: &Request) -> Outcome {
    let body = Value::Object(request.object()?);
    let runbook = snapshot::find_runbook(server, request, &field_text(&body, "RunbookId"))?.clone();
    let snapshot = field_text(&body, "RunbookSnapshotId");
    if snapshot.is_empty() {
        return Err(Answer::bad_request("Please specify the Runbook Snapshot to run."));
    }
    let order = Order {
        runbook: &runbook,
        snapshot: Some(snapshot),
        environment: field_text(&body, "EnvironmentId"),
        tenant: field_text(&body, "TenantId"),
        answers: answers_of(field(&body, "FormValues")),
        skip: field_texts(&body, "SkipActions").into_iter().collect(),
        body: &body,
    };
    start(server, request, &[order]).map(|runs| Answer::created(runs.into_iter().next().unwrap_or_default()))
}

fn run_by_ids(server: &mut Server, request: &Request, id: &str) -> Outcome {
    let body = Value::Object(request.object()?);
    let runbook = snapshot::find_runbook(server, request, id)?.clone();
    let snapshot = match field_text(&body, "RunbookSnapshotNameOrId") {
        named if named.is_empty() => field_text(&body, "RunbookSnapshotId"),
        named => named,
    };
    let mut environments = field_texts(&body, "EnvironmentIds");
    environments.extend(Some(field_text(&body, "EnvironmentId")).filter(|id| !id.is_empty()));
    let mut tenants = field_texts(&body, "TenantIds");
    tenants.extend(Some(field_text(&body, "TenantId")).filter(|id| !id.is_empty()));
    tenants.extend(tenants_with(
        server,
        request,
        text(&runbook, "ProjectId"),
        &field_texts(&body, "TenantTagNames"),
    ));
    let default = field(&body, "UseDefaultSnapshot") != &Value::Bool(false);
    let orders = orders(
        &runbook,
        Some(snapshot).filter(|id| !id.is_empty() && !default),
        &environments,
        &tenants,
        &body,
        |order| {
            order.answers = answers_of(field(&body, "FormValues"));
            order.skip = field_texts(&body, "SkipActions").into_iter().collect();
        },
    );
    start(server, request, &orders).map(|runs| Answer::ok(Value::Array(runs)))
}

fn run_by_names(server: &mut Server, request: &Request) -> Outcome {
    let body = Value::Object(request.object()?);
    // Both spellings of the space are demanded, whatever the address says.
    for name in ["spaceId", "spaceIdOrName"] {
        if field_text(&body, name).is_empty() {
            return Err(Answer::bad_request(format!("The field {name} is required.")));
        }
    }
    let space = request.space.as_str();
    let store = &server.store;
    let by_name = |collection: &str, noun: &str, name: &str| -> Result<String, Answer> {
        let found = store.all(space, collection).map(|(_, document)| document).find(|document| {
            ["Name", "Id", "Slug"].iter().any(|field| text(document, field).eq_ignore_ascii_case(name))
        });
        found
            .map(|document| text(document, "Id").to_owned())
            .ok_or_else(|| Answer::bad_request(format!("The {noun} '{name}' could not be found.")))
    };
    let project = by_name("projects", "project", &field_text(&body, "projectName"))?;
    let wanted = field_text(&body, "runbookName");
    let id = store
        .all(space, "runbooks")
        .find(|(id, runbook)| {
            runbook["ProjectId"] == project.as_str()
                && (text(runbook, "Name").eq_ignore_ascii_case(&wanted) || id.eq_ignore_ascii_case(&wanted))
        })
        .map(|(id, _)| id.clone())
        .ok_or_else(|| Answer::bad_request(format!("The runbook '{wanted}' could not be found.")))?;
    let environments: Result<Vec<String>, Answer> = field_texts(&body, "environmentNames")
        .iter()
        .map(|name| by_name("environments", "environment", name))
        .collect();
    let tenants: Result<Vec<String>, Answer> =
        field_texts(&body, "tenants").iter().map(|name| by_name("tenants", "tenant", name)).collect();
    let (environments, mut tenants) = (environments?, tenants?);
    tenants.extend(tenants_with(server, request, &project, &field_texts(&body, "tenantTags")));
    let runbook = snapshot::find_runbook(server, request, &id)?.clone();
    let snapshot = Some(field_text(&body, "snapshot")).filter(|name| !name.is_empty());
    let mut orders = orders(&runbook, snapshot, &environments, &tenants, &body, |_| {});
    let entered = answers_of(field(&body, "variables"));
    let skipped = field_texts(&body, "skipStepNames");
    for order in &mut orders {
        // Prompts go by name here, steps too; unknown step names are no error.
        let snapshot = chosen_snapshot(server, request, order)?;
        let place = place_of(&server.store, space, &order.environment, &order.tenant, &id);
        let candidates = variable::candidates(
            &server.store,
            space,
            &source_of(&snapshot),
            place.tenant.as_deref(),
            &BTreeMap::new(),
        );
        for prompt in prompts(&candidates, &place) {
            if let Some((_, value)) = entered.iter().find(|(name, _)| name.eq_ignore_ascii_case(&prompt.name))
            {
                order.answers.insert(prompt.id.clone(), value.clone());
            }
        }
        let process = server.store.get(space, "runbookprocesses", text(&snapshot, "FrozenRunbookProcessId"));
        for step in process
            .map(|process| process["Steps"].clone())
            .unwrap_or_default()
            .as_array()
            .into_iter()
            .flatten()
        {
            for action in step["Actions"].as_array().into_iter().flatten() {
                let named = |name: &String| {
                    [step, action].iter().any(|item| text(item, "Name").eq_ignore_ascii_case(name))
                };
                if skipped.iter().any(named) {
                    order.skip.insert(text(action, "Id").to_owned());
                }
            }
        }
    }
    let runs = start(server, request, &orders)?;
    let tasks: Vec<Value> =
        runs.iter().map(|run| json!({"RunbookRunId": run["Id"], "ServerTaskId": run["TaskId"]})).collect();
    Ok(Answer::ok(json!({"RunbookRunServerTasks": tasks})))
}

/// One order for each pair of environment and tenant.
fn orders<'a>(
    runbook: &'a Value,
    snapshot: Option<String>,
    environments: &[String],
    tenants: &[String],
    body: &'a Value,
    fill: impl Fn(&mut Order),
) -> Vec<Order<'a>> {
    let none = [String::new()];
    let tenants = if tenants.is_empty() { &none[..] } else { tenants };
    let mut orders = Vec::new();
    for environment in environments {
        for tenant in tenants {
            let mut order = Order {
                runbook,
                snapshot: snapshot.clone(),
                environment: environment.clone(),
                tenant: tenant.clone(),
                answers: BTreeMap::new(),
                skip: BTreeSet::new(),
                body,
            };
            fill(&mut order);
            orders.push(order);
        }
    }
    orders
}

/// The tenants of a project that have some of the tags.
fn tenants_with(server: &Server, request: &Request, project: &str, tags: &[String]) -> Vec<String> {
    if tags.is_empty() {
        return Vec::new();
    }
    let tenants = server.store.all(&request.space, "tenants").filter(|(_, tenant)| {
        let has: Vec<String> = texts(tenant, "TenantTags").map(ToOwned::to_owned).collect();
        tenant["ProjectEnvironments"].get(project).is_some() && crate::worker::scope::tags_fit(tags, &has)
    });
    tenants.map(|(id, _)| id.clone()).collect()
}

fn chosen_snapshot(server: &Server, request: &Request, order: &Order) -> Result<Value, Answer> {
    let (store, space) = (&server.store, request.space.as_str());
    let project = store.get(space, "projects", text(order.runbook, "ProjectId")).cloned().unwrap_or_default();
    if project["IsDisabled"] == true {
        return Err(Answer::bad_request(match &order.snapshot {
            Some(_) => "Please specify the Runbook Snapshot to run.".to_owned(),
            None => format!("The project '{}' is disabled.", text(&project, "Name")),
        }));
    }
    let published = text(order.runbook, "PublishedRunbookSnapshotId");
    let snapshot = match &order.snapshot {
        Some(name) => store
            .all(space, SNAPSHOTS)
            .map(|(_, snapshot)| snapshot)
            .filter(|snapshot| snapshot["RunbookId"] == order.runbook["Id"])
            .find(|snapshot| {
                ["Id", "Name"].iter().any(|field| text(snapshot, field).eq_ignore_ascii_case(name))
            }),
        None => store.get(space, SNAPSHOTS, published),
    };
    let Some(snapshot) = snapshot else {
        return Err(Answer::bad_request(match &order.snapshot {
            Some(name) => format!("The runbook snapshot '{name}' could not be found."),
            None => format!("The runbook '{}' has no published snapshot.", text(order.runbook, "Name")),
        }));
    };
    // Those who may not edit runbooks can only run what is published.
    if snapshot["Id"] != published {
        permissions::demand(server, request, "RunbookEdit")?;
    }
    Ok(snapshot.clone())
}

/// Checks all orders, then puts a task for each into the queue.
fn start(server: &mut Server, request: &Request, orders: &[Order]) -> Result<Vec<Value>, Answer> {
    if orders.is_empty() {
        return Err(Answer::bad_request("Please specify at least one environment."));
    }
    let mut checked = Vec::new();
    for order in orders {
        checked.push(check(server, request, order)?);
    }
    Ok(checked
        .into_iter()
        .zip(orders)
        .map(|(checked, order)| begin(server, request, order, checked))
        .collect())
}

struct Checked {
    snapshot: Value,
    environment: Value,
    tag: String,
}

fn check(server: &Server, request: &Request, order: &Order) -> Result<Checked, Answer> {
    let (store, space) = (&server.store, request.space.as_str());
    let snapshot = chosen_snapshot(server, request, order)?;
    let environment = store.get(space, "environments", &order.environment).ok_or_else(|| {
        Answer::bad_request(format!("The environment '{}' could not be found.", order.environment))
    })?;
    let project = text(order.runbook, "ProjectId");
    let seen = [Some(environment), store.get(space, "projects", project)];
    if seen
        .into_iter()
        .flatten()
        .any(|document| !permissions::sees(server, request, "RunbookRunCreate", document))
    {
        return Err(Answer::forbidden("RunbookRunCreate"));
    }
    let allowed = allowed_environments(store, space, order.runbook);
    if !allowed.iter().any(|allowed| allowed["Id"] == environment["Id"]) {
        return Err(Answer::bad_request(format!(
            "The runbook '{}' can't be run in the environment '{}'.",
            text(order.runbook, "Name"),
            text(environment, "Name")
        )));
    }
    check_tenant(store, space, order, text(environment, "Id"))?;
    let place = place_of(store, space, text(environment, "Id"), &order.tenant, text(order.runbook, "Id"));
    let candidates =
        variable::candidates(store, space, &source_of(&snapshot), place.tenant.as_deref(), &order.answers);
    for prompt in prompts(&candidates, &place) {
        if prompt.prompt["Required"] == true && prompt.value.is_empty() {
            let label = match text(&prompt.prompt, "Label") {
                "" => prompt.name.as_str(),
                label => label,
            };
            return Err(Answer::bad_request(format!("The variable '{label}' requires a value.")));
        }
    }
    let tenant = if order.tenant.is_empty() { String::new() } else { format!("{}/", order.tenant) };
    let usual = format!("{tenant}{project}/{}/{}", text(order.runbook, "Id"), text(environment, "Id"));
    let dictionary = variable::dictionary(store, space, &candidates, &place);
    let tag = dictionary.get("Octopus.Task.ConcurrencyTag").ok().flatten().filter(|tag| !tag.is_empty());
    Ok(Checked { environment: environment.clone(), tag: tag.unwrap_or(usual), snapshot })
}

fn check_tenant(store: &Store, space: &str, order: &Order, environment: &str) -> Result<(), Answer> {
    let mode = text(order.runbook, "MultiTenancyMode");
    if order.tenant.is_empty() {
        return if mode == "Tenanted" {
            Err(Answer::bad_request("This runbook can only be run for a tenant. Please specify one."))
        } else {
            Ok(())
        };
    }
    let Some(tenant) = store.get(space, "tenants", &order.tenant) else {
        return Err(Answer::bad_request(format!("The tenant '{}' could not be found.", order.tenant)));
    };
    let name = text(tenant, "Name");
    if matches!(mode, "Untenanted" | "") {
        return Err(Answer::bad_request("This runbook can't be run for a tenant."));
    }
    if tenant["IsDisabled"] == true {
        return Err(Answer::bad_request(format!("The tenant '{name}' is disabled.")));
    }
    let linked =
        texts(&tenant["ProjectEnvironments"], text(order.runbook, "ProjectId")).any(|id| id == environment);
    if !linked {
        return Err(Answer::bad_request(format!(
            "The tenant '{name}' is not connected to this project in this environment."
        )));
    }
    Ok(())
}

/// Makes the run and its task.
fn begin(server: &mut Server, request: &Request, order: &Order, checked: Checked) -> Value {
    let space = request.space.as_str();
    let id = server.store.next_id("RunbookRuns");
    let name = text(order.runbook, "Name");
    let environment = text(&checked.environment, "Name");
    let description = format!("Run {name} on {environment}");
    let guided = field(order.body, "UseGuidedFailure")
        .as_bool()
        .unwrap_or_else(|| guided_by_default(order.runbook, &checked.environment));
    let queue_time = Some(field(order.body, "QueueTime"))
        .filter(|time| time.is_string())
        .unwrap_or_else(|| field(order.body, "runAt"));
    let expiry = Some(field(order.body, "QueueTimeExpiry"))
        .filter(|time| time.is_string())
        .unwrap_or_else(|| field(order.body, "noRunAfter"));
    let task = super::enqueue(
        server,
        space,
        "RunbookRun",
        &description,
        json!({
            "Arguments": {"RunbookRunId": id}, "ProjectId": order.runbook["ProjectId"], "RunbookId": order.runbook["Id"],
            "EnvironmentId": checked.environment["Id"], "TenantId": order.tenant, "ConcurrencyTag": checked.tag,
            "QueueTime": queue_time, "QueueTimeExpiry": expiry,
        }),
    );
    let user =
        server.store.get(SERVER, "users", &request.user).map_or(Value::Null, |user| user["Username"].clone());
    let run = json!({
        "Id": id, "SpaceId": space, "Name": description, "ProjectId": order.runbook["ProjectId"],
        "RunbookId": order.runbook["Id"], "RunbookSnapshotId": checked.snapshot["Id"],
        "FrozenRunbookProcessId": checked.snapshot["FrozenRunbookProcessId"], "EnvironmentId": checked.environment["Id"],
        "TenantId": if order.tenant.is_empty() { Value::Null } else { json!(order.tenant) }, "TaskId": task,
        "Comments": field(order.body, "Comments"), "Created": now(), "DeployedBy": user, "DeployedById": request.user,
        "UseGuidedFailure": guided, "SkipActions": order.skip, "ForcePackageDownload": false,
        "SpecificMachineIds": [], "ExcludedMachineIds": [], "FormValues": {},
        "QueueTime": queue_time, "QueueTimeExpiry": expiry, "FailureEncountered": false,
    });
    server.store.put(space, "runbookruns", run.clone());
    server
        .tasks
        .inputs
        .insert(task, Input { run: id, answers: order.answers.clone(), skip: order.skip.clone(), guided });
    show(&run)
}
