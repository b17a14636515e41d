//! Options of what makes Tentacles know the destination.

use clap::{Args, ValueEnum};

use super::{SecretsFrom, Servers};

#[derive(Debug, Args)]
pub struct Rehome {
    /// What the Tentacles are told
    #[arg(value_name = "WHAT")]
    pub what: RehomeWhat,
    #[command(flatten)]
    pub servers: Servers,
    /// Where the keys come from: stdin, or a JSON file that nobody else may read
    #[arg(long, value_name = "stdin|FILE")]
    pub secrets: Option<SecretsFrom>,
    /// Only targets and workers of these names; * matches anything
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// Where Tentacles poll the destination (default: the host of its address, port 10943)
    #[arg(long, value_name = "HOST[:PORT]")]
    pub polled_at: Option<String>,
    /// Thumbprint by which Tentacles know the destination (default: as the destination says)
    #[arg(long, value_name = "HEX")]
    pub new_thumbprint: Option<String>,
    /// Thumbprint by which Tentacles know the source (default: as the source says)
    #[arg(long, value_name = "HEX")]
    pub old_thumbprint: Option<String>,
    /// Only say which Tentacles are concerned; exit code 4: some are
    #[arg(long)]
    pub plan: bool,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RehomeWhat {
    /// Look whether the destination reaches them
    Check,
    /// Trust the destination, or poll it, beside the source; a script of the source does it
    Add,
    /// Forget the source; a script of the destination does it, so that what the destination does not reach keeps the source
    Remove,
}
