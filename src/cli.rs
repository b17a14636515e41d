//! The command line, exactly as other people's scripts rely on it. No effects here: `settings` checks and completes.

mod deploy;
mod look;
mod migrate;
mod rehome;
mod serialize;
mod source;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

pub use deploy::*;
pub use look::*;
pub use migrate::*;
pub use rehome::*;
pub use serialize::*;
pub use source::*;

/// Move an Octopus Deploy space to another space or server, secrets included
#[derive(Debug, Parser)]
#[command(name = "octoferry", version, disable_help_subcommand = true)]
pub struct Arguments {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct Global {
    /// Print results as JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Talk to Octopus with service messages; the step templates set it
    #[arg(long, global = true, hide = true)]
    pub step: bool,
}

/// The source server and space; each option also from `OCTOFERRY_SOURCE_…`.
#[derive(Debug, Clone, Args)]
pub struct Source {
    /// Address of the source server [env: OCTOFERRY_SOURCE_URL]
    #[arg(long)]
    pub source_url: Option<String>,
    /// Source space: name, slug or id [env: OCTOFERRY_SOURCE_SPACE]
    #[arg(long)]
    pub source_space: Option<String>,
    /// File that holds the source API key, and nothing else [env: OCTOFERRY_SOURCE_API_KEY, the key itself]
    #[arg(long, value_name = "FILE")]
    pub source_api_key_file: Option<PathBuf>,
    /// Thumbprint (SHA-256 or SHA-1) of the source server's certificate: this one alone is trusted, whatever names it has [env: OCTOFERRY_SOURCE_THUMBPRINT]
    #[arg(long, value_name = "HEX")]
    pub source_thumbprint: Option<String>,
    /// The source is a restored copy of a server, maybe of the destination itself: it is taken for a server of its own
    #[arg(long)]
    pub source_is_copy: bool,
    /// What seed has made the step for: another server, space or key is refused; the step templates set it
    #[arg(long, hide = true, value_name = "HEX")]
    pub source_digest: Option<String>,
}

/// The destination server and space; each option also from `OCTOFERRY_DESTINATION_…`.
#[derive(Debug, Clone, Args)]
pub struct Destination {
    /// Address of the destination server [env: OCTOFERRY_DESTINATION_URL]
    #[arg(long)]
    pub destination_url: Option<String>,
    /// Destination space: name, slug or id; it must exist [env: OCTOFERRY_DESTINATION_SPACE]
    #[arg(long)]
    pub destination_space: Option<String>,
    /// File that holds the destination API key, and nothing else [env: OCTOFERRY_DESTINATION_API_KEY, the key itself]
    #[arg(long, value_name = "FILE")]
    pub destination_api_key_file: Option<PathBuf>,
    /// Thumbprint (SHA-256 or SHA-1) of the destination server's certificate: this one alone is trusted, whatever names it has [env: OCTOFERRY_DESTINATION_THUMBPRINT]
    #[arg(long, value_name = "HEX")]
    pub destination_thumbprint: Option<String>,
    /// As --source-digest
    #[arg(long, hide = true, value_name = "HEX")]
    pub destination_digest: Option<String>,
}

/// Both spaces, and how their servers are reached.
#[derive(Debug, Clone, Args)]
pub struct Servers {
    #[command(flatten)]
    pub source: Source,
    #[command(flatten)]
    pub destination: Destination,
    #[command(flatten)]
    pub connection: Connection,
}

/// How long to wait for a server and whom to trust.
#[derive(Debug, Clone, Args)]
pub struct Connection {
    /// Seconds to wait for an answer
    #[arg(long, default_value_t = 100, value_name = "SECONDS")]
    pub timeout: u64,
    /// PEM file with further certificate authorities to trust, or with a server's certificate itself
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read both servers and say what will not go, what must be done before, and what it costs; writes nothing
    Check(Check),
    /// Write Terraform modules of a space or its projects
    Serialize(Serialize),
    /// Print the names of the Octopus variables that a module needs, NUL-separated
    Needs(Needs),
    /// Apply modules to the destination
    Deploy(Deploy),
    /// Put octoferry's package, step templates and runbooks into the source space
    Seed(Box<Seed>),
    /// Take back all that seed and spread put into the source space
    Unseed(Unseed),
    /// Give sensitive variables names by which a run can read them; collapse undoes it
    Spread(ChangeSource),
    /// Read secrets that no step can read from the database of a self-hosted source, by its master key
    Unlock(Unlock),
    /// In the step of `__ 4. Read Feeds`: put the passwords of feeds, as the step sees them, into variables for the runbooks
    ReadFeeds(ReadFeeds),
    /// What became of secrets that a person enters
    Secrets(Secrets),
    /// Put spread variables back exactly as they were
    Collapse(ChangeSource),
    /// Publish and run the runbooks in order: the whole space, or a part of it
    Migrate(Migrate),
    /// Compare source and destination, field by field
    Verify(Verify),
    /// Stop what starts work by itself at the source and start it at the destination; --back takes it back
    Cutover(Cutover),
    /// List what is left to people, from both servers, at any time; writes nothing to them
    Report(Report),
    /// Make at the destination the service accounts of the source that it lacks, without keys
    ServiceAccounts(ServiceAccounts),
    /// Copy packages of the source's built-in feed, and build information, to the destination
    Packages(Packages),
    /// Make Tentacles know the destination, look whether it reaches them, let them forget the source
    Rehome(Rehome),
    /// Print what of each kind of document is carried, field by field, and how
    Kinds,
    /// Write the package that seed uploads, for releases
    #[command(hide = true)]
    Package(Package),
}

#[derive(Debug, Args)]
pub struct Package {
    /// Folder to write octoferry.<version>.zip and the step templates into
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// Parses the command line; help, version and mistakes are printed here.
///
/// # Errors
/// The exit code when there is nothing to run: 0 after help and version, 2 after a mistake.
pub fn parse() -> Result<Arguments, ExitCode> {
    Arguments::try_parse().map_err(|error| {
        crate::ui::usage(&error.render().to_string(), error.use_stderr());
        ExitCode::from(if error.use_stderr() { 2 } else { 0 })
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }
}
