//! Values of tenants: newer servers (V2) have a list with ids and scopes, older ones (V1) one document per tenant.
//! Either is read and written whole, under a lock for the tenant.

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Map, Value as Json, json};

use super::{Call, items, text};
use crate::mapping::sensitive;

/// What tells project values from common ones.
struct Side {
    common: bool,
    /// V2: the address below the tenant.
    route: &'static str,
    /// V2: the member that names the owner, and its argument.
    owner: (&'static str, &'static str),
}

fn side(call: &Call<'_>) -> Side {
    if call.type_name == "octopusdeploy_tenant_common_variable" {
        Side {
            common: true,
            route: "commonvariables",
            owner: ("LibraryVariableSetId", "library_variable_set_id"),
        }
    } else {
        Side { common: false, route: "projectvariables", owner: ("ProjectId", "project_id") }
    }
}

fn environments(plan: &Json) -> Vec<Json> {
    match text(plan, "environment_id") {
        "" => items(&plan["scope"][0], "environment_ids").to_vec(),
        environment => vec![json!(environment)],
    }
}

fn same(have: &[Json], wanted: &[Json]) -> bool {
    have.len() == wanted.len() && wanted.iter().all(|item| have.contains(item))
}

fn is_sensitive(template: &Json) -> bool {
    template["DisplaySettings"]["Octopus.ControlType"] == json!("Sensitive")
}

/// What a value becomes in the API: whether it is a secret is the template's to say.
fn sent(plan: &Json, template: &Json) -> Json {
    if is_sensitive(template) { sensitive(&plan["value"]) } else { json!(text(plan, "value")) }
}

/// # Errors
/// What the server says; that the tenant has no such template.
pub(super) async fn write(call: &Call<'_>, plan: &Json) -> Result<Json> {
    let tenant_id = text(plan, "tenant_id");
    let _lock = call.api.lock_document(tenant_id).await;
    let tenant = call.api.get(&call.s(plan, &format!("tenants/{tenant_id}"))).await?;
    let mut value = plan.clone();
    value["space_id"] = tenant["SpaceId"].clone();
    value["id"] = if call.api.tenant_variables_v2 {
        write_v2(call, plan).await?
    } else {
        write_v1(call, plan, Some(plan)).await?
    };
    Ok(value)
}

async fn write_v2(call: &Call<'_>, plan: &Json) -> Result<Json> {
    let side = side(call);
    let address = call.s(plan, &format!("tenants/{}/{}", text(plan, "tenant_id"), side.route));
    let answer = call.api.get(&format!("{address}?IncludeMissingVariables=true")).await?;
    let (member, argument) = side.owner;
    let fits = |variable: &&Json| {
        variable[member] == plan[argument] && variable["TemplateId"] == plan["template_id"]
    };
    let template = items(&answer, "Variables").iter().chain(items(&answer, "MissingVariables")).find(fits);
    let template = &template.with_context(|| {
        format!(
            "Template not found: template {} not found in {}",
            text(plan, "template_id"),
            text(plan, argument)
        )
    })?["Template"];
    let id = text(&call.state, "id");
    let mut payload: Vec<Json> =
        items(&answer, "Variables").iter().map(|variable| known(variable, member)).collect();
    let mut new = json!({member: plan[argument], "TemplateId": plan["template_id"], "Value": sent(plan, template),
        "Scope": {"EnvironmentIds": environments(plan)}});
    if id.is_empty() || id.contains(':') {
        payload.push(new);
    } else {
        new["Id"] = json!(id);
        *payload
            .iter_mut()
            .find(|variable| variable["Id"] == json!(id))
            .with_context(|| format!("Variable with ID {id} not found"))? = new;
    }
    let answer =
        call.api.put(&format!("{address}?IncludeMissingVariables="), &json!({"Variables": payload})).await?;
    let found = items(&answer, "Variables").iter().find(|variable| {
        fits(variable) && same(items(&variable["Scope"], "EnvironmentIds"), &environments(plan))
    });
    Ok(found.context("the value is not in the answer")?["Id"].clone())
}

fn known(variable: &Json, owner: &str) -> Json {
    json!({"Id": variable["Id"], owner: variable[owner], "TemplateId": variable["TemplateId"], "Value": variable["Value"],
        "Scope": {"EnvironmentIds": items(&variable["Scope"], "EnvironmentIds")}})
}

/// Sets (`plan`) or takes away (`None`) a value in the old document; answers the composite id.
async fn write_v1(call: &Call<'_>, place: &Json, plan: Option<&Json>) -> Result<Json> {
    let side = side(call);
    let (tenant_id, owner, template_id) =
        (text(place, "tenant_id"), text(place, side.owner.1), text(place, "template_id"));
    if !items(place, "scope").is_empty() {
        bail!("the 'scope' block requires a newer server");
    }
    let address = call.s(place, &format!("tenants/{tenant_id}/variables"));
    let mut document = call.api.get(&address).await?;
    let group = if side.common { "LibraryVariables" } else { "ProjectVariables" };
    let template = items(&document[group][owner], "Templates")
        .iter()
        .find(|template| template["Id"] == json!(template_id));
    let value = match plan {
        Some(plan) => Some(sent(plan, template.context("unable to find template")?)),
        None => None,
    };
    let mut variables = document[group][owner]["Variables"].as_object().cloned().unwrap_or_default();
    let id = if side.common {
        set(&mut variables, template_id, value);
        format!("{tenant_id}:{owner}:{template_id}")
    } else {
        let environment = text(place, "environment_id");
        if environment.is_empty() {
            bail!("environment_id is required for V1 API");
        }
        let mut values = variables.get(environment).and_then(Json::as_object).cloned().unwrap_or_default();
        set(&mut values, template_id, value);
        variables.insert(environment.to_owned(), Json::Object(values));
        format!("{tenant_id}:{owner}:{environment}:{template_id}")
    };
    document[group][owner]["Variables"] = Json::Object(variables);
    call.api.post(&address, &document).await?;
    Ok(json!(id))
}

fn set(values: &mut Map<String, Json>, template: &str, value: Option<Json>) {
    match value {
        Some(value) => values.insert(template.to_owned(), value),
        None => values.remove(template),
    };
}

/// # Errors
/// What the server says.
pub(super) async fn read(call: &Call<'_>) -> Result<Option<Json>> {
    let state = &call.state;
    let tenant_id = text(state, "tenant_id");
    let _lock = call.api.lock_document(tenant_id).await;
    let tenant = call.api.get(&call.s(state, &format!("tenants/{tenant_id}"))).await;
    // Also where the tenant is gone: the official one does not take its values out of the state.
    let tenant = tenant.map_err(|error| anyhow!("Error retrieving tenant: {error:#}"))?;
    let side = side(call);
    let (member, argument) = side.owner;
    let mut value = state.clone();
    value["space_id"] = tenant["SpaceId"].clone();
    if call.api.tenant_variables_v2 {
        let address = call.s(state, &format!("tenants/{tenant_id}/{}?IncludeMissingVariables=", side.route));
        let answer = call.api.get(&address).await?;
        let found = items(&answer, "Variables").iter().find(|variable| {
            if text(state, "id").contains(':') {
                return variable[member] == state[argument]
                    && variable["TemplateId"] == state["template_id"]
                    && same(items(&variable["Scope"], "EnvironmentIds"), &environments(state));
            }
            variable["Id"] == state["id"]
        });
        // As the official one, which takes what is gone out of the state, and writes the state over that.
        let Some(variable) = found else { return Ok(Some(value)) };
        value["id"] = variable["Id"].clone();
        value[argument] = variable[member].clone();
        value["template_id"] = variable["TemplateId"].clone();
        if !is_sensitive(&variable["Template"]) {
            value["value"] = json!(variable["Value"].as_str().unwrap_or_default());
        }
        let have = items(&variable["Scope"], "EnvironmentIds");
        if !same(have, &environments(state)) || (!have.is_empty() && text(state, "environment_id").is_empty())
        {
            value["scope"] = if have.is_empty() { json!([]) } else { json!([{"environment_ids": have}]) };
            if argument == "project_id" {
                value["environment_id"] = Json::Null;
            }
        }
        return Ok(Some(value));
    }
    let document = call.api.get(&call.s(state, &format!("tenants/{tenant_id}/variables"))).await?;
    let group =
        &document[if side.common { "LibraryVariables" } else { "ProjectVariables" }][text(state, argument)];
    let values =
        if side.common { &group["Variables"] } else { &group["Variables"][text(state, "environment_id")] };
    match &values[text(state, "template_id")] {
        Json::Null => Ok(Some(value)),
        Json::String(plain) => {
            value["value"] = json!(plain);
            Ok(Some(value))
        }
        _ => Ok(Some(value)),
    }
}

/// # Errors
/// What the server says.
pub(super) async fn delete(call: &Call<'_>) -> Result<()> {
    let state = &call.state;
    let _lock = call.api.lock_document(text(state, "tenant_id")).await;
    if !call.api.tenant_variables_v2 {
        return write_v1(call, state, None).await.map(|_| ());
    }
    let side = side(call);
    let address = call
        .s(state, &format!("tenants/{}/{}?IncludeMissingVariables=", text(state, "tenant_id"), side.route));
    let answer = call.api.get(&address).await?;
    let kept: Vec<Json> = items(&answer, "Variables")
        .iter()
        .filter(|variable| variable["Id"] != state["id"])
        .map(|variable| known(variable, side.owner.0))
        .collect();
    call.api.put(&address, &json!({"Variables": kept})).await?;
    Ok(())
}
