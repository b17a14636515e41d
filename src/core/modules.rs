//! The way in: inventory and selection in, module and notes out. What is converted is what the selection says, as the kinds' tables say.

use crate::convert::context::Context;
use crate::convert::{self, SecretSources};
use crate::kinds;
use crate::part;
use crate::selection::Selection;
use documents::collection::Collection;
use documents::inventory::Inventory;
use failure::Failure;
use module::Module;

/// The module of what projects share.
///
/// # Errors
/// An id of the source space is left in the module: a defect of octoferry; names file and argument.
pub fn space(
    inventory: &Inventory,
    selection: &Selection,
    sources: &SecretSources,
) -> Result<Module, Failure> {
    finished(convert::space(&kinds::ALL, inventory, selection, sources))
}

/// The module of one project.
///
/// # Errors
/// There is no such project, or an id of the source space is left in the module.
pub fn project(
    inventory: &Inventory,
    project_id: &str,
    selection: &Selection,
    sources: &SecretSources,
) -> Result<Module, Failure> {
    let Some(project) = inventory.get(Collection::Projects, project_id) else {
        return Err(Failure::failed(format!("the space has no project with the id {project_id}")));
    };
    finished(convert::project(&kinds::ALL, inventory, project, selection, sources))
}

/// The module of one runbook, which looks its project up.
///
/// # Errors
/// There is no such runbook, or an id of the source space is left in the module.
pub fn runbook(
    inventory: &Inventory,
    runbook_id: &str,
    selection: &Selection,
    sources: &SecretSources,
) -> Result<Module, Failure> {
    let runbook = inventory.get(Collection::Runbooks, runbook_id);
    let project = runbook.and_then(|runbook| inventory.get(Collection::Projects, runbook.text("ProjectId")?));
    let (Some(runbook), Some(project)) = (runbook, project) else {
        return Err(Failure::failed(format!("the space has no runbook with the id {runbook_id}")));
    };
    finished(convert::runbook(&kinds::ALL, inventory, project, runbook, selection, sources))
}

fn finished(mut context: Context<'_>) -> Result<Module, Failure> {
    let (left_out, notes) = part::left_out(&context);
    context.notes.extend(notes);
    convert::finished(context, left_out)
}
