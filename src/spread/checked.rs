//! What a server looks at before it lets a run begin: the accounts and certificates that variables of the run refer to must allow its
//! environment and its tenant, also where another value wins (Issues 5778, 9122), and a tenant must have a value for every template
//! (Issue 9655).

use std::collections::BTreeMap;

use serde_json::Value;

use super::set::scope_kinds;
use documents::collection::Collection;
use documents::document::Document;
use documents::git;
use documents::inventory::Inventory;

/// A run of a runbook, as far as the server's look at it goes.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// Id of its environment.
    pub environment: &'a str,
    pub tenant: Option<&'a Document>,
}

/// Ids of the project and of the library sets whose variables a run of the project sees.
pub fn owners(project: &Document) -> impl Iterator<Item = &str> {
    std::iter::once(project.id()).chain(project.texts("IncludedLibraryVariableSetIds"))
}

/// The accounts and certificates that the server checks in a run that sees the variables of these owners: by id, with their collection.
///
/// Only environments and tenants keep a variable out of the check: what is scoped to a target, a step or a runbook is checked all the same
/// (Issues 6666, 7686, 8258, 9457, 9495). Assumption: in a run without a tenant a value scoped to tenants' tags is
/// checked too. Assumption: one that is scoped to a channel is not, since a runbook's run has none.
#[must_use]
pub fn checked<'i>(
    inventory: &'i Inventory,
    owners: impl IntoIterator<Item = &'i str>,
    run: Run<'_>,
) -> BTreeMap<&'i str, (Collection, &'i Document)> {
    let mut ids: Vec<&str> = Vec::new();
    for owner in owners {
        let document = owner_of(inventory, owner);
        let set = document
            .and_then(|document| document.text("VariableSetId"))
            .map_or_else(|| format!("variableset-{owner}"), str::to_owned);
        let variables =
            inventory.get(Collection::Variables, &set).map_or(&[][..], |set| set.list("Variables"));
        let variables = variables.iter().chain(git::variables(inventory, owner));
        ids.extend(
            variables
                .filter(|variable| is_typed(&variable["Type"]) && is_in_scope(&variable["Scope"], run))
                .filter_map(|variable| variable["Value"].as_str()),
        );
        if let (Some(tenant), Some(document)) = (run.tenant, document) {
            let typed = document
                .list("Templates")
                .iter()
                .filter(|template| is_typed(&template["DisplaySettings"]["Octopus.ControlType"]));
            for template in typed {
                ids.extend(template["DefaultValue"].as_str());
                ids.extend(
                    values(inventory, owner, template, tenant)
                        .filter(|value| is_for(value, run.environment))
                        .filter_map(|value| value.text("Value")),
                );
            }
        }
    }
    ids.into_iter()
        .filter_map(|id| {
            let found = |collection| Some((collection, inventory.get(collection, id)?));
            Some((id, found(Collection::Accounts).or_else(|| found(Collection::Certificates))?))
        })
        .collect()
}

fn owner_of<'i>(inventory: &'i Inventory, id: &str) -> Option<&'i Document> {
    inventory.get(Collection::Projects, id).or_else(|| inventory.get(Collection::LibraryVariableSets, id))
}

/// Whether a variable of this type refers to an account or certificate.
fn is_typed(kind: &Value) -> bool {
    kind.as_str().is_some_and(|kind| kind == "Certificate" || kind.ends_with("Account"))
}

fn is_in_scope(scope: &Value, run: Run<'_>) -> bool {
    scope_kinds(scope).into_iter().all(|kind| {
        let mut values = scope[kind].as_array().into_iter().flatten().filter_map(Value::as_str);
        match (kind, run.tenant) {
            ("Environment", _) => values.any(|id| id == run.environment),
            ("TenantTag", Some(tenant)) => tags_fit(&values.collect::<Vec<_>>(), tenant),
            ("Tenant", Some(tenant)) => values.any(|id| id == tenant.id()),
            ("Channel", _) => false,
            _ => true,
        }
    })
}

/// Whether a tenant has tags that fit: those of one set are alternatives, every set that is named must fit. None named: it fits.
#[must_use]
pub fn tags_fit(wanted: &[&str], tenant: &Document) -> bool {
    let set_of = |tag: &str| tag.split_once('/').map_or(tag, |(set, _)| set).to_lowercase();
    let has = |tag: &str| tenant.texts("TenantTags").any(|own| own.eq_ignore_ascii_case(tag));
    wanted.iter().all(|tag| {
        let set = set_of(tag);
        wanted.iter().any(|other| set_of(other) == set && has(other))
    })
}

/// A tenant's values for a template.
fn values<'i>(
    inventory: &'i Inventory,
    owner: &str,
    template: &Value,
    tenant: &Document,
) -> impl Iterator<Item = &'i Document> {
    inventory.all(Collection::TenantVariableValues).filter(move |value| {
        value.text("TenantId") == Some(tenant.id())
            && value.get("TemplateId") == Some(&template["Id"])
            && [value.text("ProjectId"), value.text("LibraryVariableSetId")].contains(&Some(owner))
    })
}

fn is_for(value: &Document, environment: &str) -> bool {
    value.list("EnvironmentIds").is_empty() || value.texts("EnvironmentIds").any(|id| id == environment)
}

/// Names of the templates for which the tenant has no value in a run of the project there. A server may refuse such a run.
#[must_use]
pub fn missing_values(
    inventory: &Inventory,
    project: &Document,
    tenant: &Document,
    environment: &str,
) -> Vec<String> {
    let has_default = |template: &Value| match &template["DefaultValue"] {
        Value::String(text) => !text.is_empty(),
        other => other["HasValue"] == true,
    };
    // A box that nobody ticked is a value.
    let is_box = |template: &Value| template["DisplaySettings"]["Octopus.ControlType"] == "Checkbox";
    let has_value = |owner: &str, template: &Value| {
        values(inventory, owner, template, tenant).any(|value| {
            is_for(value, environment)
                && value.get("Value").is_some_and(|value| {
                    value["HasValue"] == true || value.as_str().is_some_and(|text| !text.is_empty())
                })
        })
    };
    let mut missing = Vec::new();
    for owner in owners(project) {
        let templates = owner_of(inventory, owner).map_or(&[][..], |owner| owner.list("Templates"));
        missing.extend(
            templates
                .iter()
                .filter(|template| !has_default(template) && !is_box(template) && !has_value(owner, template))
                .filter_map(|template| template["Name"].as_str().map(str::to_owned)),
        );
    }
    missing
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn add(inventory: &mut Inventory, collection: Collection, document: Value) {
        inventory.insert(collection, Document::new(document).unwrap());
    }

    /// A project with one variable for each scope, which all refer to accounts of their own.
    fn space(scopes: &[Value]) -> Inventory {
        let mut inventory = Inventory::default();
        let mut variables = Vec::new();
        for (index, scope) in scopes.iter().enumerate() {
            let id = format!("Accounts-{index}");
            add(&mut inventory, Collection::Accounts, json!({"Id": id, "Name": id}));
            variables
                .push(json!({"Name": "A", "Type": "AmazonWebServicesAccount", "Value": id, "Scope": scope}));
        }
        add(
            &mut inventory,
            Collection::Projects,
            json!({"Id": "Projects-1", "Name": "Web", "VariableSetId": "variableset-Projects-1"}),
        );
        add(
            &mut inventory,
            Collection::Variables,
            json!({"Id": "variableset-Projects-1", "Variables": variables}),
        );
        add(
            &mut inventory,
            Collection::Tenants,
            json!({"Id": "Tenants-1", "Name": "Fils", "TenantTags": ["Region/EU", "Size/Big"]}),
        );
        inventory
    }

    fn ids(inventory: &Inventory, tenant: bool) -> Vec<&str> {
        let run = Run {
            environment: "E-1",
            tenant: inventory.get(Collection::Tenants, "Tenants-1").filter(|_| tenant),
        };
        checked(inventory, ["Projects-1"], run).into_keys().collect()
    }

    #[test]
    fn only_environments_and_tenants_keep_a_variable_out() {
        let space = space(&[
            json!({}),
            json!({"Machine": ["Machines-1"]}),
            json!({"Action": ["x"], "Environment": []}),
            json!({"ProcessOwner": ["Runbooks-1"], "Role": ["web"]}),
            json!({"Environment": ["E-2"]}),
            json!({"Channel": ["Channels-1"]}),
            json!({"TenantTag": ["Region/EU", "Region/US", "Size/Big"]}),
            json!({"TenantTag": ["Region/EU", "Size/Small"], "Environment": ["E-1"]}),
        ]);
        let always = ["Accounts-0", "Accounts-1", "Accounts-2", "Accounts-3", "Accounts-6"];
        assert_eq!(ids(&space, true), always);
        assert_eq!(ids(&space, false), [&always[..], &["Accounts-7"]].concat());
    }

    #[test]
    fn a_tenants_own_values_and_defaults_are_checked_and_missing_ones_named() {
        let mut space = space(&[]);
        let account = |id: &str, default: Value| json!({"Id": id, "Name": id, "DefaultValue": default, "DisplaySettings": {"Octopus.ControlType": "AmazonWebServicesAccount"}});
        for id in ["Accounts-1", "Accounts-2"] {
            add(&mut space, Collection::Accounts, json!({"Id": id, "Name": id}));
        }
        let text = json!({"Id": "text", "Name": "Text", "DefaultValue": "", "DisplaySettings": {"Octopus.ControlType": "SingleLineText"}});
        let box_ = json!({"Id": "box", "Name": "Box", "DefaultValue": null, "DisplaySettings": {"Octopus.ControlType": "Checkbox"}});
        let templates =
            json!([account("own", json!("")), account("default", json!("Accounts-2")), text, box_]);
        add(
            &mut space,
            Collection::Projects,
            json!({"Id": "Projects-1", "Name": "Web", "Templates": templates}),
        );
        add(
            &mut space,
            Collection::TenantVariableValues,
            json!({"Id": "v", "TenantId": "Tenants-1", "ProjectId": "Projects-1", "TemplateId": "own", "EnvironmentIds": ["E-1"], "Value": "Accounts-1"}),
        );
        assert_eq!(ids(&space, true), ["Accounts-1", "Accounts-2"]);
        assert!(ids(&space, false).is_empty());
        let missing = |environment| {
            let project = space.get(Collection::Projects, "Projects-1").unwrap();
            missing_values(&space, project, space.get(Collection::Tenants, "Tenants-1").unwrap(), environment)
        };
        assert_eq!(missing("E-1"), ["Text"]);
        assert_eq!(missing("E-2"), ["own", "Text"]);
    }
}
