//! `octoferry unlock`: secrets that no step can read, from the database of a self-hosted source, into the variables that the runbooks
//! look for. octoferry connects to no database: a person runs the query and hands over what it printed.

use std::collections::BTreeMap;
use std::path::Path;

use crate::cli;
use crate::mark::found::Found;
use crate::mark::name;
use crate::outcome::Outcome;
use crate::seeded::{self, part, publish, variables};
use crate::settings::{self, Settings};
use crate::ui::Ui;
use crate::unlock::cipher::MasterKey;
use crate::unlock::{self, Unlocked, rows};
use documents::inventory::Inventory;
use failure::Failure;
use failure::While as _;
use module::Module;
use octoferry_core::modules;
use octoferry_core::part::{Whole, choose, complete, prepared};
use octopus::read::{self, Extent};
use octopus::server::Server;
use secret::Secret;

/// Runs the command.
///
/// # Errors
/// When the rows or the key don't fit, or the server refuses; then nothing was written.
pub async fn run(arguments: cli::Unlock, ui: &Ui) -> Result<Outcome, Failure> {
    let transport = settings::transport(&arguments.connection)?;
    let source = Settings::read(None, ui)?.source(&arguments.source, &transport).await?;
    ui.info(&format!("source: {}", source.described()));
    let Some(file) = &arguments.rows else {
        ui.data(&rows::query(source.space_id())?);
        return Ok(Outcome::Done);
    };
    let bytes =
        std::fs::read(file).map_err(|error| Failure::usage(format!("--rows {}: {error}", file.display())))?;
    let rows = rows::read(&bytes, source.space_id())?;
    let found = Found::read(&source).await?;
    let environment = found.environment()?.id().to_owned();
    let secrets_set = found.library_set(name::SECRETS_SET)?;
    let key = master_key(arguments.master_key_file.as_deref(), ui)?;
    let (inventory, modules) = modules(&source, &found).await?;
    let unlocked = unlock::unlock(&modules, &inventory, &rows, &key)?;
    drop(key);
    tell(&unlocked, ui);
    if arguments.plan {
        return Ok(if unlocked.found.is_empty() { Outcome::Done } else { Outcome::ChangesPending });
    }
    if !unlocked.found.is_empty() {
        let question = format!("Put {} secrets into variables of the source space?", unlocked.found.len());
        ui.confirm(&question, arguments.yes)?;
        write(&source, &found, secrets_set.id(), &environment, &unlocked, ui).await?;
        publish::publish_again(&source, ui).await?;
        ui.info("\nNext: octoferry migrate. octoferry unseed takes these variables away.");
    }
    let well = unlocked.missing.is_empty() && unlocked.unknown.is_empty();
    Ok(if well { Outcome::Done } else { Outcome::DoneWithNotes })
}

/// The key: from the file, else from a person.
fn master_key(file: Option<&Path>, ui: &Ui) -> Result<MasterKey, Failure> {
    let text = match file {
        Some(file) => settings::private_file("--master-key-file", file)?,
        None => ui.ask_secret("Master key of the source server (not shown)")?.ok_or_else(|| {
            Failure::usage("the master key is not given")
                .hint("Name a file that only you may read, or - for standard input: --master-key-file FILE.")
        })?,
    };
    MasterKey::read(&text)
}

/// The space without what octoferry put there, and its modules as the runbooks make them.
async fn modules(source: &Server, found: &Found) -> Result<(Inventory, Vec<Module>), Failure> {
    let options = part::of_space(source, found.library_set(name::SETTINGS_SET)?).await?;
    let (inventory, sources) = seeded::prepare(read::read(source, Extent::Whole).await?);
    let mut selection = choose(&options, &inventory, Whole::All, false)?;
    let inventory = prepared(&mut selection, inventory, &options.renames, false)?;
    complete(&mut selection, &inventory, &sources, Whole::All);
    let mut modules = vec![modules::space(&inventory, &selection, &sources)?];
    for project in selection.projects(&inventory) {
        modules.push(modules::project(&inventory, project.id(), &selection, &sources)?);
    }
    Ok((inventory, modules))
}

fn tell(unlocked: &Unlocked, ui: &Ui) {
    for found in &unlocked.found {
        ui.data(&format!("{}: {}", found.variable, found.description));
    }
    if unlocked.found.is_empty() {
        ui.info("the rows hold no secret that no step can read");
    }
    if !unlocked.missing.is_empty() {
        ui.warning(&format!("not in the rows, so left to a person:\n  {}", unlocked.missing.join("\n  ")));
    }
    if !unlocked.unknown.is_empty() {
        ui.warning(&format!(
            "encrypted values in places that octoferry doesn't know, left where they are:\n  {}",
            unlocked.unknown.join("\n  ")
        ));
    }
}

/// Writes the variables, one request for each variable set.
async fn write(
    source: &Server,
    found: &Found,
    secrets_set: &str,
    environment: &str,
    unlocked: &Unlocked,
    ui: &Ui,
) -> Result<(), Failure> {
    let mut by_owner: BTreeMap<&str, Vec<(&str, &Secret)>> = BTreeMap::new();
    for one in &unlocked.found {
        let owner = one.project.as_deref().unwrap_or(secrets_set);
        by_owner.entry(owner).or_default().push((&one.variable, &one.value));
    }
    for (owner, values) in by_owner {
        let document =
            found.projects.iter().chain(&found.library_sets).find(|document| document.id() == owner);
        let Some(document) = document else { continue };
        variables::secret_values(source, document, environment, &values)
            .await
            .while_doing(format!("writing variables of {:?}", document.name()))?;
        ui.info(&format!("{} secrets into {:?}", values.len(), document.name()));
    }
    Ok(())
}
