//! Tenants' secret values can be read only in a run for that tenant: a project's own ones in their environment, common ones in any
//! environment that the tenant is linked to, and defaults of templates where it has no value. Which projects need a runbook for such runs.

use std::collections::BTreeSet;

use serde_json::Value;

use super::name;
use documents::collection::Collection;
use documents::defaults::{SecretDefault, secret_defaults};
use documents::document::Document;
use documents::inventory::Inventory;
use documents::tenancy::readable_in;

/// Ids of the projects that need the runbook: those with secret values of their own, and for each common value that none of these
/// can read one more. `candidates` are the projects that may get runbooks.
#[must_use]
pub fn projects(inventory: &Inventory, candidates: &[&Document]) -> BTreeSet<String> {
    let secrets: Vec<&Document> = secrets(inventory).collect();
    let own = |project: &Document| secrets.iter().any(|value| value.text("ProjectId") == Some(project.id()));
    let mut needed: BTreeSet<String> =
        candidates.iter().filter(|project| own(project)).map(|project| project.id().to_owned()).collect();
    let mut by_name = candidates.to_vec();
    by_name.sort_by_key(|project| (project.name(), project.id()));
    for value in secrets {
        let mut readers = by_name.iter().filter(|project| reads_common(inventory, project, value)).peekable();
        let first = readers.peek().map(|project| project.id().to_owned());
        if !readers.any(|project| needed.contains(project.id())) {
            needed.extend(first);
        }
    }
    for default in secret_defaults(inventory) {
        let mut readers =
            by_name.iter().filter(|project| default.reader(inventory, project).is_ok()).peekable();
        let first = readers.peek().map(|project| project.id().to_owned());
        if !readers.any(|project| needed.contains(project.id())) {
            needed.extend(first);
        }
    }
    needed
}

/// A secret that only runs for a tenant read.
pub enum OfTenant<'i> {
    /// A tenant's own value.
    Value(&'i Document),
    /// The default of a template, where a tenant has no value.
    Default(SecretDefault<'i>),
}

/// A run that reads such a secret.
pub struct Reading<'i> {
    pub project: &'i Document,
    pub tenant: &'i Document,
    /// Id.
    pub environment: String,
}

/// Each secret that only runs for tenants read, with the runs of these projects that do. Defaults that none reads are left out.
#[must_use]
pub fn readings<'i>(
    inventory: &'i Inventory,
    projects: &[&'i Document],
) -> Vec<(OfTenant<'i>, Vec<Reading<'i>>)> {
    let mut found = Vec::new();
    for value in secrets(inventory) {
        let Some(tenant) = value.text("TenantId").and_then(|id| inventory.get(Collection::Tenants, id))
        else {
            continue;
        };
        let runs = projects.iter().flat_map(|project| {
            let environments = readable_by(inventory, project, value);
            environments.into_iter().map(|environment| Reading { project, tenant, environment })
        });
        found.push((OfTenant::Value(value), runs.collect()));
    }
    for default in secret_defaults(inventory) {
        let readers =
            projects.iter().filter_map(|project| Some((project, default.reader(inventory, project).ok()?)));
        let runs: Vec<Reading<'_>> = readers
            .flat_map(|(project, reader)| {
                let tenant = reader.tenant;
                reader.environments.into_iter().map(move |environment| Reading {
                    project,
                    tenant,
                    environment,
                })
            })
            .collect();
        if !runs.is_empty() {
            found.push((OfTenant::Default(default), runs));
        }
    }
    found
}

/// The secret values of tenants.
fn secrets(inventory: &Inventory) -> impl Iterator<Item = &Document> {
    inventory.all(Collection::TenantVariableValues).filter(|value| is_secret(value))
}

/// The projects that have the runbook, by name.
#[must_use]
pub fn projects_with_runbook(inventory: &Inventory) -> Vec<&Document> {
    let runbooks =
        inventory.all(Collection::Runbooks).filter(|runbook| runbook.name() == name::TENANT_SECRETS_RUNBOOK);
    let mut projects: Vec<&Document> = runbooks
        .filter_map(|runbook| {
            runbook.text("ProjectId").and_then(|id| inventory.get(Collection::Projects, id))
        })
        .collect();
    projects.sort_by_key(|project| (project.name(), project.id()));
    projects
}

/// Ids of the environments in which runs of the project read a secret value of a tenant.
fn readable_by(inventory: &Inventory, project: &Document, value: &Document) -> Vec<String> {
    let own = value.text("ProjectId") == Some(project.id());
    let tenant = value.text("TenantId").and_then(|id| inventory.get(Collection::Tenants, id));
    match tenant.filter(|_| own || reads_common(inventory, project, value)) {
        Some(tenant) => readable_in(tenant, project.id(), &environments(value)),
        None => Vec::new(),
    }
}

fn is_secret(value: &Document) -> bool {
    value.get("Value").is_some_and(|value| value["HasValue"] == true)
}

/// Whether a run of the project for the value's tenant sees this value of a library set.
fn reads_common(inventory: &Inventory, project: &Document, value: &Document) -> bool {
    let Some(set) = value.text("LibraryVariableSetId").filter(|set| !set.is_empty()) else { return false };
    let Some(tenant) = value.text("TenantId").and_then(|id| inventory.get(Collection::Tenants, id)) else {
        return false;
    };
    project.texts("IncludedLibraryVariableSetIds").any(|id| id == set)
        && !readable_in(tenant, project.id(), &environments(value)).is_empty()
}

/// Ids of the environments of a value; empty: all.
fn environments(value: &Document) -> Vec<String> {
    value.texts("EnvironmentIds").map(str::to_owned).collect()
}

/// Whether a variable is scoped to this runbook alone.
#[must_use]
pub fn belongs_to(variable: &Value, runbook: &str) -> bool {
    only_runbook(variable) == Some(runbook)
}

/// The one process that a variable is scoped to.
pub(crate) fn only_runbook(variable: &Value) -> Option<&str> {
    match variable["Scope"]["ProcessOwner"].as_array()?.as_slice() {
        [only] => only.as_str(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn add(inventory: &mut Inventory, collection: Collection, document: Value) {
        inventory.insert(collection, Document::new(document).unwrap());
    }

    fn needed(values: Vec<Value>) -> Vec<String> {
        let mut inventory = Inventory::default();
        for (id, name, sets) in
            [("Projects-1", "Web", ["L-1"]), ("Projects-2", "App", ["L-1"]), ("Projects-3", "Zoo", ["L-2"])]
        {
            add(
                &mut inventory,
                Collection::Projects,
                json!({"Id": id, "Name": name, "IncludedLibraryVariableSetIds": sets}),
            );
        }
        add(
            &mut inventory,
            Collection::Tenants,
            json!({"Id": "Tenants-1", "Name": "Fils", "ProjectEnvironments": {"Projects-1": ["E-1"], "Projects-2": ["E-2"], "Projects-3": []}}),
        );
        for (index, mut value) in values.into_iter().enumerate() {
            value["Id"] = json!(format!("TenantVariables-{index}"));
            value["TenantId"] = json!("Tenants-1");
            add(&mut inventory, Collection::TenantVariableValues, value);
        }
        let candidates: Vec<&Document> = inventory.all(Collection::Projects).collect();
        projects(&inventory, &candidates).into_iter().collect()
    }

    #[test]
    fn projects_with_secrets_of_their_own_and_one_for_common_ones() {
        let secret = json!({"HasValue": true});
        assert!(needed(vec![json!({"ProjectId": "Projects-1", "Value": "plain"})]).is_empty());
        assert_eq!(
            needed(vec![json!({"ProjectId": "Projects-1", "EnvironmentIds": ["E-1"], "Value": secret})]),
            ["Projects-1"]
        );
        // Two can read it: the first by name, unless one is needed anyway.
        assert_eq!(needed(vec![json!({"LibraryVariableSetId": "L-1", "Value": secret})]), ["Projects-2"]);
        assert_eq!(
            needed(vec![json!({"LibraryVariableSetId": "L-1", "EnvironmentIds": ["E-1"], "Value": secret})]),
            ["Projects-1"]
        );
        assert_eq!(
            needed(vec![
                json!({"LibraryVariableSetId": "L-1", "Value": secret}),
                json!({"ProjectId": "Projects-1", "EnvironmentIds": ["E-1"], "Value": secret}),
            ]),
            ["Projects-1"]
        );
        // No project can: linked nowhere.
        assert!(needed(vec![json!({"LibraryVariableSetId": "L-2", "Value": secret})]).is_empty());
    }
}
