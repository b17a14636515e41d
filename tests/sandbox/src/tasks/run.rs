//! Runbook runs: the three addresses that start one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::check::{Checked, check};
use super::preview::{guided_by_default, place_of, prompts, source_of};
use super::snapshot::{self, SNAPSHOTS};
use super::variable;
use crate::answer::{Answer, Outcome};
use crate::git::run::Frozen;
use crate::paging;
use crate::permissions;
use crate::request::{Method, Request, encode};
use crate::server::Server;
use crate::store::{SERVER, Store, now, number_of, text, texts};

/// What a task needs to know beyond its run's document.
#[derive(Clone, Default)]
pub(crate) struct Input {
    pub(crate) run: String,
    /// Variable id → what was entered.
    pub(crate) answers: BTreeMap<String, String>,
    /// Of a runbook in Git: what it was when it was started.
    pub(crate) frozen: Option<Frozen>,
    /// Ids of actions.
    pub(crate) skip: BTreeSet<String>,
    pub(crate) guided: bool,
}

pub(crate) fn route(server: &mut Server, request: &Request) -> Option<Outcome> {
    let (method, route) = request.route();
    let (from, route) = match route.as_slice() {
        ["projects", _, rest @ ..]
            if rest.first().is_some_and(|first| matches!(*first, "runbooks" | "runbookruns")) =>
        {
            (2, rest.to_vec())
        }
        _ => (0, route),
    };
    let id = request.at(from + 1);
    Some(match (method, route.as_slice()) {
        (Method::Post, ["runbookruns"]) => run_one(server, request),
        (Method::Post, ["runbooks", _, "run"]) => run_by_ids(server, request, id),
        (Method::Post, ["runbook-runs", "create", "v1"]) => run_by_names(server, request),
        (Method::Get, ["runbookruns"]) => Ok(list(server, request)),
        (Method::Get, ["runbookruns", _, "details", "v1"]) => {
            find(server, request, id).map(|run| Answer::ok(details(server, run)))
        }
        (Method::Get, ["runbookruns", _]) => find(server, request, id).map(|run| Answer::ok(show(run))),
        _ => return None,
    })
}

fn find<'a>(server: &'a Server, request: &Request, id: &str) -> Result<&'a Value, Answer> {
    server.store.get(&request.space, "runbookruns", id).ok_or_else(|| Answer::no_document(id))
}

/// A run with the packages that its snapshot chose.
fn details(server: &Server, run: &Value) -> Value {
    let snapshot = server.store.get(text(run, "SpaceId"), SNAPSHOTS, text(run, "RunbookSnapshotId"));
    let packages = snapshot.map_or(json!([]), |snapshot| snapshot["SelectedPackages"].clone());
    json!({"RunbookRunId": run["Id"], "RunbookSnapshotId": run["RunbookSnapshotId"], "SelectedPackages": packages,
           "SelectedGitResources": []})
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

/// A run as all addresses understand it.
pub(crate) struct Order<'a> {
    pub(super) runbook: &'a Value,
    /// Id or name; `None` = the published one.
    snapshot: Option<String>,
    pub(super) environment: String,
    pub(super) tenant: String,
    pub(crate) answers: BTreeMap<String, String>,
    pub(crate) skip: BTreeSet<String>,
    pub(super) body: &'a Value,
    /// Of a runbook in Git: takes the place of a snapshot.
    frozen: Option<&'a Frozen>,
}

impl<'a> Order<'a> {
    pub(crate) fn of_git(frozen: &'a Frozen, environment: &str, tenant: &str, body: &'a Value) -> Self {
        Self {
            runbook: &frozen.runbook,
            snapshot: None,
            environment: environment.to_owned(),
            tenant: tenant.to_owned(),
            answers: BTreeMap::new(),
            skip: BTreeSet::new(),
            body,
            frozen: Some(frozen),
        }
    }
}

/// A field of the body, its name matched without case, as the server does.
pub(crate) fn field<'a>(body: &'a Value, name: &str) -> &'a Value {
    let found =
        body.as_object().and_then(|fields| fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)));
    found.map_or(&Value::Null, |(_, value)| value)
}

pub(crate) fn field_text(body: &Value, name: &str) -> String {
    field(body, name).as_str().unwrap_or_default().to_owned()
}

pub(crate) fn field_texts(body: &Value, name: &str) -> Vec<String> {
    field(body, name)
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(ToOwned::to_owned)
        .collect()
}

/// Entered values, which may be objects for secrets.
pub(crate) fn answers_of(values: &Value) -> BTreeMap<String, String> {
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
        frozen: None,
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
    let by_name = |collection: &str, noun: &str, name: &str| by_name(store, space, collection, noun, name);
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
    let skipped = field_texts(&body, "skipStepNames");
    for order in &mut orders {
        // Prompts go by name here, steps too; unknown step names are no error.
        let snapshot = chosen_snapshot(server, request, order)?;
        answer_by_name(server, request, order, &snapshot, field(&body, "variables"));
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

/// The id of a document by its name, id or slug.
pub(crate) fn by_name(
    store: &Store,
    space: &str,
    collection: &str,
    noun: &str,
    name: &str,
) -> Result<String, Answer> {
    let found = store.all(space, collection).map(|(_, document)| document).find(|document| {
        ["Name", "Id", "Slug"].iter().any(|field| text(document, field).eq_ignore_ascii_case(name))
    });
    found
        .map(|document| text(document, "Id").to_owned())
        .ok_or_else(|| Answer::bad_request(format!("The {noun} '{name}' could not be found.")))
}

/// Answers prompts that are given by name.
pub(crate) fn answer_by_name(
    server: &Server,
    request: &Request,
    order: &mut Order,
    snapshot: &Value,
    named: &Value,
) {
    let (space, entered) = (request.space.as_str(), answers_of(named));
    let place = place_of(&server.store, space, &order.environment, &order.tenant, text(order.runbook, "Id"));
    let candidates = variable::candidates(
        &server.store,
        space,
        &source_of(snapshot),
        place.tenant.as_deref(),
        &BTreeMap::new(),
    );
    for prompt in prompts(&candidates, &place) {
        if let Some((_, value)) = entered.iter().find(|(name, _)| name.eq_ignore_ascii_case(&prompt.name)) {
            order.answers.insert(prompt.id.clone(), value.clone());
        }
    }
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
                frozen: None,
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

pub(super) fn chosen_snapshot(server: &Server, request: &Request, order: &Order) -> Result<Value, Answer> {
    let (store, space) = (&server.store, request.space.as_str());
    let project = store.get(space, "projects", text(order.runbook, "ProjectId")).cloned().unwrap_or_default();
    if project["IsDisabled"] == true {
        return Err(Answer::bad_request(match &order.snapshot {
            Some(_) => "Please specify the Runbook Snapshot to run.".to_owned(),
            None => format!("The project '{}' is disabled.", text(&project, "Name")),
        }));
    }
    if let Some(frozen) = order.frozen {
        return Ok(frozen.snapshot.clone());
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
pub(crate) fn start(server: &mut Server, request: &Request, orders: &[Order]) -> Result<Vec<Value>, Answer> {
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
        "GitReference": checked.snapshot["GitReference"],
    });
    server.store.put(space, "runbookruns", run.clone());
    server.tasks.inputs.insert(
        task,
        Input {
            run: id,
            answers: order.answers.clone(),
            frozen: order.frozen.cloned(),
            skip: order.skip.clone(),
            guided,
        },
    );
    show(&run)
}
