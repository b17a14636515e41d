//! Publishing and running runbooks, following their tasks.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::server::Server;
use crate::upsert;
use documents::document::Document;
use failure::Failure;
use secret::UNANSWERED;

/// How long to wait between two looks at a task: at first, at most.
const FIRST_LOOK: Duration = Duration::from_millis(300);
const LONGEST_LOOK: Duration = Duration::from_secs(5);
/// How long a task may stand in the queue before we ask why.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a server may be away while a task is followed: an update of it, a restart of a machine.
const AWAY: Duration = Duration::from_secs(15 * 60);
/// The same while it does not accept the key: a moment's trouble at most.
const REFUSING: Duration = Duration::from_secs(60);

/// How long to ask again after this.
fn longest_away(failure: &Failure) -> Duration {
    match failure.http_status {
        None | Some(408 | 425 | 429 | 500..) => AWAY,
        Some(401 | 403) => REFUSING,
        Some(_) => Duration::ZERO,
    }
}

/// A run of a runbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub id: String,
    pub task_id: String,
}

/// How a task ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// `Success`, `Failed`, `Canceled`, `TimedOut`.
    pub state: String,
    pub succeeded: bool,
    pub has_warnings: bool,
    /// What the server says of a failure.
    pub message: String,
}

/// What happens while a task is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A line of the log.
    Line { category: String, text: String },
    /// The task does not go on by itself, and why.
    Waiting(String),
}

/// Whether the published snapshot of a runbook holds its process, its variables and this version of the package as they are now.
///
/// # Errors
/// When the server refuses.
pub async fn is_published(
    server: &Server,
    runbook: &Document,
    package: &str,
    version: &str,
) -> Result<bool, Failure> {
    let Some(snapshot_id) = runbook.text("PublishedRunbookSnapshotId").filter(|id| !id.is_empty()) else {
        return Ok(false);
    };
    let snapshot = server.client.find(&server.path(&format!("runbookSnapshots/{snapshot_id}"))).await?;
    let Some(snapshot) = snapshot else { return Ok(false) };
    let selected = snapshot["SelectedPackages"].as_array().into_iter().flatten();
    // The reference in our steps has the package's name.
    let mut ours = selected.filter(|selected| selected["PackageReferenceName"] == package).peekable();
    if ours.peek().is_none() || ours.any(|selected| selected["Version"] != version) {
        return Ok(false);
    }
    let path = server.path(&format!("runbookSnapshots/{snapshot_id}/runbookRuns/template"));
    let Some(template) = server.client.find(&path).await? else { return Ok(false) };
    let flags = ["IsVariableSetModified", "IsLibraryVariableSetModified", "IsRunbookProcessModified"];
    Ok(flags.into_iter().all(|flag| template[flag] == false))
}

/// Whether the variables have changed since this snapshot was made; `None` when the server doesn't say.
///
/// # Errors
/// When the server refuses.
pub async fn is_stale(server: &Server, snapshot_id: &str) -> Result<Option<bool>, Failure> {
    let path = server.path(&format!("runbookSnapshots/{snapshot_id}/runbookRuns/template"));
    let Some(template) = server.client.find(&path).await? else { return Ok(None) };
    let flags =
        ["IsVariableSetModified", "IsLibraryVariableSetModified"].map(|flag| template[flag].as_bool());
    Ok(match flags {
        [None, None] => None,
        flags => Some(flags.contains(&Some(true))),
    })
}

/// Makes a snapshot of the runbook as it is and publishes it; its id.
///
/// # Errors
/// When the server refuses, or a package of the process can't be chosen.
pub async fn publish(
    server: &Server,
    runbook: &Document,
    package: &str,
    version: &str,
) -> Result<String, Failure> {
    let doing =
        |failure: Failure| failure.while_doing(format!("publishing the runbook {:?}", runbook.name()));
    let process = runbook.text("RunbookProcessId").unwrap_or_default();
    let path = server.path(&format!("runbookProcesses/{process}/runbookSnapshotTemplate"));
    let template = server.client.get(&path).await.map_err(doing)?;
    let mut selected = Vec::new();
    for reference in template["Packages"].as_array().into_iter().flatten() {
        if reference["PackageId"] != package {
            return Err(doing(
                Failure::failed(format!(
                    "its step {} uses the package {}, which is none of octoferry's",
                    reference["ActionName"], reference["PackageId"]
                ))
                .hint("octoferry seed makes the runbook again as it was."),
            ));
        }
        selected.push(json!({
            "ActionName": reference["ActionName"],
            "PackageReferenceName": reference["PackageReferenceName"],
            "Version": version,
        }));
    }
    let body = json!({
        "ProjectId": runbook.text("ProjectId"),
        "RunbookId": runbook.id(),
        "Name": template["NextNameIncrement"],
        "Notes": "",
        "SelectedPackages": selected,
        "SelectedGitResources": git_resources(&template),
    });
    let published = publish_snapshot(server, runbook.id(), body).await.map_err(doing)?;
    published.ok_or_else(|| doing(Failure::failed("the server took the snapshot and has not published it")))
}

/// Makes a snapshot of a runbook and publishes it: its id, once the runbook says that this one is published; `None` when it does not.
///
/// That it be published is a field of the body in the published reference, and a query parameter in the official clients; and a runbook
/// publishes what its `PublishedRunbookSnapshotId` is set to.
///
/// # Errors
/// When the server refuses.
pub async fn publish_snapshot(
    server: &Server,
    runbook: &str,
    mut body: Value,
) -> Result<Option<String>, Failure> {
    body["Publish"] = json!("true");
    let made = server.client.post(&server.path("runbookSnapshots?publish=true"), &body).await?;
    let id = made["Id"].as_str().unwrap_or_default();
    Ok(set_published(server, runbook, id).await?.then(|| id.to_owned()))
}

/// Sees to it that a snapshot is the one that its runbook has published; whether it is.
///
/// # Errors
/// When the server refuses.
pub async fn set_published(server: &Server, runbook: &str, snapshot: &str) -> Result<bool, Failure> {
    let path = server.path(&format!("runbooks/{runbook}"));
    let mut there = server.client.get(&path).await?;
    if there["PublishedRunbookSnapshotId"] == snapshot {
        return Ok(true);
    }
    there["PublishedRunbookSnapshotId"] = json!(snapshot);
    server.client.put(&path, &there).await?;
    Ok(server.client.get(&path).await?["PublishedRunbookSnapshotId"] == snapshot)
}

/// The Git resources of a runbook's snapshot template as a snapshot takes them, each from its default branch.
#[must_use]
pub fn git_resources(template: &Value) -> Vec<Value> {
    let resources = template["GitResources"].as_array().into_iter().flatten();
    let resolvable = resources.filter(|resource| resource["IsResolvable"] != false);
    resolvable
        .map(|resource| {
            json!({
                "ActionName": resource["ActionName"],
                "GitResourceReferenceName": resource["Name"].as_str().unwrap_or_default(),
                "GitReferenceResource": {"GitRef": resource["DefaultBranch"]},
            })
        })
        .collect()
}

/// Where a run happens, for whom, and what it is told at its prompts.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    pub environment_id: &'a str,
    pub tenant_id: Option<&'a str>,
    /// Values by the names of prompted variables; the others keep their defaults.
    pub answers: &'a [(&'a str, &'a str)],
}

/// What a run asks for.
struct Form {
    /// Variable and its id, in the order of the form.
    asked: Vec<(String, String)>,
    /// Ids of those that must be answered and have no value.
    unanswered: Vec<String>,
    /// By id.
    defaults: Map<String, Value>,
}

impl Form {
    /// # Errors
    /// When the server refuses.
    async fn of(server: &Server, path: &str, order: &Order<'_>) -> Result<Self, Failure> {
        let tenant = order.tenant_id.map(|tenant| format!("/{tenant}")).unwrap_or_default();
        let path = server.path(&format!("{path}/runbookRuns/preview/{}{tenant}", order.environment_id));
        Ok(Self::read(&server.client.get(&path).await?["Form"]))
    }

    fn read(form: &Value) -> Self {
        let mut read = Self { asked: Vec::new(), unanswered: Vec::new(), defaults: Map::new() };
        read.defaults.extend(form["Values"].as_object().cloned().unwrap_or_default());
        read.defaults.retain(|_, value| !value.is_null());
        for element in form["Elements"].as_array().into_iter().flatten() {
            let Some(id) = element["Name"].as_str() else { continue };
            let variable = element["Control"]["Name"].as_str().unwrap_or_default();
            read.asked.push((variable.to_owned(), id.to_owned()));
            let has_value = read.defaults.get(id).is_some_and(|value| value != "");
            if (element["IsValueRequired"] == true || element["Control"]["Required"] == true) && !has_value {
                read.unanswered.push(id.to_owned());
            }
        }
        read
    }

    /// The values of the form, by the ids of prompted variables: the defaults with these answers.
    ///
    /// # Errors
    /// When an answered variable asks nothing.
    fn values(&self, answers: &[(&str, &str)]) -> Result<Map<String, Value>, Failure> {
        let mut values = self.defaults.clone();
        for (variable, answer) in answers {
            let asks = |(name, _): &&(String, String)| name.eq_ignore_ascii_case(variable);
            let mut ids = self.asked.iter().filter(asks).map(|(_, id)| id).peekable();
            if ids.peek().is_none() {
                return Err(Failure::failed(format!("a run does not ask for the variable {variable}"))
                    .hint("Run octoferry seed again: it makes the runbooks' variables as this octoferry needs them."));
            }
            values.extend(ids.map(|id| (id.clone(), json!(answer))));
        }
        Ok(values)
    }
}

/// Sends a run's order (`send` is given the values of its form). Prompts of the space don't concern octoferry's runs: where the server refuses one
/// for them, it is sent again with [`UNANSWERED`] at each that must be answered and has no default. (Assumption: the server takes any
/// text there, also at a choice.) `path` is that of the snapshot or of the runbook.
///
/// # Errors
/// When the server refuses.
async fn ordered<S>(
    server: &Server,
    path: &str,
    order: &Order<'_>,
    send: impl Fn(Value) -> S,
) -> Result<Value, Failure>
where
    S: Future<Output = Result<Value, Failure>>,
{
    let mut known = None;
    let mut values = Map::new();
    if !order.answers.is_empty() {
        let form = Form::of(server, path, order).await?;
        values = form.values(order.answers)?;
        known = Some(form);
    }
    let failure = match send(Value::Object(values.clone())).await {
        Err(failure) if failure.http_status == Some(400) => failure,
        other => return other,
    };
    // The reason that the server gave says more than a form that can't be read.
    let form = match known {
        Some(form) => form,
        None => match Form::of(server, path, order).await {
            Ok(form) => form,
            Err(_) => return Err(failure),
        },
    };
    let is_open = |id: &&String| values.get(*id).is_none_or(|value| value == "");
    let open: Vec<_> = form.unanswered.iter().filter(is_open).collect();
    if open.is_empty() {
        return Err(failure);
    }
    values.extend(open.into_iter().map(|id| (id.clone(), json!(UNANSWERED))));
    send(Value::Object(values)).await
}

/// Starts a run of a published snapshot in one environment, for a tenant or without.
///
/// # Errors
/// When the server refuses: the project is disabled, no permission.
pub async fn run(
    server: &Server,
    runbook: &Document,
    snapshot_id: &str,
    order: Order<'_>,
) -> Result<Run, Failure> {
    let doing = |failure: Failure| failure.while_doing(format!("starting the runbook {:?}", runbook.name()));
    let body = |values: Value| {
        json!({
        "RunbookId": runbook.id(),
        "RunbookSnapshotId": snapshot_id,
        "EnvironmentId": order.environment_id,
        "TenantId": order.tenant_id,
        "SpaceId": server.space_id(),
        "SkipActions": [],
        "SpecificMachineIds": [],
        "ExcludedMachineIds": [],
        "UseGuidedFailure": false,
        "ForcePackageDownload": false,
        "FormValues": values,
        })
    };
    let path = server.path("runbookRuns");
    let send = async |values| server.client.post(&path, &body(values)).await;
    let run =
        ordered(server, &format!("runbookSnapshots/{snapshot_id}"), &order, send).await.map_err(doing)?;
    let text = |field: &str| run[field].as_str().unwrap_or_default().to_owned();
    Ok(Run { id: text("Id"), task_id: text("TaskId") })
}

/// Starts a run of a runbook as a branch has it, with this version of the package. `route` is that of the branch, below the space.
///
/// # Errors
/// As [`run`].
pub async fn run_from_branch(
    server: &Server,
    (runbook, route): (&Document, &str),
    (package, version): (&str, &str),
    order: Order<'_>,
) -> Result<Run, Failure> {
    let doing = |failure: Failure| failure.while_doing(format!("starting the runbook {:?}", runbook.name()));
    let route = format!("{route}/runbooks/{}", runbook.id());
    let path = server.path(&route);
    let template = server.client.get(&format!("{path}/runbookSnapshotTemplate")).await.map_err(doing)?;
    let ours = template["Packages"].as_array().into_iter().flatten();
    let selected: Vec<Value> = ours
        .filter(|reference| reference["PackageId"] == package)
        .map(|reference| {
            json!({
                "ActionName": reference["ActionName"],
                "PackageReferenceName": reference["PackageReferenceName"],
                "Version": version,
            })
        })
        .collect();
    let body = |values: Value| {
        json!({
        "Notes": "",
        "SelectedPackages": selected,
        "SelectedGitResources": [],
        "Runs": [{"EnvironmentId": order.environment_id, "TenantId": order.tenant_id, "SkipActions": [], "UseGuidedFailure": false, "FormValues": values}],
        })
    };
    let path = format!("{path}/run/v1");
    let send = async |values| server.client.post(&path, &body(values)).await;
    let answer = ordered(server, &route, &order, send).await.map_err(doing)?;
    let run = &answer["Resources"][0];
    let text = |field: &str| run[field].as_str().unwrap_or_default().to_owned();
    Ok(Run { id: text("Id"), task_id: text("TaskId") })
}

/// Asks the server to stop a task. One that has finished meanwhile is as good.
///
/// # Errors
/// When the server refuses for another reason.
pub async fn cancel(server: &Server, task_id: &str) -> Result<(), Failure> {
    match server.client.post(&server.path(&format!("tasks/{task_id}/cancel")), &json!({})).await {
        Ok(_) => Ok(()),
        Err(failure) if matches!(failure.http_status, Some(400 | 409)) => Ok(()),
        Err(failure) => Err(failure.while_doing(format!("cancelling the task {task_id}"))),
    }
}

/// Follows a task to its end and tells what happens.
///
/// # Errors
/// When the task can't be read.
pub async fn follow(
    server: &Server,
    task_id: &str,
    mut tell: impl FnMut(Event),
) -> Result<Finished, Failure> {
    let path = server.path(&format!("tasks/{task_id}/details?verbose=false"));
    let mut told = BTreeMap::new();
    let mut look = FIRST_LOOK;
    let mut waited = Duration::ZERO;
    let mut waiting_for = String::new();
    let mut away: Option<Instant> = None;
    loop {
        let details = match server.client.get(&path).await {
            Ok(details) => {
                away = None;
                details
            }
            // The task goes on without us.
            Err(failure) => {
                let since = *away.get_or_insert_with(Instant::now);
                if since.elapsed() >= longest_away(&failure) {
                    return Err(failure
                        .hint("The task itself may go on. Run the command again when the server is back."));
                }
                let why = format!(
                    "the server does not say how the task goes on; asked again for some minutes ({failure})"
                );
                if waiting_for.is_empty() {
                    tell(Event::Waiting(why.clone()));
                    waiting_for = why;
                }
                tokio::time::sleep(LONGEST_LOOK).await;
                continue;
            }
        };
        let task = &details["Task"];
        let mut any = false;
        for element in details["ActivityLogs"].as_array().into_iter().flatten() {
            any |= tell_lines(element, &mut told, &mut tell);
        }
        if task["IsCompleted"] == true {
            return Ok(Finished {
                state: task["State"].as_str().unwrap_or_default().to_owned(),
                succeeded: task["FinishedSuccessfully"] == true,
                has_warnings: task["HasWarningsOrErrors"] == true,
                message: task["ErrorMessage"].as_str().unwrap_or_default().to_owned(),
            });
        }
        if any {
            waiting_for.clear();
        }
        waited = if any { Duration::ZERO } else { waited + look };
        let queued = task["State"] == "Queued";
        // A task that waits for a person shows as queued: that is reported at once.
        if task["HasPendingInterruptions"] == true || (queued && waited >= PATIENCE) {
            let why = why_waiting(server, task_id, task).await?;
            if why != waiting_for {
                tell(Event::Waiting(why.clone()));
                waiting_for = why;
            }
        }
        look = if any { FIRST_LOOK } else { (look * 5 / 4).min(LONGEST_LOOK) };
        tokio::time::sleep(look).await;
    }
}

/// Tells the lines of one element of the log, and of those below it, that were not told before.
fn tell_lines(element: &Value, told: &mut BTreeMap<String, usize>, tell: &mut impl FnMut(Event)) -> bool {
    let lines = element["LogElements"].as_array().map_or(&[][..], Vec::as_slice);
    let count = told.entry(element["Id"].as_str().unwrap_or_default().to_owned()).or_default();
    let new = lines.get(*count..).unwrap_or_default();
    *count = lines.len().max(*count);
    for line in new {
        let text = |field: &str| line[field].as_str().unwrap_or_default().to_owned();
        tell(Event::Line { category: text("Category"), text: text("MessageText") });
    }
    let mut any = !new.is_empty();
    for child in element["Children"].as_array().into_iter().flatten() {
        any |= tell_lines(child, told, tell);
    }
    any
}

/// Why a task does not go on, in words.
async fn why_waiting(server: &Server, task_id: &str, task: &Value) -> Result<String, Failure> {
    if task["HasPendingInterruptions"] == true {
        return Ok("the task waits for a person: open it in the Octopus portal and answer".to_owned());
    }
    if task["HasPendingPreconditions"] == true {
        return Ok("the task waits for an approval: open it in the Octopus portal".to_owned());
    }
    if let Some(why) = obstacle(server).await? {
        return Ok(why);
    }
    let behind = server.client.find(&server.path(&format!("tasks/{task_id}/queued-behind"))).await;
    // A help, not a need: old servers answer otherwise.
    let behind = behind.ok().flatten().unwrap_or_default();
    let names: Vec<&str> = behind["Items"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|task| task["Description"].as_str().or_else(|| task["Id"].as_str()))
        .collect();
    Ok(if names.is_empty() {
        "the task waits in the queue of the server".to_owned()
    } else {
        format!("the task waits behind: {}", names.join(", "))
    })
}

/// What keeps every task of the space from running: a stopped queue, maintenance.
///
/// # Errors
/// When the space can't be read.
pub async fn obstacle(server: &Server) -> Result<Option<String>, Failure> {
    let space = server.client.get(&format!("/api/spaces/{}", server.space_id())).await?;
    if space["TaskQueueStopped"] == true {
        return Ok(Some(format!(
            "the task queue of the space {} is stopped; start it in the portal: Configuration, Spaces",
            space["Name"]
        )));
    }
    // Not everybody may see this; then nothing is said.
    let status = server.client.find("/api/serverstatus").await.ok().flatten().unwrap_or_default();
    Ok((status["IsInMaintenanceMode"] == true)
        .then(|| "the server is in maintenance mode: only administrators can start something".to_owned()))
}

/// Tasks that run or wait for one of these runbooks: id and what they are.
///
/// # Errors
/// When the tasks can't be read.
pub async fn active(server: &Server, runbook_ids: &[&str]) -> Result<Vec<(String, String)>, Failure> {
    let path = "tasks?name=RunbookRun&states=Queued,Executing,Cancelling";
    let mut found = Vec::new();
    for task in upsert::list(server, path).await? {
        // A server that ignores the filter answers finished ones too.
        if task.flag("IsCompleted") {
            continue;
        }
        let run_id = task.get("Arguments").and_then(|arguments| arguments["RunbookRunId"].as_str());
        let Some(run_id) = run_id else { continue };
        let run =
            server.client.find(&server.path(&format!("runbookRuns/{run_id}"))).await?.unwrap_or_default();
        if runbook_ids.iter().any(|id| run["RunbookId"] == *id) {
            found.push((task.id().to_owned(), task.text("Description").unwrap_or_default().to_owned()));
        }
    }
    Ok(found)
}

/// Refuses to change what running tasks of these runbooks build on.
///
/// # Errors
/// When one runs or waits; when the tasks can't be read.
pub async fn refuse_active(server: &Server, runbook_ids: &[&str], command: &str) -> Result<(), Failure> {
    match active(server, runbook_ids).await?.first() {
        None => Ok(()),
        Some((task, what)) => Err(Failure::failed(format!(
            "a run of octoferry's runbooks is not finished: {what} ({task}); nothing was changed"
        ))
        .hint(format!("Wait for it or cancel it, then run {command} again."))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_reported_once() {
        let log = |lines: &[&str]| {
            let lines: Vec<Value> =
                lines.iter().map(|text| json!({"Category": "Info", "MessageText": text})).collect();
            json!({"Id": "root", "LogElements": [], "Children": [{"Id": "step", "LogElements": lines, "Children": []}]})
        };
        let mut told = BTreeMap::new();
        let mut texts = Vec::new();
        for lines in [&["a"][..], &["a"], &["a", "b", "c"], &["a", "b", "c"]] {
            tell_lines(&log(lines), &mut told, &mut |event| {
                if let Event::Line { text, .. } = event {
                    texts.push(text);
                }
            });
        }
        assert_eq!(texts, ["a", "b", "c"]);
    }
}
