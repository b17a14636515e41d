//! The addresses of tasks: lists, details, raw log, cancel, state.

use serde_json::{Value, json};

use super::log::Log;
use crate::answer::{Answer, Outcome};
use crate::paging;
use crate::permissions;
use crate::request::{Method, Request};
use crate::server::Server;
use crate::store::{SERVER, number_of, text};

pub(crate) fn route(server: &mut Server, request: &Request) -> Option<Outcome> {
    let (method, route) = request.route();
    let id = request.at(1);
    Some(match (method, route.as_slice()) {
        (Method::Get, ["tasks"]) => Ok(list(server, request)),
        (Method::Post, ["tasks"]) => create(server, request),
        (Method::Get, ["tasks", _]) => find(server, request, id).map(|task| Answer::ok(show(&task))),
        (Method::Get, ["tasks", _, "details"]) => details(server, request, id),
        (Method::Get, ["tasks", _, "raw"]) => find(server, request, id).map(|task| {
            let log = server.tasks.logs.get(text(&task, "Id"));
            Answer::text(log.map(|log| log.raw(&task)).unwrap_or_default())
        }),
        (Method::Get, ["tasks", _, "queued-behind"]) => find(server, request, id).map(|task| {
            let items = super::queued_behind(server, text(&task, "SpaceId"), &task);
            let items: Vec<&Value> = items.iter().collect();
            paging::page(request, "Task", &items, show)
        }),
        (Method::Get, ["tasks", _, "status", "messages"]) => {
            find(server, request, id).map(|task| Answer::ok(json!({"Messages": waiting_for(server, &task)})))
        }
        (Method::Post, ["tasks", _, "cancel"]) => find(server, request, id).and_then(|task| {
            if task["IsCompleted"] == true || task["State"] == "Cancelling" {
                return Err(Answer::bad_request(format!(
                    "The task is {} and can't be cancelled.",
                    text(&task, "State")
                )));
            }
            super::cancel(server, text(&task, "Id"));
            find(server, request, id).map(|task| Answer::ok(show(&task)))
        }),
        (Method::Get, ["tasks", _, "servertaskapproval"]) => find(server, request, id).map(|task| {
            let waits = task["HasPendingPreconditions"] == true;
            Answer::ok(
                json!({"ServerTaskId": task["Id"], "State": if waits { "Pending" } else { "Approved" }}),
            )
        }),
        (Method::Post, ["tasks", _, "state"]) => set_state(server, request, id),
        (Method::Post, ["tasks", _, "prioritize"]) => {
            find(server, request, id).map(|task| Answer::ok(show(&task)))
        }
        _ => return None,
    })
}

/// The tasks of the request's space, or of all spaces.
fn all<'a>(server: &'a Server, request: &Request) -> Vec<&'a Value> {
    let spaces: Vec<String> = if request.space == SERVER {
        let wanted = request.query_list("spaces");
        let all = server.store.all(SERVER, "spaces").map(|(id, _)| id.clone());
        all.filter(|id| {
            wanted.as_ref().is_none_or(|wanted| wanted.iter().any(|space| space.eq_ignore_ascii_case(id)))
        })
        .collect()
    } else {
        vec![request.space.clone()]
    };
    let mut tasks: Vec<&Value> =
        spaces.iter().flat_map(|space| server.store.all(space, "tasks").map(|(_, task)| task)).collect();
    tasks.sort_by_key(|task| std::cmp::Reverse(number_of(text(task, "Id"))));
    tasks
}

/// A task that the user may see, in this space or, without a space, anywhere.
fn find(server: &Server, request: &Request, id: &str) -> Result<Value, Answer> {
    all(server, request)
        .into_iter()
        .find(|task| text(task, "Id").eq_ignore_ascii_case(id))
        .filter(|task| permissions::sees(server, request, "TaskView", task))
        .cloned()
        .ok_or_else(|| Answer::no_document(id))
}

fn show(task: &Value) -> Value {
    let mut shown = task.clone();
    let own = format!("/api/tasks/{}", text(task, "Id"));
    shown["Links"] = json!({
        "Self": own, "Details": format!("{own}/details{{?verbose,tail}}"), "Raw": format!("{own}/raw"), "Cancel": format!("{own}/cancel"),
        "State": format!("{own}/state"), "QueuedBehind": format!("{own}/queued-behind"),
        "Artifacts": format!("/api/{}/artifacts?regarding={}", text(task, "SpaceId"), text(task, "Id")),
        "Interruptions": format!("/api/{}/interruptions?regarding={}", text(task, "SpaceId"), text(task, "Id")),
    });
    shown
}

fn list(server: &Server, request: &Request) -> Answer {
    let flag = |task: &Value, parameter: &str, field: &str| {
        request.query_flag(parameter).is_none_or(|wanted| (task[field] == true) == wanted)
    };
    let found: Vec<&Value> = all(server, request)
        .into_iter()
        // An empty `ids=` means all, not none.
        .filter(|task| {
            request
                .query_list("ids")
                .is_none_or(|ids| ids.iter().any(|id| id.eq_ignore_ascii_case(text(task, "Id"))))
        })
        .filter(|task| {
            [
                ("name", "Name"),
                ("project", "ProjectId"),
                ("runbook", "RunbookId"),
                ("environment", "EnvironmentId"),
                ("tenant", "TenantId"),
                ("states", "State"),
            ]
            .iter()
            .all(|(parameter, field)| paging::field_matches(request, parameter, task, field))
        })
        .filter(|task| flag(task, "hasPendingInterruptions", "HasPendingInterruptions"))
        .filter(|task| flag(task, "hasWarningsOrErrors", "HasWarningsOrErrors"))
        .filter(|task| request.query_flag("active") != Some(true) || task["IsCompleted"] != true)
        .filter(|task| request.query_flag("running") != Some(true) || task["State"] == "Executing")
        .filter(|task| permissions::sees(server, request, "TaskView", task))
        .collect();
    let count = |wanted: &str| found.iter().filter(|task| task["State"] == wanted).count();
    let counts = json!({
        "Queued": count("Queued"), "Executing": count("Executing"), "Cancelling": count("Cancelling"), "Success": count("Success"),
        "Failed": count("Failed"), "Canceled": count("Canceled"), "TimedOut": count("TimedOut"),
        "Interrupted": found.iter().filter(|task| task["HasPendingInterruptions"] == true).count(),
    });
    let mut answer = paging::page(request, "Task", &found, show);
    if let crate::answer::Content::Json(page) = &mut answer.content {
        page["TotalCounts"] = counts;
    }
    answer
}

/// Tasks that a client asks for by name: those on machines with a home, and those that need nothing done.
fn create(server: &mut Server, request: &Request) -> Outcome {
    let body = Value::Object(request.object()?);
    let name = text(&body, "Name");
    let space = match request.space.as_str() {
        SERVER => server.store.default_space().unwrap_or_default(),
        space => space.to_owned(),
    };
    match name {
        "SyncCommunityActionTemplates" => {}
        "AdHocScript" | "Health" => super::machine::demand(server, &space, name, &body["Arguments"])?,
        _ => return Err(Answer::bad_request(format!("This sandbox can't run tasks of the type '{name}'."))),
    }
    let id = super::enqueue(server, &space, name, name, json!({"Arguments": body["Arguments"]}));
    let task = super::find(server, &id).map(|(_, task)| show(task)).unwrap_or_default();
    Ok(Answer::created(task))
}

fn details(server: &Server, request: &Request, id: &str) -> Outcome {
    let task = find(server, request, id)?;
    let log = server.tasks.logs.get(text(&task, "Id"));
    let verbose = request.query_flag("verbose") == Some(true);
    let tail = request.query("tail").and_then(|tail| tail.parse().ok());
    let done = task["IsCompleted"] == true;
    Ok(Answer::ok(json!({
        "Task": show(&task), "ActivityLogs": log.map_or_else(|| json!([]), |log| log.json(verbose, tail)),
        "PhysicalLogSize": log.map_or(0, Log::size),
        "Progress": {"ProgressPercentage": if done { 100 } else { 0 }, "EstimatedTimeRemaining": ""},
        "Links": {"Self": format!("/api/tasks/{}/details", text(&task, "Id"))},
    })))
}

fn waiting_for(server: &Server, task: &Value) -> Vec<Value> {
    let space = text(task, "SpaceId");
    let message =
        |category: &str, text: String| json!({"Category": category, "Title": "Waiting", "Message": text});
    let mut messages: Vec<Value> = super::queued_behind(server, space, task)
        .iter()
        .map(|other| message("Info", format!("This task waits for {} to complete.", text(other, "Id"))))
        .collect();
    if task["HasPendingPreconditions"] == true {
        messages.push(message("Info", "This task waits for an approval.".to_owned()));
    }
    if server.store.get(SERVER, "spaces", space).is_some_and(|space| space["TaskQueueStopped"] == true) {
        messages.push(message("Warning", "The task queue of this space is stopped.".to_owned()));
    }
    messages
}

/// Rewrites the result of a finished task by hand.
fn set_state(server: &mut Server, request: &Request, id: &str) -> Outcome {
    permissions::demand(server, request, "TaskEdit")?;
    let body = Value::Object(request.object()?);
    let task = find(server, request, id)?;
    let state = text(&body, "State");
    if task["IsCompleted"] != true || !matches!(state, "Success" | "Failed" | "Canceled") {
        return Err(Answer::bad_request(
            "Only a finished task can be changed, to Success, Failed or Canceled.",
        ));
    }
    super::change(
        server,
        text(&task, "Id"),
        json!({"State": state, "FinishedSuccessfully": state == "Success"}),
    );
    find(server, request, id).map(|task| Answer::ok(show(&task)))
}
