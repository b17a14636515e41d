//! Step templates, own and from the community library, and what templates of all kinds share.

use anyhow::Result;
use serde_json::{Map, Value as Json, json};

use super::document::Document;
use super::{Call, items, text};
use crate::http::is_gone;
use crate::mapping::How::{Leave, Name, Read};
use crate::mapping::{Mapping, Rules, sensitive};

const RULES: Rules = &[
    ("community_action_template_id", Read("CommunityActionTemplateId")),
    ("step_package_id", Leave),
    ("version", Read("Version")),
    ("packages.id", Name("Id")),
    ("packages.properties.extract", Name("Extract")),
    ("packages.properties.package_parameter_name", Name("PackageParameterName")),
    ("packages.properties.purpose", Name("Purpose")),
    ("packages.properties.selection_mode", Name("SelectionMode")),
    ("parameters.default_sensitive_value", Leave),
    ("parameters.default_value", Leave),
];

pub(super) const DOCUMENT: Document =
    Document::new("actiontemplates", "{}", RULES).before(before).after(after);

fn is_sensitive(display_settings: &Json) -> bool {
    display_settings["Octopus.ControlType"] == json!("Sensitive")
}

fn before(body: &mut Map<String, Json>, plan: &Json, state: &Json) {
    if let Some(parameters) = body.get_mut("Parameters").and_then(Json::as_array_mut) {
        for (parameter, planned) in parameters.iter_mut().zip(items(plan, "parameters")) {
            // A sensitive parameter without a default is an empty text to the client.
            parameter["DefaultValue"] = if planned["default_sensitive_value"].is_null() {
                planned["default_value"].as_str().map_or(json!(""), |value| json!(value))
            } else {
                sensitive(&planned["default_sensitive_value"])
            };
        }
    }
    without_empty_texts(body, "Parameters");
    // Required in Terraform, and never sent.
    body.remove("StepPackageId");
    without_empty_texts(body, "Packages");
    if !state.is_null() {
        body.insert("Version".to_owned(), state["version"].clone());
    }
}

fn after(value: &mut Json, document: &Json, expected: &Json) {
    let parameters = items(document, "Parameters");
    for (index, parameter) in value["parameters"].as_array_mut().into_iter().flatten().enumerate() {
        let default = &parameters[index]["DefaultValue"];
        if is_sensitive(&parameters[index]["DisplaySettings"]) {
            parameter["default_sensitive_value"] =
                expected["parameters"][index]["default_sensitive_value"].clone();
            parameter["default_value"] = json!("");
        } else {
            parameter["default_sensitive_value"] = Json::Null;
            parameter["default_value"] = json!(default.as_str().unwrap_or_default());
        }
    }
}

/// Label, help and description are left out when empty, and so are a package's name and what it is (go-octopusdeploy 2.111.0, `packages/package_reference.go`):
/// one that is chosen later has no id.
pub(super) fn without_empty_texts(body: &mut Map<String, Json>, member: &str) {
    for template in body.get_mut(member).and_then(Json::as_array_mut).into_iter().flatten() {
        if let Some(template) = template.as_object_mut() {
            template.retain(|name, value| {
                value != ""
                    || !matches!(name.as_str(), "Label" | "HelpText" | "Description" | "Name" | "PackageId")
            });
        }
    }
}

/// Defaults of project and library templates are plain text; a sensitive one is read as "".
pub(super) fn plain_defaults(value: &mut Json, block: &str) {
    for template in value[block].as_array_mut().into_iter().flatten() {
        if !template["default_value"].is_string() {
            template["default_value"] = json!("");
        }
    }
}

/// Installs a template of the community library in the space.
pub(super) async fn install(call: &Call<'_>, plan: &Json) -> Result<Json> {
    let community = text(plan, "community_action_template_id");
    let space =
        if text(plan, "space_id").is_empty() { call.api.space_id.as_str() } else { text(plan, "space_id") };
    let document = call
        .api
        .post(&format!("/api/communityactiontemplates/{community}/installation/{space}"), &json!({}))
        .await?;
    Ok(installed(call, &document, plan))
}

/// Reads an installed template.
pub(super) async fn read_installed(call: &Call<'_>) -> Result<Option<Json>> {
    match call.api.get(&call.s(&call.state, &format!("actiontemplates/{}", text(&call.state, "id")))).await {
        Ok(document) => Ok(Some(installed(call, &document, &call.state))),
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn installed(call: &Call<'_>, document: &Json, expected: &Json) -> Json {
    let mut value = Mapping { block: call.block, rules: RULES }.value(document, expected);
    after(&mut value, document, expected);
    // The properties of an installed template are shown as text; sensitive ones as "".
    value["properties"] = document["Properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, property)| (name.clone(), json!(property.as_str().unwrap_or_default())))
        .collect();
    value
}
