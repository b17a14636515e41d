//! What is looked at before anything runs.

use super::plan::Plan;
use crate::mark::found::Found;
use crate::mark::name;
use crate::seeded::{install, package, publish};
use crate::spread::{self, tenant_runs};
use crate::ui::Ui;
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;
use failure::{Failure, FailureKind};
use octopus::server::Server;
use octopus::{tasks, upsert};

/// What will not arrive as the space stands, before anything begins: secrets that spread has not made readable, and tenants' values whose
/// runs the server will refuse.
pub(super) fn tell_prospects(inventory: &Inventory, environment: &str, plan: &Plan<'_>, ui: &Ui) {
    let moves = |owner: &str| {
        inventory.get(Collection::Projects, owner).is_none()
            || plan.projects.iter().any(|project| project.id() == owner)
    };
    let spread = spread::spread(inventory, environment);
    let unspread: Vec<String> = spread
        .changes
        .iter()
        .filter(|change| moves(&change.owner_id))
        .flat_map(|change| change.lines.iter().map(|line| format!("  {}: {}", change.owner, line.what)))
        .collect();
    if !unspread.is_empty() {
        ui.warning(&format!(
            "octoferry spread has something to do first, else these secrets will not arrive, or runs be refused:\n{}",
            unspread.join("\n")
        ));
    }
    let unreadable = tenant_runs::unreadable(inventory);
    if !plan.projects.is_empty() && !unreadable.is_empty() {
        let list: Vec<String> =
            unreadable.iter().map(|(what, why)| format!("  {what}: {}", why.why())).collect();
        ui.warning(&format!(
            "no run may be able to read these secret values of tenants:\n{}",
            list.join("\n")
        ));
    }
}

/// The runbooks know one destination; another one on the command line would be a surprise.
pub(super) async fn same_destination(
    source: &Server,
    set: &Document,
    destination: &Server,
) -> Result<(), Failure> {
    let id = set.text("VariableSetId").unwrap_or_default();
    let variables = upsert::document(source.client.get(&source.path(&format!("variables/{id}"))).await?)?;
    let value = |name: &str| {
        variables.list("Variables").iter().find(|variable| variable["Name"] == name)?["Value"].as_str()
    };
    let (url, space) = (value(name::DESTINATION_URL), value(name::DESTINATION_SPACE));
    if url == Some(destination.client.address()) && space == Some(destination.space_id()) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "the runbooks were seeded for another destination: {}, {}",
        url.unwrap_or("no address"),
        space.unwrap_or("no space")
    ))
    .hint("Run octoferry seed again for the destination you mean."))
}

/// What would let every run wait for ever, or a second migration at the same time.
pub(super) async fn nothing_in_the_way(source: &Server, found: &Found) -> Result<(), Failure> {
    if let Some(why) = tasks::obstacle(source).await? {
        return Err(Failure::new(FailureKind::Refused, why));
    }
    let runbooks: Vec<&str> = found.seeded_runbooks().map(Document::id).collect();
    let active = tasks::active(source, &runbooks).await?;
    let Some((task, what)) = active.first() else { return Ok(()) };
    Err(Failure::failed(format!("another migration is under way: {what} ({task})"))
        .hint("A person or another octoferry started it. Wait for it or cancel it, then run this again."))
}

/// Looks whether the package that the runbooks use is still in the feed, whose retention takes what no release uses, and still the one that seed
/// uploaded; uploads it again if it is gone. Its version.
pub(super) async fn keep_package(source: &Server, found: &Found) -> Result<String, Failure> {
    let runbooks: Vec<&Document> = found.seeded_runbooks().collect();
    let wanted = install::package_of_steps(source, found).await?;
    if let Some(version) = publish::published_version(source, &runbooks).await?
        && let Some(there) = install::package_there(source, &version).await?
    {
        if wanted.as_deref() == Some(&there) {
            return Ok(version);
        }
        return Err(Failure::failed(format!(
            "the package octoferry {version} in the built-in feed is not the one that octoferry seed uploaded; nothing was run"
        ))
        .hint("Who replaced it? Delete it in the portal (Library, Packages), then run octoferry seed again."));
    }
    let package = package::of_program(&package::own_program()?)
        .ok()
        .filter(|package| wanted.as_deref() == Some(&package.sha256));
    let package = package.ok_or_else(|| {
        Failure::failed(
            "the package octoferry is gone from the built-in feed, and it was not made of this program",
        )
        .hint("octoferry seed, with --package FILE where it was given before, puts it there again.")
    })?;
    install::package(source, &package).await
}
