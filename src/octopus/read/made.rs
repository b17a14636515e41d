//! What modules have made in a space: a whole list where there is one, and nothing of the collections that they have no part in.
//!
//! A deployment with nothing to do is known by it, so it has to cost little: one request for each collection, and one for each project whose
//! settings no list shows.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;
use serde_json::Value;

use super::tenant_values::CommonValues;
use super::{
    add_freezes, deployment_freezes, ephemeral_environments, insert, lists_of, logos, parent_environments,
    people, projects, retention_default, target_tags, tenant_values, whole_list,
};
use crate::server::Server;
use documents::collection::Collection;
use documents::inventory::Inventory;
use failure::Failure;

/// What is wanted of a space.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub collections: BTreeSet<Collection>,
    /// Projects by name, with all that is inside them. One that is not there is none.
    pub projects: BTreeSet<String>,
    /// Types of retention defaults.
    pub retention: BTreeSet<String>,
    /// Also the values that tenants have for library sets. Where these have environments, that is a request for each tenant.
    pub common_values: bool,
    /// The answers to writes of these a moment ago, by tenant: needs no request where the list of all tenants shows the same.
    pub written: BTreeMap<String, Value>,
    /// Also the logos that somebody has uploaded.
    pub logos: bool,
}

/// Reads it.
///
/// # Errors
/// When the server refuses, or a list is not whole.
pub async fn read(server: &Server, wanted: &Wanted) -> Result<Inventory, Failure> {
    let mut inventory = Inventory::default();
    let mut lists = wanted.collections.clone();
    lists.extend([Collection::Projects, Collection::Tenants, Collection::LibraryVariableSets]);
    add_lists(server, &mut inventory, &lists).await?;
    add_apart(server, &mut inventory, &wanted.collections).await?;
    let retention = wanted.retention.iter().map(|kind| retention_default(server, kind));
    insert(&mut inventory, try_join_all(retention).await?.into_iter().flatten().collect());
    let of_projects = inventory.all(Collection::Projects);
    let entered: BTreeSet<String> = of_projects
        .filter(|project| wanted.projects.contains(project.name()))
        .map(|project| project.id().to_owned())
        .collect();
    let tenants_of: BTreeSet<String> = if wanted.common_values {
        inventory.all(Collection::Projects).map(|project| project.id().to_owned()).collect()
    } else {
        entered.clone()
    };
    let common =
        if wanted.common_values { CommonValues::Read(&wanted.written) } else { CommonValues::LeftOut };
    // A published snapshot is no content.
    let inside = |collection: Collection| collection != Collection::RunbookSnapshots;
    let (inside, variables, values) = futures::try_join!(
        projects::inside(server, &inventory, &entered, true, inside),
        projects::variable_sets(server, &inventory, &entered),
        tenant_values::read_these(server, &inventory, &tenants_of, wanted.common_values, common),
    )?;
    for found in [inside, variables, values] {
        insert(&mut inventory, found);
    }
    let named = named(&inventory, &entered, &lists);
    add_lists(server, &mut inventory, &named).await?;
    if wanted.logos {
        logos::read(server, &mut inventory).await?;
    }
    Ok(inventory)
}

async fn add_lists(
    server: &Server,
    inventory: &mut Inventory,
    collections: &BTreeSet<Collection>,
) -> Result<(), Failure> {
    let listed = collections.iter().filter(|collection| collection.row().is_listed());
    let lists = listed.flat_map(|collection| lists_of(*collection));
    for found in try_join_all(lists.map(|list| whole_list(server, list))).await?.into_iter().flatten() {
        insert(inventory, found);
    }
    Ok(())
}

/// What is read by ways of its own.
async fn add_apart(
    server: &Server,
    inventory: &mut Inventory,
    wanted: &BTreeSet<Collection>,
) -> Result<(), Failure> {
    if wanted.contains(&Collection::ParentEnvironments) {
        insert(inventory, parent_environments(server).await?);
    }
    if wanted.contains(&Collection::EphemeralEnvironments) {
        insert(inventory, ephemeral_environments(server).await?);
    }
    if wanted.contains(&Collection::DeploymentTargetTags)
        && let Ok(Some(tags)) = target_tags(server).await?
    {
        insert(inventory, tags);
    }
    let of_people = |collection: &Collection| {
        use Collection::{OidcIdentities, ScopedUserRoles, Teams, UserRoles, Users};
        matches!(collection, OidcIdentities | ScopedUserRoles | Teams | UserRoles | Users)
    };
    if wanted.iter().any(of_people) {
        insert(inventory, people::read(server).await?.0);
    }
    if wanted.contains(&Collection::DeploymentFreezes) {
        add_freezes(inventory, deployment_freezes(server).await?);
    }
    Ok(())
}

/// The collections that what was read names documents of, and that were not read yet.
fn named(
    inventory: &Inventory,
    entered: &BTreeSet<String>,
    read: &BTreeSet<Collection>,
) -> BTreeSet<Collection> {
    let mut texts = BTreeSet::new();
    for project in entered {
        let documents = Collection::ALL.iter().flat_map(|collection| inventory.of(*collection, project));
        documents.chain(inventory.get(Collection::Projects, project)).for_each(|document| {
            document.fields().values().for_each(|value| prefixes(value, &mut texts));
        });
    }
    let unread = Collection::ALL.iter().filter(|collection| !read.contains(collection));
    let is_named =
        |collection: &&Collection| collection.row().prefix.is_some_and(|prefix| texts.contains(prefix));
    unread.filter(is_named).copied().collect()
}

/// What stands before the number in texts that look like ids.
fn prefixes(value: &Value, found: &mut BTreeSet<String>) {
    let mut look = |text: &str| {
        if let Some((prefix, number)) = text.split_once('-')
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
        {
            found.insert(prefix.to_owned());
        }
    };
    match value {
        Value::String(text) => look(text),
        Value::Array(items) => items.iter().for_each(|item| prefixes(item, found)),
        Value::Object(fields) => {
            fields.keys().for_each(|key| look(key));
            fields.values().for_each(|value| prefixes(value, found));
        }
        _ => {}
    }
}

/// The id of the last change in the space, as the server's own audit trail has it; `None` where the key may not see the trail, or it is empty.
/// Assumption: the trail has every change of a document, those of the values of tenants too.
pub async fn last_change(server: &Server) -> Option<String> {
    let path = server.path("events?eventCategories=Created,Modified,Deleted&take=1");
    let answer = server.client.get(&path).await.ok()?;
    Some(answer["Items"].as_array()?.first()?["Id"].as_str()?.to_owned())
}
