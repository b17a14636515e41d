//! `octoferry spread`: names by which a run can read the secrets.

use crate::cli;
use crate::failure::{Failure, Outcome};
use crate::ui::Ui;

/// Runs the command.
///
/// # Errors
/// What stopped it.
pub async fn run(_arguments: cli::Change, _ui: &Ui) -> Result<Outcome, Failure> {
    Err(Failure::failed("this command is not built yet"))
}
