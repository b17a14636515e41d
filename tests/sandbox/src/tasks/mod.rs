//! Tasks: the queue, their states, and what is kept of them while they run.

pub(crate) mod artifact;
mod check;
pub(crate) mod execute;
mod freeze;
pub(crate) mod interruption;
mod listener;
pub(crate) mod log;
pub(crate) mod machine;
pub(crate) mod preview;
pub(crate) mod room;
pub(crate) mod run;
pub(crate) mod snapshot;
pub(crate) mod step;
pub(crate) mod variable;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::server::{Server, Shared};
use crate::store::{SERVER, now, number_of, text};

/// What the server remembers of tasks besides their documents.
#[derive(Default)]
pub(crate) struct Tasks {
    pub(crate) logs: BTreeMap<String, log::Log>,
    /// What was asked for with a runbook run, by the task's id. Kept apart: prompts may hold secrets.
    pub(crate) inputs: BTreeMap<String, run::Input>,
    /// Tasks that shall stop.
    pub(crate) cancelled: BTreeSet<String>,
    /// Tasks that have a thread.
    pub(crate) running: BTreeSet<String>,
    /// Output variables of all tasks, sensitive ones without their value.
    pub(crate) outputs: Vec<Value>,
    /// Arguments and environments of processes (`Options::sample_processes`).
    pub(crate) samples: Vec<Value>,
    /// Work folders that were kept (`Options::keep_work`).
    pub(crate) kept: Vec<Value>,
    /// Folders of Tentacles by space and machine (`/sandbox/homes`).
    pub(crate) homes: BTreeMap<(String, String), std::path::PathBuf>,
    /// New tasks wait until somebody approves them (`/sandbox/settings`).
    pub(crate) need_approval: bool,
    /// The sandbox ends: nothing starts, what runs is killed.
    pub(crate) stopping: bool,
}

/// Puts a new task into a space's queue. Returns its id.
pub(crate) fn enqueue(
    server: &mut Server,
    space: &str,
    name: &str,
    description: &str,
    fields: Value,
) -> String {
    let id = server.store.next_id("ServerTasks");
    let time = now();
    let mut task = json!({
        "Id": id, "SpaceId": space, "Name": name, "Description": description, "Arguments": {}, "State": "Queued",
        "Completed": "Queued…", "QueueTime": time, "QueueTimeExpiry": null, "StartTime": null, "LastUpdatedTime": time,
        "CompletedTime": null, "ServerNode": null, "Duration": "0 seconds", "ErrorMessage": "",
        "HasBeenPickedUpByProcessor": false, "IsCompleted": false, "FinishedSuccessfully": false,
        "HasPendingInterruptions": false, "PendingInterruptionTypes": [], "HasPendingPreconditions": false,
        "PendingPreconditionTypes": [], "HasWarningsOrErrors": false, "CanRerun": false, "ProjectId": null,
        "EstimatedRemainingQueueDurationSeconds": 0, "ConcurrencyTag": null,
    });
    if let (Value::Object(task), Value::Object(fields)) = (&mut task, fields) {
        task.extend(fields.into_iter().filter(|(_, value)| !value.is_null()));
    }
    if server.tasks.need_approval {
        task["HasPendingPreconditions"] = json!(true);
        task["PendingPreconditionTypes"] = json!(["Approval"]);
    }
    server.store.put(space, "tasks", task);
    server.tasks.logs.insert(id.clone(), log::Log::new(&id, description));
    id
}

/// A task and its space, wherever it is.
pub(crate) fn find<'a>(server: &'a Server, id: &str) -> Option<(String, &'a Value)> {
    let spaces: Vec<String> = server.store.all(SERVER, "spaces").map(|(id, _)| id.clone()).collect();
    spaces.into_iter().find_map(|space| server.store.get(&space, "tasks", id).map(|task| (space, task)))
}

/// Changes fields of a task.
pub(crate) fn change(server: &mut Server, id: &str, fields: Value) {
    let Some((space, task)) = find(server, id).map(|(space, task)| (space, text(task, "Id").to_owned()))
    else {
        return;
    };
    if let (Some(Value::Object(task)), Value::Object(fields)) =
        (server.store.get_mut(&space, "tasks", &task), fields)
    {
        task.extend(fields);
        task.insert("LastUpdatedTime".into(), json!(now()));
    }
}

/// Ends a task in a state (`Success`, `Failed`, `Canceled`, `TimedOut`).
pub(crate) fn finish(server: &mut Server, id: &str, state: &str, error: &str) {
    let warned = server.tasks.logs.get(id).is_some_and(log::Log::has_warnings_or_errors);
    let duration = find(server, id)
        .and_then(|(_, task)| chrono::DateTime::parse_from_rfc3339(text(task, "StartTime")).ok())
        .map_or(0, |start| (chrono::Utc::now() - start.to_utc()).num_seconds());
    change(
        server,
        id,
        json!({
            "State": state, "IsCompleted": true, "FinishedSuccessfully": state == "Success", "CompletedTime": now(),
            "Completed": now(), "Duration": format!("{duration} seconds"), "ErrorMessage": error, "CanRerun": true,
            "HasWarningsOrErrors": warned || state == "Failed", "HasPendingInterruptions": false,
            "PendingInterruptionTypes": [],
        }),
    );
    let frozen = server.tasks.inputs.get_mut(id).and_then(|input| input.frozen.take());
    if let (Some(frozen), Some((space, _))) = (frozen, find(server, id)) {
        crate::git::run::release(server, &space, &frozen);
    }
    if let Some(log) = server.tasks.logs.get_mut(id) {
        log.close(
            &[],
            if state == "Success" && warned {
                "SuccessWithWarning"
            } else if state == "TimedOut" {
                "Failed"
            } else {
                state
            },
        );
    }
}

/// Lets a task go that waits for an approval.
pub(crate) fn approve(server: &mut Server, id: &str) {
    change(server, id, json!({"HasPendingPreconditions": false, "PendingPreconditionTypes": []}));
}

/// Whether a task is asked to stop.
pub(crate) fn is_cancelled(server: &Server, id: &str) -> bool {
    server.tasks.stopping || server.tasks.cancelled.contains(id)
}

/// Cancels a task: at once when it waits in the queue, else what runs ends it.
pub(crate) fn cancel(server: &mut Server, id: &str) {
    if server.tasks.running.contains(id) {
        server.tasks.cancelled.insert(id.to_owned());
        change(server, id, json!({"State": "Cancelling"}));
    } else {
        finish(server, id, "Canceled", "");
    }
}

/// Ends all tasks and removes the workers' folders.
pub(crate) fn stop(shared: &Shared) {
    shared.lock().tasks.stopping = true;
    // A thread notices within milliseconds; one that hangs must not make the end hang.
    for _ in 0..500 {
        if shared.lock().tasks.running.is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let _ = std::fs::remove_dir_all(&shared.work_root);
}

/// Starts tasks as they may start, until the sandbox ends.
pub(crate) async fn schedule(shared: Arc<Shared>) {
    loop {
        // Also by the clock: delays and expiries come without a request.
        let _woken = tokio::time::timeout(Duration::from_millis(20), shared.work.notified()).await;
        let ready = {
            let mut server = shared.lock();
            if server.tasks.stopping {
                return;
            }
            pick(&mut server, &shared)
        };
        for (space, id) in ready {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || execute::run(&shared, &space, &id));
        }
    }
}

/// Takes the tasks that may start now out of the queue, and ends those whose time is over.
fn pick(server: &mut Server, shared: &Shared) -> Vec<(String, String)> {
    let now = chrono::Utc::now();
    let due = |task: &Value, field: &str| {
        chrono::DateTime::parse_from_rfc3339(text(task, field)).is_ok_and(|time| time.to_utc() <= now)
    };
    let delay =
        chrono::Duration::milliseconds(i64::try_from(shared.options.task_delay_ms).unwrap_or_default());
    let spaces: Vec<(String, bool)> = server
        .store
        .all(SERVER, "spaces")
        .map(|(id, space)| (id.clone(), space["TaskQueueStopped"] == true))
        .collect();
    let mut queued = Vec::new();
    let mut executing = 0;
    let mut tags = BTreeSet::new();
    for (space, stopped) in &spaces {
        for (id, task) in server.store.all(space, "tasks").filter(|(_, task)| task["IsCompleted"] != true) {
            if server.tasks.running.contains(id) {
                // A task that waits for a person holds its tag, but takes no place among the running ones.
                executing += usize::from(task["State"] != "Queued");
                tags.insert(text(task, "ConcurrencyTag").to_owned());
            } else if !*stopped || due(task, "QueueTimeExpiry") {
                queued.push((number_of(id), space.clone(), id.clone(), task.clone()));
            }
        }
    }
    queued.sort_by_key(|(number, ..)| *number);
    let mut ready = Vec::new();
    for (_, space, id, task) in queued {
        if due(&task, "QueueTimeExpiry") {
            finish(server, &id, "TimedOut", "The task was not started before its queue time expired.");
            continue;
        }
        let waited = chrono::DateTime::parse_from_rfc3339(text(&task, "QueueTime"))
            .is_ok_and(|time| time.to_utc() + delay <= now);
        let tag = text(&task, "ConcurrencyTag").to_owned();
        let held = task["HasPendingPreconditions"] == true;
        if held || !waited || executing >= shared.options.task_cap || (!tag.is_empty() && tags.contains(&tag))
        {
            // Later tasks of the same tag keep their place in the queue.
            tags.insert(tag);
            continue;
        }
        executing += 1;
        tags.insert(tag);
        server.tasks.running.insert(id.clone());
        change(
            server,
            &id,
            json!({"State": "Executing", "StartTime": crate::store::now(), "HasBeenPickedUpByProcessor": true,
                   "Completed": "Executing…", "ServerNode": "OctopusServerNodes-sandbox"}),
        );
        ready.push((space, id));
    }
    ready
}

/// The tasks that must end before this one may start.
pub(crate) fn queued_behind(server: &Server, space: &str, task: &Value) -> Vec<Value> {
    let number = number_of(text(task, "Id"));
    let tag = text(task, "ConcurrencyTag");
    server
        .store
        .all(space, "tasks")
        .map(|(_, other)| other)
        .filter(|other| other["IsCompleted"] != true && number_of(text(other, "Id")) < number)
        .filter(|other| !tag.is_empty() && text(other, "ConcurrencyTag") == tag)
        .cloned()
        .collect()
}
