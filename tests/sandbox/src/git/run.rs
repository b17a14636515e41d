//! Runs of runbooks that are stored in Git: no snapshot and no publishing; what runs is the newest commit of a branch,
//! with the variables of the default branch and the sensitive ones of the database.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{branch, content};
use crate::answer::{Answer, Outcome};
use crate::documents;
use crate::packages;
use crate::request::{Method, Request};
use crate::server::Server;
use crate::store::text;
use crate::tasks::preview;
use crate::tasks::run::{self, Order};
use crate::tasks::snapshot;

/// Where the variables of such runs are kept until they end.
pub(crate) const FROZEN_SETS: &str = "gitvariablesnapshots";

/// What a run needs that no document holds.
#[derive(Clone)]
pub(crate) struct Frozen {
    pub(crate) snapshot: Value,
    pub(crate) runbook: Value,
    pub(crate) process: Value,
}

/// Removes the variables of a run that has ended, or was refused.
pub(crate) fn release(server: &mut Server, space: &str, frozen: &Frozen) {
    for set in snapshot::frozen_sets(&frozen.snapshot) {
        server.store.remove(space, FROZEN_SETS, &set);
    }
}

/// Takes a runbook as the branch has it now.
fn freeze(
    server: &mut Server,
    space: &str,
    project: &Value,
    reference: &str,
    wanted: &str,
    selected: &Value,
) -> Result<Frozen, Answer> {
    let id = text(project, "Id");
    let branch = branch::find(&server.store, space, id, reference)?.clone();
    let book = content::runbook(&branch, wanted)?;
    let process = json!({"Id": format!("RunbookProcess-{}-git", text(book, "Slug")), "Steps": book["Process"]["Steps"]});
    for need in snapshot::package_needs(&process) {
        if !need.is_fixed() && snapshot::selected(selected, &need.action, &need.reference).is_none() {
            return Err(Answer::bad_request(format!(
                "No package version was specified for the step {}",
                need.action
            )));
        }
    }
    let number = server.store.next_id("GitRuns");
    let mut taken = json!({
        "Id": null, "SpaceId": space, "ProjectId": id, "RunbookId": book["Slug"], "FrozenRunbookProcessId": null,
        "SelectedPackages": if selected.is_array() { selected.clone() } else { json!([]) },
        "GitReference": {"GitRef": format!("refs/heads/{}", text(&branch, "Name")), "GitCommit": branch::tip(&branch)},
    });
    let variables = snapshot::freeze_variables(&mut server.store, space, id, &number, FROZEN_SETS);
    if let Value::Object(fields) = &mut taken {
        fields.extend(variables);
    }
    let default = text(&project["PersistenceSettings"], "DefaultBranch");
    let plain = branch::find(&server.store, space, id, default)
        .map_or(Value::Null, |branch| branch["Variables"].clone());
    let own = text(&taken, "FrozenProjectVariableSetId");
    if let (Value::Array(plain), Some(set)) = (plain, server.store.get_mut(space, FROZEN_SETS, own))
        && let Some(variables) = set["Variables"].as_array_mut()
    {
        variables.retain(content::is_sensitive);
        variables.extend(plain);
    }
    Ok(Frozen { snapshot: taken, runbook: content::shown(&branch, book, reference), process })
}

/// One run of one runbook.
struct Wanted {
    environment: String,
    tenant: String,
    /// By the variable's id, and by its name.
    answers: Value,
    named: Value,
    skip: BTreeSet<String>,
    body: Value,
}

fn start(
    server: &mut Server,
    request: &Request,
    project: &Value,
    (reference, runbook, selected): (&str, &str, &Value),
    wanted: &[Wanted],
) -> Result<Vec<Value>, Answer> {
    let mut runs = Vec::new();
    for one in wanted {
        let frozen = freeze(server, &request.space, project, reference, runbook, selected)?;
        let mut order = Order::of_git(&frozen, &one.environment, &one.tenant, &one.body);
        order.answers = run::answers_of(&one.answers);
        order.skip.clone_from(&one.skip);
        run::answer_by_name(server, request, &mut order, &frozen.snapshot, &one.named);
        match run::start(server, request, &[order]) {
            Ok(started) => runs.extend(started),
            Err(refusal) => {
                release(server, &request.space, &frozen);
                return Err(refusal);
            }
        }
    }
    if runs.is_empty() {
        return Err(Answer::bad_request("Please specify at least one environment."));
    }
    Ok(runs)
}

/// `POST …/{gitRef}/runbooks/{slug}/run/v1`
pub(super) fn by_ids(server: &mut Server, request: &Request, project: &Value) -> Outcome {
    let body = Value::Object(request.object()?);
    let wanted: Vec<Wanted> = run::field(&body, "Runs")
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| Wanted {
            environment: run::field_text(one, "EnvironmentId"),
            tenant: run::field_text(one, "TenantId"),
            answers: run::field(one, "FormValues").clone(),
            named: Value::Null,
            skip: run::field_texts(one, "SkipActions").into_iter().collect(),
            body: one.clone(),
        })
        .collect();
    let selected = run::field(&body, "SelectedPackages");
    let runs = start(server, request, project, (request.at(2), request.at(4), selected), &wanted)?;
    Ok(Answer::ok(json!({"Resources": runs})))
}

/// `POST …/runbook-runs/git/create/v1`: everything by name, as the command line tool does it.
pub(super) fn by_names(server: &mut Server, request: &Request) -> Outcome {
    let body = Value::Object(request.object()?);
    let space = request.space.clone();
    let named = |collection: &str, noun: &str, name: &str| {
        run::by_name(&server.store, &space, collection, noun, name)
    };
    let project = named("projects", "project", &run::field_text(&body, "projectName"))?;
    let project = documents::find(server, &space, "projects", &project)?.clone();
    let reference = run::field_text(&body, "gitRef");
    let branch = branch::find(&server.store, &space, text(&project, "Id"), &reference)?;
    let name = run::field_text(&body, "runbookName");
    let book = branch["Runbooks"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|book| ["Name", "Slug"].iter().any(|field| text(book, field).eq_ignore_ascii_case(&name)))
        .ok_or_else(|| Answer::bad_request(format!("The runbook '{name}' could not be found.")))?
        .clone();
    let selected = chosen(server, &space, &book["Process"], &body);
    let skipped = run::field_texts(&body, "skipStepNames");
    let skip: BTreeSet<String> = crate::processes::actions(&book["Process"])
        .filter(|action| skipped.iter().any(|name| text(action, "Name").eq_ignore_ascii_case(name)))
        .map(|action| text(action, "Id").to_owned())
        .collect();
    let mut wanted = Vec::new();
    let mut tenants = run::field_texts(&body, "tenants");
    if tenants.is_empty() {
        tenants.push(String::new());
    }
    for environment in run::field_texts(&body, "environmentNames") {
        for tenant in &tenants {
            let tenant = if tenant.is_empty() { String::new() } else { named("tenants", "tenant", tenant)? };
            wanted.push(Wanted {
                environment: named("environments", "environment", &environment)?,
                tenant,
                answers: Value::Null,
                named: run::field(&body, "variables").clone(),
                skip: skip.clone(),
                body: body.clone(),
            });
        }
    }
    let slug = text(&book, "Slug").to_owned();
    let runs = start(server, request, &project, (&reference, &slug, &selected), &wanted)?;
    let tasks: Vec<Value> =
        runs.iter().map(|run| json!({"RunbookRunId": run["Id"], "ServerTaskId": run["TaskId"]})).collect();
    Ok(Answer::ok(json!({"RunbookRunServerTasks": tasks})))
}

/// Package versions: `packages` as `Step:1.0` or `Step:Reference:1.0`, else `packageVersion`, else the newest.
fn chosen(server: &Server, space: &str, process: &Value, body: &Value) -> Value {
    let said: Vec<Vec<String>> = run::field_texts(body, "packages")
        .iter()
        .map(|one| one.split(':').map(ToOwned::to_owned).collect())
        .collect();
    let version_of = |action: &str, reference: &str, package: &str| {
        let fits = |parts: &&Vec<String>| {
            parts.first().is_some_and(|name| name.eq_ignore_ascii_case(action))
                && (parts.len() < 3 || parts[1].eq_ignore_ascii_case(reference))
        };
        let common = run::field_text(body, "packageVersion");
        said.iter().find(fits).and_then(|parts| parts.last().cloned()).or_else(|| {
            if common.is_empty() {
                packages::versions_of(server, space, package)
                    .first()
                    .map(|newest| text(newest, "Version").to_owned())
            } else {
                Some(common)
            }
        })
    };
    snapshot::package_needs(process)
        .iter()
        .filter_map(|need| {
            let version = version_of(&need.action, &need.reference, &need.package)?;
            Some(json!({"ActionName": need.action, "PackageReferenceName": need.reference, "Version": version}))
        })
        .collect()
}

/// What can be asked before a run: templates, environments, previews.
pub(super) fn before(server: &mut Server, request: &Request, project: &Value) -> Outcome {
    let (method, route) = request.route();
    let (space, reference) = (request.space.clone(), request.at(2).to_owned());
    let branch = branch::find(&server.store, &space, text(project, "Id"), &reference)?;
    let book = content::shown(branch, content::runbook(branch, request.at(4))?, &reference);
    let process = content::runbook(branch, request.at(4))?["Process"].clone();
    let environments = || preview::allowed_environments(&server.store, &space, &book);
    match (method, &route[3..]) {
        (Method::Get, ["runbooks", _, "environments"]) => Ok(Answer::ok(Value::Array(environments()))),
        (Method::Get, ["runbooks", _, "environments", "v2"]) => {
            Ok(Answer::ok(json!({"Environments": environments()})))
        }
        (Method::Get, ["runbooks", _, "runbooksnapshottemplate"]) => {
            Ok(Answer::ok(snapshot::template_of(server, &space, &book, &process, &Value::Null)))
        }
        (Method::Get, ["runbooks", _, "runbookruntemplate"]) => {
            Ok(Answer::ok(preview::promotions(server, &space, &book)))
        }
        (Method::Get, ["runbooks", _, "runbookruns", "preview", _]) => {
            looked_ahead(server, request, project, request.at(7), "").map(Answer::ok)
        }
        (Method::Get, ["runbooks", _, "runbookruns", "preview", _, _]) => {
            looked_ahead(server, request, project, request.at(7), request.at(8)).map(Answer::ok)
        }
        (Method::Post, ["runbooks", _, "runbookruns", "previews"]) => {
            let body = Value::Object(request.object()?);
            let mut previews = Vec::new();
            for one in body["DeploymentPreviews"].as_array().into_iter().flatten() {
                previews.push(looked_ahead(
                    server,
                    request,
                    project,
                    text(one, "EnvironmentId"),
                    text(one, "TenantId"),
                )?);
            }
            Ok(Answer::ok(Value::Array(previews)))
        }
        _ => Err(Answer::not_found("The resource you requested was not found.")),
    }
}

fn looked_ahead(
    server: &mut Server,
    request: &Request,
    project: &Value,
    environment: &str,
    tenant: &str,
) -> Result<Value, Answer> {
    let space = request.space.clone();
    // Versions play no part in a preview.
    let branch = branch::find(&server.store, &space, text(project, "Id"), request.at(2))?;
    let process = &content::runbook(branch, request.at(4))?["Process"];
    let any: Value = snapshot::package_needs(process)
        .iter()
        .map(|need| json!({"ActionName": need.action, "PackageReferenceName": need.reference, "Version": "any"}))
        .collect();
    let frozen = freeze(server, &space, project, request.at(2), request.at(4), &any)?;
    let source = preview::source_of(&frozen.snapshot);
    let preview = preview::preview_of(
        server,
        request,
        (&frozen.runbook, &frozen.process, &source),
        environment,
        tenant,
    );
    release(server, &space, &frozen);
    preview
}
