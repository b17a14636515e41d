//! Tenants: their links to projects, and the two views of their values.
//!
//! A value is a document of `tenantvariablevalues`: tenant, project or library set, template, environments, value. The first
//! view (`…/variables`) has one value by project, environment and template; the second (`…/projectvariables`,
//! `…/commonvariables`) a list with scopes, and stands behind a feature toggle.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::answer::{Answer, Outcome};
use crate::collections::Fields;
use crate::documents::{check_reference, find};
use crate::request::{Method, Request};
use crate::server::Server;
use crate::store::{number_of, text, texts};
use crate::{permissions, tenant_scopes};

pub(crate) const VALUES: &str = "tenantvariablevalues";

/// One that is no copy says so with an empty text, as in the spaces of tests/spaces.
pub(crate) fn defaults() -> Value {
    json!({"ClonedFromTenantId": "", "Description": null, "Icon": null, "IsDisabled": false, "ProjectEnvironments": {},
           "TenantTags": []})
}

pub(crate) fn complete(
    server: &mut Server,
    space: &str,
    fields: &mut Fields,
    old: Option<&Value>,
) -> Result<(), Answer> {
    let links = fields.get("ProjectEnvironments").and_then(Value::as_object).cloned().unwrap_or_default();
    for (project, environments) in &links {
        check_reference(server, space, "projects", project)?;
        for id in environments.as_array().into_iter().flatten().filter_map(Value::as_str) {
            check_reference(server, space, "environments", id)?;
        }
    }
    // Values go with the link to their project.
    if let Some(old) = old {
        let tenant = text(old, "Id");
        let gone: Vec<String> = values_of(server, space, tenant)
            .filter(|value| {
                let project = text(value, "ProjectId");
                !project.is_empty() && !links.contains_key(project)
            })
            .map(|value| text(value, "Id").to_owned())
            .collect();
        for id in gone {
            server.store.remove(space, VALUES, &id);
        }
    }
    Ok(())
}

pub(crate) fn leaving(server: &mut Server, space: &str, id: &str) -> Result<(), Answer> {
    let values: Vec<String> =
        values_of(server, space, id).map(|value| text(value, "Id").to_owned()).collect();
    for value in values {
        server.store.remove(space, VALUES, &value);
    }
    Ok(())
}

/// The values of a tenant, by number.
pub(crate) fn values_of<'a>(
    server: &'a Server,
    space: &str,
    tenant: &str,
) -> impl Iterator<Item = &'a Value> {
    let mut values: Vec<&Value> = server.store.of_tenant(space, VALUES, tenant).collect();
    values.sort_by_key(|value| number_of(text(value, "Id")));
    values.into_iter()
}

pub(crate) fn route(server: &mut Server, request: &Request) -> Option<Outcome> {
    let (method, route) = request.route();
    match (method, route.as_slice()) {
        (Method::Get, ["tenantvariables", "all"]) => {
            (!server.is_switched_off("tenantvariables")).then(|| Ok(all_variables(server, request)))
        }
        (Method::Get, ["tenants", _, "variables"]) => {
            Some(tenant(server, request).map(|tenant| Answer::ok(variables(server, &request.space, &tenant))))
        }
        (Method::Post | Method::Put, ["tenants", _, "variables"]) => {
            Some(tenant(server, request).and_then(|tenant| write_variables(server, request, &tenant)))
        }
        (method, ["tenants", _, view @ ("projectvariables" | "commonvariables")])
            if server.feature("CommonVariableScopingFeatureToggle") =>
        {
            let of_project = *view == "projectvariables";
            Some(tenant(server, request).and_then(|tenant| match method {
                Method::Get => Ok(Answer::ok(tenant_scopes::read(server, request, &tenant, of_project))),
                Method::Put => tenant_scopes::write(server, request, &tenant, of_project),
                _ => Err(Answer::not_found("The resource you requested was not found.")),
            }))
        }
        _ => None,
    }
}

fn tenant(server: &Server, request: &Request) -> Result<Value, Answer> {
    find(server, &request.space, "tenants", request.at(1)).cloned()
}

/// The values of all tenants, or of those linked to one project: an array.
fn all_variables(server: &Server, request: &Request) -> Answer {
    let project = request.query("projectid");
    let all = server
        .store
        .all(&request.space, "tenants")
        .filter(|(_, tenant)| {
            project.is_none_or(|project| tenant["ProjectEnvironments"].get(project).is_some())
        })
        .filter(|(_, tenant)| permissions::sees(server, request, "TenantView", tenant))
        .map(|(_, tenant)| variables(server, &request.space, tenant))
        .collect();
    Answer::ok(all)
}

/// The projects that a tenant is linked to, with the environments of each.
pub(crate) fn links(tenant: &Value) -> BTreeMap<String, Vec<String>> {
    tenant["ProjectEnvironments"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(project, environments)| {
            let ids = environments.as_array().into_iter().flatten().filter_map(Value::as_str);
            (project.clone(), ids.map(ToOwned::to_owned).collect())
        })
        .collect()
}

/// The library sets with templates that a tenant needs by its projects.
pub(crate) fn library_sets(server: &Server, space: &str, tenant: &Value) -> Vec<String> {
    let mut sets: Vec<String> = links(tenant)
        .keys()
        .flat_map(|project| crate::projects::included_sets(server, space, project))
        .filter(|set| {
            let templates = server.store.get(space, "libraryvariablesets", set).map(|set| &set["Templates"]);
            templates.and_then(Value::as_array).is_some_and(|templates| !templates.is_empty())
        })
        .collect();
    sets.sort_by_key(|set| number_of(set));
    sets.dedup();
    sets
}

/// The first view.
fn variables(server: &Server, space: &str, tenant: &Value) -> Value {
    let id = text(tenant, "Id");
    let values: Vec<&Value> = values_of(server, space, id).collect();
    let mut projects = Map::new();
    for (project, environments) in links(tenant) {
        let Some(document) = server.store.get(space, "projects", &project) else { continue };
        let mut by_environment = Map::new();
        for environment in environments {
            let of_environment: Map<String, Value> = values
                .iter()
                .filter(|value| value["ProjectId"] == project.as_str() && covers(value, &environment))
                .map(|value| (text(value, "TemplateId").to_owned(), value["Value"].clone()))
                .collect();
            by_environment.insert(environment, Value::Object(of_environment));
        }
        projects.insert(
            project.clone(),
            json!({"ProjectId": project, "ProjectName": document["Name"], "Templates": document["Templates"],
                   "Variables": by_environment, "Links": {"Project": format!("/api/{space}/projects/{project}")}}),
        );
    }
    let mut libraries = Map::new();
    for set in library_sets(server, space, tenant) {
        let Some(document) = server.store.get(space, "libraryvariablesets", &set) else { continue };
        let of_set: Map<String, Value> = values
            .iter()
            .filter(|value| {
                value["LibraryVariableSetId"] == set.as_str()
                    && texts(value, "EnvironmentIds").next().is_none()
            })
            .map(|value| (text(value, "TemplateId").to_owned(), value["Value"].clone()))
            .collect();
        libraries.insert(
            set.clone(),
            json!({"LibraryVariableSetId": set, "LibraryVariableSetName": document["Name"],
                   "Templates": document["Templates"], "Variables": of_set,
                   "Links": {"LibraryVariableSet": format!("/api/{space}/libraryvariablesets/{set}")}}),
        );
    }
    json!({"Id": null, "TenantId": id, "TenantName": tenant["Name"], "SpaceId": space, "ProjectVariables": projects,
           "LibraryVariables": libraries, "ConcurrencyToken": "", "Links": {"Self": format!("/api/{space}/tenants/{id}/variables")}})
}

/// Whether a value holds in an environment; one without environments holds in all.
fn covers(value: &Value, environment: &str) -> bool {
    let mut environments = texts(value, "EnvironmentIds").peekable();
    environments.peek().is_none() || environments.any(|id| id == environment)
}

/// What the first view says of one value.
struct Wanted {
    owner: (&'static str, String),
    template: String,
    environment: Option<String>,
    value: Value,
}

/// Writes the first view: what it doesn't have is removed, a value that is unchanged keeps its document.
fn write_variables(server: &mut Server, request: &Request, tenant: &Value) -> Outcome {
    let space = request.space.clone();
    let id = text(tenant, "Id").to_owned();
    let body = Value::Object(request.object()?);
    let mut wanted = wanted_values(server, &space, tenant, &body)?;
    let old: Vec<Value> = values_of(server, &space, &id).cloned().collect();
    for value in old {
        settle_old(server, &space, &value, tenant, &mut wanted);
    }
    for Wanted { owner: (field, owner), template, environment, value } in wanted {
        let environments: Vec<String> = environment.into_iter().collect();
        let document = json!({
            "Id": server.store.next_id("TenantVariables"), "TenantId": id, field: owner, "TemplateId": template,
            "EnvironmentIds": environments, "Value": value, "SpaceId": space,
        });
        server.store.keep(&space, VALUES, document);
    }
    Ok(Answer::ok(variables(server, &space, tenant)))
}

fn wanted_values(server: &Server, space: &str, tenant: &Value, body: &Value) -> Result<Vec<Wanted>, Answer> {
    let linked = links(tenant);
    let sets = library_sets(server, space, tenant);
    let mut wanted = Vec::new();
    for (project, part) in body["ProjectVariables"].as_object().into_iter().flatten() {
        for (environment, values) in part["Variables"].as_object().into_iter().flatten() {
            for (template, value) in
                values.as_object().into_iter().flatten().filter(|(_, value)| !is_nothing(value))
            {
                if !linked.get(project).is_some_and(|environments| environments.contains(environment)) {
                    return Err(Answer::bad_request(format!(
                        "The tenant is not connected to project '{project}' in environment '{environment}'."
                    )));
                }
                check_template(server, space, "projects", project, template)?;
                wanted.push(Wanted {
                    owner: ("ProjectId", project.clone()),
                    template: template.clone(),
                    environment: Some(environment.clone()),
                    value: value.clone(),
                });
            }
        }
    }
    for (set, part) in body["LibraryVariables"].as_object().into_iter().flatten() {
        for (template, value) in
            part["Variables"].as_object().into_iter().flatten().filter(|(_, value)| !is_nothing(value))
        {
            if !sets.contains(set) {
                return Err(Answer::bad_request(format!("The tenant doesn't need a value for '{set}'.")));
            }
            check_template(server, space, "libraryvariablesets", set, template)?;
            wanted.push(Wanted {
                owner: ("LibraryVariableSetId", set.clone()),
                template: template.clone(),
                environment: None,
                value: value.clone(),
            });
        }
    }
    Ok(wanted)
}

/// No value: null, or a sensitive one that is empty.
pub(crate) fn is_nothing(value: &Value) -> bool {
    value.is_null()
        || (value.get("HasValue") == Some(&json!(false))
            && value["NewValue"].as_str().unwrap_or_default().is_empty())
}

pub(crate) fn check_template(
    server: &Server,
    space: &str,
    collection: &str,
    owner: &str,
    template: &str,
) -> Result<(), Answer> {
    let known = server.store.get(space, collection, owner).is_some_and(|document| {
        document["Templates"].as_array().into_iter().flatten().any(|known| known["Id"] == template)
    });
    if known {
        Ok(())
    } else {
        Err(Answer::bad_request(format!("The variable template '{template}' was not found.")))
    }
}

/// Keeps, shrinks, changes or removes an old value, and strikes off what it satisfies.
fn settle_old(server: &mut Server, space: &str, old: &Value, tenant: &Value, wanted: &mut Vec<Wanted>) {
    let id = text(old, "Id");
    let is_common = old["LibraryVariableSetId"].is_string();
    let scoped: Vec<String> = texts(old, "EnvironmentIds").map(ToOwned::to_owned).collect();
    // The first view doesn't show common values with environments: it can't change them either.
    if is_common && !scoped.is_empty() {
        return;
    }
    let field = if is_common { "LibraryVariableSetId" } else { "ProjectId" };
    let is_same = |item: &Wanted| {
        item.owner.0 == field && old[field] == item.owner.1 && old["TemplateId"] == item.template
    };
    if is_common {
        match wanted.iter().position(is_same) {
            Some(at) => set_value(server, space, old, wanted.remove(at).value, &[]),
            None => drop(server.store.remove(space, VALUES, id)),
        }
        return;
    }
    let environments = if scoped.is_empty() {
        links(tenant).remove(text(old, "ProjectId")).unwrap_or_default()
    } else {
        scoped.clone()
    };
    let find = |environment: &str| {
        wanted.iter().position(|item| is_same(item) && item.environment.as_deref() == Some(environment))
    };
    let said: Vec<Value> = environments
        .iter()
        .filter_map(|environment| find(environment).map(|at| wanted[at].value.clone()))
        .collect();
    // A secret that is to be kept stays with the document that has it.
    let keeps = |value: &&Value| value["HasValue"] == true && value["NewValue"].is_null();
    let Some(first) = said.iter().find(keeps).or(said.first()).cloned() else {
        server.store.remove(space, VALUES, id);
        return;
    };
    let mut kept = Vec::new();
    for environment in &environments {
        if let Some(at) = wanted.iter().position(|item| {
            is_same(item) && item.environment.as_deref() == Some(environment) && item.value == first
        }) {
            wanted.remove(at);
            kept.push(environment.clone());
        }
    }
    let scope = if scoped.is_empty() && kept.len() == environments.len() { Vec::new() } else { kept };
    set_value(server, space, old, first, &scope);
}

pub(crate) fn set_value(
    server: &mut Server,
    space: &str,
    old: &Value,
    value: Value,
    environments: &[String],
) {
    let mut document = old.clone();
    document["Value"] = value;
    document["EnvironmentIds"] = json!(environments);
    server.store.keep(space, VALUES, document);
}
