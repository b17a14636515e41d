//! Which packages the source's own steps have pushed: each serialize step leaves an artifact with id, version and digest at its task. Who has
//! the key of the modules looks at the seal instead; a workstation has not, and whoever may push packages could show it another module.

use std::collections::{BTreeMap, BTreeSet};

use super::package::{self, ARTIFACT, Pushed};
use crate::mark::found::Found;
use crate::mark::name;
use documents::collection::Collection;
use documents::document::Document;
use failure::Failure;
use module::identities::Identities;
use module::manifest::Manifest;
use octopus::server::Server;
use octopus::upsert;

/// The manifest of the module that a task has pushed: the very package of which the task says so, whatever else is in the feed by now.
///
/// # Errors
/// When the task does not say, or the package is another one.
pub async fn manifest_of_task(
    source: &Server,
    task: &str,
    project_id: Option<&str>,
) -> Result<Manifest, Failure> {
    Ok(module_of_task(source, task, project_id).await?.0)
}

async fn module_of_task(
    source: &Server,
    task: &str,
    project_id: Option<&str>,
) -> Result<(Manifest, Identities), Failure> {
    let artifacts = upsert::search(source, Collection::Artifacts, &format!("regarding={task}")).await?;
    let mut named = artifacts.iter().filter(|artifact| artifact.text("Filename") == Some(ARTIFACT));
    let (Some(artifact), None) = (named.next(), named.next()) else {
        return Err(Failure::failed(format!("the task {task} does not have just one artifact {ARTIFACT}"))
            .hint("Was it cleaned up, or is the package octoferry in the feed of another version? octoferry seed renews it."));
    };
    let path = source.path(&format!("artifacts/{}/content", artifact.id()));
    let pushed: Option<Pushed> = serde_json::from_slice(&source.client.download(&path).await?).ok();
    let pushed = pushed.filter(|pushed| pushed.id == package::id(source.space_id(), project_id));
    let pushed = pushed.ok_or_else(|| {
        Failure::failed(format!("the artifact {ARTIFACT} of the task {task} can't be understood"))
    })?;
    package::module_of(source, &pushed).await
}

/// The newest manifests that steps have pushed of these projects (`None`: of the space); without those that none has.
///
/// # Errors
/// When the source can't be read, or a package is another one by now.
pub async fn newest_manifests(
    source: &Server,
    wanted: &[Option<&str>],
) -> Result<BTreeMap<Option<String>, Manifest>, Failure> {
    let newest = newest(source, wanted).await?;
    Ok(newest.into_iter().map(|(of, (manifest, _))| (of, manifest)).collect())
}

/// The same, each with what the module's resources were at the source.
///
/// # Errors
/// As [`newest_manifests`].
pub async fn newest(
    source: &Server,
    wanted: &[Option<&str>],
) -> Result<BTreeMap<Option<String>, (Manifest, Identities)>, Failure> {
    let found = Found::read(source).await?;
    let own = found.project().ok().map(Document::id);
    let mut tasks = tasks_with_packages(source).await?;
    let mut newest = BTreeMap::new();
    // The newest first: their numbers rise.
    while let Some((_, task)) = tasks.pop() {
        if newest.len() == wanted.len() {
            break;
        }
        let Some(runbook) = runbook_of(source, &found, &task).await? else { continue };
        let project = runbook.text("ProjectId").filter(|project| Some(*project) != own);
        if !wanted.contains(&project) || newest.contains_key(&project.map(str::to_owned)) {
            continue;
        }
        match module_of_task(source, &task, project).await {
            Ok(module) => {
                newest.insert(project.map(str::to_owned), module);
            }
            // The feed's retention has taken it.
            Err(failure) if failure.is_missing() => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(newest)
}

/// When the newest run ended that serialized anything, as the server writes moments.
///
/// # Errors
/// When the source can't be read.
pub async fn last_run(source: &Server) -> Result<Option<String>, Failure> {
    let found = Found::read(source).await?;
    let mut tasks = tasks_with_packages(source).await?;
    while let Some((_, task)) = tasks.pop() {
        if runbook_of(source, &found, &task).await?.is_some() {
            let task = source.client.get(&source.path(&format!("tasks/{task}"))).await?;
            return Ok(task["CompletedTime"].as_str().map(str::to_owned));
        }
    }
    Ok(None)
}

/// The tasks that say to have pushed a package, the newest last: their numbers rise.
async fn tasks_with_packages(source: &Server) -> Result<Vec<(u64, String)>, Failure> {
    let artifacts = upsert::list(source, Collection::Artifacts).await?;
    let packages = artifacts.iter().filter(|artifact| artifact.text("Filename") == Some(ARTIFACT));
    let tasks = packages
        .filter_map(|artifact| artifact.text("ServerTaskId"))
        .filter_map(|task| Some((task.rsplit('-').next()?.parse().ok()?, task.to_owned())));
    Ok(tasks.collect::<BTreeSet<_>>().into_iter().collect())
}

/// The seeded runbook that serializes, of which a task was a successful run: anybody's own runbook may leave an artifact of any name.
async fn runbook_of<'f>(
    source: &Server,
    found: &'f Found,
    task: &str,
) -> Result<Option<&'f Document>, Failure> {
    let task = source.client.find(&source.path(&format!("tasks/{task}"))).await?.unwrap_or_default();
    let Some(run) = task["Arguments"]["RunbookRunId"].as_str() else { return Ok(None) };
    if task["FinishedSuccessfully"] != true {
        return Ok(None);
    }
    let run = source.client.find(&source.path(&format!("runbookRuns/{run}"))).await?.unwrap_or_default();
    let serializes = |runbook: &&Document| {
        [name::SERIALIZE_SPACE_RUNBOOK, name::SERIALIZE_PROJECT_RUNBOOK].contains(&runbook.name())
    };
    Ok(found.seeded_runbooks().filter(serializes).find(|runbook| run["RunbookId"] == runbook.id()))
}
