//! `octoferry seed`: package, step templates and runbooks into the source space.

use crate::cli;
use crate::failure::{Failure, Outcome};
use crate::ui::Ui;

/// Runs the command.
///
/// # Errors
/// What stopped it.
pub async fn run(_arguments: cli::Seed, _ui: &Ui) -> Result<Outcome, Failure> {
    Err(Failure::failed("this command is not built yet"))
}
