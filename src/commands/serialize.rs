//! `octoferry serialize`: Terraform modules of a space or its projects.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::cli::{self, SerializeWhat};
use crate::convert::tally::{self, Tally};
use crate::convert::{self, Selection};
use crate::failure::{Failure, Outcome};
use crate::module::manifest::{Note, Scope};
use crate::module::{Module, folder, package};
use crate::octopus::document::Document;
use crate::octopus::inventory::Inventory;
use crate::octopus::read::{self, Extent};
use crate::seeded;
use crate::settings::{self, Settings};
use crate::ui::{Ui, table};

/// How many notes are shown one by one; the others are counted.
const SHOWN: usize = 25;

/// Reads the space and converts it; writes each module, and pushes it if asked.
///
/// # Errors
/// What stopped it.
pub async fn run(arguments: cli::Serialize, ui: &Ui) -> Result<Outcome, Failure> {
    let (options, wanted) = match arguments.what {
        SerializeWhat::Space(options) => (options, Wanted::Space),
        SerializeWhat::Project { names, options } => (options, Wanted::Projects(names)),
        SerializeWhat::All(options) => (options, Wanted::All),
    };
    let selection = Selection::parse(&options.lookup)?;
    let transport = settings::transport(&options.connection)?;
    let server = Settings::read(options.secrets, ui)?.source(&options.source, &transport).await?;
    ui.info(&format!("reading {}", server.described()));

    let inventory = read::read_branch(&server, wanted.extent(), options.branch.as_deref()).await?;
    ui.info(&format!("read {} documents in {} requests", inventory.len(), server.client.requests()));
    let unread = inventory.unread.clone();
    let (inventory, sources) = seeded::prepare(inventory);
    // One after the other: the modules of a large space would not fit the memory together.
    let mut written = Vec::new();
    for (folder, project) in folders(&inventory, &wanted, &options.out)? {
        let mut module = match project {
            None => convert::space(&inventory, &selection, &sources)?,
            Some(id) => convert::project(&inventory, id, &selection, &sources)?,
        };
        if project.is_none() {
            module.manifest.notes.extend(unread.iter().cloned());
            module.manifest.notes.sort();
        }
        module.write(&folder)?;
        let package = if options.push { Some(package::push(&server, &module).await?) } else { None };
        if let Some(package) = &package {
            ui.info(&format!("uploaded {}", package.described()));
        }
        written.push(Written::new(folder, module, package));
    }
    let stale = stale_projects(&options.out, &wanted, inventory.space_id(), &written);
    report(&written, &stale, ui);
    let needs_person =
        written.iter().flat_map(|module| &module.notes).any(Note::needs_person) || !stale.is_empty();
    Ok(if needs_person { Outcome::DoneWithNotes } else { Outcome::Done })
}

/// What the command line asks for.
enum Wanted {
    Space,
    Projects(Vec<String>),
    All,
}

impl Wanted {
    fn extent(&self) -> Extent<'_> {
        match self {
            Self::Space => Extent::Shared,
            Self::Projects(names) => Extent::Projects(names),
            Self::All => Extent::Whole,
        }
    }
}

/// The folders of the modules, each with the id of its project: the space's (which has none) first, then projects by folder.
fn folders<'i>(
    inventory: &'i Inventory,
    wanted: &Wanted,
    out: &Path,
) -> Result<Vec<(PathBuf, Option<&'i str>)>, Failure> {
    let folder = |below: &Path, project: &'i Document| {
        (below.join(folder_name(&convert::slug_of_project(project), project.id())), Some(project.id()))
    };
    let mut folders = match wanted {
        Wanted::Space => return Ok(vec![(out.to_owned(), None)]),
        Wanted::Projects(names) => {
            let ids = read::find_projects(inventory, names)?;
            let projects = ids.iter().filter_map(|id| inventory.get("projects", id));
            projects.map(|project| folder(out, project)).collect::<Vec<_>>()
        }
        Wanted::All => {
            inventory.all("projects").map(|project| folder(&out.join("projects"), project)).collect()
        }
    };
    folders.sort();
    if matches!(wanted, Wanted::All) {
        folders.insert(0, (out.join("space"), None));
    }
    Ok(folders)
}

/// What the report says of a module, once it is written.
struct Written {
    folder: PathBuf,
    scope: Scope,
    files: usize,
    secrets: usize,
    notes: Vec<Note>,
    tally: BTreeMap<String, Tally>,
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

/// Folders of projects that `serialize all` has written before and that the space no longer has.
fn stale_projects(out: &Path, wanted: &Wanted, space: &str, written: &[Written]) -> Vec<PathBuf> {
    if !matches!(wanted, Wanted::All) {
        return Vec::new();
    }
    let written: BTreeSet<&Path> = written.iter().map(|module| module.folder.as_path()).collect();
    let entries = std::fs::read_dir(out.join("projects")).into_iter().flatten().filter_map(Result::ok);
    let others = entries.map(|entry| entry.path()).filter(|path| !written.contains(path.as_path()));
    let ours =
        |path: &PathBuf| folder::read_manifest(path).is_ok_and(|manifest| manifest.source.space_id == space);
    let mut stale: Vec<PathBuf> = others.filter(ours).collect();
    stale.sort();
    stale
}

fn report(modules: &[Written], stale: &[PathBuf], ui: &Ui) {
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
    for path in stale {
        ui.warning(&format!(
            "{} is the module of a project that the space no longer has. Destroy or keep what it made, then remove the folder.",
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
                    "Package": module.package.as_ref().map(|package| json!({
                        "Id": package.id, "Version": package.version, "Sha256": package.digest,
                    })),
                })
            })
            .collect();
        ui.data(&json!({"Modules": modules, "Fields": fields, "Stale": stale}).to_string());
    }
}

/// The account of every field, by collection.
fn fields_table(fields: &BTreeMap<String, Tally>) -> String {
    let mut rows =
        vec![["fields of", "carried", "by finish", "ignored", "noted"].map(str::to_owned).to_vec()];
    for (collection, tally) in fields {
        let numbers =
            [tally.carried, tally.finish, tally.ignored, tally.noted].map(|number| number.to_string());
        rows.push([vec![collection.clone()], numbers.to_vec()].concat());
    }
    table(&rows)
}
