//! `octoferry check`: both servers, what will not go, what must be done before, what it costs. Writes nothing.

use crate::cli;
use crate::failure::{Failure, Outcome};
use crate::ui::Ui;

/// Runs the command.
///
/// # Errors
/// What stopped it.
pub async fn run(_arguments: cli::Check, _ui: &Ui) -> Result<Outcome, Failure> {
    Err(Failure::failed("this command is not built yet"))
}
