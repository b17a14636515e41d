//! `octoferry secrets done`: a person says which secrets are entered at the destination. The word is kept in the source's library set
//! `Octoferry`, where every run of the runbooks reads it, whoever starts it and wherever it runs.

use std::collections::BTreeSet;

use crate::cli::{self, SecretsWhat};
use crate::delivery::record;
use crate::mark::found::Found;
use crate::mark::name;
use crate::outcome::Outcome;
use crate::seeded::{publish, variables};
use crate::settings::{self, Settings};
use crate::ui::Ui;
use failure::Failure;
use octopus::upsert;

/// Runs the command.
///
/// # Errors
/// A name that is in no module, or what the server says.
pub async fn run(arguments: cli::Secrets, ui: &Ui) -> Result<Outcome, Failure> {
    let SecretsWhat::Done(arguments) = arguments.what;
    let transport = settings::transport(&arguments.connection)?;
    let source = Settings::read(None, ui)?.source(&arguments.source, &transport).await?;
    let found = Found::read(&source).await?;
    let environment = found.environment()?.id().to_owned();
    let set = found.library_set(name::SETTINGS_SET)?;
    let own = found.own_projects();
    let modules: Vec<Option<&str>> =
        std::iter::once(None).chain(own.iter().map(|project| Some(project.id()))).collect();
    // A module that is not serialized yet has no secrets to enter.
    let manifests = record::newest_manifests(&source, &modules).await?;
    let known: BTreeSet<String> = manifests
        .values()
        .flat_map(|manifest| manifest.secrets.iter().map(|secret| manifest.name_of_secret(&secret.name)))
        .collect();
    if let Some(wrong) = arguments.names.iter().find(|name| !known.contains(*name)) {
        return Err(Failure::usage(format!("no module in the source's feed has a secret {wrong:?}"))
            .hint("todo.md names them; a project's are called PROJECT/NAME."));
    }
    let id = set.text("VariableSetId").unwrap_or_default();
    let variables = upsert::document(source.client.get(&source.path(&format!("variables/{id}"))).await?)?;
    let there = variables.list("Variables").iter().find(|variable| variable["Name"] == name::SECRETS_DONE);
    let mut done: BTreeSet<&str> =
        there.and_then(|variable| variable["Value"].as_str()).unwrap_or_default().lines().collect();
    done.extend(arguments.names.iter().map(String::as_str));
    let lines = done.into_iter().collect::<Vec<_>>().join("\n");
    variables::set_setting(&source, set, &environment, name::SECRETS_DONE, &lines).await?;
    publish::publish_again(&source, ui).await?;
    ui.info(&format!("{} secrets are taken as entered from now on", arguments.names.len()));
    Ok(Outcome::Done)
}
