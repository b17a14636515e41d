//! `octoferry needs`: which Octopus variables a module needs; fetches the newest pushed module.
//!
//! Standard output is the names, each followed by NUL, and nothing else: a shell reads them. All talk goes to standard error, in a step too.

use std::collections::BTreeSet;

use crate::cli::{self, FetchWhat};
use crate::delivery::{folder, package};
use crate::deployment::fetched::Fetched;
use crate::mark::name;
use crate::outcome::Outcome;
use crate::seeded::foreign;
use crate::settings::{self, Settings};
use crate::ui::Ui;
use failure::Failure;
use module::manifest::{SecretEntry, SecretOrigin};
use octopus::server::Server;
use octopus::tasks;

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
/// When a setting is missing or contradicts another, or a server can't be reached or refuses.
pub async fn run(arguments: cli::Needs, ui: &Ui) -> Result<Outcome, Failure> {
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
        let given = Settings::read(arguments.secrets, ui)?;
        let key = given.module_key()?;
        let server = given.source(&arguments.source, &transport).await?;
        if arguments.source.source_digest.is_some() {
            foreign::refuse(&foreign::of_run(&server, project).await?)?;
        }
        if let Some(snapshot) = &arguments.snapshot {
            refuse_stale(&server, snapshot, ui).await?;
        }
        let with_foreign = arguments.allow_foreign_terraform;
        let fetched = package::fetch(&server, project, &key, with_foreign, &arguments.module).await?;
        // Told by the deployment, whose log a person sees.
        Fetched::learn(&server, &arguments.tenant, fetched.foreign).await?.write(&arguments.module)?;
        ui.info(&format!(
            "module {}, made by octoferry {}",
            fetched.pushed.described(),
            fetched.manifest.octoferry
        ));
    }
    let mut names = BTreeSet::new();
    for module in folder::modules_in(&arguments.module)? {
        let manifest = folder::read_manifest(&module)?;
        let learned = Fetched::read(&module)?;
        let run = learned.tenant_run(&arguments.tenant);
        let read_here = |secret: &&SecretEntry| match run {
            Some(run) => run.reads(secret),
            // By their names this run would read other values, or none.
            None => !matches!(secret.from, SecretOrigin::Tenant { .. }),
        };
        let secrets = manifest.secrets.iter().filter(read_here);
        names.extend(secrets.map(|secret| secret.from.octopus_variable().to_owned()));
    }
    // What deploy itself needs: the keys, what a person says to have entered, and the credentials of the backend, if it has some.
    names.extend(
        [name::SOURCE_API_KEY, name::DESTINATION_API_KEY, name::MODULE_KEY, name::SECRETS_DONE]
            .map(str::to_owned),
    );
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

/// A published runbook runs with the variables that it was published with: secrets as they were then, and none that came since.
async fn refuse_stale(server: &Server, snapshot: &str, ui: &Ui) -> Result<(), Failure> {
    match tasks::is_stale(server, snapshot).await? {
        Some(false) => Ok(()),
        Some(true) => Err(Failure::failed(
            "variables were changed since this runbook was published, and this run has them as they were; nothing was deployed",
        )
        .hint("Publish the runbook again, then run it: octoferry migrate does both. A run that a trigger starts must be of a runbook that is published after each change.")),
        None => {
            ui.info("the server does not say whether variables were changed since this runbook was published");
            Ok(())
        }
    }
}
