//! Options of what changes the source space: seed, spread, unlock and the way back.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Backend, Connection, Destination, Existing, Part, SecretsFrom, Servers, Source};

#[derive(Debug, Args)]
pub struct Seed {
    #[command(flatten)]
    pub servers: Servers,
    #[command(flatten)]
    pub backend: Backend,
    /// Where Terraform and the other tools are: on the worker, or in a container image
    #[arg(long, default_value = "local", value_name = "WHERE")]
    pub tools: Tools,
    /// Container image with bash, openssl and Terraform
    #[arg(long, value_name = "REF")]
    pub image: Option<String>,
    /// Worker pool that runs the runbooks
    #[arg(long, value_name = "NAME")]
    pub worker_pool: Option<String>,
    /// Account whose credentials the Terraform backend gets (default: the worker's own identity)
    #[arg(long, value_name = "NAME")]
    pub backend_account: Option<String>,
    /// Projects that get runbooks, by name; * matches anything (default: all)
    #[arg(long, value_name = "NAME")]
    pub project: Vec<String>,
    #[command(flatten)]
    pub part: Part,
    /// File with the source API key that the runbooks use, to view everything and to push packages (default: of a service account that seed makes
    /// where it may, else the key that seed itself uses)
    #[arg(long, value_name = "FILE")]
    pub runbook_source_key_file: Option<PathBuf>,
    /// File with the destination API key that the runbooks use, to edit everything in the space (default: as for the source)
    #[arg(long, value_name = "FILE")]
    pub runbook_destination_key_file: Option<PathBuf>,
    /// Days until the keys end that seed makes for the runbooks; seed run again makes new ones
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub runbook_key_days: u32,
    /// Make no service accounts: the runbooks use the keys that seed itself uses, unless files are given
    #[arg(long)]
    pub own_runbook_keys: bool,
    /// What the runbooks do with things of the same name at the destination, unless the person who starts one says otherwise
    #[arg(long, value_name = "WHAT")]
    pub existing: Option<Existing>,
    /// Let the runbooks deploy modules with Terraform that octoferry does not write: other providers, modules, provisioners
    #[arg(long)]
    pub allow_foreign_terraform: bool,
    /// Lock file of the Terraform provider (terraform providers lock) that every module brings along: no other provider is used
    #[arg(long, value_name = "FILE")]
    pub provider_lock: Option<PathBuf>,
    /// Further runbooks of the project Octoferry; one that is there already stays
    #[arg(long = "with", value_name = "RUNBOOK")]
    pub with: Vec<OptionalRunbook>,
    /// Package to upload (default: made of this binary)
    #[arg(long, value_name = "FILE")]
    pub package: Option<PathBuf>,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

/// What seed puts into the project `Octoferry` only when it is asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OptionalRunbook {
    /// `__ 4. Read Feeds`: migrate runs it, to read the passwords of container registries in a step that refers to these feeds
    ReadFeeds,
    /// `__ 5. Re-home Tentacles`: only a person starts it; runs scripts on targets and workers
    RehomeTentacles,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Tools {
    Local,
    Container,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["query", "rows"]))]
pub struct Unlock {
    #[command(flatten)]
    pub source: Source,
    #[command(flatten)]
    pub connection: Connection,
    /// Print the SQL that selects the rows of this space which hold encrypted values
    #[arg(long)]
    pub query: bool,
    /// The file with what the SQL printed
    #[arg(long, value_name = "FILE")]
    pub rows: Option<PathBuf>,
    /// The server's master key: a file that only its owner may read, or - for standard input; asked for otherwise
    #[arg(long, value_name = "FILE", requires = "rows")]
    pub master_key_file: Option<PathBuf>,
    /// Only say what would be set
    #[arg(long, requires = "rows")]
    pub plan: bool,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub struct ReadFeeds {
    #[command(flatten)]
    pub source: Source,
    #[command(flatten)]
    pub connection: Connection,
    /// Where keys and passwords come from: stdin, or a JSON file that nobody else may read
    #[arg(long, value_name = "stdin|FILE")]
    pub secrets: SecretsFrom,
    /// Ids of the feeds
    #[arg(long = "feed", value_name = "ID")]
    pub feeds: Vec<String>,
    /// The values are as Octopus has them, not evaluated; the step templates set it
    #[arg(long, hide = true)]
    pub raw: bool,
}

#[derive(Debug, Args)]
pub struct Unseed {
    #[command(flatten)]
    pub change: ChangeSource,
    /// Where seed made a service account: it is taken away there too
    #[command(flatten)]
    pub destination: Destination,
}

/// Commands that change the source space: unseed, spread, collapse.
#[derive(Debug, Args)]
pub struct ChangeSource {
    #[command(flatten)]
    pub source: Source,
    #[command(flatten)]
    pub connection: Connection,
    /// Only say what would change
    #[arg(long)]
    pub plan: bool,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}
