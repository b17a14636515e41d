//! What became of all secrets: what each deployment said about them, read from the artifacts of its tasks.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::deployment::supply;
use crate::deployment::tenant::{self, Id};
use failure::Failure;
use module::manifest::{Manifest, SecretEntry};
use octopus::server::Server;
use octopus::upsert;

/// What became of one secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Became {
    pub(super) text: String,
    /// Whether a person has to do something about it.
    pub(super) open: bool,
}

/// Secrets of one module by the manifest's names.
pub(super) type Outcomes = BTreeMap<String, Became>;

/// What a task said about the secrets of its module; nothing when it left no such artifact.
///
/// # Errors
/// When the artifacts can't be read.
pub(super) async fn of_task(source: &Server, task: &str) -> Result<Outcomes, Failure> {
    let mut outcomes = Outcomes::new();
    for artifact in upsert::list(source, &format!("artifacts?regarding={task}")).await? {
        if !artifact.text("Filename").is_some_and(|name| name.starts_with(supply::ARTIFACT)) {
            continue;
        }
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

/// The secrets of a module that arrived.
pub(super) fn read(manifest: &Manifest, outcomes: &Outcomes) -> Vec<Id> {
    let arrived = |secret: &&SecretEntry| outcomes.get(&secret.name).is_some_and(|became| !became.open);
    manifest.secrets.iter().filter(arrived).map(tenant::id).collect()
}

/// Closes those that arrived by another project's run.
pub(super) fn settle(manifest: &Manifest, arrived: &BTreeSet<Id>, outcomes: &mut Outcomes) {
    for secret in &manifest.secrets {
        if let Some(became) = outcomes.get_mut(&secret.name)
            && became.open
            && arrived.contains(&tenant::id(secret))
        {
            *became = Became { text: "set by finish".to_owned(), open: false };
        }
    }
}

/// `12 secrets: 9 arrived, 3 left to a person`, over all modules.
#[must_use]
pub(super) fn summed_up<'a>(outcomes: impl Iterator<Item = &'a Outcomes>) -> Option<String> {
    let (mut all, mut open) = (0, 0);
    for became in outcomes.flat_map(BTreeMap::values) {
        all += 1;
        open += usize::from(became.open);
    }
    (all > 0).then(|| format!("{all} secrets: {} arrived or were there, {open} are left to you", all - open))
}
