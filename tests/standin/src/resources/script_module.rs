//! A script module: a library set with two variables.

use anyhow::{Result, bail};
use serde_json::{Value as Json, json};

use super::{Call, items, text};
use crate::http::is_gone;

fn body(plan: &Json, id: &str) -> Json {
    let mut body = json!({
        "ContentType": "ScriptModule", "Name": plan["name"],
        // The client sends these two, and the server does not know them.
        "scriptBody": text(&plan["script"][0], "body"), "syntax": text(&plan["script"][0], "syntax"),
    });
    if !text(plan, "description").is_empty() {
        body["Description"] = plan["description"].clone();
    }
    if !id.is_empty() {
        body["Id"] = json!(id);
        body["VariableSetId"] = plan["variable_set_id"].clone();
    }
    body
}

fn names(module: &str) -> [String; 2] {
    [format!("Octopus.Script.Module[{module}]"), format!("Octopus.Script.Module.Language[{module}]")]
}

async fn write_script(call: &Call<'_>, plan: &Json, set_id: &str, old_name: &str) -> Result<()> {
    let address = call.s(plan, &format!("variables/{set_id}"));
    let mut set = call.api.get(&address).await?;
    let mut variables = items(&set, "Variables").to_vec();
    let script = &plan["script"][0];
    let values = [text(script, "body"), text(script, "syntax")];
    for ((name, old), value) in names(text(plan, "name")).into_iter().zip(names(old_name)).zip(values) {
        if let Some(variable) = variables.iter_mut().find(|variable| variable["Name"] == json!(old)) {
            variable["Name"] = json!(name);
            variable["Value"] = json!(value);
        } else {
            variables.push(json!({"Name": name, "Value": value, "Type": "String", "IsEditable": true, "IsSensitive": false,
                "Description": "", "Scope": {}}));
        }
    }
    set["Variables"] = Json::Array(variables);
    call.api.put(&address, &set).await?;
    Ok(())
}

fn value(document: &Json, plan: &Json, script: Json) -> Json {
    json!({
        "id": document["Id"], "name": document["Name"], "description": text(document, "Description"),
        "space_id": document["SpaceId"], "variable_set_id": document["VariableSetId"], "script": [script],
        "template": plan["template"],
    })
}

/// # Errors
/// What the server says.
pub(super) async fn create(call: &Call<'_>, plan: &Json) -> Result<Json> {
    let _lock = call.api.lock().await;
    let document = call.api.post(&call.s(plan, "libraryvariablesets"), &body(plan, "")).await?;
    write_script(call, plan, text(&document, "VariableSetId"), text(plan, "name")).await?;
    Ok(value(&document, plan, plan["script"][0].clone()))
}

/// # Errors
/// What the server says.
pub(super) async fn read(call: &Call<'_>) -> Result<Option<Json>> {
    let address = call
        .s(&call.state, &format!("libraryvariablesets/{}?contentType=ScriptModule", text(&call.state, "id")));
    let document = match call.api.get(&address).await {
        Err(error) if is_gone(&error) => return Ok(None),
        document => document?,
    };
    let set = call
        .api
        .get(&call.s(&call.state, &format!("variables/{}", text(&document, "VariableSetId"))))
        .await?;
    let [body, syntax] = names(text(&document, "Name")).map(|name| {
        items(&set, "Variables")
            .iter()
            .find(|variable| variable["Name"] == json!(name))
            .map_or(Json::Null, |v| v["Value"].clone())
    });
    Ok(Some(value(&document, &call.state, json!({"body": body, "syntax": syntax}))))
}

/// # Errors
/// What the server says.
pub(super) async fn update(call: &Call<'_>, plan: &Json) -> Result<Json> {
    let id = text(&call.state, "id");
    let mut body = body(plan, id);
    body["VariableSetId"] = call.state["variable_set_id"].clone();
    let document = call.api.put(&call.s(plan, &format!("libraryvariablesets/{id}")), &body).await?;
    let set = call.api.get(&call.s(plan, &format!("variables/{}", text(&document, "VariableSetId")))).await?;
    // The official one changes the variables that are there, and makes none.
    for prefix in ["Octopus.Script.Module[", "Octopus.Script.Module.Language["] {
        if !items(&set, "Variables").iter().any(|variable| text(variable, "Name").starts_with(prefix)) {
            bail!("Provider produced inconsistent result after apply: {prefix} is not there");
        }
    }
    write_script(call, plan, text(&document, "VariableSetId"), text(&call.state, "name")).await?;
    Ok(value(&document, plan, plan["script"][0].clone()))
}

/// # Errors
/// What the server says.
pub(super) async fn delete(call: &Call<'_>) -> Result<()> {
    let _lock = call.api.lock().await;
    call.api.delete(&call.s(&call.state, &format!("libraryvariablesets/{}", text(&call.state, "id")))).await
}
