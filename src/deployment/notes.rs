//! Whether anybody but octoferry has written the notes in the set `Octoferry`, by which `collapse` and `unseed` tell what was there before.
//!
//! The notes are plain variables (docs/decisions/journals.md): the server's audit trail, which nobody can edit, is the witness for them.

use std::collections::BTreeMap;

use crate::deployment::entered::Witness;
use crate::mark::found::settings_set;
use crate::mark::name;
use crate::ui::Ui;
use documents::inventory::Inventory;
use octopus::server::Server;

/// Names who else has changed the set, before anything is put back by its notes. Whether nobody has, as far as the trail tells.
pub async fn are_ours(source: &Server, inventory: &Inventory, ui: &Ui) -> bool {
    let Some(set) = settings_set(inventory) else { return true };
    let ids = [set.id(), set.text("VariableSetId").unwrap_or_default()];
    match Witness::new(source.clone()).others(&ids).await {
        Some(others) if others.is_empty() => true,
        Some(others) => {
            ui.warning(&changed_by(&others));
            false
        }
        None => {
            ui.info(&format!(
                "who has changed the set {} can't be seen (EventView), so its notes of what was there before are taken as they stand",
                name::SETTINGS_SET
            ));
            true
        }
    }
}

fn changed_by(others: &BTreeMap<String, String>) -> String {
    let list: Vec<String> = others.iter().map(|(user, last)| format!("  {user}, last on {last}")).collect();
    format!(
        "the set {} holds the notes of what was there before, and was also changed by:\n{}\nIf they have run octoferry or changed its settings there, all is well. If not, what comes back may not be what was there: look at each line above.",
        name::SETTINGS_SET,
        list.join("\n")
    )
}
