//! Options of serialize, and which part of a space is meant.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Connection, SecretsFrom, Source};
use failure::Failure;
use octoferry_core::part::{MAP, Options, RENAME, Verb};

#[derive(Debug, Args)]
pub struct Serialize {
    #[command(subcommand)]
    pub what: SerializeWhat,
}

#[derive(Debug, Subcommand)]
pub enum SerializeWhat {
    /// The space module: what projects share
    Space(SerializeOptions),
    /// Project modules, which look shared things up by name
    Project {
        /// Names (or ids, or slugs) of projects
        #[arg(required = true)]
        names: Vec<String>,
        #[command(flatten)]
        options: SerializeOptions,
    },
    /// One runbook alone: a module that looks up its project and all else
    Runbook {
        /// Name of the runbook
        name: String,
        /// Name (or id, or slug) of its project
        #[arg(long, value_name = "NAME")]
        project: String,
        #[command(flatten)]
        options: SerializeOptions,
    },
    /// The space module and all project modules
    All(SerializeOptions),
}

#[derive(Debug, Args)]
pub struct SerializeOptions {
    #[command(flatten)]
    pub source: Source,
    #[command(flatten)]
    pub connection: Connection,
    /// Folder to write into
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Also upload the modules as packages to the source's built-in feed
    #[arg(long)]
    pub push: bool,
    /// Read the key from standard input, in the format of the step templates
    #[arg(long, value_name = "FROM")]
    pub secrets: Option<SecretsFrom>,
    #[command(flatten)]
    pub part: Part,
    /// The options of the part are for many modules, made one by one: one that finds nothing here is no mistake; the step templates set it
    #[arg(long, hide = true)]
    pub for_all: bool,
    /// Lock file of the Terraform provider (terraform providers lock) that each module brings along: deploy uses no other
    #[arg(long, value_name = "FILE")]
    pub provider_lock: Option<PathBuf>,
    /// Branch to read of projects that are stored in Git (default: the default branch of each)
    #[arg(long, value_name = "NAME")]
    pub branch: Option<String>,
}

/// Which part of a space. `WHICH` is a name, `PROJECT/NAME` for what belongs to a project, a pattern with `*`, `tag:SET/TAG`, or `name:TEXT`
/// for a name that looks like one of these.
#[derive(Debug, Clone, Default, Args)]
pub struct Part {
    /// Move only these things and what they need
    #[arg(long, value_name = "KIND[:WHICH]")]
    pub only: Vec<String>,
    /// Never make these things; what needs one looks it up at the destination by name
    #[arg(long, value_name = "KIND[:WHICH]")]
    pub exclude: Vec<String>,
    /// Of this kind make no others; several for one kind add up
    #[arg(long, value_name = "KIND:WHICH")]
    pub exclude_except: Vec<String>,
    /// Look these things up at the destination instead of making them: they exist there, by exact name
    #[arg(long, value_name = "KIND[:WHICH]")]
    pub lookup: Vec<String>,
    /// Give a thing another name at the destination: exactly OLD becomes NEW
    #[arg(long, value_name = "KIND:OLD=NEW")]
    pub rename: Vec<String>,
    /// Use the destination's own NEW in place of OLD, which is not made
    #[arg(long, value_name = "KIND:OLD=NEW")]
    pub map: Vec<String>,
}

impl Part {
    /// The options, checked.
    ///
    /// # Errors
    /// Usage: an unknown kind, with those that there are; a value that can't be meant.
    pub fn options(&self) -> Result<Options, Failure> {
        let given = [
            (Verb::Only.option(), &self.only),
            (Verb::Exclude.option(), &self.exclude),
            (Verb::ExcludeExcept.option(), &self.exclude_except),
            (Verb::Lookup.option(), &self.lookup),
            (RENAME, &self.rename),
            (MAP, &self.map),
        ];
        Options::parse(
            given.iter().flat_map(|(option, values)| values.iter().map(|value| (*option, value.as_str()))),
        )
    }
}
