//! The runs in which tenants' secret values are read: which of them the server will refuse, before any begins.

use std::collections::BTreeMap;

use super::account;
use super::checked::{self, Run};
use crate::mark::tenant::{self, OfTenant, Reading};
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;

/// What is in the way of a run, as far as documents tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// The server refuses it.
    Certain(String),
    /// It may refuse it.
    Possible(String),
}

impl Obstacle {
    #[must_use]
    pub fn why(&self) -> &str {
        match self {
            Self::Certain(why) | Self::Possible(why) => why,
        }
    }
}

/// What is in the way of the project's runbook for the tenant in the environment (its id).
#[must_use]
pub fn obstacle(
    inventory: &Inventory,
    project: &Document,
    tenant: &Document,
    environment: &str,
) -> Option<Obstacle> {
    if tenant.flag("IsDisabled") {
        return Some(Obstacle::Certain("the tenant is disabled".to_owned()));
    }
    let run = Run { environment, tenant: Some(tenant) };
    let checked = checked::checked(inventory, checked::owners(project), run);
    let refusing = checked.values().find(|(_, document)| account::refuses(document, environment, tenant));
    if let Some((collection, document)) = refusing {
        return Some(Obstacle::Certain(format!(
            "a variable that the server checks refers to the {} {:?}, which does not allow this tenant in this environment; octoferry spread lets it",
            if *collection == Collection::Accounts { "account" } else { "certificate" },
            document.name()
        )));
    }
    let missing = checked::missing_values(inventory, project, tenant, environment);
    (!missing.is_empty()).then(|| {
        Obstacle::Possible(format!(
            "the tenant has no value for {}, and servers refuse such runs; give it one, or the template a default",
            missing.join(", ")
        ))
    })
}

/// The secret values of tenants that no run will read, or perhaps none: whose they are, and why.
#[must_use]
pub fn unreadable(inventory: &Inventory) -> Vec<(String, Obstacle)> {
    let projects = tenant::projects_with_runbook(inventory);
    let mut found: Vec<(String, Obstacle)> = Vec::new();
    let mut known: BTreeMap<(&str, &str, String), Option<Obstacle>> = BTreeMap::new();
    for (secret, readings) in tenant::readings(inventory, &projects) {
        let mut first: Option<Obstacle> = None;
        let mut is_read = false;
        for Reading { project, tenant, environment } in readings {
            let place = (project.id(), tenant.id(), environment.clone());
            let obstacle =
                known.entry(place).or_insert_with(|| obstacle(inventory, project, tenant, &environment));
            match obstacle.clone() {
                None => is_read = true,
                // What may go well after all is the better reason to tell.
                Some(other)
                    if matches!(
                        (&first, &other),
                        (None, _) | (Some(Obstacle::Certain(_)), Obstacle::Possible(_))
                    ) =>
                {
                    first = Some(other);
                }
                Some(_) => {}
            }
        }
        if !is_read {
            let none = "the tenant is linked to no project and environment in which a run could read it";
            let obstacle = first.unwrap_or_else(|| Obstacle::Certain(none.to_owned()));
            found.push((described(inventory, &secret), obstacle));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

/// `"Fils": Key of project "Web", in Live`, `default of Key of project "Web"`.
fn described(inventory: &Inventory, secret: &OfTenant<'_>) -> String {
    let value = match secret {
        OfTenant::Value(value) => value,
        OfTenant::Default(default) => {
            let noun = if default.collection == Collection::Projects { "project" } else { "library set" };
            return format!("default of {} of {noun} {:?}", default.name(), default.owner.name());
        }
    };
    let tenant = value.text("TenantId").and_then(|id| inventory.get(Collection::Tenants, id));
    let tenant = tenant.map_or("?", Document::name);
    let owner = [
        ("project", Collection::Projects, "ProjectId"),
        ("library set", Collection::LibraryVariableSets, "LibraryVariableSetId"),
    ]
    .into_iter()
    .find_map(|(noun, collection, field)| {
        let document = inventory.get(collection, value.text(field)?)?;
        Some((noun, document))
    });
    let template = owner.and_then(|(_, owner)| {
        let same = |template: &&serde_json::Value| value.get("TemplateId") == Some(&template["Id"]);
        owner.list("Templates").iter().find(same)?["Name"].as_str()
    });
    let environments: Vec<&str> = value
        .texts("EnvironmentIds")
        .filter_map(|id| inventory.get(Collection::Environments, id))
        .map(Document::name)
        .collect();
    let place =
        if environments.is_empty() { String::new() } else { format!(", in {}", environments.join(", ")) };
    let (noun, owner) = owner.map_or(("owner", "?"), |(noun, owner)| (noun, owner.name()));
    format!("{tenant:?}: {} of {noun} {owner:?}{place}", template.unwrap_or("?"))
}
