//! The command line, exactly as other people's scripts rely on it. No effects here: `settings` checks and completes.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use failure::Failure;
use octoferry_core::part::{MAP, Options, RENAME, Verb};

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
#[expect(clippy::large_enum_variant, reason = "there is one of it in a run")]
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
    Seed(Seed),
    /// Take back all that seed and spread put into the source space
    Unseed(ChangeSource),
    /// Give sensitive variables names by which a run can read them; collapse undoes it
    Spread(ChangeSource),
    /// Read secrets that no step can read from the database of a self-hosted source, by its master key
    Unlock(Unlock),
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
    /// Copy packages of the source's built-in feed, and build information, to the destination
    Packages(Packages),
    /// Print what of each kind of document is carried, field by field, and how
    Kinds,
    /// Write the package that seed uploads, for releases
    #[command(hide = true)]
    Package(Package),
}

#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    pub source: Source,
    #[command(flatten)]
    pub destination: Destination,
    #[command(flatten)]
    pub connection: Connection,
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
    #[command(flatten)]
    pub destination: Destination,
    #[command(flatten)]
    pub connection: Connection,
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

#[derive(Debug, Args)]
pub struct Seed {
    #[command(flatten)]
    pub source: Source,
    #[command(flatten)]
    pub destination: Destination,
    #[command(flatten)]
    pub connection: Connection,
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
    /// File with the source API key that the runbooks use (default: the key that seed itself uses): to view everything and to push packages
    #[arg(long, value_name = "FILE")]
    pub runbook_source_key_file: Option<PathBuf>,
    /// File with the destination API key that the runbooks use (default: the key that seed itself uses): to edit everything in the space
    #[arg(long, value_name = "FILE")]
    pub runbook_destination_key_file: Option<PathBuf>,
    /// What the runbooks do with things of the same name at the destination, unless the person who starts one says otherwise
    #[arg(long, value_name = "WHAT")]
    pub existing: Option<Existing>,
    /// Let the runbooks deploy modules with Terraform that octoferry does not write: other providers, modules, provisioners
    #[arg(long)]
    pub allow_foreign_terraform: bool,
    /// Package to upload (default: made of this binary)
    #[arg(long, value_name = "FILE")]
    pub package: Option<PathBuf>,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Tools {
    Local,
    Container,
}

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

#[derive(Debug, Args)]
pub struct Migrate {
    #[command(flatten)]
    pub source: Source,
    #[command(flatten)]
    pub destination: Destination,
    #[command(flatten)]
    pub connection: Connection,
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
pub struct Verify {
    #[command(flatten)]
    pub source: Source,
    #[command(flatten)]
    pub destination: Destination,
    #[command(flatten)]
    pub connection: Connection,
    /// Modules or their manifests, whose notes explain differences (default: the newest in the source's feed)
    #[arg(long, value_name = "DIR")]
    pub notes: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").required(true).args(["project", "all", "back"]))]
pub struct Cutover {
    #[command(flatten)]
    pub source: Source,
    #[command(flatten)]
    pub destination: Destination,
    #[command(flatten)]
    pub connection: Connection,
    /// These projects with their triggers, by name; * matches anything
    #[arg(long, value_name = "NAME")]
    pub project: Vec<String>,
    /// The whole space: all projects, and the targets and subscriptions too
    #[arg(long)]
    pub all: bool,
    /// Take the cutover back: the destination stops, the source works as before
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
pub struct Report {
    #[command(flatten)]
    pub source: Source,
    #[command(flatten)]
    pub destination: Destination,
    #[command(flatten)]
    pub connection: Connection,
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

#[derive(Debug, Args)]
pub struct Packages {
    #[command(flatten)]
    pub source: Source,
    #[command(flatten)]
    pub destination: Destination,
    #[command(flatten)]
    pub connection: Connection,
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
