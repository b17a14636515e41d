//! Options of needs and deploy: modules, state, secrets.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Connection, SecretsFrom, Servers, Source};

#[derive(Debug, Args)]
pub struct Needs {
    /// Folder of the module
    pub module: PathBuf,
    /// First put the newest pushed module of the space or project into the folder
    #[arg(long, value_name = "WHAT")]
    pub fetch: Option<FetchWhat>,
    /// Id of the project whose module is fetched
    #[arg(long, value_name = "ID")]
    pub project: Option<String>,
    /// The fetched module may hold Terraform that octoferry does not write: other providers, modules, provisioners
    #[arg(long, requires = "fetch")]
    pub allow_foreign_terraform: bool,
    /// Snapshot of the runbook that runs: one with other variables than the space has now is refused; the step templates set it
    #[arg(long, hide = true, requires = "fetch", value_name = "ID")]
    pub snapshot: Option<String>,
    #[command(flatten)]
    pub tenant: Tenant,
    /// Read the key from standard input, in the format of the step templates
    #[arg(long, value_name = "FROM")]
    pub secrets: Option<SecretsFrom>,
    #[command(flatten)]
    pub source: Source,
    #[command(flatten)]
    pub connection: Connection,
}

/// A run for a tenant: only this tenant's secret values, those that its runs in this environment can read.
#[derive(Debug, Args)]
pub struct Tenant {
    /// Only the secret values of this tenant, for a run in --environment
    #[arg(long, value_name = "NAME", requires = "environment")]
    pub tenant: Option<String>,
    /// The environment of the tenant's run
    #[arg(long, value_name = "NAME", requires = "tenant")]
    pub environment: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FetchWhat {
    Space,
    Project,
}

/// Where Terraform keeps its state.
#[derive(Debug, Clone, Args)]
pub struct Backend {
    /// Terraform backend type, such as s3, azurerm, gcs, local
    #[arg(long, value_name = "TYPE")]
    pub backend: Option<String>,
    /// Setting of the backend, as Terraform takes it; repeatable
    #[arg(long, value_name = "KEY=VALUE")]
    pub backend_config: Vec<String>,
    /// As --source-digest
    #[arg(long, hide = true, value_name = "HEX")]
    pub backend_digest: Option<String>,
}

#[derive(Debug, Args)]
pub struct Deploy {
    /// Folders of modules; a folder that `serialize all` made stands for its modules in order
    #[arg(required = true)]
    pub modules: Vec<PathBuf>,
    /// The source is that from which certificates are exported; without it they come with the other secrets
    #[command(flatten)]
    pub servers: Servers,
    #[command(flatten)]
    pub backend: Backend,
    #[command(flatten)]
    pub tenant: Tenant,
    /// `stdin`: secrets and keys on standard input, in the format of the step templates; else a file of JSON that only you may read, with
    /// {"name of the Octopus variable": "value"}, as octoferry needs prints the names
    #[arg(long, value_name = "stdin|FILE")]
    pub secrets: Option<SecretsFrom>,
    /// The values on standard input are as Octopus stores them, no expression in them is evaluated
    #[arg(long, requires = "secrets")]
    pub raw: bool,
    /// Deploy without the secrets that are missing: recognisable placeholders take their place
    #[arg(long)]
    pub placeholders: bool,
    /// Stop after the plan; exit code 0: no changes, 4: changes
    #[arg(long)]
    pub plan: bool,
    /// Leave triggers enabled that are enabled at the source
    #[arg(long)]
    pub enable_triggers: bool,
    /// Allow the plan to destroy what others use or what may hold a person's secret: projects, tenants, targets, environments, accounts, feeds …
    #[arg(long)]
    pub allow_destroy: bool,
    /// What to do with things of the same name at the destination
    #[arg(long, default_value = "fail", value_name = "WHAT")]
    pub existing: Existing,
    /// Terraform program to use (default: terraform or tofu on the PATH)
    #[arg(long, value_name = "FILE")]
    pub terraform: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Existing {
    /// List them all and stop before anything is written
    Fail,
    /// Take them over by import blocks in the working copy
    Adopt,
}

impl Existing {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Adopt => "adopt",
        }
    }
}
