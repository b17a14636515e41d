//! What is inside projects: channels, triggers, runbooks, processes, variables, published snapshots.

use std::collections::BTreeSet;

use futures::future::try_join_all;
use serde_json::Value;

use super::{documents, many};
use crate::server::Server;
use documents::collection::Collection;
use documents::document::Document;
use documents::git::{self, has_runbooks_in_git, is_version_controlled, without_mirrored};
use documents::inventory::Inventory;
use documents::of_space::Found;
use documents::property::{TEMPLATE_ID, TEMPLATE_VERSION};
use failure::Failure;
use failure::While as _;

/// How many names of targets one answer with variable sets may hold.
const SCOPE_VALUES: usize = 100_000;

/// Everything inside the entered projects but for their variables; of these collections.
pub(super) async fn inside(
    server: &Server,
    inventory: &Inventory,
    entered: &BTreeSet<String>,
    every_project: bool,
    wanted: impl Fn(Collection) -> bool,
) -> Result<Found, Failure> {
    let projects: Vec<&Document> =
        inventory.all(Collection::Projects).filter(|project| entered.contains(project.id())).collect();
    // The routes without a Git reference refuse what a project keeps in Git.
    let in_database: Vec<&Document> =
        projects.iter().copied().filter(|project| !is_version_controlled(project)).collect();
    let with_runbooks: Vec<&Document> =
        projects.iter().copied().filter(|project| !has_runbooks_in_git(project)).collect();

    let process_ids: Vec<String> = texts(&in_database, "DeploymentProcessId");
    let (channels, triggers, (runbooks, inside_runbooks), processes, settings) = futures::try_join!(
        when(wanted(Collection::Channels), belonging(server, Collection::Channels, &projects, every_project)),
        when(
            wanted(Collection::ProjectTriggers),
            belonging(server, Collection::ProjectTriggers, &projects, every_project)
        ),
        when(wanted(Collection::Runbooks), runbooks(server, &with_runbooks, every_project)),
        when(
            wanted(Collection::DeploymentProcesses),
            by_ids(server, Collection::DeploymentProcesses, "deploymentprocesses", &process_ids)
        ),
        when(wanted(Collection::DeploymentSettings), deployment_settings(server, &in_database)),
    )?;
    Ok([channels, triggers, runbooks, inside_runbooks, processes, settings].into_iter().flatten().collect())
}

/// Reads it, or nothing when it is not wanted.
async fn when<T: Default>(
    wanted: bool,
    reading: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    if wanted { reading.await } else { Ok(T::default()) }
}

/// The variable sets of the entered projects, and those of the known library sets (what their names are decides what a run can read).
pub(super) async fn variable_sets(
    server: &Server,
    inventory: &Inventory,
    entered: &BTreeSet<String>,
) -> Result<Found, Failure> {
    let projects = inventory.all(Collection::Projects).filter(|project| entered.contains(project.id()));
    let owners: Vec<&Document> = inventory.all(Collection::LibraryVariableSets).chain(projects).collect();
    // Each set comes with the names of all targets: no answer shall be too large to come in time.
    let most = (SCOPE_VALUES / inventory.all(Collection::Machines).count().max(1)).max(1);
    let ids = texts(&owners, "VariableSetId");
    // `variables/all{?ids}` is in the API reference (2026-08); `variables{?ids}` only among the root document's links.
    let (list, route) = (server.path("variables/all"), server.path("variables"));
    let found = many::in_groups(&server.client, &list, &route, &ids, most).await;
    let found = found.while_doing("reading the variables")?;
    Ok(found.into_iter().map(|document| (Collection::Variables, document)).collect())
}

/// Old versions of step templates that steps still use.
pub(super) async fn template_versions(server: &Server, inventory: &Inventory) -> Result<Found, Failure> {
    let mut wanted = BTreeSet::new();
    let processes =
        inventory.all(Collection::DeploymentProcesses).chain(inventory.all(Collection::RunbookProcesses));
    for step in processes.flat_map(|process| process.list("Steps")).chain(git::steps(inventory)) {
        let actions = step.get("Actions").and_then(Value::as_array).into_iter().flatten();
        for properties in actions.filter_map(|action| action.get("Properties")) {
            let text = |name: &str| properties.get(name).and_then(Value::as_str);
            let (Some(id), Some(version)) = (text(TEMPLATE_ID), text(TEMPLATE_VERSION)) else {
                continue;
            };
            let newest = inventory
                .get(Collection::ActionTemplates, id)
                .and_then(|template| template.get("Version")?.as_u64());
            if newest.is_some_and(|newest| newest.to_string() != version) && version.parse::<u64>().is_ok() {
                wanted.insert((id.to_owned(), version.to_owned()));
            }
        }
    }
    let paths: Vec<String> = wanted
        .iter()
        .map(|(id, version)| server.path(&format!("actiontemplates/{id}/versions/{version}")))
        .collect();
    let answers = try_join_all(paths.iter().map(|path| server.client.find(path))).await?;
    let mut found = Vec::new();
    for ((id, version), answer) in wanted.iter().zip(answers) {
        if let Some(mut document) = answer.and_then(Document::new) {
            // Servers give a version the id of its template; here each needs one of its own.
            document.fields_mut().insert("Id".to_owned(), Value::from(format!("{id}-v{version}")));
            found.push((Collection::ActionTemplateVersions, document));
        }
    }
    Ok(found)
}

/// The list of the space, or project by project when that isn't answered, or when only some projects are wanted.
async fn belonging(
    server: &Server,
    collection: Collection,
    projects: &[&Document],
    every_project: bool,
) -> Result<Found, Failure> {
    let mut found: Vec<Document> = Vec::new();
    let mut by_project: Vec<&Document> = projects.to_vec();
    if every_project && projects.len() > 1 {
        let path = collection.list(server.space_id());
        match server.client.list(&path).await {
            Ok(items) => {
                found = documents(&path, items)?;
                // Every project has a channel: one without any has been left out of the list, and so may be others' documents.
                let seen: BTreeSet<&str> =
                    found.iter().filter_map(|document| document.text("ProjectId")).collect();
                by_project
                    .retain(|project| collection == Collection::Channels && !seen.contains(project.id()));
            }
            Err(failure) if failure.has_no_route() => {}
            Err(failure) => return Err(failure.while_doing(format!("reading the {}", collection))),
        }
    }
    let paths: Vec<String> = by_project
        .iter()
        .filter_map(|project| collection.of_project(server.space_id(), project.id()))
        .collect();
    let lists = try_join_all(paths.iter().map(|path| server.client.list(path))).await;
    let lists = lists.while_doing(format!("reading the {}", collection))?;
    for (path, items) in paths.iter().zip(lists) {
        found.extend(documents(path, items)?);
    }
    // Documents of projects that the key may not see, or that were made since the list of projects was read, belong to nothing.
    let wanted: BTreeSet<&str> = projects.iter().map(|project| project.id()).collect();
    found.retain(|document| document.text("ProjectId").is_some_and(|project| wanted.contains(project)));
    Ok(found.into_iter().map(|document| (collection, document)).collect())
}

/// The runbooks, and their processes and published snapshots.
async fn runbooks(
    server: &Server,
    projects: &[&Document],
    every_project: bool,
) -> Result<(Found, Found), Failure> {
    let runbooks = belonging(server, Collection::Runbooks, projects, every_project).await?;
    let documents: Vec<&Document> = runbooks.iter().map(|(_, runbook)| runbook).collect();
    let process_ids = texts(&documents, "RunbookProcessId");
    let snapshot_ids = texts(&documents, "PublishedRunbookSnapshotId");
    let (processes, snapshots) = futures::try_join!(
        by_ids(server, Collection::RunbookProcesses, "runbookProcesses", &process_ids),
        by_ids(server, Collection::RunbookSnapshots, "runbookSnapshots", &snapshot_ids),
    )?;
    Ok((runbooks, processes.into_iter().chain(snapshots).collect()))
}

async fn by_ids(
    server: &Server,
    collection: Collection,
    route: &str,
    ids: &[String],
) -> Result<Found, Failure> {
    let found = many::by_ids(&server.client, &server.path(route), ids).await;
    let found = found.while_doing(format!("reading the {collection}"))?;
    Ok(found.into_iter().map(|document| (collection, document)).collect())
}

/// The values of one field, without empty ones.
fn texts(documents: &[&Document], field: &str) -> Vec<String> {
    documents
        .iter()
        .filter_map(|document| document.text(field))
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The deployment settings of ordinary projects, one request each: the API has no list of them, and some of their fields stand nowhere else.
async fn deployment_settings(server: &Server, projects: &[&Document]) -> Result<Found, Failure> {
    let path =
        |project: &&Document| Collection::DeploymentSettings.of_project(server.space_id(), project.id());
    let paths: Vec<String> = projects.iter().filter_map(path).collect();
    let answers = try_join_all(paths.iter().map(|path| server.client.find(path))).await;
    let answers = answers.map_err(|failure| failure.while_doing("reading the deployment settings"))?;
    let settings = projects.iter().zip(answers).filter_map(|(project, settings)| {
        let settings = without_mirrored(project, Document::new(settings?)?);
        Some((Collection::DeploymentSettings, settings))
    });
    Ok(settings.collect())
}
