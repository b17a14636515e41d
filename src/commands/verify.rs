//! `octoferry verify`: compares source and destination, field by field.

use crate::cli;
use crate::failure::{Failure, Outcome};
use crate::ui::Ui;

/// Runs the command.
///
/// # Errors
/// What stopped it.
pub async fn run(_arguments: cli::Verify, _ui: &Ui) -> Result<Outcome, Failure> {
    Err(Failure::failed("this command is not built yet"))
}
