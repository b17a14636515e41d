//! `octoferry report`: what is left to people, from both servers, at any time; `--audit` from the source alone, before a migration.

use crate::checks::forecast::Forecast;
use crate::cli::{self, ReportForm};
use crate::deployment::left::Left;
use crate::outcome::Outcome;
use crate::report::{self, Address, Known, Report, Secrets, Unmoved};
use crate::settings::{self, Settings};
use crate::ui::Ui;
use crate::{cutover, packages, seeded};
use compare::{self, Comparison, Explanations};
use documents::collection::Collection;
use documents::inventory::Inventory;
use failure::While as _;
use failure::{Failure, FailureKind};
use module::manifest::{Held, Manifest, SecretEntry};
use octopus::read::{self, Extent};
use octopus::server::Server;
use octopus::upsert;

/// Runs the command. It writes nothing to any server.
///
/// # Errors
/// When a server can't be read, or the file can't be written.
pub async fn run(arguments: cli::Report, ui: &Ui) -> Result<Outcome, Failure> {
    let transport = settings::transport(&arguments.servers.connection)?;
    let settings = Settings::read(None, ui)?;
    let (source, destination) = if arguments.audit {
        (settings.source(&arguments.servers.source, &transport).await?, None)
    } else {
        let both = settings.both(&arguments.servers.source, &arguments.servers.destination, &transport).await;
        let (source, destination) = both.map_err(|failure| match failure.kind {
            FailureKind::Usage => failure.hint("Of the source alone, before there is a destination: --audit"),
            _ => failure,
        })?;
        (source, Some(destination))
    };
    let mut left = read::read(&source, Extent::Whole).await?;
    cutover::journal::add(&source, &mut left).await?;
    let right = match &destination {
        Some(destination) => Some(seeded::prepare(read::read(destination, Extent::Whole).await?).0),
        None => None,
    };
    let report = made(&source, destination.as_ref(), &left, right.as_ref()).await?;
    let text = if ui.json() {
        serde_json::to_string_pretty(&report).expect("a report has only texts as keys")
    } else {
        match arguments.form {
            ReportForm::Markdown => report::markdown(&report),
            ReportForm::Html => report::html(&report),
            ReportForm::Csv => report::csv(&report),
        }
    };
    match &arguments.out {
        Some(file) => {
            std::fs::write(file, text).while_doing(format!("writing {}", file.display()))?;
            ui.info(&format!("{} items: {}", report.items.len(), file.display()));
        }
        None => ui.data(text.trim_end()),
    }
    Ok(if report.items.is_empty() { Outcome::Done } else { Outcome::DoneWithNotes })
}

/// All that the list is made of.
async fn made(
    source: &Server,
    destination: Option<&Server>,
    left: &Inventory,
    right: Option<&Inventory>,
) -> Result<Report, Failure> {
    let forecast = Forecast::of(left)?;
    let manifests: Vec<&Manifest> = forecast.modules.iter().map(|module| &module.manifest).collect();
    let of_secrets = match destination {
        Some(server) => Left::read(source, server, left, &manifests).await?,
        None => Left::default(),
    };
    let open = |manifest: &Manifest, secret: &SecretEntry| of_secrets.open(manifest, secret);
    let comparison = right.map(|right| {
        let mut explanations = Explanations::default();
        manifests.iter().for_each(|manifest| explanations.add((*manifest).clone()));
        compare::compare(&forecast.inventory, right, &explanations)
    });
    let is_held =
        |held: &Held| comparison.as_ref().is_none_or(|comparison| report::is_still_held(comparison, held));
    let mut items = report::of_modules(&manifests, open, is_held);
    let address = match destination {
        Some(server) => Address::of(server).await,
        None => Address { url: "https://the-new-server".into(), space: "THE-SPACE".into(), thumbprint: None },
    };
    let machines = right.into_iter().flat_map(|right| {
        [Collection::Machines, Collection::Workers].into_iter().flat_map(|collection| right.all(collection))
    });
    let known = Known::of(machines);
    let is_left = |thumbprint: &str| !known.reached.contains(thumbprint);
    let standing = |manifest: &Manifest, secret: &SecretEntry| of_secrets.standing(manifest, secret);
    items.extend(report::of_forgotten(&manifests, standing));
    items.extend(report::tentacles(&forecast.inventory, &address, is_left));
    items.extend(report::of_disabled(&forecast.inventory));
    let secrets = Secrets::of(&manifests, standing);
    let mut equal = None;
    if let (Some(server), Some(right), Some(comparison)) = (destination, right, &comparison) {
        let unmoved = Unmoved::of(&forecast.inventory, right, of_secrets.knows_space());
        items.extend(report::of_comparison(comparison, &unmoved));
        equal = Some(equals(comparison));
        let there = upsert::list(server, Collection::Packages).await?;
        let named = packages::named_by_processes(&forecast.inventory);
        items.extend(report::of_packages(named.ids.iter(), &there));
    }
    items.extend(report::of_servers(source, destination).await);
    items.extend(report::people(source, destination, left).await);
    items.sort();
    items.dedup();
    let projects = report::projects(&forecast.inventory, &manifests, &items, right);
    let destination = destination.map(Server::described);
    Ok(Report { source: source.described(), destination, items, projects, secrets, equal })
}

/// Equal documents and all that the source has.
fn equals(comparison: &Comparison) -> (usize, usize) {
    let same = comparison.kinds.values().map(|kind| kind.same).sum();
    let others: usize = comparison.kinds.values().map(|kind| kind.different.len() + kind.missing.len()).sum();
    (same, same + others)
}
