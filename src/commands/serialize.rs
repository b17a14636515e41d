//! `octoferry serialize`: Terraform modules of a space or its projects.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::cli::{self, SerializeOptions, SerializeWhat};
use crate::convert::{self, SecretSources, Selection};
use crate::failure::{Failure, Outcome};
use crate::module::manifest::{Note, Scope};
use crate::module::{Module, folder, package};
use crate::octopus::inventory::Inventory;
use crate::octopus::read::{self, Extent};
use crate::seeded;
use crate::settings::{self, Settings};
use crate::ui::{Ui, table};

/// How many notes are shown one by one; the others are counted.
const SHOWN: usize = 25;

/// Reads the space, converts it, writes the modules, and pushes them if asked.
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

    let inventory = read::read(&server, wanted.extent()).await?;
    ui.info(&format!("read {} documents in {} requests", inventory.len(), server.client.requests()));
    let unread = inventory.unread.clone();
    let (inventory, sources) = seeded::prepare(inventory);
    let modules = modules(&inventory, &selection, &sources, &wanted, &options, unread)?;
    for (path, module) in &modules {
        module.write(path)?;
    }
    let stale = stale_projects(&options.out, &wanted, &modules);
    let mut pushed = BTreeMap::new();
    if options.push {
        for (path, module) in &modules {
            let package = package::push(&server, module).await?;
            ui.info(&format!("uploaded {}", package.described()));
            pushed.insert(path.clone(), package);
        }
    }
    report(&modules, &pushed, &stale, ui);
    let needs_person = modules.iter().flat_map(|(_, module)| &module.manifest.notes).any(Note::needs_person)
        || !stale.is_empty();
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

/// The modules and their folders: the space first, then projects by folder.
fn modules(
    inventory: &Inventory,
    selection: &Selection,
    sources: &SecretSources,
    wanted: &Wanted,
    options: &SerializeOptions,
    unread: Vec<Note>,
) -> Result<Vec<(PathBuf, Module)>, Failure> {
    let mut modules = Vec::new();
    let (space_folder, projects_folder, project_ids) = match wanted {
        Wanted::Space => (Some(options.out.clone()), options.out.clone(), Vec::new()),
        Wanted::Projects(names) => (None, options.out.clone(), read::find_projects(inventory, names)?),
        Wanted::All => {
            let ids = inventory.all("projects").map(|project| project.id().to_owned()).collect();
            (Some(options.out.join("space")), options.out.join("projects"), ids)
        }
    };
    if let Some(folder) = space_folder {
        let mut module = convert::space(inventory, selection, sources)?;
        module.manifest.notes.extend(unread);
        module.manifest.notes.sort();
        modules.push((folder, module));
    }
    let mut projects = Vec::new();
    for id in project_ids {
        let module = convert::project(inventory, &id, selection, sources)?;
        let Scope::Project { slug, .. } = &module.manifest.scope else { continue };
        projects.push((projects_folder.join(folder_name(slug, &id)), module));
    }
    projects.sort_by(|(left, _), (right, _)| left.cmp(right));
    modules.extend(projects);
    Ok(modules)
}

/// A slug as a folder's name. Servers make slugs of letters, digits and hyphens; whatever else comes, comes as the id.
fn folder_name<'a>(slug: &'a str, id: &'a str) -> &'a str {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    if !slug.is_empty() && slug.chars().all(plain) { slug } else { id }
}

/// Folders of projects that `serialize all` has written before and that the space no longer has.
fn stale_projects(out: &Path, wanted: &Wanted, modules: &[(PathBuf, Module)]) -> Vec<PathBuf> {
    let origin = match (wanted, modules.first()) {
        (Wanted::All, Some((_, module))) => &module.manifest.source,
        _ => return Vec::new(),
    };
    let entries = std::fs::read_dir(out.join("projects")).into_iter().flatten().filter_map(Result::ok);
    let stale =
        entries.map(|entry| entry.path()).filter(|path| !modules.iter().any(|(folder, _)| folder == path));
    let mut stale: Vec<PathBuf> = stale
        .filter(|path| {
            folder::read_manifest(path).is_ok_and(|manifest| manifest.source.space_id == origin.space_id)
        })
        .collect();
    stale.sort();
    stale
}

fn report(
    modules: &[(PathBuf, Module)],
    pushed: &BTreeMap<PathBuf, package::Pushed>,
    stale: &[PathBuf],
    ui: &Ui,
) {
    let mut rows = vec![["module", "files", "secrets", "notes", "for a person"].map(str::to_owned).to_vec()];
    for (path, module) in modules {
        let notes = &module.manifest.notes;
        rows.push(vec![
            path.display().to_string(),
            (module.files.len() + 1).to_string(),
            module.manifest.secrets.len().to_string(),
            notes.len().to_string(),
            notes.iter().filter(|note| note.needs_person()).count().to_string(),
        ]);
    }
    ui.info(&format!("\n{}", table(&rows)));
    let for_person: Vec<&Note> = modules
        .iter()
        .flat_map(|(_, module)| &module.manifest.notes)
        .filter(|note| note.needs_person())
        .collect();
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
            .map(|(path, module)| {
                json!({
                    "Folder": path,
                    "Scope": module.manifest.scope,
                    "Files": module.files.len() + 1,
                    "Secrets": module.manifest.secrets.len(),
                    "Notes": module.manifest.notes,
                    "Package": pushed.get(path).map(|package| json!({
                        "Id": package.id, "Version": package.version, "Sha256": package.digest,
                    })),
                })
            })
            .collect();
        ui.data(&json!({"Modules": modules, "Stale": stale}).to_string());
    }
}
