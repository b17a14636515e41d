//! Tenants' values for the templates of projects and library sets, as one document per value.
//!
//! Servers keep such documents (`TenantVariables-1`), but show them by two views: an older one with all values of all tenants, which knows
//! no environments for common values, and a newer one per tenant, behind a feature toggle. Both become documents with `TenantId`,
//! `ProjectId` or `LibraryVariableSetId`, `TemplateId`, `EnvironmentIds` (none: all) and `Value`.

use std::collections::BTreeSet;

use futures::future::try_join_all;
use serde_json::{Map, Value, json};

use super::{Found, scoped_tenant_values};
use crate::failure::Failure;
use crate::octopus::document::Document;
use crate::octopus::inventory::Inventory;
use crate::octopus::server::Server;

const COLLECTION: &str = "tenantvariablevalues";

/// The values that the entered projects need: their own, and common ones.
pub(super) async fn read(
    server: &Server,
    inventory: &Inventory,
    entered: &BTreeSet<String>,
    every_project: bool,
) -> Result<Found, Failure> {
    let links = |tenant: &&Document| {
        let links = tenant.get("ProjectEnvironments").and_then(Value::as_object);
        every_project || links.is_some_and(|links| links.keys().any(|project| entered.contains(project)))
    };
    let tenants: Vec<&Document> = inventory.all("tenants").filter(links).collect();
    if tenants.is_empty() || entered.is_empty() {
        return Ok(Vec::new());
    }
    let (scoped, old) = futures::try_join!(scoped_tenant_values(&server.client), old_view(server))
        .map_err(|failure| failure.while_doing("reading the tenants' variables"))?;
    let values = match (scoped, old) {
        (false, Some(old)) => {
            old.iter().flat_map(|tenant| values_of_old_view(server.space_id(), tenant)).collect()
        }
        (false, None) => {
            return Err(Failure::failed(
                "the source server answers none of the routes for tenants' variables",
            ));
        }
        (true, old) => {
            // The older view is one request for all: it tells which tenants have templates to fill at all.
            let filled: Option<BTreeSet<&str>> =
                old.as_ref().map(|old| old.iter().filter_map(tenant_with_templates).collect());
            let asked = tenants
                .iter()
                .filter(|tenant| filled.as_ref().is_none_or(|filled| filled.contains(tenant.id())));
            let answers = try_join_all(asked.map(|tenant| new_view(server, tenant.id()))).await;
            answers
                .map_err(|failure| failure.while_doing("reading the tenants' variables"))?
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
        }
    };
    let wanted: BTreeSet<&str> = tenants.iter().map(|tenant| tenant.id()).collect();
    let of_wanted = |value: &Document| {
        value.text("TenantId").is_some_and(|tenant| wanted.contains(tenant))
            && value.text("ProjectId").is_none_or(|project| entered.contains(project))
    };
    Ok(values.into_iter().filter(of_wanted).map(|value| (COLLECTION, value)).collect())
}

/// All tenants at once; `None` when the server doesn't answer that.
async fn old_view(server: &Server) -> Result<Option<Vec<Value>>, Failure> {
    match server.client.array(&server.path("tenantvariables/all")).await {
        Ok(tenants) => Ok(Some(tenants)),
        Err(failure) if matches!(failure.http_status, Some(400 | 404 | 405)) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// The tenant's id, if any project or library set asks it for values.
fn tenant_with_templates(tenant: &Value) -> Option<&str> {
    let asks = |owners: &str| {
        let owners = tenant.get(owners).and_then(Value::as_object);
        owners.into_iter().flat_map(Map::values).any(|owner| {
            let templates = owner
                .get("Templates")
                .and_then(Value::as_array)
                .is_some_and(|templates| !templates.is_empty());
            templates
                || owner.get("Variables").and_then(Value::as_object).is_some_and(|values| !values.is_empty())
        })
    };
    if asks("ProjectVariables") || asks("LibraryVariables") { tenant.get("TenantId")?.as_str() } else { None }
}

/// `ProjectVariables{project: {Variables{environment: {template: value}}}}, LibraryVariables{set: {Variables{template: value}}}`.
fn values_of_old_view(space: &str, tenant: &Value) -> Vec<Document> {
    let Some(tenant_id) = tenant.get("TenantId").and_then(Value::as_str) else { return Vec::new() };
    let mut values = Vec::new();
    let object =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
    for (project, owner) in object(tenant, "ProjectVariables") {
        for (environment, templates) in object(&owner, "Variables") {
            for (template, value) in templates.as_object().into_iter().flatten() {
                let owner = ("ProjectId", project.as_str());
                values.extend(document(
                    space,
                    tenant_id,
                    owner,
                    template,
                    std::slice::from_ref(&environment),
                    value,
                ));
            }
        }
    }
    for (set, owner) in object(tenant, "LibraryVariables") {
        for (template, value) in &object(&owner, "Variables") {
            values.extend(document(
                space,
                tenant_id,
                ("LibraryVariableSetId", set.as_str()),
                template,
                &[],
                value,
            ));
        }
    }
    values
}

/// Both lists of one tenant.
async fn new_view(server: &Server, tenant: &str) -> Result<Vec<Document>, Failure> {
    let paths =
        ["projectvariables", "commonvariables"].map(|list| server.path(&format!("tenants/{tenant}/{list}")));
    let (project, common) = futures::try_join!(server.client.get(&paths[0]), server.client.get(&paths[1]))?;
    let mut values = Vec::new();
    for (path, answer, owner) in
        [(&paths[0], &project, "ProjectId"), (&paths[1], &common, "LibraryVariableSetId")]
    {
        let Some(variables) = answer.get("Variables").and_then(Value::as_array) else {
            return Err(Failure::failed(format!("{path} answered something else than a list of variables")));
        };
        for variable in variables {
            let text = |name: &str| variable.get(name).and_then(Value::as_str).unwrap_or_default();
            let scope = variable.get("Scope").and_then(|scope| scope.get("EnvironmentIds")?.as_array());
            let environments: Vec<String> =
                scope.into_iter().flatten().filter_map(|id| Some(id.as_str()?.to_owned())).collect();
            let value = variable.get("Value").unwrap_or(&Value::Null);
            let value = document(
                server.space_id(),
                tenant,
                (owner, text(owner)),
                text("TemplateId"),
                &environments,
                value,
            );
            values.extend(value.map(|mut value| {
                if !text("Id").is_empty() {
                    value.fields_mut().insert("Id".to_owned(), Value::from(text("Id")));
                }
                value
            }));
        }
    }
    Ok(values)
}

/// One value. Its id is made of what it is for, where the view tells none.
fn document(
    space: &str,
    tenant: &str,
    (owner_field, owner): (&str, &str),
    template: &str,
    environments: &[String],
    value: &Value,
) -> Option<Document> {
    if value.is_null() {
        return None;
    }
    let parts = [
        &["TenantVariables", tenant, owner, template],
        environments.iter().map(String::as_str).collect::<Vec<_>>().as_slice(),
    ]
    .concat();
    Document::new(json!({
        "EnvironmentIds": environments,
        "Id": parts.join("/"),
        owner_field: owner,
        "SpaceId": space,
        "TemplateId": template,
        "TenantId": tenant,
        "Value": value,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_older_view_becomes_one_document_per_value() {
        let tenant = json!({
            "TenantId": "Tenants-1",
            "ProjectVariables": {"Projects-1": {"Templates": [{"Id": "t1"}], "Variables": {"Environments-1": {"t1": "a"}, "Environments-2": {}}}},
            "LibraryVariables": {"LibraryVariableSets-1": {"Templates": [], "Variables": {"t2": {"HasValue": true, "NewValue": null}}}},
        });
        assert_eq!(tenant_with_templates(&tenant), Some("Tenants-1"));
        let values: Vec<Value> =
            values_of_old_view("Spaces-1", &tenant).into_iter().map(Document::into_value).collect();
        assert_eq!(
            values,
            [
                json!({"EnvironmentIds": ["Environments-1"], "Id": "TenantVariables/Tenants-1/Projects-1/t1/Environments-1",
                    "ProjectId": "Projects-1", "SpaceId": "Spaces-1", "TemplateId": "t1", "TenantId": "Tenants-1", "Value": "a"}),
                json!({"EnvironmentIds": [], "Id": "TenantVariables/Tenants-1/LibraryVariableSets-1/t2",
                    "LibraryVariableSetId": "LibraryVariableSets-1", "SpaceId": "Spaces-1", "TemplateId": "t2", "TenantId": "Tenants-1",
                    "Value": {"HasValue": true, "NewValue": null}}),
            ]
        );
    }
}
