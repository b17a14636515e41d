//! The second view of tenants' values: lists with scopes (`…/projectvariables`, `…/commonvariables`).

use md5::Digest as _;
use serde_json::{Value, json};

use crate::answer::{Answer, Outcome};
use crate::documents::check_reference;
use crate::request::Request;
use crate::server::Server;
use crate::store::{text, texts};
use crate::tenants::{VALUES, check_template, is_nothing, library_sets, links, values_of};

/// Names of the fields, by kind of owner: id, name, collection.
fn names(of_project: bool) -> (&'static str, &'static str, &'static str) {
    if of_project {
        ("ProjectId", "ProjectName", "projects")
    } else {
        ("LibraryVariableSetId", "LibraryVariableSetName", "libraryvariablesets")
    }
}

pub(crate) fn read(server: &Server, request: &Request, tenant: &Value, of_project: bool) -> Value {
    let space = &request.space;
    let id = text(tenant, "Id");
    let (field, _, _) = names(of_project);
    let values: Vec<&Value> = values_of(server, space, id).filter(|value| value[field].is_string()).collect();
    let shown: Vec<Value> = values
        .iter()
        .filter_map(|value| {
            let environments: Vec<&str> = texts(value, "EnvironmentIds").collect();
            let mut item = describe(
                server,
                space,
                of_project,
                text(value, field),
                text(value, "TemplateId"),
                &environments,
            )?;
            item["Id"] = value["Id"].clone();
            item["Value"] = value["Value"].clone();
            Some(item)
        })
        .collect();
    let mut answer =
        json!({"ConcurrencyToken": token(server, space, id), "TenantId": id, "Variables": shown});
    if request.query_flag("includemissingvariables") == Some(true) {
        answer["MissingVariables"] = Value::Array(missing(server, space, tenant, of_project, &values));
    }
    answer
}

/// What an update may send back: it is refused when somebody else has changed the values since.
fn token(server: &Server, space: &str, tenant: &str) -> String {
    let values: Vec<String> = values_of(server, space, tenant).map(Value::to_string).collect();
    format!("{:x}", md5::Md5::digest(values.join("\n")))
}

/// One item without id and value; `None` when owner or template are gone.
fn describe(
    server: &Server,
    space: &str,
    of_project: bool,
    owner: &str,
    template: &str,
    environments: &[&str],
) -> Option<Value> {
    let (field, name, collection) = names(of_project);
    let document = server.store.get(space, collection, owner)?;
    let template = document["Templates"].as_array()?.iter().find(|known| known["Id"] == template)?;
    Some(json!({
        "Id": null, field: owner, name: document["Name"], "TemplateId": template["Id"], "Template": template,
        "Value": null, "Scope": {"EnvironmentIds": environments},
    }))
}

/// Templates that the tenant needs and has no value for, in the environments where it has none.
fn missing(server: &Server, space: &str, tenant: &Value, of_project: bool, values: &[&Value]) -> Vec<Value> {
    let (field, _, collection) = names(of_project);
    let linked = links(tenant);
    let owners: Vec<(String, Vec<String>)> = if of_project {
        linked.into_iter().collect()
    } else {
        let mut environments: Vec<String> = linked.into_values().flatten().collect();
        environments.sort();
        environments.dedup();
        library_sets(server, space, tenant).into_iter().map(|set| (set, environments.clone())).collect()
    };
    let mut missing = Vec::new();
    for (owner, environments) in owners {
        let templates =
            server.store.get(space, collection, &owner).map(|document| document["Templates"].clone());
        for template in templates.as_ref().and_then(Value::as_array).into_iter().flatten() {
            let of_template: Vec<&&Value> = values
                .iter()
                .filter(|value| value[field] == owner.as_str() && value["TemplateId"] == template["Id"])
                .collect();
            let is_everywhere =
                of_template.iter().any(|value| texts(value, "EnvironmentIds").next().is_none());
            let open: Vec<&str> = environments
                .iter()
                .map(String::as_str)
                .filter(|id| {
                    !of_template.iter().any(|value| texts(value, "EnvironmentIds").any(|other| other == *id))
                })
                .collect();
            if !is_everywhere && (!open.is_empty() || of_template.is_empty()) {
                missing.extend(describe(server, space, of_project, &owner, text(template, "Id"), &open));
            }
        }
    }
    missing
}

/// Replaces the whole list. An item with a known id keeps its secret when it sends none.
pub(crate) fn write(server: &mut Server, request: &Request, tenant: &Value, of_project: bool) -> Outcome {
    let space = request.space.clone();
    let id = text(tenant, "Id").to_owned();
    let (field, _, collection) = names(of_project);
    let fields = request.object()?;
    let sent = fields.get("ConcurrencyToken").and_then(Value::as_str).unwrap_or_default();
    if !sent.is_empty() && sent != token(server, &space, &id) {
        return Err(Answer::conflict("The tenant's variables have been changed by somebody else."));
    }
    let items = fields.get("Variables").and_then(Value::as_array).cloned().unwrap_or_default();
    let linked = links(tenant);
    let sets = library_sets(server, &space, tenant);
    let old: Vec<Value> =
        values_of(server, &space, &id).filter(|value| value[field].is_string()).cloned().collect();
    let mut documents: Vec<Value> = Vec::new();
    for item in &items {
        let owner = text(item, field);
        let is_needed =
            if of_project { linked.contains_key(owner) } else { sets.iter().any(|set| set == owner) };
        if !is_needed {
            return Err(Answer::bad_request(format!("The tenant doesn't need a value for '{owner}'.")));
        }
        check_template(server, &space, collection, owner, text(item, "TemplateId"))?;
        if is_nothing(&item["Value"]) {
            continue;
        }
        let environments: Vec<&str> = texts(&item["Scope"], "EnvironmentIds").collect();
        for environment in &environments {
            check_reference(server, &space, "environments", environment)?;
            if of_project && !linked[owner].iter().any(|known| known == environment) {
                return Err(Answer::bad_request(format!(
                    "The tenant is not connected to project '{owner}' in environment '{environment}'."
                )));
            }
        }
        let overlaps = documents.iter().any(|other| {
            other[field] == owner
                && other["TemplateId"] == item["TemplateId"]
                && (environments.is_empty() && texts(other, "EnvironmentIds").next().is_none()
                    || texts(other, "EnvironmentIds").any(|id| environments.contains(&id)))
        });
        if overlaps {
            return Err(Answer::bad_request("A template has two values for the same scope."));
        }
        let known = old.iter().find(|value| value["Id"] == item["Id"]);
        documents.push(json!({
            "Id": known.map_or(Value::Null, |value| value["Id"].clone()), "TenantId": id, field: owner,
            "TemplateId": item["TemplateId"], "EnvironmentIds": environments, "Value": item["Value"], "SpaceId": space,
        }));
    }
    for value in old.iter().filter(|value| !documents.iter().any(|kept| kept["Id"] == value["Id"])) {
        server.store.remove(&space, VALUES, text(value, "Id"));
    }
    for mut document in documents {
        if document["Id"].is_null() {
            document["Id"] = json!(server.store.next_id("TenantVariables"));
        }
        server.store.keep(&space, VALUES, document);
    }
    Ok(Answer::ok(read(server, request, tenant, of_project)))
}
