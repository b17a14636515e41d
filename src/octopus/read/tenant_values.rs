//! Tenants' values for the templates of projects and library sets, as one document per value.
//!
//! Servers keep such documents (`TenantVariables-1`), but show them by two views: an older one with all values of all tenants, which knows
//! no environments for common values, and a newer one per tenant, behind a feature toggle. Both become documents with `TenantId`,
//! `ProjectId` or `LibraryVariableSetId`, `TemplateId`, `EnvironmentIds` (none: all) and `Value`.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;
use serde_json::{Map, Value, json};

use super::scoped_tenant_values;
use crate::server::Server;
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;
use documents::of_space::Found;
use failure::Failure;
use failure::While as _;

const COLLECTION: Collection = Collection::TenantVariableValues;

/// What becomes of the values that tenants have for library sets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum CommonValues<'w> {
    /// Those that were just written need no request of their own where the older view shows the same: by tenant, the answer of the newer one.
    Read(&'w BTreeMap<String, Value>),
    LeftOut,
}

/// The values that the entered projects need: their own, and common ones.
pub(super) async fn read(
    server: &Server,
    inventory: &Inventory,
    entered: &BTreeSet<String>,
    every_project: bool,
) -> Result<Found, Failure> {
    read_these(server, inventory, entered, every_project, CommonValues::Read(&BTreeMap::new())).await
}

/// The same; the values for library sets only when these are wanted, since they may be a request for each tenant.
pub(super) async fn read_these(
    server: &Server,
    inventory: &Inventory,
    entered: &BTreeSet<String>,
    every_project: bool,
    common: CommonValues<'_>,
) -> Result<Found, Failure> {
    let links = |tenant: &&Document| {
        let links = tenant.get("ProjectEnvironments").and_then(Value::as_object);
        every_project || links.is_some_and(|links| links.keys().any(|project| entered.contains(project)))
    };
    let tenants: Vec<&Document> = inventory.all(Collection::Tenants).filter(links).collect();
    if tenants.is_empty() || entered.is_empty() {
        return Ok(Vec::new());
    }
    let only = entered.first().filter(|_| !every_project && entered.len() == 1);
    let (scoped, old) = futures::try_join!(scoped_tenant_values(&server.client), old_view(server, only))
        .while_doing("reading the tenants' variables")?;
    let wanted: BTreeSet<&str> = tenants.iter().map(|tenant| tenant.id()).collect();
    let values = match (scoped, old) {
        (false, Some(old)) => {
            old.iter().flat_map(|tenant| values_of_old_view(server.space_id(), tenant)).collect()
        }
        // Each tenant by itself: the document that the provider reads and writes on such servers.
        (false, None) => {
            let paths =
                tenants.iter().map(|tenant| server.path(&format!("tenants/{}/variables", tenant.id())));
            let paths: Vec<String> = paths.collect();
            try_join_all(paths.iter().map(|path| server.client.get(path)))
                .await
                .while_doing("reading the tenants' variables")?
                .iter()
                .flat_map(|tenant| values_of_old_view(server.space_id(), tenant))
                .collect()
        }
        (true, old) => {
            let seen = |tenant: Value| {
                let id = tenant["TenantId"].as_str().filter(|id| wanted.contains(id))?.to_owned();
                let old = OldView::of(server, &id, &tenant, common);
                Some((id, old))
            };
            let mut old: BTreeMap<String, OldView> = old.into_iter().flatten().filter_map(seen).collect();
            let unknown = || OldView {
                of_sets: (common == CommonValues::LeftOut).then(Vec::new),
                ..OldView::default()
            };
            let asked =
                tenants.iter().map(|tenant| (tenant.id(), old.remove(tenant.id()).unwrap_or_else(unknown)));
            try_join_all(asked.map(|(tenant, old)| values(server, tenant, old)))
                .await
                .while_doing("reading the tenants' variables")?
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
        }
    };
    let of_wanted = |value: &Document| {
        value.text("TenantId").is_some_and(|tenant| wanted.contains(tenant))
            && value.text("ProjectId").is_none_or(|project| entered.contains(project))
    };
    Ok(values.into_iter().filter(of_wanted).map(|value| (COLLECTION, value)).collect())
}

/// All tenants at once, or those of one project; `None` when the server doesn't answer that.
async fn old_view(server: &Server, project: Option<&String>) -> Result<Option<Vec<Value>>, Failure> {
    let filter = project.map(|project| format!("?projectId={project}")).unwrap_or_default();
    match server.client.array(&server.path(&format!("tenantvariables/all{filter}"))).await {
        Ok(tenants) => Ok(Some(tenants)),
        Err(failure) if failure.has_no_route() => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// What the older view, which is one request for all tenants, says of one: which of the newer one's two requests are not needed.
#[derive(Default)]
struct OldView {
    /// The values for projects, if there is no more to know of them.
    of_projects: Option<Vec<Document>>,
    /// The same for library sets.
    of_sets: Option<Vec<Document>>,
}

impl OldView {
    fn of(server: &Server, id: &str, tenant: &Value, common: CommonValues<'_>) -> Self {
        let of_projects = scopes_are_plain(tenant).then(|| {
            let values = values_of_old_view(server.space_id(), tenant).into_iter();
            values.filter(|value| value.get("ProjectId").is_some()).collect()
        });
        let of_sets = match common {
            CommonValues::LeftOut => Some(Vec::new()),
            CommonValues::Read(_) if !owners(tenant, "LibraryVariables").any(asks) => Some(Vec::new()),
            CommonValues::Read(written) => {
                let written = written.get(id).filter(|written| shows_all_of(tenant, written));
                written.and_then(|written| new_values(server, id, written, "LibraryVariableSetId"))
            }
        };
        Self { of_projects, of_sets }
    }
}

/// The values of one tenant by the newer view.
async fn values(server: &Server, tenant: &str, old: OldView) -> Result<Vec<Document>, Failure> {
    let projects = async {
        match old.of_projects {
            Some(values) => Ok(values),
            None => new_view(server, tenant, "projectvariables", "ProjectId").await,
        }
    };
    let common = async {
        if let Some(values) = old.of_sets {
            return Ok(values);
        }
        new_view(server, tenant, "commonvariables", "LibraryVariableSetId").await
    };
    let (projects, common) = futures::try_join!(projects, common)?;
    Ok([projects, common].concat())
}

fn owners<'t>(tenant: &'t Value, field: &str) -> impl Iterator<Item = &'t Value> + use<'t> {
    tenant.get(field).and_then(Value::as_object).into_iter().flat_map(Map::values)
}

/// Whether a project or library set asks for values, or has some.
fn asks(owner: &Value) -> bool {
    let templates = owner["Templates"].as_array().is_some_and(|templates| !templates.is_empty());
    templates || owner["Variables"].as_object().is_some_and(|values| !values.is_empty())
}

/// Whether the older view shows what the newer one has answered for library sets, so that nobody has changed it since: none of it has environments, which
/// the older one does not show.
fn shows_all_of(tenant: &Value, written: &Value) -> bool {
    let Some(variables) = written["Variables"].as_array() else { return false };
    let is_shown = |value: &Value| {
        let owner = value["LibraryVariableSetId"].as_str().unwrap_or_default();
        let template = value["TemplateId"].as_str().unwrap_or_default();
        value["Scope"]["EnvironmentIds"].as_array().is_none_or(Vec::is_empty)
            && tenant["LibraryVariables"][owner]["Variables"][template] == value["Value"]
    };
    let count: usize = owners(tenant, "LibraryVariables")
        .map(|owner| owner["Variables"].as_object().map_or(0, Map::len))
        .sum();
    count == variables.len() && variables.iter().all(is_shown)
}

/// Whether the older view says all there is to know of a tenant's values for projects. It shows each value once for every environment that it
/// holds in: so equal ones, hidden ones and one in the only environment could be one value with several environments, or one without any.
fn scopes_are_plain(tenant: &Value) -> bool {
    owners(tenant, "ProjectVariables").all(|owner| {
        let environments = owner["Variables"].as_object();
        let count = environments.map_or(0, Map::len);
        // Values without environments of a tenant that is linked without environments stand nowhere in it.
        if count == 0 && owner["Templates"].as_array().is_some_and(|templates| !templates.is_empty()) {
            return false;
        }
        let mut by_template: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for (template, value) in
            environments.into_iter().flat_map(Map::values).filter_map(Value::as_object).flatten()
        {
            by_template.entry(template).or_default().push(value);
        }
        by_template.values().all(|values| match values.as_slice() {
            [_] => count > 1,
            several => several
                .iter()
                .enumerate()
                .all(|(index, value)| value.is_string() && !several[..index].contains(value)),
        })
    })
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

/// One list of one tenant: its values for projects, or the common ones.
async fn new_view(server: &Server, tenant: &str, list: &str, owner: &str) -> Result<Vec<Document>, Failure> {
    let path = server.path(&format!("tenants/{tenant}/{list}"));
    let answer = server.client.get(&path).await?;
    new_values(server, tenant, &answer, owner)
        .ok_or_else(|| Failure::failed(format!("{path} answered something else than a list of variables")))
}

/// The values that the newer view has answered.
fn new_values(server: &Server, tenant: &str, answer: &Value, owner: &str) -> Option<Vec<Document>> {
    let variables = answer.get("Variables").and_then(Value::as_array)?;
    let mut values = Vec::new();
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
    Some(values)
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
    fn the_older_view_is_enough_where_each_value_can_only_have_one_environment() {
        let plain = |variables: Value| {
            scopes_are_plain(&json!({"ProjectVariables": {"Projects-1": {"Variables": variables}}}))
        };
        assert!(plain(json!({"Environments-1": {"t": "a"}, "Environments-2": {}})));
        assert!(plain(json!({"Environments-1": {"t": "a"}, "Environments-2": {"t": "b"}})));
        assert!(plain(json!({"Environments-1": {}})));
        let linked_without_environments =
            json!({"ProjectVariables": {"Projects-1": {"Templates": [{"Id": "t"}], "Variables": {}}}});
        assert!(!scopes_are_plain(&linked_without_environments));
        assert!(!plain(json!({"Environments-1": {"t": "a"}})), "perhaps it has no environment");
        assert!(!plain(json!({"Environments-1": {"t": "a"}, "Environments-2": {"t": "a"}})));
        let secret = json!({"HasValue": true, "NewValue": null});
        assert!(!plain(json!({"Environments-1": {"t": secret}, "Environments-2": {"t": secret}})));
    }

    #[test]
    fn what_was_written_is_enough_where_the_older_view_shows_the_same() {
        let tenant =
            |value: &str| json!({"LibraryVariables": {"LibraryVariableSets-1": {"Variables": {"t": value}}}});
        let written = |ids: Value| json!({"Variables": [{"LibraryVariableSetId": "LibraryVariableSets-1", "TemplateId": "t", "Value": "a", "Scope": {"EnvironmentIds": ids}}]});
        assert!(shows_all_of(&tenant("a"), &written(json!([]))));
        assert!(!shows_all_of(&tenant("b"), &written(json!([]))), "somebody has changed it since");
        assert!(!shows_all_of(&tenant("a"), &written(json!(["Environments-1"]))), "no view shows it");
        assert!(!shows_all_of(&tenant("a"), &json!({"Variables": []})), "somebody has made it since");
    }

    #[test]
    fn the_older_view_becomes_one_document_per_value() {
        let tenant = json!({
            "TenantId": "Tenants-1",
            "ProjectVariables": {"Projects-1": {"Templates": [{"Id": "t1"}], "Variables": {"Environments-1": {"t1": "a"}, "Environments-2": {}}}},
            "LibraryVariables": {"LibraryVariableSets-1": {"Templates": [], "Variables": {"t2": {"HasValue": true, "NewValue": null}}}},
        });
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
