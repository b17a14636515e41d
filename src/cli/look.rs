//! Options of what only looks: check, verify, report.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Backend, Servers};

#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    pub servers: Servers,
    /// Check the machine this runs on, as a worker: architecture, bash, openssl, Terraform, provider, backend and lock
    #[arg(long)]
    pub worker: bool,
    /// Read the keys from standard input, in the format of the step templates
    #[arg(long, value_name = "FROM")]
    pub secrets: Option<SecretsFrom>,
    #[command(flatten)]
    pub backend: Backend,
    /// Terraform program to use (default: terraform or tofu on the PATH)
    #[arg(long, value_name = "FILE")]
    pub terraform: Option<PathBuf>,
    /// With --worker: lock file of the Terraform provider; no other may be had
    #[arg(long, value_name = "FILE", requires = "worker")]
    pub provider_lock: Option<PathBuf>,
}

/// Where secrets come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretsFrom {
    /// `stdin`: `octoferry-secrets/1`, NUL, then name NUL value NUL for each, an empty name NUL, the count NUL.
    Stdin,
    /// A file that only its owner may read: a JSON object, name of the Octopus variable → value.
    File(PathBuf),
}

impl std::str::FromStr for SecretsFrom {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(if text == "stdin" { Self::Stdin } else { Self::File(text.into()) })
    }
}

#[derive(Debug, Args)]
pub struct Verify {
    #[command(flatten)]
    pub servers: Servers,
    /// Modules or their manifests, whose notes explain differences (default: the newest in the source's feed)
    #[arg(long, value_name = "DIR")]
    pub notes: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Report {
    #[command(flatten)]
    pub servers: Servers,
    /// The source alone, before any migration
    #[arg(long)]
    pub audit: bool,
    /// Form of the list (--json: as data)
    #[arg(long = "format", default_value = "markdown", value_name = "FORM")]
    pub form: ReportForm,
    /// File to write (default: standard output)
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportForm {
    /// Lines to tick
    Markdown,
    /// One page with counts, a filter and a map of the projects
    Html,
    /// A table for a spreadsheet
    Csv,
}
