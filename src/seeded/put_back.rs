//! What spread changed, and what migrate changed for its runs, is put back.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::mark::{self, name};
use crate::seeded::enabled;
use crate::spread::{DocumentChange, Plan, account, apply, collapse};
use crate::ui::Ui;
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;
use failure::Failure;
use octopus::server::Server;
use octopus::upsert;

/// Puts everything back that spread, and migrate for disabled projects, changed: what was shown, and nothing else. Documents that somebody
/// changed in the meantime, so that something else would be put back, are left as they are and named.
///
/// # Errors
/// When the server refuses; what it refuses for a document's own sake leaves the others going on.
pub async fn put_back(
    source: &Server,
    inventory: &Inventory,
    plan: Plan,
    ui: &Ui,
) -> Result<Vec<String>, Failure> {
    hide_restricted(source, inventory, &plan).await?;
    let left = RefCell::new(Vec::new());
    let shown = plan.clone();
    let planned = async |inventory: &Inventory| {
        let mut plan = collapse::collapse(inventory);
        plan.changes.retain(|change| {
            let is_shown =
                |other: &DocumentChange| other.owner_id == change.owner_id && other.lines == change.lines;
            let stays = shown.changes.iter().any(is_shown);
            if !stays {
                left.borrow_mut().push(format!("{}: somebody changed it just now", change.owner));
            }
            stays
        });
        Ok(plan)
    };
    let refused = apply::write(source, plan, planned, ui).await?;
    for project in awake(inventory) {
        enabled::disable_again(source, project.id()).await?;
        ui.info(&format!("disabled again: project {:?}", project.name()));
    }
    if refused.is_empty() {
        return Ok(left.into_inner());
    }
    Err(Failure::failed(format!("the server refuses to take these back:\n  {}", refused.join("\n  ")))
        .hint("What else was changed is put back. Often something in them refers to what is deleted: remove that, then run the command again."))
}

/// The projects that migrate enabled for its runs and that are still enabled.
#[must_use]
pub fn awake(inventory: &Inventory) -> Vec<&Document> {
    inventory.all(Collection::Projects).filter(|project| enabled::disabled_again(project).is_some()).collect()
}

/// Takes away the typed variables of accounts that will be restricted again: with them every run of the project `Octoferry`
/// would be refused.
async fn hide_restricted(source: &Server, inventory: &Inventory, plan: &Plan) -> Result<(), Failure> {
    let ours = mark::environment(inventory);
    let changed: BTreeSet<&str> = plan
        .changes
        .iter()
        .filter(|change| change.collection != Collection::Variables)
        // One that only tenants were let in to refuses no run without a tenant.
        .filter(|change| ours.is_none_or(|ours| account::restriction(&change.after, ours).is_some()))
        .map(|change| change.after.id())
        .collect();
    let set =
        inventory.all(Collection::LibraryVariableSets).find(|set| mark::is_seeded(set, name::ACCOUNTS_SET));
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
