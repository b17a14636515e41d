//! `octoferry read-feeds`: passwords of feeds, which only a step sees that refers to these feeds, into the variables that the deployment of the space
//! looks for. Another run reads them there: a step has nothing to hand on to another runbook.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::cli;
use crate::deployment::step;
use crate::mark::found::Found;
use crate::mark::name;
use crate::outcome::Outcome;
use crate::seeded::{feeds, foreign, part, variables};
use crate::settings::{self, Settings};
use crate::ui::Ui;
use documents::collection::Collection;
use failure::Failure;
use failure::While as _;
use module::Module;
use module::manifest::{SecretEntry, SecretOrigin};
use octopus::read::{self, Extent};
use octopus::server::Server;
use secret::{Secret, exact};

/// Runs the command.
///
/// # Errors
/// When the source can't be read, or refuses the variables.
pub async fn run(arguments: cli::ReadFeeds, ui: &Ui) -> Result<Outcome, Failure> {
    let transport = settings::transport(&arguments.connection)?;
    let settings = Settings::read(Some(arguments.secrets), ui)?;
    let streamed = settings.secrets();
    ui.hide(&Arc::new(step::masker(&streamed, &[])));
    let source = settings.source(&arguments.source, &transport).await?;
    if arguments.source.source_digest.is_some() {
        foreign::refuse(&foreign::of_run(&source, None).await?)?;
    }
    let found = Found::read(&source).await?;
    let environment = found.environment()?.id().to_owned();
    let module = space(&source, &found).await?;

    let mut values: Vec<(&str, &Secret)> = Vec::new();
    let mut left: Vec<String> = Vec::new();
    for (feed, secret, variable) in wanted(&module, &arguments.feeds) {
        let what = &secret.description;
        match streamed.get(&feeds::variable(feed)) {
            None => left.push(format!("{what}: the server gives the step none")),
            Some(value) if !arguments.raw && value.expose().contains("#{") => {
                left.push(format!("{what}: it holds #{{…}}, and this server evaluates what stands in it"));
            }
            Some(value) => {
                ui.info(&format!("{variable}: {what}"));
                values.push((variable, value));
            }
        }
    }
    let written: Vec<(&str, Secret)> =
        values.into_iter().map(|(variable, value)| (variable, exact::written(value))).collect();
    if !written.is_empty() {
        let set = found.library_set(name::SECRETS_SET)?;
        let values: Vec<(&str, &Secret)> =
            written.iter().map(|(variable, value)| (*variable, value)).collect();
        variables::secret_values(&source, set, &environment, &values)
            .await
            .while_doing(format!("writing variables of {:?}", set.name()))?;
    }
    ui.info(&format!("{} passwords of feeds into {:?}", written.len(), name::SECRETS_SET));
    if left.is_empty() {
        return Ok(Outcome::Done);
    }
    ui.warning(&format!("these passwords of feeds stay for a person:\n  {}", left.join("\n  ")));
    Ok(Outcome::DoneWithNotes)
}

/// The secrets of the module that are passwords of these feeds: the feed's id, the secret, the variable that is looked for.
fn wanted<'m>(module: &'m Module, feeds: &[String]) -> Vec<(&'m str, &'m SecretEntry, &'m str)> {
    let feeds: BTreeSet<&str> = feeds.iter().map(String::as_str).collect();
    let of_feed = |secret: &'m SecretEntry| {
        let place = module.secret_places.get(&secret.name)?;
        let SecretOrigin::Person { octopus_variable, .. } = &secret.from else { return None };
        let is_wanted = secret.collection == Collection::Feeds
            && secret.field == "Password"
            && feeds.contains(place.document.as_str());
        is_wanted.then_some((place.document.as_str(), secret, octopus_variable.as_str()))
    };
    module.manifest.secrets.iter().filter_map(of_feed).collect()
}

/// The module of the space as the runbooks make it.
async fn space(source: &Server, found: &Found) -> Result<Module, Failure> {
    let options = part::of_space(source, found.library_set(name::SETTINGS_SET)?).await?;
    let extent = if options.is_empty() { Extent::Shared } else { Extent::Whole };
    let inventory = read::read(source, extent).await?;
    let module = part::modules(&inventory, &options, &[None])?.remove(&None);
    module.ok_or_else(|| Failure::failed("the space has no module"))
}
