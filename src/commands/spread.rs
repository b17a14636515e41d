//! `octoferry spread`: sensitive variables get names by which a run can read them; undoable by collapse.

use crate::cli;
use crate::outcome::Outcome;
use crate::seeded::found::Found;
use crate::seeded::{install, name};
use crate::settings;
use crate::spread::{self, Plan};
use crate::ui::{Ui, table};
use documents::document::Document;
use documents::inventory::Inventory;
use failure::Failure;
use octopus::read::{self, Extent};
use octopus::server::Server;
use octopus::tasks;
use octopus::upsert;

/// How often the space is read again because somebody else wrote to it in the meantime.
const TRIES: usize = 4;

/// Runs the command.
///
/// # Errors
/// What stopped it.
pub async fn run(arguments: cli::Change, ui: &Ui) -> Result<Outcome, Failure> {
    let transport = settings::transport(&arguments.connection)?;
    let source = settings::Settings::read(None, ui)?.source(&arguments.source, &transport).await?;
    ui.info(&format!("source: {}", source.described()));
    let found = Found::read(&source).await?;
    let environment = found.environment()?.id().to_owned();
    let accounts_set = found.library_set(name::ACCOUNTS_SET)?;

    let planned = |inventory: &Inventory| spread::spread(inventory, &environment);
    let plan = planned(&read::read(&source, Extent::Whole).await?);
    show(&plan, ui);
    if arguments.plan {
        return Ok(if plan.changes.is_empty() { Outcome::Done } else { Outcome::ChangesPending });
    }
    if !plan.changes.is_empty() {
        let runbooks: Vec<&str> = found.seeded_runbooks().map(Document::id).collect();
        tasks::refuse_active(&source, &runbooks, "spread").await?;
        let question = format!("Change {} documents of the source space?", plan.changes.len());
        ui.confirm(&question, arguments.yes)?;
        write(&source, plan.clone(), planned, ui).await?;
    }
    // Accounts that allow our environment now can be seen through a typed variable.
    let restricted = install::account_variables(&source, accounts_set, &environment).await?;
    for account in restricted {
        ui.warning(&format!("{account:?} still does not allow the environment {}", name::ENVIRONMENT));
    }
    publish_again(&source, ui).await?;
    name_stale_runbooks(&found, &plan, ui);
    Ok(if plan.left.is_empty() { Outcome::Done } else { Outcome::DoneWithNotes })
}

/// Prints what changes, and a table of who can read what before and after.
pub(super) fn show(plan: &Plan, ui: &Ui) {
    for change in &plan.changes {
        ui.data(&change.owner);
        for line in &change.lines {
            ui.data(&format!("  {}", line.what));
        }
    }
    if !plan.changes.is_empty() {
        ui.data(&format!("\nwho can read what:\n{}", exposure(plan)));
    }
    for note in &plan.notes {
        ui.info(note);
    }
    for left in &plan.left {
        ui.warning(&format!("left as it is: {left}"));
    }
    if plan.changes.is_empty() {
        ui.info("nothing to change");
    }
}

fn exposure(plan: &Plan) -> String {
    let mut rows = vec![["of", "secret", "before", "after"].map(str::to_owned).to_vec()];
    for change in &plan.changes {
        for line in &change.lines {
            let after =
                if line.readers_before == line.readers_after { "as before" } else { &line.readers_after };
            rows.push(vec![
                change.owner.clone(),
                line.name.clone(),
                line.readers_before.clone(),
                after.to_owned(),
            ]);
        }
    }
    table(&rows)
}

/// Writes a plan, one conditional request per document. When somebody else was faster, the space is read and planned again.
pub(super) async fn write(
    source: &Server,
    mut plan: Plan,
    planned: impl Fn(&Inventory) -> Plan,
    ui: &Ui,
) -> Result<(), Failure> {
    for attempt in 0.. {
        let mut overtaken = false;
        for change in &plan.changes {
            let path = source.path(&format!("{}/{}", change.collection, change.after.id()));
            match source.client.put(&path, &change.after.clone().into_value()).await {
                Ok(_) => ui.info(&format!("changed: {}", change.owner)),
                Err(failure) if upsert::is_conflict(&failure) && attempt < TRIES => overtaken = true,
                Err(failure) => {
                    return Err(failure
                        .while_doing(format!("changing {}", change.owner))
                        .hint("What was changed so far carries its journal: run the command again to go on, or octoferry collapse to undo it."));
                }
            }
        }
        if !overtaken {
            return Ok(());
        }
        ui.info("somebody else changed the space in the meantime; reading it again");
        plan = planned(&read::read(source, Extent::Whole).await?);
    }
    Ok(())
}

/// Publishes the seeded runbooks whose snapshots the change made stale.
pub(super) async fn publish_again(source: &Server, ui: &Ui) -> Result<(), Failure> {
    let found = Found::read(source).await?;
    let runbooks: Vec<_> = found.seeded_runbooks().collect();
    if let Some(version) = install::published_version(source, &runbooks).await? {
        let published = install::publish(source, &version).await?;
        ui.info(&format!("{published} runbooks published again"));
    }
    Ok(())
}

/// Names the user's own published runbooks that still use the variables as they were. They go on working.
pub(super) fn name_stale_runbooks(found: &Found, plan: &Plan, ui: &Ui) {
    let changed: Vec<&str> = plan.changes.iter().map(|change| change.owner_id.as_str()).collect();
    for project in found.own_projects() {
        let concerned = changed.contains(&project.id())
            || project.texts("IncludedLibraryVariableSetIds").any(|id| changed.contains(&id));
        let published = found.runbooks.iter().filter(|runbook| {
            runbook.text("ProjectId") == Some(project.id())
                && runbook.text("PublishedRunbookSnapshotId").is_some_and(|id| !id.is_empty())
                && !crate::seeded::is_seeded(runbook, runbook.name())
        });
        for runbook in published.filter(|_| concerned) {
            ui.info(&format!(
                "{:?} of {:?} keeps the variables as they were when it was published, and goes on working",
                runbook.name(),
                project.name()
            ));
        }
    }
}
