//! A variable: one item of its owner's variable set, which is read and written whole, under the one lock.
//!
//! Sensitive values of the others were read as null and are sent as "": servers keep them then. After a create the id
//! is found by name, type, value, description and scope; the first that fits, which with a larger scope may be another.

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value as Json, json};

use super::{Call, items, text};
use crate::http::is_gone;

/// Argument of the scope block, member of the scope.
const SCOPES: [(&str, &str); 7] = [
    ("actions", "Action"),
    ("channels", "Channel"),
    ("environments", "Environment"),
    ("machines", "Machine"),
    ("processes", "ProcessOwner"),
    ("roles", "Role"),
    ("tenant_tags", "TenantTag"),
];

/// The members that the official client knows of a variable; others are lost by its whole-set writes.
const MEMBERS: [&str; 9] =
    ["Id", "Name", "Value", "Description", "Scope", "IsEditable", "Prompt", "Type", "IsSensitive"];

fn owner(value: &Json) -> Result<&str> {
    match (text(value, "project_id"), text(value, "owner_id")) {
        ("", "") => bail!("one of project_id or owner_id must be configured"),
        ("", owner) => Ok(owner),
        (project, _) => Ok(project),
    }
}

fn address(call: &Call<'_>, value: &Json) -> Result<String> {
    Ok(call.s(value, &format!("variables/variableset-{}", owner(value)?)))
}

fn body(plan: &Json, id: &str) -> Json {
    let sensitive = plan["is_sensitive"] == json!(true);
    let mut variable = Map::new();
    if !id.is_empty() {
        variable.insert("Id".to_owned(), json!(id));
    }
    let value = if sensitive { text(plan, "sensitive_value") } else { text(plan, "value") };
    let kind = if sensitive { "Sensitive" } else { text(plan, "type") };
    variable.insert("Name".to_owned(), plan["name"].clone());
    variable.insert("Value".to_owned(), json!(value));
    variable.insert("Description".to_owned(), json!(text(plan, "description")));
    variable.insert("Scope".to_owned(), scope(plan));
    variable.insert("IsEditable".to_owned(), json!(plan["is_editable"] != json!(false)));
    variable.insert("IsSensitive".to_owned(), json!(sensitive));
    variable.insert("Type".to_owned(), json!(kind));
    if let Some(prompt) = items(plan, "prompt").first() {
        variable.insert("Prompt".to_owned(), self::prompt(prompt));
    }
    Json::Object(variable)
}

fn scope(plan: &Json) -> Json {
    let block = items(plan, "scope").first().cloned().unwrap_or_default();
    let members = SCOPES.iter().filter(|(argument, _)| !items(&block, argument).is_empty());
    Json::Object(members.map(|(argument, member)| ((*member).to_owned(), block[*argument].clone())).collect())
}

fn prompt(block: &Json) -> Json {
    let mut prompt = json!({
        "Description": text(block, "description"), "Label": text(block, "label"), "Required": block["is_required"] == json!(true),
    });
    if let Some(settings) = items(block, "display_settings").first() {
        let mut display = Map::new();
        display.insert("Octopus.ControlType".to_owned(), settings["control_type"].clone());
        let options: Vec<String> = items(settings, "select_option")
            .iter()
            .map(|option| format!("{}|{}", text(option, "value"), text(option, "display_name")))
            .collect();
        if !options.is_empty() {
            display.insert("Octopus.SelectOptions".to_owned(), json!(options.join("\n")));
        }
        prompt["DisplaySettings"] = Json::Object(display);
    }
    prompt
}

/// The set as the official client sends it back: only what it knows, null values as "".
fn known(set: &mut Json) -> Vec<Json> {
    let mut variables = items(set, "Variables").to_vec();
    for variable in &mut variables {
        if let Some(members) = variable.as_object_mut() {
            members.retain(|name, _| MEMBERS.contains(&name.as_str()));
            if members.get("Value").is_none_or(Json::is_null) {
                members.insert("Value".to_owned(), json!(""));
            }
            if members.get("Prompt").is_some_and(Json::is_null) {
                members.remove("Prompt");
            }
        }
    }
    variables
}

/// Sends the set, then reads it again, as the client does.
async fn send(call: &Call<'_>, plan: &Json, mut set: Json, variables: Vec<Json>) -> Result<Json> {
    set["Variables"] = Json::Array(variables);
    call.api.put(&address(call, plan)?, &set).await?;
    call.api.get(&address(call, plan)?).await
}

/// Whether a scope has all that is wanted; the official search does not ask for the reverse.
fn contains(scope: &Json, wanted: &Json) -> bool {
    SCOPES.iter().all(|(_, member)| {
        let (have, want) = (items(scope, member), items(wanted, member));
        want.iter().all(|item| have.contains(item)) && want.is_empty() == have.is_empty()
    })
}

fn find_new<'a>(set: &'a Json, new: &Json) -> Option<&'a Json> {
    items(set, "Variables").iter().find(|variable| {
        let same = |member: &str| variable[member] == new[member];
        same("Name")
            && same("Type")
            && (variable["IsSensitive"] == json!(true) || text(variable, "Value") == text(new, "Value"))
            && text(variable, "Description") == text(new, "Description")
            && variable["IsSensitive"].as_bool().unwrap_or_default()
                == new["IsSensitive"].as_bool().unwrap_or_default()
            && contains(&variable["Scope"], &new["Scope"])
    })
}

fn value(variable: &Json, expected: &Json) -> Json {
    let sensitive = variable["IsSensitive"] == json!(true);
    let scope_block: Map<String, Json> = SCOPES
        .iter()
        .filter(|(_, member)| !items(&variable["Scope"], member).is_empty())
        .map(|(argument, member)| ((*argument).to_owned(), variable["Scope"][*member].clone()))
        .collect();
    let kept = |name: &str, value: Json| if expected[name].is_null() { Json::Null } else { value };
    json!({
        "id": variable["Id"],
        "name": variable["Name"],
        "description": text(variable, "Description"),
        "type": variable["Type"],
        "owner_id": expected["owner_id"],
        "project_id": expected["project_id"],
        "space_id": text(expected, "space_id"),
        "is_editable": kept("is_editable", json!(variable["IsEditable"] != json!(false))),
        "is_sensitive": kept("is_sensitive", json!(sensitive)),
        "sensitive_value": expected["sensitive_value"],
        // Left null after an import, even when the server has a value.
        "value": if sensitive { Json::Null } else { kept("value", json!(text(variable, "Value"))) },
        "scope": if scope_block.is_empty() { json!([]) } else { json!([scope_block]) },
        "prompt": if items(expected, "prompt").is_empty() { json!([]) } else { read_prompt(&variable["Prompt"], &expected["prompt"][0]) },
    })
}

fn read_prompt(prompt: &Json, expected: &Json) -> Json {
    if !prompt.is_object() {
        return json!([]);
    }
    let settings = &prompt["DisplaySettings"];
    let options: Vec<Json> = match &settings["Octopus.SelectOptions"] {
        Json::String(options) => options
            .lines()
            .filter_map(|line| line.split_once('|'))
            .map(|(value, name)| json!({"value": value, "display_name": name}))
            .collect(),
        _ => Vec::new(),
    };
    let display = if items(expected, "display_settings").is_empty() || !settings.is_object() {
        json!([])
    } else {
        json!([{"control_type": settings["Octopus.ControlType"], "select_option": options}])
    };
    json!([{
        "description": text(prompt, "Description"), "label": text(prompt, "Label"),
        "is_required": prompt["Required"] == json!(true), "display_settings": display,
    }])
}

/// # Errors
/// What the server says, or that the new variable is not found again.
pub(super) async fn create(call: &Call<'_>, plan: &Json) -> Result<Json> {
    let _lock = call.api.lock().await;
    let mut set = call.api.get(&address(call, plan)?).await?;
    let mut variables = known(&mut set);
    let new = body(plan, "");
    variables.push(new.clone());
    let set = send(call, plan, set, variables).await?;
    let found = find_new(&set, &new)
        .with_context(|| format!("unable to locate variable for owner ID {}", owner(plan).unwrap_or("")))?;
    // The state is what was sent, with the id that was found.
    let mut sent = new;
    sent["Id"] = found["Id"].clone();
    Ok(value(&sent, plan))
}

/// # Errors
/// What the server says.
pub(super) async fn read(call: &Call<'_>) -> Result<Option<Json>> {
    let _lock = call.api.lock().await;
    match call.api.get(&address(call, &call.state)?).await {
        Ok(set) => {
            let found = items(&set, "Variables").iter().find(|variable| variable["Id"] == call.state["id"]);
            if let Some(variable) = found {
                crate::decode::check_prompt(variable, &call.state)?;
            }
            Ok(found.map(|variable| value(variable, &call.state)))
        }
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// # Errors
/// What the server says.
pub(super) async fn update(call: &Call<'_>, plan: &Json) -> Result<Json> {
    let _lock = call.api.lock().await;
    let id = text(&call.state, "id");
    let mut set = call.api.get(&address(call, plan)?).await?;
    let mut variables = known(&mut set);
    let changed = body(plan, id);
    *variables
        .iter_mut()
        .find(|variable| variable["Id"] == json!(id))
        .context("the variable is not in its set")? = changed.clone();
    let set = send(call, plan, set, variables).await?;
    find_new(&set, &changed).context("unable to locate variable after the update")?;
    Ok(value(&changed, plan))
}

/// # Errors
/// What the server says.
pub(super) async fn delete(call: &Call<'_>) -> Result<()> {
    let _lock = call.api.lock().await;
    let mut set = match call.api.get(&address(call, &call.state)?).await {
        Err(error) if is_gone(&error) => return Ok(()),
        set => set?,
    };
    let mut variables = known(&mut set);
    variables.retain(|variable| variable["Id"] != call.state["id"]);
    send(call, &call.state, set, variables).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_sensitive_values_are_sent_empty() {
        let mut set =
            json!({"Variables": [{"Id": "1", "Name": "a", "Value": null, "IsSensitive": true, "New": 1}]});
        assert_eq!(known(&mut set), [json!({"Id": "1", "Name": "a", "Value": "", "IsSensitive": true})]);
    }

    #[test]
    fn a_larger_scope_is_taken_for_the_new_one() {
        let new = json!({"Name": "a", "Type": "Sensitive", "IsSensitive": true, "Description": "", "Scope": {"Environment": ["E-1"]}});
        let set = json!({"Variables": [
            {"Id": "old", "Name": "a", "Type": "Sensitive", "IsSensitive": true, "Scope": {"Environment": ["E-1", "E-2"]}},
            {"Id": "new", "Name": "a", "Type": "Sensitive", "IsSensitive": true, "Scope": {"Environment": ["E-1"]}}]});
        assert_eq!(find_new(&set, &new).unwrap()["Id"], json!("old"));
    }
}
