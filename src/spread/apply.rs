//! A plan is written into the source space.

use crate::spread::Plan;
use crate::ui::Ui;
use documents::inventory::Inventory;
use failure::{Failure, FailureKind};
use octopus::read::{self, Extent};
use octopus::server::Server;

/// How often the space is read again because somebody else wrote to it in the meantime.
const TRIES: usize = 4;

/// Writes a plan, one conditional request per document. When somebody else was faster, the space is read and planned again. What is returned
/// could not be written, each with the server's reason: a document that names something deleted may be refused as a whole (400), which is
/// no reason to leave out the others.
///
/// # Errors
/// When the server refuses for another reason than what is in a document, or somebody else is faster each time.
pub async fn write(
    source: &Server,
    mut plan: Plan,
    planned: impl AsyncFn(&Inventory) -> Result<Plan, Failure>,
    ui: &Ui,
) -> Result<Vec<String>, Failure> {
    for attempt in 0.. {
        let mut overtaken = false;
        let mut refused = Vec::new();
        for change in &plan.changes {
            let path = source.path(&format!("{}/{}", change.collection, change.after.id()));
            match source.client.put(&path, &change.after.clone().into_value()).await {
                Ok(_) => ui.info(&format!("changed: {}", change.owner)),
                Err(failure) if failure.kind == FailureKind::Overtaken && attempt < TRIES => overtaken = true,
                Err(failure) if failure.kind == FailureKind::Failed && failure.http_status == Some(400) => {
                    refused.push(format!("{}: {}", change.owner, failure.message));
                }
                Err(failure) => {
                    return Err(failure
                        .while_doing(format!("changing {}", change.owner))
                        .hint("What was changed so far carries its journal: run the command again to go on, or octoferry collapse to undo it."));
                }
            }
        }
        if !overtaken {
            return Ok(refused);
        }
        ui.info("somebody else changed the space in the meantime; reading it again");
        plan = planned(&read::read(source, Extent::Whole).await?).await?;
    }
    Ok(Vec::new())
}
