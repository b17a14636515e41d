//! One file per command; each reads like a page: what is done, in order.

use crate::cli::{Arguments, Command};
use crate::failure::{Failure, Outcome};
use crate::ui::Ui;

/// Runs the command that the arguments name.
///
/// # Errors
/// What stopped it.
pub async fn run(arguments: Arguments, _ui: &Ui) -> Result<Outcome, Failure> {
    match arguments.command {
        Command::Check(_)
        | Command::Serialize(_)
        | Command::Needs(_)
        | Command::Deploy(_)
        | Command::Seed(_)
        | Command::Unseed(_)
        | Command::Spread(_)
        | Command::Collapse(_)
        | Command::Migrate(_)
        | Command::Verify(_) => Err(Failure::failed("this command is not built yet")),
    }
}
