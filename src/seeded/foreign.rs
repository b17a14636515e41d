//! Variables with octoferry's names that octoferry did not make: in a run they can take the place of those that seed made.
//!
//! A project's variable wins over a library set's, so whoever may edit the variables of one project could redirect what its runbooks do. What
//! says where keys go stands in the steps ([`crate::mark::digest`]); this is for all the rest, and says so before anything is done.

use serde_json::Value;

use crate::mark::{found::Found, is_seeded, name, tenant};
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;
use failure::Failure;
use octopus::server::Server;

/// The names that seed gives to variables of the set `Octoferry`.
const SETTINGS: &[&str] = &[
    name::SOURCE_URL,
    name::SOURCE_SPACE,
    name::SOURCE_API_KEY,
    name::DESTINATION_URL,
    name::DESTINATION_SPACE,
    name::DESTINATION_API_KEY,
    name::MODULE_KEY,
    name::BACKEND_TYPE,
    name::BACKEND_CONFIG,
    name::BACKEND_ACCOUNT,
    name::SELECTION,
    name::SEEDED_PROJECTS,
    name::DEPLOY_EXISTING,
    name::DEPLOY_PLACEHOLDERS,
    name::DEPLOY_ALLOW_DESTROY,
    name::DEPLOY_ENABLE_TRIGGERS,
    name::SECRETS_DONE,
    name::SOURCE_ACCOUNT,
    name::DESTINATION_ACCOUNT,
    name::BEFORE,
    name::EXPORTS,
    name::SPREAD,
];

/// A runbook of ours with variables of its own, and their names; none: any.
fn with_variables(runbook: &Document) -> Option<(&str, &'static [&'static str])> {
    let names: [(&str, &[&str]); 2] =
        [(name::TENANT_SECRETS_RUNBOOK, &[]), (name::REHOME_RUNBOOK, &[name::REHOME_WHAT])];
    names.into_iter().find(|(name, _)| is_seeded(runbook, name)).map(|(_, names)| (runbook.id(), names))
}

/// The foreign ones of one set: `project "Shop": Octoferry.Destination.Url`. `owner` is the project or library set.
fn of_set(owner: &Document, is_project: bool, set: &Value, runbooks: &[(&str, &[&str])]) -> Vec<String> {
    let seeded = |set: &str| !is_project && is_seeded(owner, set);
    let (settings, accounts) = (seeded(name::SETTINGS_SET), seeded(name::ACCOUNTS_SET));
    let starts = |name: &str, prefix: &str| {
        name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    let variables = set["Variables"].as_array().map_or(&[][..], Vec::as_slice);
    let name_of = |variable: &Value| variable["Name"].as_str().unwrap_or_default().trim().to_owned();
    let is_foreign = |variable: &&Value| {
        let name = name_of(variable);
        if starts(&name, name::SECRET_PREFIX) || !name::is_like_ours(&name) {
            return false;
        }
        if settings {
            // Twice is once too often: nobody can tell which of them counts.
            let same = |other: &&Value| name_of(other).eq_ignore_ascii_case(&name);
            return !SETTINGS.contains(&name.as_str()) || variables.iter().filter(same).count() > 1;
        }
        if !name::is_ours(&name) {
            return false;
        }
        if accounts {
            return !starts(&name, name::ACCOUNT_PREFIX) && !starts(&name, name::CERTIFICATE_PREFIX);
        }
        let is_its_own = |(runbook, names): &(&str, &[&str])| {
            (names.is_empty() || names.contains(&name.as_str())) && tenant::belongs_to(variable, runbook)
        };
        !(is_project && runbooks.iter().any(is_its_own))
    };
    let what = if is_project { "project" } else { "library variable set" };
    let foreign = variables.iter().filter(is_foreign);
    foreign.map(|variable| format!("{what} {:?}: {}", owner.name(), name_of(variable))).collect()
}

/// All foreign ones of a space, as far as the inventory holds it.
#[must_use]
pub fn of_space(inventory: &Inventory) -> Vec<String> {
    let runbooks: Vec<_> = inventory.all(Collection::Runbooks).filter_map(with_variables).collect();
    let mut foreign = Vec::new();
    for (collection, is_project) in [(Collection::LibraryVariableSets, false), (Collection::Projects, true)] {
        for owner in inventory.all(collection) {
            let set = owner.text("VariableSetId").and_then(|id| inventory.get(Collection::Variables, id));
            let set = set.map(|set| set.clone().into_value()).unwrap_or_default();
            foreign.extend(of_set(owner, is_project, &set, &runbooks));
        }
    }
    foreign
}

/// All foreign ones that a run of this project can see; `None`: of the project `Octoferry`.
///
/// # Errors
/// When the source can't be read.
pub async fn of_run(source: &Server, project_id: Option<&str>) -> Result<Vec<String>, Failure> {
    let found = Found::read(source).await?;
    let project = match project_id {
        Some(id) => found.projects.iter().find(|project| project.id() == id),
        None => Some(found.project()?),
    };
    let project = project.ok_or_else(|| Failure::failed("the project of this run is gone"))?;
    let runbooks: Vec<_> = found.seeded_runbooks().filter_map(with_variables).collect();
    let included: Vec<&str> = project.texts("IncludedLibraryVariableSetIds").collect();
    let sets = found.library_sets.iter().filter(|set| included.contains(&set.id()));
    let owners = std::iter::once((project, true)).chain(sets.map(|set| (set, false)));
    let mut foreign = Vec::new();
    for (owner, is_project) in owners {
        let id = owner.text("VariableSetId").unwrap_or_default();
        let set = source.client.find(&source.path(&format!("variables/{id}"))).await?.unwrap_or_default();
        foreign.extend(of_set(owner, is_project, &set, &runbooks));
    }
    Ok(foreign)
}

/// Refuses a run that sees foreign ones.
///
/// # Errors
/// All of them, by name.
pub fn refuse(foreign: &[String]) -> Result<(), Failure> {
    if foreign.is_empty() {
        return Ok(());
    }
    Err(Failure::failed(format!(
        "these variables have names of octoferry's, and octoferry seed did not make them; nothing was done:\n  {}",
        foreign.join("\n  ")
    ))
    .hint("They could take the place of the true ones. Who made them? Remove or rename them, then publish the runbook again (octoferry seed does)."))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_runbook_asks_is_its_own_and_nothing_else_is() {
        let own =
            json!({"Id": "Runbooks-5", "Name": name::REHOME_RUNBOOK, "Description": name::description("x")});
        let of_runbook = |name: &str, runbook: &str| {
            let mut inventory = inventory(
                json!([]),
                json!([{"Name": name, "Scope": {"Environment": ["Environments-1"], "ProcessOwner": [runbook]}}]),
                json!([]),
            );
            inventory.insert(Collection::Runbooks, Document::new(own.clone()).unwrap());
            of_space(&inventory)
        };
        assert!(of_runbook(name::REHOME_WHAT, "Runbooks-5").is_empty());
        assert!(!of_runbook(name::REHOME_WHAT, "Runbooks-6").is_empty());
        assert!(!of_runbook(name::DESTINATION_URL, "Runbooks-5").is_empty());
    }

    fn inventory(library: Value, project: Value, settings: Value) -> Inventory {
        let mut inventory = Inventory::default();
        let mut add = |collection: Collection, document: Value| {
            inventory.insert(collection, Document::new(document).unwrap());
        };
        add(Collection::Projects, json!({"Id": "Projects-1", "Name": "Shop", "VariableSetId": "V-1"}));
        add(Collection::LibraryVariableSets, json!({"Id": "L-1", "Name": "Shared", "VariableSetId": "V-2"}));
        let description = name::description("x");
        add(
            Collection::LibraryVariableSets,
            json!({"Id": "L-2", "Name": "Octoferry", "VariableSetId": "V-3", "Description": description}),
        );
        add(
            Collection::Runbooks,
            json!({"Id": "Runbooks-1", "Name": name::TENANT_SECRETS_RUNBOOK, "Description": description}),
        );
        for (id, variables) in [("V-1", project), ("V-2", library), ("V-3", settings)] {
            add(Collection::Variables, json!({"Id": id, "Variables": variables}));
        }
        inventory
    }

    #[test]
    fn what_takes_the_place_of_ours_is_foreign() {
        let named = |names: &[&str]| {
            Value::Array(names.iter().map(|name| json!({"Name": name, "Scope": {}})).collect())
        };
        let nothing = || named(&[]);
        assert!(
            of_space(&inventory(
                nothing(),
                named(&["Octoferry.Secret.x", "octoferry.mine", "Url"]),
                named(SETTINGS)
            ))
            .is_empty()
        );
        for (library, project, settings) in [
            (named(&["octoferry.destination.url"]), nothing(), nothing()),
            (nothing(), named(&["Octoferry.Destination.Url"]), nothing()),
            (nothing(), named(&[" Octoferry.Module.Key "]), nothing()),
            (nothing(), named(&["Octoferry.Account.AWS"]), nothing()),
            (nothing(), nothing(), named(&["Octoferry.Source.ApiKey", "octoferry.source.apikey"])),
            (nothing(), nothing(), named(&["Octoferry.Other"])),
        ] {
            let foreign = of_space(&inventory(library, project, settings));
            assert!(!foreign.is_empty());
            assert!(refuse(&foreign).unwrap_err().message.contains(&foreign[0]));
        }
        let of_runbook = |runbook: &str| json!([{"Name": "Octoferry.Source.ApiKey", "Scope": {"ProcessOwner": [runbook]}}]);
        assert!(of_space(&inventory(nothing(), of_runbook("Runbooks-1"), nothing())).is_empty());
        assert!(!of_space(&inventory(nothing(), of_runbook("Runbooks-2"), nothing())).is_empty());
    }
}
