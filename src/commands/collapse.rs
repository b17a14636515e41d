//! `octoferry collapse`: spread variables are put back exactly as they were.

use crate::cli;
use crate::deployment::notes;
use crate::mark;
use crate::mark::before::Before;
use crate::mark::found::{Found, settings_set};
use crate::outcome::Outcome;
use crate::seeded::{enabled, publish, put_back, variables};
use crate::settings;
use crate::spread::noted::Noted;
use crate::spread::{collapse, shown};
use crate::ui::Ui;
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;
use failure::Failure;
use octopus::read::{self, Extent};
use octopus::server::Server;
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
        if enabled::disabled_again(project).is_some_and(|after| noted.differs(&after)) {
            ui.warning(&format!(
                "project {:?}: what comes back is not what was there before seed",
                project.name()
            ));
        }
    }
    let changes = plan.changes.len() + awake.len();
    let ours = changes == 0 || notes::are_ours(&source, &inventory, ui).await;
    if arguments.plan {
        let nothing = if plan.left.is_empty() { Outcome::Done } else { Outcome::DoneWithNotes };
        return Ok(if changes == 0 { nothing } else { Outcome::ChangesPending });
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
    let mut left = put_back::put_back(&source, &inventory, plan.clone(), ui).await?;
    left.extend(prove(&source, &inventory, ui).await?);
    publish::publish_again(&source, ui).await?;
    shown::name_stale_runbooks(&Found::read(&source).await?, &plan, ui);
    if !left.is_empty() {
        ui.warning(&format!(
            "these are not as they were before spread. Look at them:\n  {}",
            left.join("\n  ")
        ));
    }
    Ok(if plan.left.is_empty() && left.is_empty() && ours { Outcome::Done } else { Outcome::DoneWithNotes })
}

/// Reads the space again and holds it against what spread noted: what is not as it was. The note stays for that alone. `before` is how the space
/// was read at first.
async fn prove(source: &Server, before: &Inventory, ui: &Ui) -> Result<Vec<String>, Failure> {
    let (Some(noted), Some(set)) = (Noted::of(before), settings_set(before)) else {
        return Ok(match collapse::collapse(before).changes.len() {
            0 => Vec::new(),
            _ => vec![
                "what spread changed was noted nowhere, so that nothing proves what its journals said"
                    .to_owned(),
            ],
        });
    };
    let (remaining, rest, restored) = noted.remaining(&read::read(source, Extent::Whole).await?);
    if remaining.is_empty() && restored > 0 {
        ui.info(&format!("all that spread changed is as it was: {restored} variables, accounts and certificates are what was noted before"));
    }
    variables::note_spread(source, set, &rest).await?;
    Ok(remaining)
}
