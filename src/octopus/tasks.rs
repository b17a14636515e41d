//! Tasks of a server: following and cancelling them. `snapshots` publishes runbooks, `start` runs them.

mod snapshots;
mod start;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server::Server;
use crate::upsert;
use documents::collection::Collection;
use failure::Failure;
pub use snapshots::{git_resources, is_published, is_stale, publish, publish_snapshot, set_published};
pub use start::{Order, Run, run, run_from_branch};

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
    let begun = "name=RunbookRun&states=Queued,Executing,Cancelling";
    let mut found = Vec::new();
    for task in upsert::search(server, Collection::Tasks, begun).await? {
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
