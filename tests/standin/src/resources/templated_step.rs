//! A step or child step made from a step template of the space, at one of its versions.

use anyhow::{Context, Result};
use serde_json::{Map, Value as Json, json};

use super::process::Process;
use super::step::{add, is_child, locate, replace, value, write_action};
use super::{Call, items, text};
use crate::value::Value;

async fn template(call: &Call<'_>, plan: &Json) -> Result<Json> {
    let (id, version) = (text(plan, "template_id"), plan["template_version"].as_i64().unwrap_or_default());
    call.api
        .get(&call.s(plan, &format!("actiontemplates/{id}/versions/{version}")))
        .await
        .context("Unable to load template")
}

/// Parameters of the template that the configuration does not name, and that have a default.
fn unmanaged(template: &Json, parameters: &Json) -> Vec<(String, Json)> {
    items(template, "Parameters")
        .iter()
        .filter(|parameter| parameters.get(text(parameter, "Name")).is_none())
        .filter(|parameter| match &parameter["DefaultValue"] {
            Json::String(default) => !default.is_empty(),
            default => default["HasValue"] == json!(true),
        })
        .map(|parameter| (text(parameter, "Name").to_owned(), parameter["DefaultValue"].clone()))
        .collect()
}

fn write_templated(action: &mut Json, plan: &Json, template: &Json) {
    let mut properties = Map::new();
    for parameter in items(template, "Parameters") {
        let name = text(parameter, "Name");
        if let Some(value) = plan["parameters"].get(name) {
            properties.insert(name.to_owned(), json!(value.as_str().unwrap_or_default()));
        }
    }
    // A sensitive default goes as it was read, `{HasValue: true}`: the server keeps what stands there.
    properties.extend(unmanaged(template, &plan["parameters"]));
    for (name, property) in template["Properties"].as_object().into_iter().flatten() {
        properties.insert(name.clone(), property.clone());
    }
    for (name, value) in plan["execution_properties"].as_object().into_iter().flatten() {
        properties.insert(name.clone(), json!(value.as_str().unwrap_or_default()));
    }
    properties.insert("Octopus.Action.Template.Id".to_owned(), plan["template_id"].clone());
    properties
        .insert("Octopus.Action.Template.Version".to_owned(), json!(plan["template_version"].to_string()));
    action["ActionType"] = template["ActionType"].clone();
    action["Packages"] = json!(items(template, "Packages"));
    action["GitDependencies"] = json!(items(template, "GitDependencies"));
    action["Properties"] = Json::Object(properties);
}

fn templated_value(
    call: &Call<'_>,
    process: &Process,
    step: &Json,
    action: &Json,
    template: &Json,
    expected: &Json,
) -> Json {
    let mut value = value(process, step, action, expected, is_child(call));
    let (mut managed, mut unmanaged, mut from_template, mut own) =
        (Map::new(), Map::new(), Map::new(), Map::new());
    for (name, property) in action["Properties"].as_object().into_iter().flatten() {
        let read = json!(property.as_str().unwrap_or_default());
        let is_parameter =
            items(template, "Parameters").iter().any(|parameter| text(parameter, "Name") == name);
        let overridden = expected["execution_properties"].get(name).is_some();
        match name.as_str() {
            "Octopus.Action.Template.Id" => value["template_id"] = read,
            "Octopus.Action.Template.Version" => {
                value["template_version"] = json!(text(&json!({"v": read}), "v").parse::<i64>().ok())
            }
            "OctopusUseBundledTooling" if !overridden => {}
            _ if is_parameter && expected["parameters"].get(name).is_some() => {
                managed.insert(name.clone(), read);
            }
            _ if is_parameter => {
                unmanaged.insert(name.clone(), read);
            }
            _ if template["Properties"].get(name).is_some() && !overridden => {
                from_template.insert(name.clone(), read);
            }
            _ => {
                own.insert(name.clone(), read);
            }
        }
    }
    value["parameters"] = Json::Object(managed);
    value["unmanaged_parameters"] = Json::Object(unmanaged);
    value["template_properties"] = Json::Object(from_template);
    value["execution_properties"] = Json::Object(own);
    value
}

/// # Errors
/// What the server says.
pub(super) async fn create(call: &Call<'_>, plan: &Json) -> Result<Json> {
    let template = template(call, plan).await?;
    let _lock = call.api.lock_document(text(plan, "process_id")).await;
    let mut process = Process::load(call, plan).await?;
    let mut action = json!({});
    write_action(&mut action, plan, is_child(call));
    write_templated(&mut action, plan, &template);
    let (step, action) = add(call, plan, &mut process, action).await?;
    let mut value = templated_value(call, &process, &step, &action, &template, plan);
    if !is_child(call) {
        value["start_trigger"] = plan["start_trigger"].clone();
    }
    Ok(value)
}

/// # Errors
/// What the server says.
pub(super) async fn read(call: &Call<'_>) -> Result<Option<Json>> {
    let Some(process) = Process::load_if_there(call, &call.state).await? else { return Ok(None) };
    let Some((step, action)) = locate(call, &process, &call.state) else { return Ok(None) };
    let mut state = call.state.clone();
    if text(&state, "template_id").is_empty() {
        // After an import the step itself says which template it is made from.
        let property = |name: &str| action["Properties"][name].clone();
        state["template_id"] = property("Octopus.Action.Template.Id");
        state["template_version"] =
            json!(property("Octopus.Action.Template.Version").as_str().and_then(|v| v.parse::<i64>().ok()));
    }
    let template = template(call, &state).await?;
    Ok(Some(templated_value(call, &process, &step, &action, &template, &state)))
}

/// # Errors
/// What the server says.
pub(super) async fn update(call: &Call<'_>, plan: &Json) -> Result<Json> {
    let template = template(call, plan).await?;
    let _lock = call.api.lock_document(text(plan, "process_id")).await;
    let mut process = Process::load(call, plan).await?;
    let (_, mut action) = locate(call, &process, &call.state).context("the step is not there any more")?;
    write_action(&mut action, plan, is_child(call));
    write_templated(&mut action, plan, &template);
    let (step, action) = replace(call, plan, &mut process, action).await?;
    Ok(templated_value(call, &process, &step, &action, &template, plan))
}

/// On an update the plan says what the template adds, so that nothing differs after the apply.
///
/// # Errors
/// What the server says.
pub(super) async fn adjust_plan(call: &Call<'_>, mut planned: Value) -> Result<Value> {
    if planned.get("template_id") == &Value::Unknown || planned.get("template_version") == &Value::Unknown {
        return Ok(planned);
    }
    let plan = planned.to_json();
    let template = template(call, &plan).await?;
    let shown = |value: &Json| json!(value.as_str().unwrap_or_default());
    let unmanaged: Map<String, Json> = unmanaged(&template, &plan["parameters"])
        .into_iter()
        .map(|(name, value)| (name, shown(&value)))
        .collect();
    let from_template: Map<String, Json> = template["Properties"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| plan["execution_properties"].get(name.as_str()).is_none())
        .map(|(name, value)| (name.clone(), shown(value)))
        .collect();
    if let Value::Map(entries) = &mut planned {
        entries.insert("unmanaged_parameters".to_owned(), Value::from_json(&Json::Object(unmanaged)));
        entries.insert("template_properties".to_owned(), Value::from_json(&Json::Object(from_template)));
    }
    Ok(planned)
}
