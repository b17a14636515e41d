//! The runbook that reads feeds, where seed was asked for it: whatever becomes of it, the migration goes on.

use super::runs::Runs;
use crate::mark::found::Found;
use crate::mark::name;
use crate::seeded::publish;
use failure::Failure;
use octopus::tasks;

/// Runs it, and publishes the runbook that needs what it has read.
///
/// # Errors
/// When that can't be published.
pub(super) async fn read(runs: &Runs<'_>, found: &Found) -> Result<(), Failure> {
    let runbook = match publish::feeds(runs.source, found, runs.version).await {
        Ok(Some(runbook)) => runbook,
        Ok(None) => return Ok(()),
        Err(failure) => {
            not_read(runs, &failure);
            return Ok(());
        }
    };
    if let Err(failure) = runs.run("Read Feeds", &runbook).await {
        not_read(runs, &failure);
    }
    let deploys = found.runbook(found.project()?.id(), name::DEPLOY_SPACE_RUNBOOK);
    if let Some(runbook) = deploys {
        tasks::publish(runs.source, runbook, name::PACKAGE, runs.version).await?;
    }
    Ok(())
}

fn not_read(runs: &Runs<'_>, failure: &Failure) {
    let text = format!("the passwords of feeds could not be read, all else goes on: {}", failure.message);
    runs.ui.warning(&text);
}
