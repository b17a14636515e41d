//! Tasks that wait for a person: manual interventions and guided failures.

use std::time::Duration;

use serde_json::{Value, json};

use super::execute::{Context, Stop};
use super::log;
use crate::answer::{Answer, Outcome};
use crate::paging;
use crate::request::{Method, Request};
use crate::server::Server;
use crate::store::{now, number_of, text};

/// What a person says to a failed step.
pub(crate) enum Guidance {
    Fail,
    Retry,
    /// Ignore it (or leave its machine out, which is the same on a worker).
    Ignore,
}

pub(crate) fn route(server: &mut Server, request: &Request) -> Option<Outcome> {
    let (method, route) = request.route();
    let id = request.at(1);
    Some(match (method, route.as_slice()) {
        (Method::Get, ["interruptions"]) => Ok(list(server, request)),
        (Method::Get, ["interruptions", _]) => {
            find(server, request, id).map(|found| Answer::ok(found.clone()))
        }
        (Method::Put, ["interruptions", _, "responsible"]) => {
            change(server, request, id, json!({"ResponsibleUserId": request.user, "HasResponsibility": true}))
        }
        (Method::Get, ["interruptions", _, "responsible"]) => find(server, request, id).map(|found| {
            let user = text(found, "ResponsibleUserId");
            Answer::ok(server.store.get(crate::store::SERVER, "users", user).cloned().unwrap_or_default())
        }),
        (Method::Post, ["interruptions", _, "submit"]) => submit(server, request, id),
        _ => return None,
    })
}

fn find<'a>(server: &'a Server, request: &Request, id: &str) -> Result<&'a Value, Answer> {
    server.store.get(&request.space, "interruptions", id).ok_or_else(|| Answer::no_document(id))
}

fn list(server: &Server, request: &Request) -> Answer {
    let mut found: Vec<&Value> = server
        .store
        .all(&request.space, "interruptions")
        .map(|(_, document)| document)
        .filter(|document| paging::field_matches(request, "regarding", document, "RelatedDocumentIds"))
        .filter(|document| request.query_flag("pendingOnly") != Some(true) || document["IsPending"] == true)
        .collect();
    found.sort_by_key(|document| std::cmp::Reverse(number_of(text(document, "Id"))));
    paging::page(request, "Interruption", &found, Value::clone)
}

fn change(server: &mut Server, request: &Request, id: &str, fields: Value) -> Outcome {
    let mut document = find(server, request, id)?.clone();
    if let (Value::Object(document), Value::Object(fields)) = (&mut document, fields) {
        document.extend(fields);
    }
    server.store.put(&request.space, "interruptions", document.clone());
    Ok(Answer::ok(document))
}

/// Whoever is responsible answers: `{Result, Notes}` or `{Guidance, Notes}`.
fn submit(server: &mut Server, request: &Request, id: &str) -> Outcome {
    let body = Value::Object(request.object()?);
    let document = find(server, request, id)?;
    if document["IsPending"] != true {
        return Err(Answer::bad_request("This interruption has already been submitted."));
    }
    if document["HasResponsibility"] != true {
        return Err(Answer::bad_request(
            "You must take responsibility for this interruption before you can submit it.",
        ));
    }
    let field = if document["Type"] == "GuidedFailure" { "Guidance" } else { "Result" };
    if text(&body, field).is_empty() {
        return Err(Answer::bad_request(format!("The field {field} is required.")));
    }
    let mut form = document["Form"].clone();
    form["Values"] = body;
    change(server, request, id, json!({"IsPending": false, "Form": form}))
}

/// Makes an interruption and waits until somebody has answered it. Returns the values of its form.
fn wait(
    context: &Context,
    kind: &str,
    title: &str,
    instructions: &str,
    path: &log::Path,
) -> Result<Value, Stop> {
    let choice = if kind == "GuidedFailure" { "Guidance" } else { "Result" };
    let id = {
        let mut server = context.shared.lock();
        let id = server.store.next_id("Interruptions");
        let correlation =
            server.tasks.logs.get_mut(&context.task).map(|log| log.id(path)).unwrap_or_default();
        server.store.put(
            &context.space,
            "interruptions",
            json!({
                "Id": id, "SpaceId": context.space, "Title": title, "Type": kind, "Created": now(), "IsPending": true,
                "TaskId": context.task, "CorrelationId": correlation, "CanTakeResponsibility": true, "HasResponsibility": false,
                "ResponsibleTeamIds": [], "ResponsibleUserId": null, "IsLinkedToOtherInterruption": false,
                "RelatedDocumentIds": [context.task, context.run["Id"], context.run["ProjectId"], context.run["EnvironmentId"]],
                "Form": {"Values": {}, "Elements": [
                    {"Name": "Instructions", "IsValueRequired": false, "Control": {"Type": "Paragraph", "Text": instructions}},
                    {"Name": "Notes", "IsValueRequired": false, "Control": {"Type": "TextArea", "Label": "Notes"}},
                    {"Name": choice, "IsValueRequired": true, "Control": {"Type": "SubmitButtonGroup"}},
                ]},
            }),
        );
        // A task that waits for a person shows as queued again.
        let waiting =
            json!({"State": "Queued", "HasPendingInterruptions": true, "PendingInterruptionTypes": [kind]});
        super::change(&mut server, &context.task, waiting);
        id
    };
    context.log(path, "Wait", &format!("{title}: waiting for somebody to respond"));
    loop {
        std::thread::sleep(Duration::from_millis(10));
        let mut server = context.shared.lock();
        if super::is_cancelled(&server, &context.task) {
            if let Some(document) = server.store.get_mut(&context.space, "interruptions", &id) {
                document["IsPending"] = json!(false);
            }
            return Err(Stop::Canceled);
        }
        let document = server.store.get(&context.space, "interruptions", &id).cloned().unwrap_or_default();
        if document["IsPending"] != true {
            let going = json!({"State": "Executing", "HasPendingInterruptions": false, "PendingInterruptionTypes": []});
            super::change(&mut server, &context.task, going);
            return Ok(document["Form"]["Values"].clone());
        }
    }
}

/// A manual intervention: goes on, or fails when somebody aborts.
pub(crate) fn intervene(
    context: &Context,
    title: &str,
    instructions: &str,
    path: &log::Path,
) -> Result<(), Stop> {
    let answer = wait(context, "ManualIntervention", title, instructions, path)?;
    if text(&answer, "Result") == "Proceed" {
        context.log(path, "Info", "Somebody chose to proceed");
        return Ok(());
    }
    Err(Stop::Failed(
        format!("The intervention was aborted. {}", text(&answer, "Notes")).trim_end().to_owned(),
    ))
}

/// Asks what to do about a failure.
pub(crate) fn ask_for_guidance(
    context: &Context,
    title: &str,
    error: &str,
    path: &log::Path,
) -> Result<Guidance, Stop> {
    let answer = wait(context, "GuidedFailure", title, error, path)?;
    Ok(match text(&answer, "Guidance") {
        "Retry" => Guidance::Retry,
        "Ignore" | "Exclude" => Guidance::Ignore,
        _ => Guidance::Fail,
    })
}
