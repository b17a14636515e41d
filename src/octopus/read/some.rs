//! Some projects of a space: what belongs to them, and of all else only what they name.
//!
//! Whoever moves project after project reads once for each of them: the whole space each time would be most of a migration's requests.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;
use serde_json::Value;

use super::{
    add_freezes, deployment_freezes, ephemeral_environments, find_projects, git, insert, lists_of, many,
    parent_environments, people, projects, tenant_values, whole_list,
};
use crate::server::Server;
use documents::collection::{Collection, OfPart};
use documents::document::Document;
use documents::inventory::{Inventory, Reach};
use documents::of_space::Found;
use failure::Failure;
use failure::While as _;

/// Collections of which a part is read in this way.
fn of_part(how: OfPart) -> impl Iterator<Item = Collection> {
    Collection::ALL.iter().copied().filter(move |collection| collection.row().of_part == how)
}

/// Adds the wanted projects and what they need to an inventory that holds only what is known of the server.
pub(super) async fn read(
    server: &Server,
    inventory: &mut Inventory,
    wanted: &[String],
    branch: Option<&str>,
) -> Result<(), Failure> {
    add_lists(server, inventory, [Collection::Projects]).await?;
    let entered: BTreeSet<String> = find_projects(inventory, wanted)?.into_iter().collect();
    let sets: BTreeSet<String> = entered
        .iter()
        .filter_map(|id| inventory.get(Collection::Projects, id))
        .flat_map(|project| project.texts("IncludedLibraryVariableSetIds"))
        .map(str::to_owned)
        .collect();
    let (inside, sets, tenants, freezes, (people, unseen)) = futures::try_join!(
        projects::inside(server, inventory, &entered, false, |_| true),
        picked(server, Collection::LibraryVariableSets, &sets),
        linked_tenants(server, &entered),
        deployment_freezes(server),
        people::read(server),
    )?;
    for found in [inside, sets, tenants, people] {
        insert(inventory, found);
    }
    inventory.unread.extend(unseen);
    // Freezes, roles and subscriptions name projects, not the other way round.
    add_freezes(inventory, freezes);
    add_lists(server, inventory, of_part(OfPart::All)).await?;
    let (variables, values, branches) = futures::try_join!(
        projects::variable_sets(server, inventory, &entered),
        tenant_values::read(server, inventory, &entered, false),
        git::branches(server, inventory, &entered, branch),
    )?;
    // What comes from Git may be called by its slug.
    let any_branch = !branches.is_empty();
    for found in [variables, values, branches] {
        insert(inventory, found);
    }

    let named = named(inventory, &entered);
    inventory.reach = Reach::Named(named.values().flatten().cloned().collect());
    let is_needed = |collection: &Collection| {
        let by_slug = [Collection::Environments, Collection::Feeds, Collection::WorkerPools];
        named.contains_key(collection) || any_branch && by_slug.contains(collection)
    };
    add_lists(server, inventory, of_part(OfPart::WhenNamed).filter(is_needed)).await?;
    let others = of_part(OfPart::Named).map(|collection| {
        let ids = named.get(&collection).into_iter().flatten();
        let ids = ids.filter(|id| inventory.collection_of(id).is_none());
        (collection, ids.cloned().collect::<BTreeSet<String>>())
    });
    let others: Vec<(Collection, BTreeSet<String>)> = others.collect();
    let found = try_join_all(others.iter().map(|(collection, ids)| picked(server, *collection, ids))).await?;
    found.into_iter().for_each(|found| insert(inventory, found));
    // Ephemeral environments and their parents have ids like environments, and lists of their own.
    let environments = named.get(&Collection::Environments).into_iter().flatten();
    if environments.into_iter().any(|id| inventory.collection_of(id).is_none()) {
        insert(inventory, parent_environments(server).await?);
        insert(inventory, ephemeral_environments(server).await?);
    }
    let versions = projects::template_versions(server, inventory).await?;
    insert(inventory, versions);
    Ok(())
}

async fn add_lists(
    server: &Server,
    inventory: &mut Inventory,
    collections: impl IntoIterator<Item = Collection>,
) -> Result<(), Failure> {
    let lists = collections.into_iter().flat_map(lists_of);
    for found in try_join_all(lists.map(|list| whole_list(server, list))).await? {
        match found {
            Ok(found) => insert(inventory, found),
            Err(note) => inventory.unread.push(note),
        }
    }
    Ok(())
}

async fn picked(server: &Server, collection: Collection, ids: &BTreeSet<String>) -> Result<Found, Failure> {
    let ids: Vec<String> = ids.iter().cloned().collect();
    let found = many::by_ids(&server.client, &collection.documents(server.space_id()), &ids).await;
    let found = found.while_doing(format!("reading the {collection}"))?;
    Ok(found.into_iter().map(|document| (collection, document)).collect())
}

/// The tenants that are linked to the projects. A server that doesn't know the filter gives all of them, which does no harm.
async fn linked_tenants(server: &Server, projects: &BTreeSet<String>) -> Result<Found, Failure> {
    let lists = projects.iter().map(|project| server.path(&format!("tenants?projectId={project}")));
    let lists: Vec<String> = lists.collect();
    let found = try_join_all(lists.iter().map(|path| server.client.list(path))).await;
    let found = found.while_doing("reading the tenants")?;
    let linked = |tenant: &Document| {
        let links = tenant.get("ProjectEnvironments").and_then(Value::as_object);
        links.is_some_and(|links| links.keys().any(|project| projects.contains(project)))
    };
    let tenants = found.into_iter().flatten().filter_map(Document::new).filter(linked);
    Ok(tenants.map(|tenant| (Collection::Tenants, tenant)).collect())
}

/// Ids by the collection that they belong to.
type Named = BTreeMap<Collection, BTreeSet<String>>;

/// The ids in what has been read, by what they begin with; other projects name what they like.
fn named(inventory: &Inventory, entered: &BTreeSet<String>) -> Named {
    let mut named = BTreeMap::new();
    for collection in inventory.collections() {
        for document in inventory.all(collection) {
            if collection != Collection::Projects || entered.contains(document.id()) {
                document.fields().iter().for_each(|(_, value)| collect(value, &mut named));
            }
        }
    }
    named
}

fn collect(value: &Value, named: &mut Named) {
    match value {
        Value::String(text) => {
            for word in text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-')) {
                let Some((start, number)) = word.rsplit_once('-') else { continue };
                if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
                    continue;
                }
                let of = Collection::ALL.iter().find(|collection| {
                    let row = collection.row();
                    row.prefix == Some(start) && matches!(row.of_part, OfPart::WhenNamed | OfPart::Named)
                });
                if let Some(collection) = of {
                    named.entry(*collection).or_default().insert(word.to_owned());
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, named)),
        Value::Object(fields) => fields.values().for_each(|value| collect(value, named)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_are_found_wherever_they_stand() {
        let mut named = BTreeMap::new();
        let document = json!({
            "Scope": {"Machine": ["Machines-1"]},
            "Properties": {"Json": "{\"FeedId\":\"Feeds-7\"}", "Teams": "WorkerPools-1,teams-everyone", "Script": "see Accounts-3."},
            "Other": "Feeds-x Feedstock-1 variableset-Projects-1",
        });
        collect(&document, &mut named);
        let found: Vec<&String> = named.values().flatten().collect();
        assert_eq!(found, ["Accounts-3", "Feeds-7", "Machines-1", "WorkerPools-1"]);
    }
}
