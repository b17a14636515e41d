//! Step templates: versions, where they are used, bringing their uses up to date, installing from the community library.

use serde_json::{Map, Value, json};

use crate::answer::{Answer, Outcome};
use crate::collections::{self, Fields};
use crate::documents::{self, fill, find, show};
use crate::paging;
use crate::processes;
use crate::request::{Method, Request};
use crate::server::Server;
use crate::store::{SERVER, new_uuid, text, texts};

const OLD: &str = "actiontemplateversions";
const TEMPLATE_ID: &str = "Octopus.Action.Template.Id";
const TEMPLATE_VERSION: &str = "Octopus.Action.Template.Version";

pub(crate) fn defaults() -> Value {
    json!({"CommunityActionTemplateId": null, "Description": null, "GitDependencies": [], "Inputs": [], "Packages": [],
           "Parameters": [], "Properties": {}, "StepPackageId": null})
}

/// Each update makes a new version; the old one stays readable.
pub(crate) fn complete(
    server: &mut Server,
    space: &str,
    fields: &mut Fields,
    old: Option<&Value>,
) -> Result<(), Answer> {
    if fields.get("ActionType").and_then(Value::as_str).unwrap_or_default().is_empty() {
        return Err(Answer::bad_request("Please provide the action type of the step template."));
    }
    if let Some(old) = old {
        let version = old["Version"].as_i64().unwrap_or_default();
        fields.insert("Version".into(), json!(version + 1));
        fields.insert("CommunityActionTemplateId".into(), old["CommunityActionTemplateId"].clone());
        let mut kept = old.clone();
        let id = old_id(text(old, "Id"), version);
        kept["Id"] = json!(id);
        server.store.secrets.copy(text(old, "Id"), &id);
        server.store.put(space, OLD, kept);
    } else {
        fields.insert("Version".into(), json!(0));
    }
    for list in ["Parameters", "Packages"] {
        for part in fields.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Value::Object(part) = part {
                part.shift_remove("Links");
                if list == "Parameters" {
                    fill(part, &json!({"HelpText": "", "Label": ""}));
                }
                if part.get("Id").and_then(Value::as_str).unwrap_or_default().is_empty() {
                    part.insert("Id".into(), json!(new_uuid()));
                }
            }
        }
    }
    if let Some(Value::Object(properties)) = fields.get_mut("Properties") {
        properties.retain(|_, value| !value.is_null());
    }
    Ok(())
}

fn old_id(id: &str, version: i64) -> String {
    format!("{id}-v{version}")
}

pub(crate) fn leaving(server: &mut Server, space: &str, id: &str) -> Result<(), Answer> {
    if let Some((process, _)) = uses(server, space, id).first() {
        return Err(Answer::bad_request(format!(
            "The step template can't be deleted: it is used by '{}'.",
            text(process, "Id")
        )));
    }
    let versions: Vec<String> = server
        .store
        .all(space, OLD)
        .filter(|(key, _)| key.strip_prefix(id).is_some_and(|rest| rest.starts_with("-v")))
        .map(|(key, _)| key.clone())
        .collect();
    for version in versions {
        server.store.remove(space, OLD, &version);
    }
    Ok(())
}

pub(crate) fn route(server: &mut Server, request: &Request) -> Option<Outcome> {
    let (method, route) = request.route();
    Some(match (method, route.as_slice()) {
        (Method::Get, ["actiontemplates", _, "versions", _]) => read_version(server, request),
        (Method::Get, ["actiontemplates", _, "usage"]) => usage(server, request),
        (Method::Post, ["actiontemplates", _, "actionsupdate"]) => update_actions(server, request),
        (Method::Get, ["actiontemplates", "categories"]) => {
            Ok(Answer::ok(json!([{"Id": "custom", "Name": "Custom"}, {"Id": "script", "Name": "Script"}])))
        }
        (Method::Get, ["communityactiontemplates"]) => Ok(list_community(server, request)),
        (Method::Get, ["communityactiontemplates", _]) => server
            .store
            .get(SERVER, "communityactiontemplates", request.at(1))
            .map(|template| Answer::ok(show(SERVER, "communityactiontemplates", template)))
            .ok_or_else(|| Answer::no_document(request.at(1))),
        (Method::Post | Method::Put, ["communityactiontemplates", _, "installation", _]) => {
            install(server, request)
        }
        _ => return None,
    })
}

fn list_community(server: &Server, request: &Request) -> Answer {
    let mut templates: Vec<&Value> = server
        .store
        .all(SERVER, "communityactiontemplates")
        .map(|(_, template)| template)
        .filter(|template| paging::matches(request, template))
        .collect();
    paging::sort(&mut templates);
    paging::page(request, "CommunityActionTemplate", &templates, |template| {
        show(SERVER, "communityactiontemplates", template)
    })
}

fn read_version(server: &Server, request: &Request) -> Outcome {
    let template = find(server, &request.space, "actiontemplates", request.at(1))?;
    let version: i64 = request.at(3).parse().map_err(|_| Answer::no_document(request.at(3)))?;
    if template["Version"] == version {
        return Ok(Answer::ok(show(&request.space, "actiontemplates", template)));
    }
    let id = text(template, "Id");
    let old = server.store.get(&request.space, OLD, &old_id(id, version));
    let mut old = old.cloned().ok_or_else(|| Answer::no_document(request.at(3)))?;
    old["Id"] = json!(id);
    Ok(Answer::ok(show(&request.space, "actiontemplates", &old)))
}

/// The steps that are made of a template: process, and action with its step.
fn uses(server: &Server, space: &str, template: &str) -> Vec<(Value, Vec<(Value, Value)>)> {
    let mut found = Vec::new();
    for collection in ["deploymentprocesses", "runbookprocesses"] {
        for (id, process) in server.store.all(space, collection) {
            if processes::is_frozen(id) {
                continue;
            }
            let mut steps = Vec::new();
            for step in process["Steps"].as_array().into_iter().flatten() {
                for action in step["Actions"].as_array().into_iter().flatten() {
                    if action["Properties"][TEMPLATE_ID] == template {
                        steps.push((step.clone(), action.clone()));
                    }
                }
            }
            if !steps.is_empty() {
                found.push((process.clone(), steps));
            }
        }
    }
    found
}

fn usage(server: &Server, request: &Request) -> Outcome {
    let space = &request.space;
    let template = text(find(server, space, "actiontemplates", request.at(1))?, "Id").to_owned();
    let mut answer = Vec::new();
    for (process, steps) in uses(server, space, &template) {
        let project =
            server.store.get(space, "projects", text(&process, "ProjectId")).cloned().unwrap_or_default();
        let runbook =
            server.store.get(space, "runbooks", text(&process, "RunbookId")).cloned().unwrap_or_default();
        for (step, action) in steps {
            answer.push(json!({
                "ActionTemplateId": template, "DeploymentProcessId": process["Id"], "ProcessId": process["Id"],
                "ProcessType": if runbook.is_null() { "Deployment" } else { "Runbook" },
                "RunbookId": runbook["Id"], "RunbookName": runbook["Name"],
                "ActionId": action["Id"], "ActionName": action["Name"], "StepId": step["Id"], "StepName": step["Name"],
                "ProjectId": project["Id"], "ProjectName": project["Name"], "ProjectSlug": project["Slug"],
                "Version": action["Properties"][TEMPLATE_VERSION],
            }));
        }
    }
    Ok(Answer::ok(Value::Array(answer)))
}

/// Brings steps to the newest version: the template's properties replace the step's, parameters keep their values, new
/// parameters get their default. Both spellings of the request are understood.
fn update_actions(server: &mut Server, request: &Request) -> Outcome {
    let space = request.space.clone();
    let template = find(server, &space, "actiontemplates", request.at(1))?.clone();
    let fields = request.object()?;
    let defaults =
        fields.get("DefaultPropertyValues").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut wanted: Vec<(String, Vec<String>)> = Vec::new();
    let ids = |list: &Value| -> Vec<String> {
        list.as_array().into_iter().flatten().filter_map(Value::as_str).map(ToOwned::to_owned).collect()
    };
    for item in fields.get("ActionsToUpdate").and_then(Value::as_array).into_iter().flatten() {
        wanted.push((
            text(item, "ProcessId").to_owned(),
            texts(item, "ActionIds").map(ToOwned::to_owned).collect(),
        ));
    }
    for (process, list) in fields.get("ActionIdsByProcessId").and_then(Value::as_object).into_iter().flatten()
    {
        wanted.push((process.clone(), ids(list)));
    }
    let mut results = Vec::new();
    for (process_id, action_ids) in wanted {
        let collection = if process_id.to_lowercase().starts_with("runbookprocess") {
            "runbookprocesses"
        } else {
            "deploymentprocesses"
        };
        let old = server
            .store
            .get(&space, collection, &process_id)
            .cloned()
            .ok_or_else(|| Answer::no_document(&process_id))?;
        let Value::Object(mut process) = old.clone() else { continue };
        for step in process.get_mut("Steps").and_then(Value::as_array_mut).into_iter().flatten() {
            for action in step["Actions"].as_array_mut().into_iter().flatten() {
                if action_ids.iter().any(|id| action["Id"] == id.as_str()) {
                    let missing = bring_up_to_date(server, &template, action, &defaults);
                    results.push(json!({
                        "Id": action["Id"],
                        "Outcome": if missing.is_empty() { "Success" } else { "DefaultParamterValueMissing" },
                        "NamesOfNewParametersMissingDefaultValue": missing,
                        "ManualMergeRequiredReasonsByPropertyName": {}, "RemovedPackageUsages": [],
                    }));
                }
            }
        }
        if results.iter().all(|result| result["Outcome"] == "Success") {
            processes::write(server, &space, collection, process, &old)?;
        }
    }
    Ok(Answer::ok(Value::Array(results)))
}

/// Changes one action; answers the new parameters that have no default.
fn bring_up_to_date(
    server: &Server,
    template: &Value,
    action: &mut Value,
    defaults: &Map<String, Value>,
) -> Vec<String> {
    let id = text(template, "Id");
    let revealed = |value: &Value, path: &str| match server.store.secrets.get(id, path) {
        Some(secret) => json!({"HasValue": true, "NewValue": secret, "Hint": null}),
        None => value.clone(),
    };
    let mut missing = Vec::new();
    let mut properties = action["Properties"].as_object().cloned().unwrap_or_default();
    for (name, value) in template["Properties"].as_object().into_iter().flatten() {
        properties.insert(name.clone(), revealed(value, &format!("Properties/{name}")));
    }
    for parameter in template["Parameters"].as_array().into_iter().flatten() {
        let name = text(parameter, "Name");
        if properties.contains_key(name) {
            continue;
        }
        let own = &parameter["DefaultValue"];
        let value = defaults.get(name).cloned().or_else(|| {
            let path = format!("Parameters/{}/DefaultValue", text(parameter, "Id"));
            (!own.is_null()).then(|| revealed(own, &path))
        });
        match value {
            Some(value) => drop(properties.insert(name.to_owned(), value)),
            None => missing.push(name.to_owned()),
        }
    }
    if missing.is_empty() {
        properties.insert(TEMPLATE_ID.into(), template["Id"].clone());
        properties.insert(TEMPLATE_VERSION.into(), json!(template["Version"].to_string()));
        action["Properties"] = Value::Object(properties);
    }
    missing
}

/// Makes a copy of a community template in a space, or brings the copy up to date (PUT).
fn install(server: &mut Server, request: &Request) -> Outcome {
    let template = server
        .store
        .get(SERVER, "communityactiontemplates", request.at(1))
        .cloned()
        .ok_or_else(|| Answer::no_document(request.at(1)))?;
    let space = server.store.find_space(request.at(3)).ok_or_else(|| Answer::no_document(request.at(3)))?;
    let mut fields = Fields::new();
    for field in
        ["Name", "Description", "ActionType", "Packages", "GitDependencies", "Properties", "Parameters"]
    {
        fields.insert(field.into(), template[field].clone());
    }
    let templates = collections::find("actiontemplates").expect("step templates are in the table");
    let installed = server
        .store
        .find(&space, "actiontemplates", "CommunityActionTemplateId", text(&template, "Id"))
        .cloned();
    let id = match installed {
        Some(old) if request.method == Method::Put => {
            documents::replace(server, &space, templates, fields, &old)?;
            text(&old, "Id").to_owned()
        }
        Some(_) => {
            return Err(Answer::bad_request(
                "The community step template is already installed in this space.",
            ));
        }
        None => documents::make(server, &space, templates, fields)?,
    };
    if let Some(made) = server.store.get_mut(&space, "actiontemplates", &id) {
        made["CommunityActionTemplateId"] = template["Id"].clone();
        made["Version"] = template["Version"].clone();
    }
    let made = find(server, &space, "actiontemplates", &id)?;
    Ok(Answer::created(show(&space, "actiontemplates", made)))
}
