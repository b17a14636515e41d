//! Forms of documents. In a draft each part is an item of a list and has an id; servers have maps for a tenant's links and, by the older route, for its
//! values, and take the values of the newer routes without what they show beside them.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::kind::{self, Kind, by_id, id, is_equal, parts, parts_of};
use documents::provisional;

/// What stands between the parts of an id of a value of the older route.
const BETWEEN: char = '/';

/// A document of the server in the form that drafts have.
pub(super) fn opened(kind: Kind, mut document: Value) -> Value {
    if !document.is_object() {
        return document;
    }
    match kind {
        Kind::Tenant => {
            let links = document["ProjectEnvironments"].take();
            let links = links.as_object().into_iter().flatten();
            let links = links.map(|(project, ids)| json!({"Id": project, "EnvironmentIds": ids})).collect();
            document["ProjectEnvironments"] = Value::Array(links);
        }
        Kind::Values => {
            let mut values = Vec::new();
            for (owner, variables) in owners(&mut document, "LibraryVariables") {
                take_values(variables, &owner, &mut values);
            }
            for (owner, variables) in owners(&mut document, "ProjectVariables") {
                for (environment, variables) in variables.as_object_mut().into_iter().flatten() {
                    take_values(variables, &format!("{owner}{BETWEEN}{environment}"), &mut values);
                }
            }
            document["Values"] = Value::Array(values);
        }
        _ => {}
    }
    document
}

/// The values of each owner of one kind, to be taken from.
fn owners<'d>(document: &'d mut Value, list: &str) -> Vec<(String, &'d mut Value)> {
    let owners = document.get_mut(list).and_then(Value::as_object_mut).into_iter().flatten();
    let variables = |(id, owner): (&String, &'d mut Value)| {
        Some((format!("{list}{BETWEEN}{id}"), owner.get_mut("Variables")?))
    };
    owners.filter_map(variables).collect()
}

fn take_values(variables: &mut Value, place: &str, values: &mut Vec<Value>) {
    let Some(fields) = variables.as_object_mut() else { return };
    for (template, value) in std::mem::take(fields) {
        values.push(
            json!({"Id": format!("{place}{BETWEEN}{template}"), "TemplateId": template, "Value": value}),
        );
    }
}

/// A draft's document as the server would show it.
pub(super) fn closed(kind: Kind, document: &Value) -> Cow<'_, Value> {
    match kind {
        Kind::Tenant => {
            let mut document = document.clone();
            let links = parts(kind, &document).iter();
            let links: Map<String, Value> =
                links.map(|link| (id(link).to_owned(), link["EnvironmentIds"].clone())).collect();
            document["ProjectEnvironments"] = Value::Object(links);
            Cow::Owned(document)
        }
        Kind::Values => {
            let mut document = document.clone();
            let values = document.as_object_mut().and_then(|fields| fields.shift_remove("Values"));
            for value in values.as_ref().and_then(Value::as_array).into_iter().flatten() {
                let mut place: Vec<&str> = id(value).split(BETWEEN).collect();
                place.insert(2, "Variables");
                let mut at = &mut document;
                for step in place {
                    if !at[step].is_object() && step != value["TemplateId"] {
                        at[step] = json!({});
                    }
                    at = &mut at[step];
                }
                *at = value["Value"].clone();
            }
            Cow::Owned(document)
        }
        _ => Cow::Borrowed(document),
    }
}

/// What Terraform writes, in the form that drafts have: what it does not say of a value is as it was shown.
pub(super) fn written(kind: Kind, mut document: Value, before: &Value) -> Value {
    if let (Kind::Tenant, Some(fields)) = (kind, document.as_object_mut()) {
        // The client leaves these out when they are empty (2.111.0, `tenants/tenant.go`), and a tenant's update says all of both (`PUT tenants/{id}`).
        fields.entry("ProjectEnvironments").or_insert_with(|| json!({}));
        fields.entry("TenantTags").or_insert_with(|| json!([]));
    }
    let mut document = opened(kind, document);
    if matches!(kind, Kind::ProjectValues | Kind::CommonValues) {
        let template = |value: &Value| {
            ["ProjectId", "LibraryVariableSetId", "TemplateId"]
                .map(|field| value[field].as_str().unwrap_or_default().to_owned())
        };
        let known = by_id(parts(kind, before));
        let offered = before["MissingVariables"].as_array().map_or(&[][..], Vec::as_slice);
        // The first of a template tells what is shown of all.
        let of_templates = offered.iter().rev().chain(parts(kind, before).iter().rev());
        let of_templates: HashMap<_, _> = of_templates.map(|value| (template(value), value)).collect();
        for value in parts_of(kind, &mut document) {
            let known = known.get(id(value)).filter(|_| !id(value).is_empty());
            let is_new = known.is_none();
            let shown = known.or_else(|| of_templates.get(&template(value)));
            if let (Some(Value::Object(shown)), Some(fields)) = (shown, value.as_object_mut()) {
                for (name, shown) in shown.iter().filter(|(name, _)| !is_new || *name != "Id") {
                    if !fields.contains_key(name) {
                        fields.insert(name.clone(), shown.clone());
                    }
                }
            }
        }
    }
    document
}

/// The document as the server takes it, in the place of what it has (`base`).
pub(super) fn sent(kind: Kind, mut document: Value, base: &Value) -> Value {
    match kind {
        Kind::Process | Kind::Variables => {
            document["Version"] = base["Version"].clone();
            kind::unnumber(parts_of(kind, &mut document));
            document
        }
        Kind::Tenant => closed(kind, &document).into_owned(),
        Kind::Values => {
            document["ConcurrencyToken"] = base["ConcurrencyToken"].clone();
            closed(kind, &document).into_owned()
        }
        Kind::ProjectValues | Kind::CommonValues => {
            const TAKEN: [&str; 6] =
                ["Id", "ProjectId", "LibraryVariableSetId", "TemplateId", "Value", "Scope"];
            let mut values = parts(kind, &document).to_vec();
            for value in values.iter_mut().filter_map(Value::as_object_mut) {
                value.retain(|name, _| TAKEN.contains(&name.as_str()));
                if value["Id"].as_str().is_some_and(|id| id.starts_with(provisional::PREFIX)) {
                    value.shift_remove("Id");
                }
            }
            let mut body = json!({ "Variables": values });
            // With it the server refuses what is made of values that somebody else has changed.
            if let Some(token) = version(kind, base) {
                body["ConcurrencyToken"] = token.clone();
            }
            body
        }
    }
}

/// A field that every answer with the document has.
pub(super) fn shown_list(kind: Kind) -> &'static str {
    if kind == Kind::Values { "ProjectVariables" } else { kind.list() }
}

/// By what the server tells an outdated document; `None`: by nothing.
pub(super) fn version(kind: Kind, document: &Value) -> Option<&Value> {
    let version = match kind {
        Kind::Process | Kind::Variables => &document["Version"],
        Kind::Tenant => return None,
        Kind::ProjectValues | Kind::CommonValues | Kind::Values => &document["ConcurrencyToken"],
    };
    (!version.is_null() && version != "").then_some(version)
}

/// Whether somebody has written the document since: what was read of it is `base`.
pub(super) fn is_another(kind: Kind, base: &Value, there: &Value) -> bool {
    match (version(kind, base), version(kind, there)) {
        (Some(base), Some(there)) => base != there,
        _ => !is_equal(&content(kind, base), &content(kind, there)),
    }
}

/// What people and modules say in a document.
fn content(kind: Kind, document: &Value) -> Value {
    if kind.is_values() {
        let values = parts(kind, document).iter();
        let of = |value: &Value| json!([id(value), value["TemplateId"], value["Value"], value["Scope"]]);
        return values.map(of).collect();
    }
    let mut document = document.clone();
    if let Some(fields) = document.as_object_mut() {
        for name in ["LastModifiedOn", "LastModifiedBy", "Links"] {
            fields.shift_remove(name);
        }
    }
    document
}

/// Whether what Terraform has written says something else of the document itself than of its parts.
pub(super) fn says_more(kind: Kind, before: &Value, written: &Value) -> bool {
    let without = |document: &Value| {
        let mut document = content(kind, document);
        document.as_object_mut().map(|fields| fields.shift_remove(kind.list()));
        document
    };
    kind == Kind::Tenant && !is_equal(&without(before), &without(written))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_has_its_links_as_a_list() {
        let tenant = json!({"Id": "Tenants-1", "ProjectEnvironments": {"Projects-2": ["Environments-1"], "Projects-1": []}});
        let open = opened(Kind::Tenant, tenant.clone());
        assert_eq!(
            open["ProjectEnvironments"][0],
            json!({"Id": "Projects-2", "EnvironmentIds": ["Environments-1"]})
        );
        assert_eq!(*closed(Kind::Tenant, &open), tenant);
        let mut other = open.clone();
        other["Description"] = json!("");
        assert!(!says_more(Kind::Tenant, &open, &other), "nothing is said by what is empty");
        other["Description"] = json!("new");
        assert!(says_more(Kind::Tenant, &open, &other) && is_another(Kind::Tenant, &open, &other));
    }

    #[test]
    fn a_tenant_that_has_lost_its_last_tag_and_link_has_none() {
        let before = json!({"Id": "Tenants-1", "Name": "Tern", "TenantTags": ["Water/Calm"], "ProjectEnvironments": {"Projects-1": []}});
        let before = opened(Kind::Tenant, before);
        let without = written(Kind::Tenant, json!({"Id": "Tenants-1", "Name": "Tern"}), &before);
        assert_eq!(
            without,
            json!({"Id": "Tenants-1", "Name": "Tern", "TenantTags": [], "ProjectEnvironments": []})
        );
        assert!(says_more(Kind::Tenant, &before, &without));
    }

    #[test]
    fn values_of_the_older_route_are_a_list() {
        let values = json!({
            "TenantId": "Tenants-1",
            "ProjectVariables": {"Projects-1": {"Templates": [], "Variables": {"Environments-1": {"t1": "a", "t2": "b"}, "Environments-2": {}}}},
            "LibraryVariables": {"LibraryVariableSets-1": {"Templates": [], "Variables": {"t3": {"HasValue": true, "NewValue": null}}}},
        });
        let open = opened(Kind::Values, values.clone());
        let ids: Vec<&str> = parts(Kind::Values, &open).iter().map(id).collect();
        let of_project = "ProjectVariables/Projects-1/Environments-1";
        assert_eq!(
            ids,
            [
                "LibraryVariables/LibraryVariableSets-1/t3",
                &format!("{of_project}/t1"),
                &format!("{of_project}/t2")
            ]
        );
        assert_eq!(*closed(Kind::Values, &open), values);
    }

    #[test]
    fn a_value_keeps_what_was_shown_of_it_and_is_sent_without() {
        let template = json!({"Id": "t", "Name": "Colour"});
        let value = |fields: Value| {
            let mut value = json!({"ProjectId": "Projects-1", "TemplateId": "t"});
            value.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            value
        };
        let before = json!({
            "TenantId": "Tenants-1",
            "ConcurrencyToken": "1",
            "Variables": [value(json!({"Id": "TenantVariables-1", "Template": template, "Value": "a", "Scope": {"EnvironmentIds": ["Environments-1"]}}))],
            "MissingVariables": [],
        });
        let scope = json!({"EnvironmentIds": ["Environments-2"]});
        let put = json!({"Variables": [
            value(json!({"Id": "TenantVariables-1", "Value": "b", "Scope": {"EnvironmentIds": ["Environments-1"]}})),
            value(json!({"Value": "c", "Scope": scope})),
        ]});
        let mut mine = written(Kind::ProjectValues, put.clone(), &before);
        assert_eq!(mine["Variables"][0]["Value"], "b");
        assert_eq!(mine["Variables"][1]["Template"], template);
        assert!(mine["Variables"][1].get("Id").is_none() && mine["Variables"][1]["Scope"] == scope);
        mine["Variables"][1]["Id"] = json!(provisional::id("ab", 1));
        let body = sent(Kind::ProjectValues, mine, &before);
        assert_eq!(body["ConcurrencyToken"], "1");
        assert_eq!(body["Variables"], put["Variables"]);
    }
}
