//! Project triggers: times as the server writes them, and the memory of those that were ever enabled.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::collections::Fields;
use crate::documents::check_reference;
use crate::request::Request;
use crate::server::Server;
use crate::store::now;

pub(crate) fn defaults() -> Value {
    json!({"Description": null, "IsDisabled": false})
}

pub(crate) fn complete(
    server: &mut Server,
    space: &str,
    fields: &mut Fields,
    old: Option<&Value>,
) -> Result<(), Answer> {
    if let Some(old) = old {
        fields.insert("ProjectId".into(), old["ProjectId"].clone());
    }
    let project = fields.get("ProjectId").and_then(Value::as_str).unwrap_or_default().to_owned();
    check_reference(server, space, "projects", &project)?;
    for part in ["Filter", "Action"] {
        if let Some(Value::Object(part)) = fields.get_mut(part) {
            part.shift_remove("Links");
            part.shift_remove("Id");
        }
    }
    if let Some(Value::Object(filter)) = fields.get_mut("Filter") {
        for field in ["StartTime", "RunAfter", "RunUntil"] {
            if let Some(Value::String(time)) = filter.get_mut(field) {
                *time = with_milliseconds(time);
            }
        }
    }
    let action = fields.get("Action").cloned().unwrap_or_default();
    for (field, collection) in
        [("RunbookId", "runbooks"), ("ChannelId", "channels"), ("EnvironmentId", "environments")]
    {
        if let Some(id) = action[field].as_str().filter(|id| !id.is_empty()) {
            check_reference(server, space, collection, id)?;
        }
    }
    if fields.get("IsDisabled") != Some(&json!(true)) {
        let id = fields["Id"].as_str().unwrap_or_default().to_owned();
        let entry = json!({"Id": id, "SpaceId": space, "ProjectId": project, "Name": fields.get("Name"), "Since": now()});
        server.triggers_ever_enabled.entry(id).or_insert(entry);
    }
    Ok(())
}

/// Times have milliseconds: some clients refuse to read them without.
fn with_milliseconds(time: &str) -> String {
    match time.strip_suffix('Z') {
        Some(seconds) if !seconds.contains('.') => format!("{seconds}.000Z"),
        _ => time.to_owned(),
    }
}

/// `triggerActionCategory=Runbook|Deployment`, `triggerActionType=`, `runbooks=`, for lists; other kinds pass.
pub(crate) fn wanted(request: &Request, document: &Value) -> bool {
    let Some(kind) = document["Action"]["ActionType"].as_str() else { return true };
    let category = if kind == "RunRunbook" { "Runbook" } else { "Deployment" };
    request.query("triggeractioncategory").is_none_or(|wanted| wanted.eq_ignore_ascii_case(category))
        && request
            .query_list("triggeractiontype")
            .is_none_or(|types| types.iter().any(|wanted| wanted.eq_ignore_ascii_case(kind)))
        && request
            .query_list("runbooks")
            .is_none_or(|ids| ids.iter().any(|id| document["Action"]["RunbookId"] == *id))
}
