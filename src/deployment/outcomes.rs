//! What became of all secrets: what each deployment said about them, read from the artifacts of its tasks. So everybody who is asked, by whatever
//! command and at whatever time, says the same as the list of the last migration.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::deployment::supply;
use crate::deployment::tenant::{self, Id};
use crate::mark::found::Found;
use crate::mark::name;
use documents::collection::Collection;
use documents::document::Document;
use failure::Failure;
use module::manifest::{Manifest, Scope, SecretEntry, SecretOrigin};
use octopus::server::Server;
use octopus::upsert;

/// What became of one secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Became {
    pub text: String,
    /// Whether a person has to do something about it.
    pub open: bool,
}

/// Secrets of one module by the manifest's names.
pub type Outcomes = BTreeMap<String, Became>;

/// What a task said about the secrets of its module; nothing when it left no such artifact.
///
/// # Errors
/// When the artifacts can't be read.
pub async fn of_task(source: &Server, task: &str) -> Result<Outcomes, Failure> {
    of_artifacts(source, &upsert::search(source, Collection::Artifacts, &format!("regarding={task}")).await?)
        .await
}

/// The same, from the artifacts of the task.
async fn of_artifacts(source: &Server, artifacts: &[Document]) -> Result<Outcomes, Failure> {
    let mut outcomes = Outcomes::new();
    for artifact in artifacts.iter().filter(|artifact| is_of_secrets(artifact)) {
        let bytes =
            source.client.download(&source.path(&format!("artifacts/{}/content", artifact.id()))).await?;
        let content: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        for row in content["Secrets"].as_array().into_iter().flatten() {
            let text = |field: &str| row[field].as_str().unwrap_or_default().to_owned();
            outcomes.insert(text("Name"), Became { text: text("Became"), open: row["Open"] == true });
        }
    }
    Ok(outcomes)
}

fn is_of_secrets(artifact: &Document) -> bool {
    artifact.text("Filename").is_some_and(|name| name.starts_with(supply::ARTIFACT))
}

/// The secrets of a module that arrived.
pub fn read(manifest: &Manifest, outcomes: &Outcomes) -> Vec<Id> {
    let arrived = |secret: &&SecretEntry| outcomes.get(&secret.name).is_some_and(|became| !became.open);
    manifest.secrets.iter().filter(arrived).map(tenant::id).collect()
}

/// Closes those that arrived by another project's run.
pub fn settle(manifest: &Manifest, arrived: &BTreeSet<Id>, outcomes: &mut Outcomes) {
    for secret in &manifest.secrets {
        if let Some(became) = outcomes.get_mut(&secret.name)
            && became.open
            && arrived.contains(&tenant::id(secret))
        {
            *became = Became { text: "set by finish".to_owned(), open: false };
        }
    }
}

/// Why a secret is not at the destination: as the deployment said; before one, those that no run can read.
#[must_use]
pub fn open(secret: &SecretEntry, outcomes: Option<&Outcomes>) -> Option<String> {
    match (outcomes.and_then(|outcomes| outcomes.get(&secret.name)), &secret.from) {
        (Some(became), _) => became.open.then(|| became.text.clone()),
        (None, SecretOrigin::Person { because, .. }) => Some(because.clone()),
        (None, _) => None,
    }
}

/// Id of the project whose module it is; `None`: the space's.
#[must_use]
pub fn project_of(manifest: &Manifest) -> Option<String> {
    match &manifest.scope {
        Scope::Space => None,
        Scope::Project { id, .. } => Some(id.clone()),
        Scope::Runbook { project_id, .. } => Some(project_id.clone()),
    }
}

/// What the newest good deployment of each module said about its secrets, and the runs for tenants, by [`project_of`]. Nothing of a module that no
/// seeded runbook has deployed: then the tasks are gone, or a workstation has done it.
///
/// # Errors
/// When the source can't be read.
pub async fn newest(
    source: &Server,
    manifests: &[&Manifest],
) -> Result<BTreeMap<Option<String>, Outcomes>, Failure> {
    let mut newest: BTreeMap<Option<String>, Outcomes> = BTreeMap::new();
    let found = Found::read(source).await?;
    let Ok(own) = found.project().map(Document::id) else { return Ok(newest) };
    let wanted: BTreeSet<Option<String>> = manifests.iter().map(|manifest| project_of(manifest)).collect();
    let has_tenants = manifests
        .iter()
        .flat_map(|manifest| &manifest.secrets)
        .any(|secret| matches!(secret.from, SecretOrigin::Tenant { .. }));
    let mut of_tenants: BTreeMap<(Option<String>, String, String), Outcomes> = BTreeMap::new();
    for (task, artifacts) in tasks(source).await?.into_iter().rev() {
        if newest.len() == wanted.len() && !has_tenants {
            break;
        }
        let Some((runbook, run)) = seeded_run(source, &found, &task).await? else { continue };
        let project = runbook.text("ProjectId").filter(|project| *project != own).map(str::to_owned);
        if !wanted.contains(&project) {
            continue;
        }
        if runbook.name() == name::TENANT_SECRETS_RUNBOOK {
            let text = |field: &str| run[field].as_str().unwrap_or_default().to_owned();
            let key = (project, text("TenantId"), text("EnvironmentId"));
            if let Entry::Vacant(free) = of_tenants.entry(key) {
                free.insert(of_artifacts(source, &artifacts).await?);
            }
        } else if let Entry::Vacant(free) = newest.entry(project) {
            free.insert(of_artifacts(source, &artifacts).await?);
        }
    }
    for ((project, ..), outcomes) in of_tenants {
        // A later deployment leaves what such a run has set.
        let arrived: BTreeSet<Id> = manifests
            .iter()
            .filter(|manifest| project_of(manifest) == project)
            .flat_map(|manifest| read(manifest, &outcomes))
            .collect();
        for manifest in manifests {
            if let Some(of_module) = newest.get_mut(&project_of(manifest)) {
                settle(manifest, &arrived, of_module);
            }
        }
    }
    Ok(newest)
}

/// The tasks that say what became of secrets, with these artifacts, the newest last: their numbers rise.
async fn tasks(source: &Server) -> Result<Vec<(String, Vec<Document>)>, Failure> {
    let mut tasks: BTreeMap<(u64, String), Vec<Document>> = BTreeMap::new();
    for artifact in upsert::list(source, Collection::Artifacts).await?.into_iter().filter(is_of_secrets) {
        let Some(task) = artifact.text("ServerTaskId").map(str::to_owned) else { continue };
        let Some(number) = task.rsplit('-').next().and_then(|number| number.parse().ok()) else { continue };
        tasks.entry((number, task)).or_default().push(artifact);
    }
    Ok(tasks.into_iter().map(|((_, task), artifacts)| (task, artifacts)).collect())
}

/// The seeded runbook that deploys, and the run of it, of which a task was a good one: anybody's own runbook may leave an artifact of any name.
async fn seeded_run<'f>(
    source: &Server,
    found: &'f Found,
    task: &str,
) -> Result<Option<(&'f Document, Value)>, Failure> {
    const DEPLOYING: [&str; 3] =
        [name::DEPLOY_SPACE_RUNBOOK, name::DEPLOY_PROJECT_RUNBOOK, name::TENANT_SECRETS_RUNBOOK];
    let task = source.client.find(&source.path(&format!("tasks/{task}"))).await?.unwrap_or_default();
    let Some(run) = task["Arguments"]["RunbookRunId"].as_str() else { return Ok(None) };
    if task["FinishedSuccessfully"] != true {
        return Ok(None);
    }
    let run = source.client.find(&source.path(&format!("runbookRuns/{run}"))).await?.unwrap_or_default();
    let mut seeded = found.seeded_runbooks().filter(|runbook| DEPLOYING.contains(&runbook.name()));
    Ok(seeded.find(|runbook| run["RunbookId"] == runbook.id()).map(|runbook| (runbook, run)))
}
