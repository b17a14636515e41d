//! `octoferry spread`: sensitive variables get names by which a run can read them; undoable by collapse.

use crate::cli;
use crate::mark::door;
use crate::mark::found::Found;
use crate::mark::name;
use crate::outcome::Outcome;
use crate::seeded::{publish, variables};
use crate::settings;
use crate::spread::noted::Noted;
use crate::spread::{self, Plan, apply, shown};
use crate::ui::Ui;
use documents::document::Document;
use documents::inventory::Inventory;
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
    let found = Found::read(&source).await?;
    let environment = found.environment()?.id().to_owned();
    let accounts_set = found.library_set(name::ACCOUNTS_SET)?;

    let inventory = read::read(&source, Extent::Whole).await?;
    let may_export = door::may_export(&inventory);
    let plan = spread::spread(&inventory, &environment);
    shown::show(&plan, ui);
    if arguments.plan {
        return Ok(if plan.changes.is_empty() { Outcome::Done } else { Outcome::ChangesPending });
    }
    let mut refused = Vec::new();
    if !plan.changes.is_empty() {
        let runbooks: Vec<&str> = found.seeded_runbooks().map(Document::id).collect();
        tasks::refuse_active(&source, &runbooks, "spread").await?;
        let question = format!("Change {} documents of the source space?", plan.changes.len());
        ui.confirm(&question, arguments.yes)?;
        let settings = found.library_set(name::SETTINGS_SET)?;
        // What journals will say is noted before the first is written.
        let note = async |inventory: &Inventory, plan: &Plan| {
            let noted = Noted::with(Noted::of(inventory).as_ref(), inventory, plan).text();
            variables::set_setting(&source, settings, &environment, name::SPREAD, &noted).await.map(drop)
        };
        note(&inventory, &plan).await?;
        let planned = async |inventory: &Inventory| {
            let plan = spread::spread(inventory, &environment);
            note(inventory, &plan).await?;
            Ok(plan)
        };
        refused = apply::write(&source, plan.clone(), planned, ui).await?;
    }
    if !refused.is_empty() {
        ui.warning(&format!(
            "the server refuses these changes, so no run can read the secrets that they are for:\n  {}",
            refused.join("\n  ")
        ));
        ui.info("Often something in them refers to what is deleted: remove that, then run octoferry spread again. Until then these secrets are for a person.");
    }
    // Accounts that allow our environment now can be seen through a typed variable.
    let restricted = variables::account_variables(&source, accounts_set, &environment, may_export).await?;
    for account in restricted {
        ui.warning(&format!("{account:?} still does not allow the environment {}", name::ENVIRONMENT));
    }
    publish::publish_again(&source, ui).await?;
    shown::name_stale_runbooks(&found, &plan, ui);
    Ok(if plan.left.is_empty() && refused.is_empty() { Outcome::Done } else { Outcome::DoneWithNotes })
}
