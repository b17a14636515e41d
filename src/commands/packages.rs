//! `octoferry packages`: copies packages of the source's built-in feed, and build information, to the destination.

use std::sync::Arc;

use futures::stream::{self, StreamExt as _};
use serde_json::Value;

use crate::cli;
use crate::deployment::step;
use crate::outcome::Outcome;
use crate::packages::{self, Choice, Fate, Used};
use crate::settings::{self, Settings};
use crate::ui::Ui;
use documents::collection::Collection;
use documents::document::Document;
use documents::feed::is_built_in;
use failure::Failure;
use octopus::client::encode;
use octopus::read::{self, Extent};
use octopus::server::Server;
use octopus::upsert;

/// How many packages are under way at a time: more would only share the same line.
const AT_ONCE: usize = 4;
/// How often a package that broke on its way is sent again.
const TRIES: usize = 3;

/// Runs the command. Run again it goes on: what is there is not sent again.
///
/// # Errors
/// When a server can't be read; a package that can't be copied doesn't stop the others.
pub async fn run(arguments: cli::Packages, ui: &Ui) -> Result<Outcome, Failure> {
    let transport = settings::transport(&arguments.servers.connection)?;
    let settings = Settings::read(arguments.secrets, ui)?;
    ui.hide(&Arc::new(step::masker(&settings.secrets(), &[])));
    let (source, destination) =
        settings.both(&arguments.servers.source, &arguments.servers.destination, &transport).await?;
    let used = if arguments.used { Some(used(&source).await?) } else { None };
    let choice = Choice { only: arguments.only, newest: arguments.newest, used };
    let builds = (source.path("build-information"), destination.path("build-information"));
    let (ours, theirs, information, known) = futures::try_join!(
        upsert::list(&source, Collection::Packages),
        upsert::list(&destination, Collection::Packages),
        source.client.list(&builds.0),
        destination.client.list(&builds.1),
    )?;
    let wanted = packages::wanted(&ours, &choice);
    let of_fate = |fate: Fate| -> Vec<&Document> {
        wanted.iter().copied().filter(|package| packages::fate(package, &theirs) == fate).collect()
    };
    let to_copy = of_fate(Fate::Copy);
    let others = of_fate(Fate::Other);
    let information = missing(&information, &known, &choice);
    for package in &others {
        ui.warning(&format!(
            "{}: the destination has other bytes under this version; it stays as it is",
            packages::file_name(package)
        ));
    }
    announce(&to_copy, of_fate(Fate::There).len(), information.len(), ui);
    if let Some(days) = retention(&destination).await? {
        ui.info(&format!(
            "the destination's built-in feed takes packages that no release uses after {days} days; its settings are under Library, Packages"
        ));
    }
    let left = if others.is_empty() { Outcome::Done } else { Outcome::DoneWithNotes };
    if to_copy.is_empty() && information.is_empty() {
        return Ok(left);
    }
    if arguments.plan {
        return Ok(Outcome::ChangesPending);
    }
    let copies = to_copy.iter().map(|package| copied(&source, &destination, package));
    let failures: Vec<String> =
        stream::iter(copies).buffer_unordered(AT_ONCE).filter_map(async |failure| failure).collect().await;
    for record in &information {
        let body = packages::build_information(record);
        destination.client.post(&destination.path("build-information"), &body).await?;
    }
    for failure in &failures {
        ui.problem(failure);
    }
    ui.info(&format!("{} packages copied", to_copy.len() - failures.len()));
    Ok(if failures.is_empty() { left } else { Outcome::NotWell })
}

/// Lists what will be copied; `there`: how many packages need not be.
fn announce(to_copy: &[&Document], there: usize, information: usize, ui: &Ui) {
    let bytes: i64 = to_copy.iter().filter_map(|package| package.get("PackageSizeBytes")?.as_i64()).sum();
    for package in to_copy {
        ui.data(&packages::file_name(package));
    }
    ui.info(&format!(
        "{} packages to copy ({bytes} bytes), {there} are there, {information} records of build information to copy",
        to_copy.len()
    ));
}

/// Copies one package and compares what arrived; what went wrong, else nothing.
async fn copied(source: &Server, destination: &Server, package: &Document) -> Option<String> {
    let name = packages::file_name(package);
    let id = package.text("PackageId").unwrap_or_default();
    let version = package.text("Version").unwrap_or_default();
    let from = source.path(&format!("packages/{}.{}/raw", encode(id), encode(version)));
    let to = destination.path("packages/raw?overwriteMode=IgnoreIfExists");
    let mut last = String::new();
    for _ in 0..TRIES {
        match source.client.copy_file(&from, &destination.client, &to, &name).await {
            Ok(answer) => {
                let (ours, theirs) = (package.text("Hash"), answer["Hash"].as_str());
                return match (ours, theirs) {
                    (Some(ours), Some(theirs)) if !ours.eq_ignore_ascii_case(theirs) => Some(format!(
                        "{name}: other bytes arrived than the source has (hash {theirs}, not {ours}): delete it at the destination and run this again"
                    )),
                    _ => None,
                };
            }
            Err(failure) if failure.http_status.is_some() => return Some(format!("{name}: {failure}")),
            Err(failure) => last = format!("{name}: {failure}"),
        }
    }
    Some(last)
}

/// What processes name and what the releases that the source still has were made of.
async fn used(source: &Server) -> Result<Used, Failure> {
    let inventory = read::read(source, Extent::Whole).await?;
    let mut used = packages::named_by_processes(&inventory);
    for project in inventory.all(Collection::Projects) {
        let process = inventory.of(Collection::DeploymentProcesses, project.id()).next();
        let Some(process) = process else { continue };
        let releases =
            source.client.list(&source.path(&format!("projects/{}/releases", project.id()))).await?;
        packages::add_releases(&mut used, process, &releases);
    }
    Ok(used)
}

/// Build information that the destination has not, of packages whose ids are wanted.
fn missing<'i>(ours: &'i [Value], theirs: &[Value], choice: &Choice) -> Vec<&'i Value> {
    let is_wanted = |record: &Value| choice.takes(record["PackageId"].as_str().unwrap_or_default());
    let same = |one: &Value, other: &Value| {
        ["PackageId", "Version"].iter().all(|field| {
            let text = |value: &Value| value[*field].as_str().unwrap_or_default().to_lowercase();
            text(one) == text(other)
        })
    };
    ours.iter()
        .filter(|record| is_wanted(record) && !theirs.iter().any(|there| same(record, there)))
        .collect()
}

/// After how many days the built-in feed takes packages without releases; none: never.
async fn retention(server: &Server) -> Result<Option<i64>, Failure> {
    let feeds = upsert::list(server, Collection::Feeds).await?;
    let built_in = feeds.iter().find(|feed| is_built_in(feed));
    let days = built_in.and_then(|feed| feed.get("DeleteUnreleasedPackagesAfterDays")?.as_i64());
    Ok(days.filter(|days| *days > 0))
}
