//! `octoferry needs`: which Octopus variables a module needs; fetches the newest pushed module.
//!
//! Standard output is the names, each followed by NUL, and nothing else: a shell reads them. All talk goes to standard error, in a step too.

use std::collections::BTreeSet;

use crate::cli::{self, FetchWhat};
use crate::delivery::{folder, package};
use crate::deployment::tenant::TenantRun;
use crate::outcome::Outcome;
use crate::seeded::name;
use crate::settings::{self, Settings};
use crate::ui::Ui;
use failure::Failure;
use module::manifest::{SecretEntry, SecretOrigin};

/// Parts of the typed account variable `Octoferry.Backend.Account`, by which a backend's credentials come to a step. Those that the
/// account's type doesn't have are simply absent there.
pub const BACKEND_CREDENTIALS: &[&str] = &[
    "Octoferry.Backend.Account.AccessKey",
    "Octoferry.Backend.Account.SecretKey",
    "Octoferry.Backend.Account.Client",
    "Octoferry.Backend.Account.Password",
    "Octoferry.Backend.Account.SubscriptionNumber",
    "Octoferry.Backend.Account.TenantId",
    "Octoferry.Backend.Account.JsonKey",
    "Octoferry.Backend.Account.Username",
];

/// Fetches the module if asked, and prints the names.
///
/// # Errors
/// What stopped it.
pub async fn run(arguments: cli::Needs, ui: &Ui) -> Result<Outcome, Failure> {
    let ui = &ui.keeping_standard_output_for_data();
    if let Some(what) = arguments.fetch {
        let project = match (what, &arguments.project) {
            (FetchWhat::Space, None) => None,
            (FetchWhat::Project, Some(id)) => Some(id.as_str()),
            (FetchWhat::Space, Some(_)) => return Err(Failure::usage("--project goes with --fetch project")),
            (FetchWhat::Project, None) => {
                return Err(Failure::usage("--fetch project needs --project ID")
                    .hint("In a step it is #{Octopus.Project.Id}."));
            }
        };
        let transport = settings::transport(&arguments.connection)?;
        let server = Settings::read(arguments.secrets, ui)?.source(&arguments.source, &transport).await?;
        let (pushed, manifest) = package::fetch(&server, project, &arguments.module).await?;
        ui.info(&format!("module {}, made by octoferry {}", pushed.described(), manifest.octoferry));
    }
    let mut names = BTreeSet::new();
    for module in folder::modules_in(&arguments.module)? {
        let manifest = folder::read_manifest(&module)?;
        let run = TenantRun::of(&arguments.tenant);
        let read_here = |secret: &&SecretEntry| match run {
            Some(run) => run.reads(secret),
            // By their names this run would read other values, or none.
            None => !matches!(secret.from, SecretOrigin::Tenant { .. }),
        };
        let secrets = manifest.secrets.iter().filter(read_here);
        names.extend(secrets.map(|secret| secret.from.octopus_variable().to_owned()));
    }
    // What deploy itself needs: both keys, and the credentials of the backend, if it has some.
    names.extend([name::SOURCE_API_KEY, name::DESTINATION_API_KEY].map(str::to_owned));
    if arguments.tenant.tenant.is_none() {
        names.extend(BACKEND_CREDENTIALS.iter().map(|name| (*name).to_owned()));
    }
    if ui.json() {
        ui.data(&serde_json::to_string(&names).expect("names are texts"));
    } else {
        ui.raw_data(names.iter().flat_map(|name| [name.as_str(), "\0"]).collect::<String>().as_bytes())?;
    }
    Ok(Outcome::Done)
}
