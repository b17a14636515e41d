//! Publishing the seeded runbooks: a run takes what its snapshot holds.

use super::feeds;
use crate::mark::found::Found;
use crate::mark::name;
use crate::ui::Ui;
use documents::collection::Collection;
use documents::document::Document;
use failure::Failure;
use octopus::server::Server;
use octopus::{tasks, upsert};

/// Publishes every seeded runbook whose snapshot is not what it would be now, but for the one that reads feeds ([`feeds`]); how many. Where this command has written something itself that
/// is all of them: what servers say of a snapshot does not always follow a change of a library set (OctopusDeploy/Issues#6882).
///
/// # Errors
/// When the server refuses.
pub async fn publish(server: &Server, version: &str) -> Result<usize, Failure> {
    let has_written = server.client.has_written();
    let found = upsert::list(server, Collection::Runbooks).await?;
    let mut published = 0;
    let is_wanted = |runbook: &&Document| {
        crate::mark::is_seeded(runbook, runbook.name()) && runbook.name() != name::READ_FEEDS_RUNBOOK
    };
    for runbook in found.iter().filter(is_wanted) {
        if has_written || !tasks::is_published(server, runbook, name::PACKAGE, version).await? {
            tasks::publish(server, runbook, name::PACKAGE, version).await?;
            published += 1;
        }
    }
    Ok(published)
}

/// Publishes the runbook that reads feeds, with references to the feeds as they are; `None` where there is none. Only this runbook refers to what others
/// own, so that a server may refuse it: that is no reason to leave the rest.
///
/// # Errors
/// When the server refuses.
pub async fn feeds(server: &Server, found: &Found, version: &str) -> Result<Option<Document>, Failure> {
    let Some(runbook) = found.runbook(found.project()?.id(), name::READ_FEEDS_RUNBOOK) else {
        return Ok(None);
    };
    let renewed = feeds::renew(server, runbook).await?;
    if renewed || !tasks::is_published(server, runbook, name::PACKAGE, version).await? {
        tasks::publish(server, runbook, name::PACKAGE, version).await?;
    }
    let path = server.path(&format!("runbooks/{}", runbook.id()));
    upsert::document(server.client.get(&path).await?).map(Some)
}

/// The package version that the published runbooks use; `None` when none is published.
///
/// # Errors
/// When the server refuses.
pub async fn published_version(server: &Server, runbooks: &[&Document]) -> Result<Option<String>, Failure> {
    for runbook in runbooks {
        let Some(id) = runbook.text("PublishedRunbookSnapshotId").filter(|id| !id.is_empty()) else {
            continue;
        };
        let snapshot =
            server.client.find(&server.path(&format!("runbookSnapshots/{id}"))).await?.unwrap_or_default();
        let selected = snapshot["SelectedPackages"].as_array().into_iter().flatten();
        let mut ours = selected.filter(|selected| selected["PackageReferenceName"] == name::PACKAGE);
        if let Some(version) = ours.find_map(|selected| selected["Version"].as_str()) {
            return Ok(Some(version.to_owned()));
        }
    }
    Ok(None)
}

/// Publishes the seeded runbooks whose snapshots the change made stale.
///
/// # Errors
/// When the server refuses.
pub async fn publish_again(source: &Server, ui: &Ui) -> Result<(), Failure> {
    let found = Found::read(source).await?;
    let runbooks: Vec<_> = found.seeded_runbooks().collect();
    if let Some(version) = published_version(source, &runbooks).await? {
        let published = publish(source, &version).await?;
        ui.info(&format!("{published} runbooks published again"));
    }
    Ok(())
}
