//! Deployment freezes, and the parts of one that a project or a tenant has.

use anyhow::Result;
use serde_json::{Map, Value as Json, json};

use super::document::Document;
use super::{Call, items, text};
use crate::http::is_gone;
use crate::mapping::How::{Leave, Name};

const ROUTE: &str = "/api/deploymentfreezes";

/// The table of a type of freeze.
pub(super) fn document(name: &str) -> Option<Document> {
    Some(match name {
        // The official one fails when it reads one that recurs.
        "deployment_freeze" => {
            Document::new(ROUTE, "{}", &[("recurring_schedule", Leave)]).after(times).locked()
        }
        "project_deployment_freeze" => Document::new(
            ROUTE,
            "{}",
            &[
                ("environment_ids", Leave),
                ("recurring_schedule.utc_offset_in_minutes", Name("UserUtcOffsetInMinutes")),
            ],
        )
        .before(of_project)
        .after(read_of_project)
        .locked(),
        _ => return None,
    })
}

/// A time that is the same instant keeps the text that was configured.
fn times(value: &mut Json, _: &Json, expected: &Json) {
    for name in ["start", "end"] {
        if !expected[name].is_null() {
            value[name] = expected[name].clone();
        }
    }
}

fn of_project(body: &mut Map<String, Json>, plan: &Json, _: &Json) {
    if !plan["environment_ids"].is_null() {
        let scope: Map<String, Json> =
            [(text(plan, "owner_id").to_owned(), plan["environment_ids"].clone())].into_iter().collect();
        body.insert("ProjectEnvironmentScope".to_owned(), Json::Object(scope));
    }
}

fn read_of_project(value: &mut Json, document: &Json, expected: &Json) {
    times(value, document, expected);
    let scope = &document["ProjectEnvironmentScope"];
    if scope.is_object() {
        value["environment_ids"] = scope[text(document, "OwnerId")].clone();
    } else {
        value["environment_ids"] = expected["environment_ids"].clone();
    }
    if value["recurring_schedule"].is_object()
        && value["recurring_schedule"]["utc_offset_in_minutes"].is_null()
    {
        value["recurring_schedule"]["utc_offset_in_minutes"] = json!(0);
    }
}

/// Which part of a freeze.
#[derive(Clone, Copy)]
pub(super) enum Part {
    Project,
    Tenant,
}

fn address(value: &Json) -> String {
    format!("{ROUTE}/{}", text(value, "deploymentfreeze_id"))
}

/// What the official client knows of a freeze (library version 2.111.0): the rest is not in what it writes.
const KNOWN: [&str; 8] = [
    "Id",
    "Name",
    "Start",
    "End",
    "ProjectEnvironmentScope",
    "TenantProjectEnvironmentScope",
    "RecurringSchedule",
    "OwnerId",
];

/// The freeze as the client reads it.
async fn known(call: &Call<'_>, address: &str) -> Result<Json> {
    let mut freeze = call.api.get(address).await?;
    if let Some(fields) = freeze.as_object_mut() {
        fields.retain(|name, _| KNOWN.contains(&name.as_str()));
    }
    Ok(freeze)
}

fn entry(plan: &Json) -> Json {
    json!({"TenantId": plan["tenant_id"], "ProjectId": plan["project_id"], "EnvironmentId": plan["environment_id"]})
}

/// # Errors
/// What the server says.
pub(super) async fn write(call: &Call<'_>, plan: &Json, part: Part) -> Result<Json> {
    let _lock = call.api.lock().await;
    let mut freeze = known(call, &address(plan)).await?;
    let mut state = plan.clone();
    let (id, project) = (text(plan, "deploymentfreeze_id"), text(plan, "project_id"));
    match part {
        Part::Project => {
            freeze["ProjectEnvironmentScope"][project] = json!(items(plan, "environment_ids"));
            state["id"] = json!(format!("{id}:{project}"));
        }
        Part::Tenant => {
            let mut scopes = items(&freeze, "TenantProjectEnvironmentScope").to_vec();
            scopes.push(entry(plan));
            freeze["TenantProjectEnvironmentScope"] = Json::Array(scopes);
            let (tenant, environment) = (text(plan, "tenant_id"), text(plan, "environment_id"));
            state["id"] = json!(format!("{id}:{tenant}:{project}:{environment}"));
        }
    }
    call.api.put(&address(plan), &freeze).await?;
    Ok(state)
}

/// # Errors
/// What the server says.
pub(super) async fn read(call: &Call<'_>, part: Part) -> Result<Option<Json>> {
    let freeze = match call.api.get(&address(&call.state)).await {
        // The official one takes a freeze that is gone for one without anything, with a project.
        Err(error) if is_gone(&error) => match part {
            Part::Project => json!({}),
            Part::Tenant => return Ok(None),
        },
        freeze => freeze?,
    };
    let mut state = call.state.clone();
    match part {
        Part::Project => {
            let scope = &freeze["ProjectEnvironmentScope"];
            state["environment_ids"] = json!(items(scope, text(&call.state, "project_id")));
        }
        Part::Tenant => {
            if !items(&freeze, "TenantProjectEnvironmentScope").contains(&entry(&call.state)) {
                return Ok(None);
            }
        }
    }
    Ok(Some(state))
}

/// # Errors
/// What the server says.
pub(super) async fn delete(call: &Call<'_>, part: Part) -> Result<()> {
    let _lock = call.api.lock().await;
    let mut freeze = match known(call, &address(&call.state)).await {
        // The official one writes a freeze without an id then.
        Err(error) if is_gone(&error) => {
            call.api.put(ROUTE, &json!({"Name": "", "Start": null, "End": null})).await?;
            return Ok(());
        }
        freeze => freeze?,
    };
    match part {
        Part::Project => {
            if let Some(scope) = freeze["ProjectEnvironmentScope"].as_object_mut() {
                scope.remove(text(&call.state, "project_id"));
            }
        }
        Part::Tenant => {
            let gone = entry(&call.state);
            let left: Vec<Json> = items(&freeze, "TenantProjectEnvironmentScope")
                .iter()
                .filter(|scope| **scope != gone)
                .cloned()
                .collect();
            freeze["TenantProjectEnvironmentScope"] = Json::Array(left);
        }
    }
    call.api.put(&address(&call.state), &freeze).await?;
    Ok(())
}
