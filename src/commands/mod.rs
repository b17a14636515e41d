//! One file per command; each reads like a page: what is done, in order.

pub mod check;
pub mod check_worker;
pub mod collapse;
pub mod cutover;
pub mod deploy;
pub mod kinds;
pub mod migrate;
pub mod needs;
pub mod package;
pub mod packages;
pub mod read_feeds;
pub mod rehome;
pub mod report;
pub mod secrets;
pub mod seed;
pub mod serialize;
pub mod service_accounts;
pub mod spread;
pub mod unlock;
pub mod unseed;
pub mod verify;

use crate::cli::{Arguments, Command};
use crate::outcome::Outcome;
use crate::ui::Ui;
use failure::Failure;
use terraform::process;

/// Runs the command that the arguments name.
///
/// # Errors
/// When a setting is missing or contradicts another, or a server can't be reached or refuses.
pub async fn run(arguments: Arguments, ui: &Ui) -> Result<Outcome, Failure> {
    // Every command holds an API key, most of them more.
    process::forbid_core_dumps()?;
    match arguments.command {
        Command::Check(arguments) if arguments.worker => check_worker::run(arguments, ui).await,
        Command::Check(arguments) => check::run(arguments, ui).await,
        Command::Serialize(arguments) => serialize::run(arguments, ui).await,
        Command::Needs(arguments) => needs::run(arguments, ui).await,
        Command::Deploy(arguments) => deploy::run(arguments, ui).await,
        Command::Seed(arguments) => seed::run(*arguments, ui).await,
        Command::Unseed(arguments) => unseed::run(arguments, ui).await,
        Command::Spread(arguments) => spread::run(arguments, ui).await,
        Command::Secrets(arguments) => secrets::run(arguments, ui).await,
        Command::Unlock(arguments) => unlock::run(arguments, ui).await,
        Command::ReadFeeds(arguments) => read_feeds::run(arguments, ui).await,
        Command::Collapse(arguments) => collapse::run(arguments, ui).await,
        Command::Migrate(arguments) => migrate::run(arguments, ui).await,
        Command::Verify(arguments) => verify::run(arguments, ui).await,
        Command::Report(arguments) => report::run(arguments, ui).await,
        Command::ServiceAccounts(arguments) => service_accounts::run(arguments, ui).await,
        Command::Packages(arguments) => packages::run(arguments, ui).await,
        Command::Rehome(arguments) => rehome::run(arguments, ui).await,
        Command::Cutover(arguments) => cutover::run(arguments, ui).await,
        Command::Kinds => Ok(kinds::run(ui)),
        Command::Package(arguments) => package::run(&arguments, ui),
    }
}
