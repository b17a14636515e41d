//! Publishing the seeded runbooks: a run takes what its snapshot holds.

use crate::mark::found::Found;
use crate::mark::name;
use crate::ui::Ui;
use documents::document::Document;
use failure::Failure;
use octopus::server::Server;
use octopus::{tasks, upsert};

/// Publishes every seeded runbook whose snapshot is not what it would be now; how many. Where this command has written something itself that
/// is all of them: what servers say of a snapshot does not always follow a change of a library set (OctopusDeploy/Issues#6882).
///
/// # Errors
/// When the server refuses.
pub async fn publish(server: &Server, version: &str) -> Result<usize, Failure> {
    let has_written = server.client.has_written();
    let found = upsert::list(server, "runbooks").await?;
    let mut published = 0;
    for runbook in found.iter().filter(|runbook| crate::mark::is_seeded(runbook, runbook.name())) {
        if has_written || !tasks::is_published(server, runbook, name::PACKAGE, version).await? {
            tasks::publish(server, runbook, name::PACKAGE, version).await?;
            published += 1;
        }
    }
    Ok(published)
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
