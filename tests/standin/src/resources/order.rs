//! The order of a process's steps, or of a step's children: the one thing these resources write.

use anyhow::{Context, Result, bail};
use serde_json::{Value as Json, json};

use super::process::Process;
use super::{Call, items, text};
use crate::value::Value;

fn is_child(call: &Call<'_>) -> bool {
    call.type_name == "octopusdeploy_process_child_steps_order"
}

fn ids(list: &[Json]) -> Vec<Json> {
    list.iter().map(|item| item["Id"].clone()).collect()
}

/// The wanted ones first; the others after them, their order is not promised.
fn ordered(call: &Call<'_>, have: &[Json], wanted: &[Json]) -> Result<Vec<Json>> {
    let mut result = Vec::new();
    for id in wanted {
        match have.iter().find(|item| &item["Id"] == id) {
            Some(item) => result.push(item.clone()),
            None => bail!("Ordered step with id {id} is not part of the process"),
        }
    }
    let rest: Vec<Json> = have.iter().filter(|item| !wanted.contains(&item["Id"])).cloned().collect();
    if !rest.is_empty() {
        call.warn("Some process steps were not included in the order".to_owned());
    }
    result.extend(rest);
    Ok(result)
}

fn value(call: &Call<'_>, process: &Process, expected: &Json) -> Result<Json> {
    let base = json!({"process_id": process.document["Id"], "space_id": process.document["SpaceId"]});
    let mut value = base;
    // Only as many as are configured, so that a list that leaves some out does not differ.
    let cut = |list: Vec<Json>, wanted: &[Json]| -> Vec<Json> {
        let count = if wanted.is_empty() { list.len() } else { wanted.len().min(list.len()) };
        list[..count].to_vec()
    };
    if is_child(call) {
        let parent = process.step(text(expected, "parent_id")).context("the parent step is not there")?;
        let children = ids(items(parent, "Actions").get(1..).unwrap_or_default());
        value["id"] = parent["Id"].clone();
        value["parent_id"] = parent["Id"].clone();
        value["children"] = Json::Array(cut(children, items(expected, "children")));
    } else {
        value["id"] = process.document["Id"].clone();
        value["steps"] = Json::Array(cut(ids(process.steps()), items(expected, "steps")));
    }
    Ok(value)
}

/// Looks at the process while planning, and warns of steps that the order leaves out.
///
/// # Errors
/// What the server says.
pub(super) async fn look_at(call: &Call<'_>, planned: &Value) -> Result<()> {
    if planned.get("process_id") == &Value::Unknown || planned.get("space_id") == &Value::Unknown {
        return Ok(());
    }
    let plan = planned.to_json();
    let process = Process::load(call, &plan).await?;
    let (have, wanted) = if is_child(call) {
        let Some(parent) = process.step(text(&plan, "parent_id")) else { return Ok(()) };
        (items(parent, "Actions").get(1..).unwrap_or_default(), items(&plan, "children"))
    } else {
        (process.steps(), items(&plan, "steps"))
    };
    if have.iter().any(|step| !wanted.contains(&step["Id"])) {
        call.warn("Some process steps were not included in the order".to_owned());
    }
    Ok(())
}

/// # Errors
/// What the server says; a step that is not there.
pub(super) async fn write(call: &Call<'_>, plan: &Json) -> Result<Json> {
    let _lock = call.api.lock_document(text(plan, "process_id")).await;
    let mut process = Process::load(call, plan).await?;
    if is_child(call) {
        let parent = process.step_mut(text(plan, "parent_id"))?;
        let actions = items(parent, "Actions").to_vec();
        let mut all = actions.get(..1).unwrap_or_default().to_vec();
        all.extend(ordered(call, actions.get(1..).unwrap_or_default(), items(plan, "children"))?);
        parent["Actions"] = Json::Array(all);
    } else {
        let steps = ordered(call, process.steps(), items(plan, "steps"))?;
        process.set_steps(steps);
    }
    process.save(call).await?;
    value(call, &process, plan)
}

/// # Errors
/// What the server says.
pub(super) async fn read(call: &Call<'_>) -> Result<Option<Json>> {
    let Some(process) = Process::load_if_there(call, &call.state).await? else { return Ok(None) };
    if is_child(call) && process.step(text(&call.state, "parent_id")).is_none() {
        return Ok(None);
    }
    value(call, &process, &call.state).map(Some)
}
