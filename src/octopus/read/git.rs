//! What projects keep in Git, read through the server: one branch of each.

use std::collections::BTreeSet;

use futures::future::try_join_all;
use serde_json::{Value, json};

use crate::client::encode;
use crate::server::Server;
use documents::collection::Collection;
use documents::document::Document;
use documents::git::{self, BRANCHES};
use documents::inventory::Inventory;
use documents::of_space::Found;
use failure::{Failure, FailureKind};

/// The branch of each entered project that is stored in Git: the wanted one, else the project's default branch.
///
/// A branch that the server can't give (no such branch, no way to the repository, credentials that it refuses) is reported in its document.
pub(super) async fn branches(
    server: &Server,
    inventory: &Inventory,
    entered: &BTreeSet<String>,
    wanted: Option<&str>,
) -> Result<Found, Failure> {
    let in_git = inventory
        .all(Collection::Projects)
        .filter(|project| entered.contains(project.id()) && git::is_version_controlled(project));
    let found = try_join_all(in_git.map(|project| branch(server, project, wanted))).await?;
    Ok(found.into_iter().map(|document| (BRANCHES, document)).collect())
}

async fn branch(server: &Server, project: &Document, wanted: Option<&str>) -> Result<Document, Failure> {
    let reference = wanted.unwrap_or_else(|| git::default_branch(project));
    let name = reference.strip_prefix("refs/heads/").unwrap_or(reference);
    // A tag or another full reference stays what it is.
    let reference = if name.starts_with("refs/") { name.to_owned() } else { format!("refs/heads/{name}") };
    let below = server.path(&format!("projects/{}/{}", project.id(), encode(&reference)));
    let mut document = json!({
        "Id": format!("{}/{name}", project.id()), "ProjectId": project.id(), "Name": name,
    });
    match content(server, project, &below).await {
        Ok(content) => {
            for (field, value) in content {
                document[field] = value;
            }
        }
        Err(failure) if failure.is_of_repository() => document["Unread"] = json!(failure.message),
        Err(failure) => {
            return Err(failure
                .while_doing(format!("reading the branch {name:?} of the project {:?}", project.name())));
        }
    }
    Ok(Document::new(document).unwrap_or_else(|| unreachable!("an object is a document")))
}

async fn content(
    server: &Server,
    project: &Document,
    below: &str,
) -> Result<Vec<(&'static str, Value)>, Failure> {
    let client = &server.client;
    let path = |rest: &str| format!("{below}/{rest}");
    let (process_path, settings_path) = (path("deploymentprocesses"), path("deploymentsettings"));
    let (process, settings, variables, runbooks) = futures::try_join!(
        client.get(&process_path),
        client.get(&settings_path),
        variables(server, project, path("variables")),
        runbooks(server, project, below),
    )?;
    let settings = Document::new(settings).map_or(Value::Null, |mut settings| {
        settings.fields_mut().retain(|name, _| !["Id", "ProjectId", "SpaceId"].contains(&name.as_str()));
        settings.into_value()
    });
    Ok(vec![
        ("DeploymentProcess", json!({"Steps": process["Steps"]})),
        ("DeploymentSettings", settings),
        ("Variables", variables),
        ("Runbooks", Value::Array(runbooks)),
    ])
}

/// The plain variables; null where they are not in Git.
async fn variables(server: &Server, project: &Document, path: String) -> Result<Value, Failure> {
    if !git::has_variables_in_git(project) {
        return Ok(Value::Null);
    }
    match server.client.get(&path).await {
        Ok(set) => Ok(set["Variables"].clone()),
        // A project without plain variables may have no file of them.
        Err(failure) if failure.kind == FailureKind::NotInRepository => Ok(json!([])),
        Err(failure) => Err(failure),
    }
}

/// The runbooks, each with its process.
async fn runbooks(server: &Server, project: &Document, below: &str) -> Result<Vec<Value>, Failure> {
    if !git::has_runbooks_in_git(project) {
        return Ok(Vec::new());
    }
    let listed = server.client.list(&format!("{below}/runbooks")).await?;
    let paths: Vec<String> = listed
        .iter()
        .map(|runbook| {
            let process = runbook["RunbookProcessId"].as_str().or_else(|| runbook["Id"].as_str());
            format!("{below}/runbookProcesses/{}", encode(process.unwrap_or_default()))
        })
        .collect();
    let processes = try_join_all(paths.iter().map(|path| server.client.get(path))).await?;
    let with_process = |(runbook, process): (Value, Value)| {
        let mut runbook = Document::new(runbook)?.into_value();
        runbook["Process"] = json!({"Steps": process["Steps"]});
        Some(runbook)
    };
    Ok(listed.into_iter().zip(processes).filter_map(with_process).collect())
}
