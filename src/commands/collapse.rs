//! `octoferry collapse`: spread variables are put back exactly as they were.

use crate::cli;
use crate::mark;
use crate::mark::before::Before;
use crate::mark::found::Found;
use crate::outcome::Outcome;
use crate::seeded::{publish, put_back};
use crate::settings;
use crate::spread::{collapse, shown};
use crate::ui::Ui;
use documents::collection::Collection;
use documents::document::Document;
use failure::Failure;
use octopus::read::{self, Extent};
use octopus::tasks;

/// Runs the command.
///
/// # Errors
/// When a setting is missing or contradicts another, or a server can't be reached or refuses.
pub async fn run(arguments: cli::ChangeSource, ui: &Ui) -> Result<Outcome, Failure> {
    let transport = settings::transport(&arguments.connection)?;
    let source = settings::Settings::read(None, ui)?.source(&arguments.source, &transport).await?;
    ui.info(&format!("source: {}", source.described()));
    let inventory = read::read(&source, Extent::Whole).await?;
    let plan = collapse::collapse(&inventory);
    shown::show(&plan, ui);
    let noted = Before::noted(&inventory).unwrap_or_default();
    for change in plan.changes.iter().filter(|change| noted.differs(&change.after)) {
        ui.warning(&format!(
            "{}: what comes back is not what was there before seed: people changed it since, or the journal in it",
            change.owner
        ));
    }
    // Those that an interrupted migration left enabled.
    let awake = put_back::awake(&inventory);
    for project in &awake {
        ui.data(&format!("project {:?}\n  is disabled again", project.name()));
    }
    let changes = plan.changes.len() + awake.len();
    if arguments.plan {
        return Ok(if changes == 0 { Outcome::Done } else { Outcome::ChangesPending });
    }
    if changes > 0 {
        let runbooks: Vec<&str> = inventory
            .all(Collection::Runbooks)
            .filter(|runbook| mark::is_seeded(runbook, runbook.name()))
            .map(Document::id)
            .collect();
        tasks::refuse_active(&source, &runbooks, "collapse").await?;
        ui.confirm(&format!("Change {changes} documents of the source space?"), arguments.yes)?;
    }
    put_back::put_back(&source, &inventory, plan.clone(), ui).await?;
    publish::publish_again(&source, ui).await?;
    shown::name_stale_runbooks(&Found::read(&source).await?, &plan, ui);
    Ok(if plan.left.is_empty() { Outcome::Done } else { Outcome::DoneWithNotes })
}
