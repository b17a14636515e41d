//! `octoferry serialize`: Terraform modules of a space or its projects.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::cli::{self, SerializeWhat};
use crate::cutover;
use crate::delivery::{folder, package};
use crate::outcome::Outcome;
use crate::seeded::{self, foreign};
use crate::settings::{self, Settings};
use crate::ui::{Ui, table};
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::{Inventory, Unread};
use failure::Failure;
use module::Module;
use module::identities::Identities;
use module::manifest::{Note, Scope};
use module::provider_lock;
use module::tally::{self, Tally};
use octoferry_core::convert::{self, SecretSources};
use octoferry_core::part::{self, Options, Whole};
use octoferry_core::selection::{Fate, Selection};
use octoferry_core::{kinds, modules};
use octopus::read::{self, Extent};
use octopus::server::Server;
use secret::Secret;

/// How many notes are shown one by one; the others are counted.
const SHOWN: usize = 25;

/// Reads the space and converts it; writes each module, and pushes it if asked.
///
/// # Errors
/// When a setting is missing or contradicts another, or a server can't be reached or refuses.
pub async fn run(arguments: cli::Serialize, ui: &Ui) -> Result<Outcome, Failure> {
    let (options, wanted) = what(arguments.what);
    let asked = options.part.options()?;
    refuse_for_runbook(&options, &wanted)?;
    let strict = !options.for_all;
    let lock = settings::provider_lock(options.provider_lock.as_deref())?;
    let transport = settings::transport(&options.connection)?;
    let given = Settings::read(options.secrets, ui)?;
    let key = if options.push { Some(given.module_key()?) } else { None };
    let server = given.source(&options.source, &transport).await?;
    ui.info(&format!("reading {}", server.described()));

    let extent = wanted.extent(&asked, strict);
    let mut inventory = read::read_branch(&server, extent, options.branch.as_deref()).await?;
    if matches!(extent, Extent::Projects(_)) && !asked.renames.is_empty() {
        read::add_tag_sets(&server, &mut inventory).await?;
    }
    cutover::journal::add(&server, &mut inventory).await?;
    ui.info(&format!("read {} documents in {} requests", inventory.len(), server.client.requests()));
    if options.source.source_digest.is_some() {
        foreign::refuse(&foreign::of_space(&inventory))?;
    }
    let unread = inventory.unread.clone();
    let (inventory, sources) = seeded::prepare(inventory);
    let ids = wanted.ids(&inventory)?;
    let whole = wanted.whole(&ids, strict);
    let mut selection = part::choose(&asked, &inventory, whole, strict)?;
    let inventory = part::prepared(&mut selection, inventory, &asked.renames, strict)?;
    part::complete(&mut selection, &inventory, &sources, whole);
    let source = Source { server: &server, inventory, selection, sources, unread, lock };
    let folders = folders(&source.inventory, &source.selection, &wanted, &ids, &options.out)?;
    // One after the other: the modules of a large space would not fit the memory together.
    let mut written = Vec::new();
    for (folder, maker) in folders {
        written.push(source.write(folder, &maker, key.as_ref(), ui).await?);
    }
    let Source { inventory, selection, .. } = &source;
    let stale = stale_projects(&options.out, &wanted, inventory, &written);
    let choice = Choice::new(selection, inventory, whole, &written);
    report(&written, &choice, &stale, ui);
    let needs_person =
        written.iter().flat_map(|module| &module.notes).any(Note::needs_person) || !stale.is_empty();
    Ok(if needs_person { Outcome::DoneWithNotes } else { Outcome::Done })
}

fn what(what: SerializeWhat) -> (cli::SerializeOptions, Wanted) {
    match what {
        SerializeWhat::Space(options) => (options, Wanted::Space),
        SerializeWhat::Project { names, options } => (options, Wanted::Projects(names)),
        SerializeWhat::Runbook { name, project, options } => {
            (options, Wanted::Runbook { name, project: vec![project] })
        }
        SerializeWhat::All(options) => (options, Wanted::All),
    }
}

fn refuse_for_runbook(options: &cli::SerializeOptions, wanted: &Wanted) -> Result<(), Failure> {
    if !matches!(wanted, Wanted::Runbook { .. }) {
        return Ok(());
    }
    if options.push {
        return Err(Failure::usage("--push can't be said of a runbook's module: no step fetches one"));
    }
    if !options.part.only.is_empty() {
        return Err(Failure::usage("--only can't be said of one runbook: its module holds nothing else"));
    }
    Ok(())
}

/// What modules are made of.
struct Source<'a> {
    server: &'a Server,
    inventory: Inventory,
    selection: Selection,
    sources: SecretSources,
    /// What the source's key may not see.
    unread: Vec<Unread>,
    /// Which provider the modules are applied with, where that is said.
    lock: Option<String>,
}

impl Source<'_> {
    /// Makes a module, writes it, and pushes it if there is a key to seal it with.
    async fn write(
        &self,
        folder: PathBuf,
        maker: &Maker<'_>,
        key: Option<&Secret>,
        ui: &Ui,
    ) -> Result<Written, Failure> {
        let Self { server, inventory, selection, sources, unread, lock } = self;
        let mut selection = selection.clone();
        selection.earlier = earlier(server, &folder, *maker, key).await?;
        let selection = &selection;
        let mut module = match maker {
            Maker::Space => modules::space(inventory, selection, sources)?,
            Maker::Project(id) => modules::project(inventory, id, selection, sources)?,
            Maker::Runbook(id) => modules::runbook(inventory, id, selection, sources)?,
        };
        if matches!(maker, Maker::Space) {
            module.manifest.notes.extend(unread.iter().map(Note::not_read));
            module.manifest.notes.sort();
        }
        if let Some(lock) = lock {
            module.files.insert(provider_lock::FILE.to_owned(), lock.clone().into_bytes());
        }
        folder::write_module(&module, &folder)?;
        let package = match key {
            Some(key) => Some(package::push(server, &module, key).await?),
            None => None,
        };
        if let Some(package) = &package {
            ui.info(&format!("uploaded {}", package.described()));
            ui.artifact(package::ARTIFACT, &json!(package).to_string())?;
        }
        Ok(Written::new(folder, module, package))
    }
}

/// What the resources of the last module are at the source: of the newest in the feed, where it can be told that octoferry made it; else of the
/// one in the folder.
async fn earlier(
    server: &Server,
    folder: &Path,
    maker: Maker<'_>,
    key: Option<&Secret>,
) -> Result<Identities, Failure> {
    let project = match maker {
        Maker::Space => Some(None),
        Maker::Project(id) => Some(Some(id)),
        Maker::Runbook(_) => None,
    };
    let pushed = match (key, project) {
        (Some(key), Some(project)) => package::newest_identities(server, project, key).await?,
        _ => None,
    };
    Ok(pushed.or_else(|| folder::read_identities(folder, server.space_id())).unwrap_or_default())
}

/// What the command line asks for.
enum Wanted {
    Space,
    Projects(Vec<String>),
    /// One runbook of a project.
    Runbook {
        name: String,
        project: Vec<String>,
    },
    All,
}

/// What a module is made of.
#[derive(Clone, Copy)]
enum Maker<'i> {
    Space,
    Project(&'i str),
    Runbook(&'i str),
}

impl Wanted {
    /// How much has to be read. What is selected may be named by anything, and what an option names is looked for everywhere.
    fn extent(&self, options: &Options, strict: bool) -> Extent<'_> {
        match self {
            Self::Space if !strict && options.only_of_projects() => Extent::Whole,
            Self::Space => Extent::Shared,
            Self::Projects(_) | Self::Runbook { .. } if strict && !options.is_empty() => Extent::Whole,
            Self::Projects(names) | Self::Runbook { project: names, .. } => Extent::Projects(names),
            Self::All => Extent::Whole,
        }
    }

    /// The ids of the projects that are wanted by name.
    fn ids(&self, inventory: &Inventory) -> Result<Vec<String>, Failure> {
        match self {
            Self::Projects(names) | Self::Runbook { project: names, .. } => {
                read::find_projects(inventory, names)
            }
            Self::Space | Self::All => Ok(Vec::new()),
        }
    }

    fn whole<'a>(&self, ids: &'a [String], strict: bool) -> Whole<'a> {
        match self {
            Self::Space if strict => Whole::Space,
            // The modules of the projects are made by other runs.
            Self::Space | Self::All => Whole::All,
            Self::Projects(_) | Self::Runbook { .. } => Whole::Projects(ids),
        }
    }
}

/// The folders of the modules, each with what it is made of: the space's first, then projects by folder.
fn folders<'i>(
    inventory: &'i Inventory,
    selection: &Selection,
    wanted: &Wanted,
    ids: &[String],
    out: &Path,
) -> Result<Vec<(PathBuf, Maker<'i>)>, Failure> {
    let folder = |below: &Path, project: &'i Document| {
        (below.join(folder_name(&convert::slug_of_project(project), project.id())), project.id())
    };
    let mut folders: Vec<(PathBuf, &str)> = match wanted {
        Wanted::Space => return Ok(vec![(out.to_owned(), Maker::Space)]),
        Wanted::Runbook { name, .. } => {
            let runbook = find_runbook(inventory, selection, &ids[0], name)?;
            return Ok(vec![(out.to_owned(), Maker::Runbook(runbook))]);
        }
        Wanted::Projects(_) => {
            let projects = ids.iter().filter_map(|id| inventory.get(Collection::Projects, id));
            projects.map(|project| folder(out, project)).collect()
        }
        Wanted::All => {
            let projects = selection.projects(inventory).into_iter();
            projects.map(|project| folder(&out.join("projects"), project)).collect()
        }
    };
    folders.sort();
    let mut folders: Vec<(PathBuf, Maker<'_>)> =
        folders.into_iter().map(|(folder, id)| (folder, Maker::Project(id))).collect();
    if matches!(wanted, Wanted::All) {
        folders.insert(0, (out.join("space"), Maker::Space));
    }
    Ok(folders)
}

/// The id of a project's runbook with that name at the source, slug or id.
fn find_runbook<'i>(
    inventory: &'i Inventory,
    selection: &Selection,
    project: &str,
    wanted: &str,
) -> Result<&'i str, Failure> {
    let runbooks = || inventory.of(Collection::Runbooks, project);
    let name = |runbook: &'i Document| selection.source_name(Collection::Runbooks, runbook).to_owned();
    let found = runbooks().find(|runbook| name(runbook) == wanted);
    let found = found.or_else(|| {
        runbooks().find(|runbook| [runbook.text("Slug"), Some(runbook.id())].contains(&Some(wanted)))
    });
    found.map(Document::id).ok_or_else(|| {
        let names: BTreeSet<String> = runbooks().map(|runbook| format!("{:?}", name(runbook))).collect();
        let there = names.into_iter().collect::<Vec<_>>().join(", ");
        let there = if there.is_empty() { "none".to_owned() } else { there };
        Failure::usage(format!("the project has no runbook {wanted:?}")).hint(format!("It has: {there}."))
    })
}

/// What the report says of the selection.
#[derive(Default)]
struct Choice {
    /// What was added, and what needs it.
    needed: Vec<String>,
    /// What the modules look up and none of them makes.
    looked_up: Vec<String>,
    left_out: Vec<String>,
}

impl Choice {
    fn new(selection: &Selection, inventory: &Inventory, whole: Whole<'_>, written: &[Written]) -> Self {
        if selection.options.is_empty() {
            return Self::default();
        }
        let made = |noun: &str, name: &str| {
            let kinds = kinds::SPACE.iter().chain(kinds::PROJECT);
            let mut kinds = kinds.filter(|kind| kind.noun == noun);
            whole == Whole::All
                && kinds.any(|kind| {
                    let mut all = inventory.all(kind.collection).filter(|document| (kind.of)(document));
                    all.any(|document| {
                        document.name() == name
                            && selection.fate(kind.collection, document.id()) == Fate::Make
                    })
                })
        };
        let lookups = written.iter().flat_map(|module| &module.lookups);
        let lookups = lookups.filter(|(noun, name)| !made(noun, name));
        let looked_up: BTreeSet<String> = lookups.map(|(noun, name)| format!("{noun} {name:?}")).collect();
        let notes = written.iter().flat_map(|module| &module.notes);
        let left_out = notes.filter(|note| note.code == "not-selected").map(|note| note.text.clone());
        Self {
            needed: selection
                .needed()
                .into_iter()
                .map(|needed| format!("{} (by {})", needed.what, needed.by))
                .collect(),
            looked_up: looked_up.into_iter().collect(),
            left_out: left_out.collect(),
        }
    }

    fn tell(&self, ui: &Ui) {
        let lists = [
            ("because they are needed", &self.needed),
            ("looked up at the destination, not made", &self.looked_up),
        ];
        for (heading, items) in lists.into_iter().filter(|(_, items)| !items.is_empty()) {
            ui.info(&format!("\n{heading}:"));
            items.iter().take(SHOWN).for_each(|item| ui.info(&format!("- {item}")));
            if items.len() > SHOWN {
                ui.info(&format!("… and {} more; --json has them all", items.len() - SHOWN));
            }
        }
        if !self.left_out.is_empty() {
            ui.info("\nin no module:");
            self.left_out.iter().for_each(|line| ui.info(&format!("- {line}")));
        }
    }
}

/// What the report says of a module, once it is written.
struct Written {
    folder: PathBuf,
    scope: Scope,
    files: usize,
    secrets: usize,
    notes: Vec<Note>,
    lookups: Vec<(&'static str, String)>,
    tally: BTreeMap<Collection, Tally>,
    package: Option<package::Pushed>,
}

impl Written {
    fn new(folder: PathBuf, module: Module, package: Option<package::Pushed>) -> Self {
        Self {
            folder,
            // The manifest is a file too.
            files: module.files.len() + 1,
            scope: module.manifest.scope,
            secrets: module.manifest.secrets.len(),
            notes: module.manifest.notes,
            lookups: module.lookups,
            tally: module.tally,
            package,
        }
    }
}

/// A slug as a folder's name. Servers make slugs of letters, digits and hyphens; whatever else comes, comes as the id.
fn folder_name<'a>(slug: &'a str, id: &'a str) -> &'a str {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    if !slug.is_empty() && slug.chars().all(plain) { slug } else { id }
}

/// Folders of projects that `serialize all` has written before and does not write now, each with the reason.
fn stale_projects(
    out: &Path,
    wanted: &Wanted,
    inventory: &Inventory,
    written: &[Written],
) -> Vec<(PathBuf, &'static str)> {
    if !matches!(wanted, Wanted::All) {
        return Vec::new();
    }
    let written: BTreeSet<&Path> = written.iter().map(|module| module.folder.as_path()).collect();
    let entries = std::fs::read_dir(out.join("projects")).into_iter().flatten().filter_map(Result::ok);
    let others = entries.map(|entry| entry.path()).filter(|path| !written.contains(path.as_path()));
    let why = |path: PathBuf| {
        let manifest = folder::read_manifest(&path).ok()?;
        let ours = manifest.source.space_id == inventory.space_id();
        let why = match &manifest.scope {
            Scope::Project { id, .. } if inventory.get(Collection::Projects, id).is_some() => {
                "is not selected"
            }
            _ => "the space no longer has",
        };
        ours.then_some((path, why))
    };
    let mut stale: Vec<(PathBuf, &'static str)> = others.filter_map(why).collect();
    stale.sort();
    stale
}

fn report(modules: &[Written], choice: &Choice, stale: &[(PathBuf, &str)], ui: &Ui) {
    let mut rows = vec![["module", "files", "secrets", "notes", "for a person"].map(str::to_owned).to_vec()];
    for module in modules {
        rows.push(vec![
            module.folder.display().to_string(),
            module.files.to_string(),
            module.secrets.to_string(),
            module.notes.len().to_string(),
            module.notes.iter().filter(|note| note.needs_person()).count().to_string(),
        ]);
    }
    ui.info(&format!("\n{}", table(&rows)));
    let fields = tally::sum(modules.iter().map(|module| &module.tally));
    if !ui.in_step() {
        ui.info(&format!("\n{}", fields_table(&fields)));
    }
    choice.tell(ui);
    let for_person: Vec<&Note> =
        modules.iter().flat_map(|module| &module.notes).filter(|note| note.needs_person()).collect();
    if !for_person.is_empty() {
        ui.info("\nfor a person:");
        for note in for_person.iter().take(SHOWN) {
            ui.info(&format!("- {}", note.task()));
        }
        if for_person.len() > SHOWN {
            ui.info(&format!(
                "… and {} more, in the octoferry.json of the modules",
                for_person.len() - SHOWN
            ));
        }
    }
    for (path, why) in stale {
        ui.warning(&format!(
            "{} is the module of a project that {why}. Destroy or keep what it made, then remove the folder.",
            path.display()
        ));
    }
    if ui.json() {
        let modules: Vec<_> = modules
            .iter()
            .map(|module| {
                json!({
                    "Folder": module.folder,
                    "Scope": module.scope,
                    "Files": module.files,
                    "Secrets": module.secrets,
                    "Notes": module.notes,
                    "Package": module.package,
                })
            })
            .collect();
        let stale: Vec<&PathBuf> = stale.iter().map(|(path, _)| path).collect();
        let result = json!({
            "Modules": modules,
            "Fields": fields,
            "Stale": stale,
            "Needed": choice.needed,
            "LookedUp": choice.looked_up,
        });
        ui.data(&result.to_string());
    }
}

/// The account of every field, by collection.
fn fields_table(fields: &BTreeMap<Collection, Tally>) -> String {
    let mut rows =
        vec![["fields of", "carried", "by finish", "ignored", "noted"].map(str::to_owned).to_vec()];
    for (collection, tally) in fields {
        let numbers =
            [tally.carried, tally.finish, tally.ignored, tally.noted].map(|number| number.to_string());
        rows.push([vec![collection.to_string()], numbers.to_vec()].concat());
    }
    table(&rows)
}
