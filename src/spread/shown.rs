//! What a plan says to people.

use crate::mark::found::Found;
use crate::mark::is_seeded;
use crate::spread::Plan;
use crate::ui::{Ui, table};

/// Prints what changes, and a table of who can read what before and after.
pub fn show(plan: &Plan, ui: &Ui) {
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

/// Names the user's own published runbooks that still use the variables as they were. They go on working.
pub fn name_stale_runbooks(found: &Found, plan: &Plan, ui: &Ui) {
    let changed: Vec<&str> = plan.changes.iter().map(|change| change.owner_id.as_str()).collect();
    for project in found.own_projects() {
        let concerned = changed.contains(&project.id())
            || project.texts("IncludedLibraryVariableSetIds").any(|id| changed.contains(&id));
        let published = found.runbooks.iter().filter(|runbook| {
            runbook.text("ProjectId") == Some(project.id())
                && runbook.text("PublishedRunbookSnapshotId").is_some_and(|id| !id.is_empty())
                && !is_seeded(runbook, runbook.name())
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
