//! A space of a server → inventory, in few requests.
//!
//! Each list is read once and whole; what has no list, or only one that also holds frozen copies of every release (processes, variable
//! sets), is asked for by ids, many at a time. Where a server doesn't answer such a list (they are known from the root document's link
//! templates only), or its count doesn't match, we ask project by project and document by document.

mod git;
mod logos;
pub mod made;
mod many;
mod people;
mod projects;
mod some;
mod tenant_values;

use std::collections::BTreeSet;

use futures::future::try_join_all;
use serde_json::{Value, json};

use crate::client::Client;
use crate::freezes;
use crate::retention;
use crate::server::Server;
use crate::target_tag_list;
use documents::collection::{Collection, Reading};
use documents::document::Document;
use documents::inventory::{Inventory, Reach, Unread};
use documents::of_space::{Found, about_this_space};
use documents::target_tags;
use failure::Failure;

/// How much of a space is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent<'a> {
    /// Everything.
    Whole,
    /// What projects share; projects themselves are listed but not entered.
    Shared,
    /// These projects (ids, names or slugs) with all that belongs to them, and what they name.
    Projects(&'a [String]),
}

/// One list of a space.
#[derive(Clone, Copy)]
struct List {
    /// Name in the inventory.
    collection: Collection,
    /// Route below `/api/{space}/`.
    route: &'static str,
    need: Reading,
}

/// The lists of a collection, one request each while they fit a page.
fn lists_of(collection: Collection) -> impl Iterator<Item = List> {
    let row = collection.row();
    let routes = Some(row.route).filter(|route| !route.is_empty()).into_iter().chain(row.more);
    routes.map(move |route| List { collection, route, need: row.reading })
}

/// The lists that every export reads.
fn lists() -> impl Iterator<Item = List> {
    Collection::ALL.iter().filter(|collection| collection.row().is_listed()).copied().flat_map(lists_of)
}

/// Types of the space's retention defaults, which are asked for one at a time: those of provider 1.17.0, and what the API's reference has beside
/// them. Assumption: its other names (`LifecycleRetention`, `TentacleRetention`) are words of a description, not types.
const RETENTION_TYPES: &[&str] =
    &["LifecycleRelease", "LifecycleTentacle", "RunbookRetention", "MachinePackageCache"];

/// Reads a space; of projects in Git their default branches.
///
/// # Errors
/// When anything that the export needs can't be read whole; when a wanted project isn't there.
pub async fn read(server: &Server, extent: Extent<'_>) -> Result<Inventory, Failure> {
    read_branch(server, extent, None).await
}

/// Reads a space; of projects in Git this branch.
///
/// # Errors
/// As [`read`]. A branch that can't be read is none: [`documents::git::kept`] says so.
pub async fn read_branch(
    server: &Server,
    extent: Extent<'_>,
    branch: Option<&str>,
) -> Result<Inventory, Failure> {
    let mut inventory = Inventory::default();
    inventory.installation_id.clone_from(&server.installation_id);
    inventory.server_version.clone_from(&server.version);
    inventory.space = Some(server.space.clone());
    if extent == Extent::Shared {
        inventory.reach = Reach::Shared;
    }
    if let Extent::Projects(wanted) = extent {
        some::read(server, &mut inventory, wanted, branch).await?;
        logos::read(server, &mut inventory).await?;
        return Ok(inventory);
    }
    read_shared(server, &mut inventory).await?;
    let entered: BTreeSet<String> = match extent {
        Extent::Whole => inventory.all(Collection::Projects).map(|project| project.id().to_owned()).collect(),
        Extent::Shared | Extent::Projects(_) => BTreeSet::new(),
    };
    let every_project = extent == Extent::Whole;
    let (inside, variables, values, community, branches) = futures::try_join!(
        projects::inside(server, &inventory, &entered, every_project, |_| true),
        projects::variable_sets(server, &inventory, &entered),
        tenant_values::read(server, &inventory, &entered, every_project),
        community_templates(server, &inventory),
        git::branches(server, &inventory, &entered, branch),
    )?;
    for found in [inside, variables, values, community, branches] {
        insert(&mut inventory, found);
    }
    let versions = projects::template_versions(server, &inventory).await?;
    insert(&mut inventory, versions);
    logos::read(server, &mut inventory).await?;
    Ok(inventory)
}

/// Puts in the freezes that are about this space.
fn add_freezes(inventory: &mut Inventory, freezes: Result<Found, Unread>) {
    match freezes {
        Ok(freezes) => {
            let freezes = about_this_space(inventory, freezes);
            insert(inventory, freezes);
        }
        Err(unread) => inventory.unread.push(unread),
    }
}

/// What belongs to no project, put into an inventory.
async fn read_shared(server: &Server, inventory: &mut Inventory) -> Result<(), Failure> {
    let lists = try_join_all(lists().map(|list| whole_list(server, list)));
    let retention = try_join_all(RETENTION_TYPES.iter().map(|kind| retention_default(server, kind)));
    let (lists, retention, parents, ephemeral, freezes, tags, people) = futures::try_join!(
        lists,
        retention,
        parent_environments(server),
        ephemeral_environments(server),
        deployment_freezes(server),
        target_tags(server),
        people::read(server)
    )?;
    let (people, unseen) = people;
    insert(inventory, people);
    inventory.unread.extend(unseen);
    for list in lists {
        match list {
            Ok(found) => insert(inventory, found),
            Err(unread) => inventory.unread.push(unread),
        }
    }
    insert(inventory, retention.into_iter().flatten().collect());
    insert(inventory, parents);
    insert(inventory, ephemeral);
    match tags {
        Ok(Some(tags)) => insert(inventory, tags),
        Ok(None) => {
            inventory.unknown.insert(target_tags::COLLECTION);
        }
        Err(note) => inventory.unread.push(note),
    }
    add_freezes(inventory, freezes);
    Ok(())
}

/// Tenants and their values for these projects and their library sets, put into an inventory that has the projects.
///
/// # Errors
/// When they can't be read whole.
pub async fn add_tenant_values(
    server: &Server,
    inventory: &mut Inventory,
    projects: &BTreeSet<String>,
) -> Result<(), Failure> {
    for list in lists_of(Collection::Tenants) {
        if let Ok(found) = whole_list(server, list).await? {
            insert(inventory, found);
        }
    }
    let values = tenant_values::read(server, inventory, projects, false).await?;
    insert(inventory, values);
    Ok(())
}

/// The tag sets, for who has to know them though projects name tags without ids.
///
/// # Errors
/// When they can't be read whole.
pub async fn add_tag_sets(server: &Server, inventory: &mut Inventory) -> Result<(), Failure> {
    for list in lists_of(Collection::TagSets) {
        if let Ok(found) = whole_list(server, list).await? {
            insert(inventory, found);
        }
    }
    Ok(())
}

/// The ids of projects that are wanted by name, slug or id.
///
/// # Errors
/// When one of them isn't there; the message names those there are.
pub fn find_projects(inventory: &Inventory, wanted: &[String]) -> Result<Vec<String>, Failure> {
    let find = |wanted: &str| {
        // Exactly first: two names may differ in case only.
        let same = |field: &str, equal: &dyn Fn(&str, &str) -> bool| {
            inventory
                .all(Collection::Projects)
                .find(|project| project.text(field).is_some_and(|text| equal(text, wanted)))
        };
        let exact: &dyn Fn(&str, &str) -> bool = &|text, wanted| text == wanted;
        let loose: &dyn Fn(&str, &str) -> bool = &|text, wanted| text.to_lowercase() == wanted.to_lowercase();
        [exact, loose]
            .into_iter()
            .find_map(|equal| ["Name", "Slug", "Id"].into_iter().find_map(|field| same(field, equal)))
    };
    let mut ids = Vec::new();
    for name in wanted {
        let Some(project) = find(name) else {
            let names: BTreeSet<String> =
                inventory.all(Collection::Projects).map(|project| format!("{:?}", project.name())).collect();
            let there = if names.is_empty() {
                "none".to_owned()
            } else {
                names.into_iter().collect::<Vec<_>>().join(", ")
            };
            return Err(Failure::usage(format!("the source space has no project {name:?}"))
                .hint(format!("It has: {there}.")));
        };
        if !ids.iter().any(|id| id == project.id()) {
            ids.push(project.id().to_owned());
        }
    }
    Ok(ids)
}

fn insert(inventory: &mut Inventory, found: Found) {
    for (collection, document) in found {
        inventory.insert(collection, document);
    }
}

/// Reads a list; the inner error is a note about what can't be seen.
async fn whole_list(server: &Server, list: List) -> Result<Result<Found, Unread>, Failure> {
    let path = server.path(list.route);
    match server.client.list(&path).await {
        Ok(items) => {
            // A team without a space is one of the server, whatever the server makes of `includeSystem`.
            let of_this_space = |document: &Document| match document.text("SpaceId") {
                Some(space) => space == server.space_id(),
                None => list.collection != Collection::Teams,
            };
            let documents = documents(&path, items)?.into_iter().filter(of_this_space);
            Ok(Ok(documents.map(|document| (list.collection, document)).collect()))
        }
        Err(failure) => absent(list.collection, list.need, failure),
    }
}

/// Whether an export can go on without a collection.
fn absent(collection: Collection, need: Reading, failure: Failure) -> Result<Result<Found, Unread>, Failure> {
    match (need, failure.http_status) {
        (Reading::Newer | Reading::Noted, Some(404)) => Ok(Ok(Vec::new())),
        (Reading::Noted, Some(403)) => Ok(Err(Unread { collection })),
        _ => Err(failure.while_doing(format!("reading the {collection}"))),
    }
}

/// Objects with an id; anything else is no document.
fn documents(path: &str, items: Vec<Value>) -> Result<Vec<Document>, Failure> {
    let document = |item| {
        Document::new(item).filter(|document| !document.id().is_empty()).ok_or_else(|| {
            Failure::failed(format!(
                "{path}: the server's list holds something that is no document with an id"
            ))
        })
    };
    items.into_iter().map(document).collect()
}

/// One of the space's retention defaults.
async fn retention_default(server: &Server, kind: &str) -> Result<Found, Failure> {
    let path = server.path(Collection::RetentionPolicies.name());
    let found = retention::default_of(&server.client, &path, kind).await;
    let found = found.map_err(|failure| failure.while_doing("reading the retention defaults"))?;
    let documents = found.and_then(Document::new).filter(|policy| !policy.id().is_empty());
    Ok(documents.map(|policy| (Collection::RetentionPolicies, policy)).into_iter().collect())
}

/// Ephemeral environments: only their names are wanted, for a note.
async fn ephemeral_environments(server: &Server) -> Result<Found, Failure> {
    let listed = match server.client.list(&server.path("environments/v2?type=Ephemeral")).await {
        Ok(items) => items,
        Err(failure) if failure.has_no_route() => return Ok(Vec::new()),
        Err(failure) => return Err(failure.while_doing("reading the ephemeral environments")),
    };
    // A server that ignores the filter lists all environments.
    let ephemeral = listed.into_iter().filter_map(Document::new);
    let ephemeral = ephemeral.filter(|document| document.text("Type") == Some("Ephemeral"));
    Ok(ephemeral.map(|document| (Collection::EphemeralEnvironments, document)).collect())
}

/// Parents of ephemeral environments: the list tells the ids, the documents have a route of their own.
async fn parent_environments(server: &Server) -> Result<Found, Failure> {
    let listed = match server.client.list(&server.path("environments/v2?type=Parent")).await {
        Ok(items) => items,
        Err(failure) if failure.has_no_route() => return Ok(Vec::new()),
        Err(failure) => return Err(failure.while_doing("reading the parent environments")),
    };
    let ids: Vec<String> =
        listed.iter().filter_map(|item| Some(item.get("Id")?.as_str()?.to_owned())).collect();
    let paths = ids
        .iter()
        .map(|id| format!("/api/spaces/{}/parentEnvironments/{id}", server.space_id()))
        .collect::<Vec<_>>();
    let found = try_join_all(paths.iter().map(|path| server.client.find(path))).await?;
    // A server without that route also lists ordinary environments here: those answer 404.
    let documents = found.into_iter().flatten().filter_map(Document::new).map(|mut document| {
        // Their tags stand in the list alone.
        let listed = listed.iter().find(|item| item["Id"] == document.id());
        if let Some(tags) = listed.and_then(|item| item.get("EnvironmentTags")) {
            document.fields_mut().entry("EnvironmentTags").or_insert_with(|| tags.clone());
        }
        (Collection::ParentEnvironments, document)
    });
    Ok(documents.collect())
}

/// The server's freezes.
async fn deployment_freezes(server: &Server) -> Result<Result<Found, Unread>, Failure> {
    match freezes::list(&server.client).await {
        Ok(items) => {
            let found = documents("/api/deploymentfreezes", items)?;
            Ok(Ok(found.into_iter().map(|document| (Collection::DeploymentFreezes, document)).collect()))
        }
        Err(failure) => absent(Collection::DeploymentFreezes, Reading::Noted, failure),
    }
}

/// The space's target tags, also those that no target has; `None`: the server knows only what its targets have.
async fn target_tags(server: &Server) -> Result<Result<Option<Found>, Unread>, Failure> {
    let path = server.path(target_tags::COLLECTION.name());
    match target_tag_list::list(&server.client, &path).await {
        Ok(tags) => Ok(Ok(tags.map(|tags| {
            let tags = tags.iter().filter_map(target_tags::document);
            tags.map(|document| (target_tags::COLLECTION, document)).collect()
        }))),
        Err(failure) => Ok(absent(target_tags::COLLECTION, Reading::Noted, failure)?.map(Some)),
    }
}

/// The community templates behind installed ones: their website is what finds them on another server.
async fn community_templates(server: &Server, inventory: &Inventory) -> Result<Found, Failure> {
    let ids: BTreeSet<String> = inventory
        .all(Collection::ActionTemplates)
        .filter_map(|template| Some(template.text("CommunityActionTemplateId")?.to_owned()))
        .collect();
    let ids: Vec<String> = ids.into_iter().filter(|id| !id.is_empty()).collect();
    let found = many::by_ids(&server.client, "/api/communityactiontemplates", &ids).await?;
    Ok(found.into_iter().map(|document| (Collection::CommunityActionTemplates, document)).collect())
}

/// The server's toggle that decides by which routes tenant variables are reached; older servers don't know it.
async fn scoped_tenant_values(client: &Client) -> Result<bool, Failure> {
    const TOGGLE: &str = "CommonVariableScopingFeatureToggle";
    let answer = match client.get(&format!("/api/configuration/feature-toggles?Name={TOGGLE}")).await {
        Ok(answer) => answer,
        Err(failure) if failure.has_no_route() || failure.http_status == Some(403) => return Ok(false),
        Err(failure) => return Err(failure),
    };
    let toggles = answer.get("FeatureToggles").and_then(Value::as_array);
    let on = |toggle: &Value| {
        toggle.get("Name") == Some(&json!(TOGGLE)) && toggle.get("IsEnabled") == Some(&json!(true))
    };
    Ok(toggles.is_some_and(|toggles| toggles.iter().any(on)))
}
