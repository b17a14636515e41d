//! `octoferry migrate`: publishes and runs the runbooks in order.

use crate::cli;
use crate::failure::{Failure, Outcome};
use crate::ui::Ui;

/// Runs the command.
///
/// # Errors
/// What stopped it.
pub async fn run(_arguments: cli::Migrate, _ui: &Ui) -> Result<Outcome, Failure> {
    Err(Failure::failed("this command is not built yet"))
}
