//! A tenant's link to a project: one entry of the tenant's document.

use anyhow::Result;
use serde_json::{Map, Value as Json, json};

use super::{Call, items, text};
use crate::http::is_gone;

fn address(call: &Call<'_>, value: &Json) -> String {
    call.s(value, &format!("tenants/{}", text(value, "tenant_id")))
}

fn links(tenant: &Json) -> Map<String, Json> {
    tenant["ProjectEnvironments"].as_object().cloned().unwrap_or_default()
}

fn value(tenant: &Json, plan: &Json) -> Json {
    let project = text(plan, "project_id");
    json!({
        "id": format!("{}:{}:{project}", text(tenant, "SpaceId"), text(tenant, "Id")),
        "space_id": tenant["SpaceId"], "tenant_id": tenant["Id"], "project_id": project,
        "environment_ids": in_order(items(&tenant["ProjectEnvironments"], project), items(plan, "environment_ids")),
    })
}

/// The order that was configured, when both hold the same.
fn in_order(have: &[Json], wanted: &[Json]) -> Json {
    let same = have.len() == wanted.len() && have.iter().all(|item| wanted.contains(item));
    json!(if same { wanted } else { have })
}

/// # Errors
/// What the server says.
pub(super) async fn link(call: &Call<'_>, plan: &Json) -> Result<Json> {
    let _lock = call.api.lock().await;
    let mut tenant = call.api.get(&address(call, plan)).await?;
    let mut links = links(&tenant);
    links.insert(text(plan, "project_id").to_owned(), json!(items(plan, "environment_ids")));
    tenant["ProjectEnvironments"] = Json::Object(links);
    let tenant = call.api.put(&address(call, plan), &tenant).await?;
    Ok(value(&tenant, plan))
}

/// # Errors
/// What the server says.
pub(super) async fn read_link(call: &Call<'_>) -> Result<Option<Json>> {
    if text(&call.state, "tenant_id").is_empty() {
        // After an import: nothing but the id is known, as with the official one.
        return Ok(Some(call.state.clone()));
    }
    let tenant = match call.api.get(&address(call, &call.state)).await {
        Err(error) if is_gone(&error) => return Ok(None),
        tenant => tenant?,
    };
    Ok(links(&tenant).contains_key(text(&call.state, "project_id")).then(|| value(&tenant, &call.state)))
}

/// # Errors
/// What the server says.
pub(super) async fn unlink(call: &Call<'_>) -> Result<()> {
    let _lock = call.api.lock().await;
    let mut tenant = match call.api.get(&address(call, &call.state)).await {
        Err(error) if is_gone(&error) => return Ok(()),
        tenant => tenant?,
    };
    let mut links = links(&tenant);
    links.remove(text(&call.state, "project_id"));
    tenant["ProjectEnvironments"] = Json::Object(links);
    call.api.put(&address(call, &call.state), &tenant).await?;
    Ok(())
}
