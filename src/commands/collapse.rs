//! `octoferry collapse`: spread variables are put back exactly as they were.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::cli;
use crate::outcome::Outcome;
use crate::seeded::found::Found;
use crate::seeded::{self, enabled, name};
use crate::settings;
use crate::spread::{Plan, account, collapse};
use crate::ui::Ui;
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;
use failure::Failure;
use octopus::read::{self, Extent};
use octopus::server::Server;
use octopus::tasks;
use octopus::upsert;

/// Runs the command.
///
/// # Errors
/// What stopped it.
pub async fn run(arguments: cli::Change, ui: &Ui) -> Result<Outcome, Failure> {
    let transport = settings::transport(&arguments.connection)?;
    let source = settings::Settings::read(None, ui)?.source(&arguments.source, &transport).await?;
    ui.info(&format!("source: {}", source.described()));
    let inventory = read::read(&source, Extent::Whole).await?;
    let plan = collapse::collapse(&inventory);
    super::spread::show(&plan, ui);
    // Those that an interrupted migration left enabled.
    let awake = awake(&inventory);
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
            .filter(|runbook| seeded::is_seeded(runbook, runbook.name()))
            .map(Document::id)
            .collect();
        tasks::refuse_active(&source, &runbooks, "collapse").await?;
        ui.confirm(&format!("Change {changes} documents of the source space?"), arguments.yes)?;
    }
    write(&source, &inventory, plan.clone(), ui).await?;
    super::spread::publish_again(&source, ui).await?;
    super::spread::name_stale_runbooks(&Found::read(&source).await?, &plan, ui);
    Ok(if plan.left.is_empty() { Outcome::Done } else { Outcome::DoneWithNotes })
}

/// Puts everything back that spread, and migrate for disabled projects, changed.
pub(super) async fn write(
    source: &Server,
    inventory: &Inventory,
    plan: Plan,
    ui: &Ui,
) -> Result<(), Failure> {
    hide_restricted(source, inventory, &plan).await?;
    super::spread::write(source, plan, collapse::collapse, ui).await?;
    for project in awake(inventory) {
        enabled::disable_again(source, project.id()).await?;
        ui.info(&format!("disabled again: project {:?}", project.name()));
    }
    Ok(())
}

/// The projects that migrate enabled for its runs and that are still enabled.
fn awake(inventory: &Inventory) -> Vec<&Document> {
    inventory.all(Collection::Projects).filter(|project| enabled::disabled_again(project).is_some()).collect()
}

/// Takes away the typed variables of accounts that will be restricted again: with them every run of the project `Octoferry`
/// would be refused.
async fn hide_restricted(source: &Server, inventory: &Inventory, plan: &Plan) -> Result<(), Failure> {
    let ours = seeded::environment(inventory);
    let changed: BTreeSet<&str> = plan
        .changes
        .iter()
        .filter(|change| change.collection != Collection::Variables)
        // One that only tenants were let in to refuses no run without a tenant.
        .filter(|change| ours.is_none_or(|ours| account::restriction(&change.after, ours).is_some()))
        .map(|change| change.after.id())
        .collect();
    let set =
        inventory.all(Collection::LibraryVariableSets).find(|set| seeded::is_seeded(set, name::ACCOUNTS_SET));
    let Some(variables) = set.and_then(|set| set.text("VariableSetId")) else { return Ok(()) };
    upsert::edit(source, &format!("variables/{variables}"), |document| {
        let before = document.list("Variables").to_vec();
        let stays = |variable: &&Value| !variable["Value"].as_str().is_some_and(|id| changed.contains(id));
        let after: Vec<Value> = before.iter().filter(stays).cloned().collect();
        let differs = after.len() != before.len();
        document.fields_mut().insert("Variables".to_owned(), Value::Array(after));
        differs
    })
    .await?;
    Ok(())
}
