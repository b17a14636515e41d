//! Options of what moves things, and of who says that a secret was entered.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Connection, Existing, SecretsFrom, Servers, Source};

#[derive(Debug, Args)]
pub struct Secrets {
    #[command(subcommand)]
    pub what: SecretsWhat,
}

#[derive(Debug, Subcommand)]
pub enum SecretsWhat {
    /// Say that secrets are entered at the destination, so that they leave todo.md
    Done(SecretsDone),
}

#[derive(Debug, Args)]
pub struct SecretsDone {
    /// As todo.md names them: NAME, or PROJECT/NAME
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,
    #[command(flatten)]
    pub source: Source,
    #[command(flatten)]
    pub connection: Connection,
}

#[derive(Debug, Args)]
pub struct Migrate {
    #[command(flatten)]
    pub servers: Servers,
    /// Only the space module
    #[arg(long, conflicts_with = "project")]
    pub space_only: bool,
    /// Only these projects
    #[arg(long, value_name = "NAME")]
    pub project: Vec<String>,
    #[command(flatten)]
    pub this_time: ThisTime,
    /// File for what is left to a person
    #[arg(long, default_value = "todo.md", value_name = "FILE")]
    pub todo: PathBuf,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

/// What the deployments of one migration may do; later ones do again what the library set `Octoferry` says.
#[derive(Debug, Clone, Args)]
pub struct ThisTime {
    /// Leave triggers enabled that are enabled at the source
    #[arg(long)]
    pub enable_triggers: bool,
    /// Let go at the destination what is gone from the source, also projects, tenants, targets …; lists them and asks first
    #[arg(long)]
    pub allow_destroy: bool,
    /// What to do with things of the same name at the destination; adopt lists them and asks first
    #[arg(long, value_name = "WHAT")]
    pub existing: Option<Existing>,
    /// Deploy without the secrets that are missing, also where the library set Octoferry says otherwise
    #[arg(long)]
    pub placeholders: bool,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").required(true).multiple(true).args(["project", "all", "back"]))]
pub struct Cutover {
    #[command(flatten)]
    pub servers: Servers,
    /// These projects with their triggers, by name; * matches anything
    #[arg(long, value_name = "NAME", conflicts_with = "all")]
    pub project: Vec<String>,
    /// The whole space: all projects, and the targets and subscriptions too
    #[arg(long, conflicts_with = "back")]
    pub all: bool,
    /// Take the cutover back (with --project: of these projects): the destination stops, the source works as before
    #[arg(long)]
    pub back: bool,
    /// Only say what would be switched; exit code 4: something would
    #[arg(long)]
    pub plan: bool,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub struct ServiceAccounts {
    #[command(flatten)]
    pub servers: Servers,
    /// Only those of these user names; * matches anything
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// Only say which would be made; exit code 4: some would
    #[arg(long)]
    pub plan: bool,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub struct Packages {
    #[command(flatten)]
    pub servers: Servers,
    /// Where the keys come from: stdin, or a JSON file that nobody else may read
    #[arg(long, value_name = "stdin|FILE")]
    pub secrets: Option<SecretsFrom>,
    /// Only packages whose ids are like this; * matches anything
    #[arg(long, value_name = "PATTERN")]
    pub only: Vec<String>,
    /// Only so many versions of each package, the ones published last
    #[arg(long, value_name = "N")]
    pub newest: Option<usize>,
    /// Only versions of releases that the source still has, and the newest of what processes name
    #[arg(long)]
    pub used: bool,
    /// Only say what would be copied; exit code 4: something would
    #[arg(long)]
    pub plan: bool,
}
