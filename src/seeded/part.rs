//! The part of the source that the runbooks move: the options that seed was given, as the library set `Octoferry` has them.

use std::collections::{BTreeMap, BTreeSet};

use crate::mark::name;
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;
use failure::Failure;
use failure::While as _;
use module::Module;
use octoferry_core::convert::SecretSources;
use octoferry_core::modules;
use octoferry_core::part::{self, Options, Whole};
use octopus::read::{self, Extent};
use octopus::server::Server;
use octopus::upsert;

/// The options as one text, one a line, for the library set.
///
/// # Errors
/// Usage: a line end, or an expression that the server would evaluate.
pub fn lines(options: &Options) -> Result<String, Failure> {
    let texts = options.texts();
    match texts.iter().find(|text| text.contains(['\n', '\r']) || text.contains("#{")) {
        Some(text) => Err(Failure::usage(format!("{text:?} can't be handed to the runbooks"))
            .hint("It has a line end or an expression in it: name the thing by a pattern.")),
        None => Ok(texts.join("\n")),
    }
}

/// The options that a seeded space has.
///
/// # Errors
/// When they can't be read, or a person has written something else there.
pub async fn of_space(source: &Server, settings_set: &Document) -> Result<Options, Failure> {
    let id = settings_set.text("VariableSetId").unwrap_or_default();
    let variables = upsert::document(source.client.get(&source.path(&format!("variables/{id}"))).await?)?;
    let mut all = variables.list("Variables").iter();
    let lines = all.find(|variable| variable["Name"] == name::SELECTION);
    Options::of_lines(lines.and_then(|variable| variable["Value"].as_str()).unwrap_or_default())
        .while_doing(format!("reading the variable {}", name::SELECTION))
}

/// What options come to at the source.
pub struct Moved {
    /// Ids of the projects that have modules.
    pub projects: BTreeSet<String>,
    /// What the destination has in place of something of the source: collection, kind as a word, name there.
    mapped: Vec<(Collection, String, String)>,
}

/// What the options mean; `None`: all of the space as it is. Every option is looked at.
///
/// # Errors
/// When the source can't be read, or an option finds nothing there.
pub async fn moved(source: &Server, options: &Options) -> Result<Option<Moved>, Failure> {
    if options.is_empty() {
        return Ok(None);
    }
    let (inventory, _) = super::prepare(read::read(source, Extent::Whole).await?);
    let mut selection = part::choose(options, &inventory, Whole::All, true)?;
    let inventory = part::prepared(&mut selection, inventory, &options.renames, true)?;
    part::complete(&mut selection, &inventory, &SecretSources::default(), Whole::All);
    let projects = selection.projects(&inventory).iter().map(|project| project.id().to_owned()).collect();
    let mapped = selection
        .mapped()
        .map(|renamed| (renamed.collection, renamed.noun.clone(), renamed.new.clone()))
        .collect();
    Ok(Some(Moved { projects, mapped }))
}

/// The modules that these options make of the space as it stands (`None`: the space's; else of the project with that id), in memory. A project
/// that is not there is left out.
///
/// # Errors
/// When an option finds nothing, or a module can't be made.
pub fn modules(
    inventory: &Inventory,
    options: &Options,
    wanted: &[Option<&str>],
) -> Result<BTreeMap<Option<String>, Module>, Failure> {
    let (inventory, sources) = super::prepare(inventory.clone());
    let mut selection = part::choose(options, &inventory, Whole::All, false)?;
    let inventory = part::prepared(&mut selection, inventory, &options.renames, false)?;
    part::complete(&mut selection, &inventory, &sources, Whole::All);
    let mut made = BTreeMap::new();
    for of in wanted {
        let module = match of {
            None => modules::space(&inventory, &selection, &sources)?,
            Some(id) if inventory.get(Collection::Projects, id).is_some() => {
                modules::project(&inventory, id, &selection, &sources)?
            }
            Some(_) => continue,
        };
        made.insert(of.map(str::to_owned), module);
    }
    Ok(made)
}

impl Moved {
    /// Looks whether the destination has what is to take the place of something.
    ///
    /// # Errors
    /// Usage: it has no such thing, with those that it has.
    pub async fn refuse_missing(&self, destination: &Server) -> Result<(), Failure> {
        for (collection, noun, name) in &self.mapped {
            let there = upsert::list(destination, *collection).await?;
            if !there.iter().any(|document| document.name() == name) {
                let names: Vec<String> =
                    there.iter().map(|document| format!("{:?}", document.name())).collect();
                return Err(Failure::usage(format!(
                    "--map: the destination has no {noun} {name:?}; nothing was written"
                ))
                .hint(format!("It has: {}.", names.join(", "))));
            }
        }
        Ok(())
    }
}
