//! Made-up spaces (`tests/random`) through the conversion: what holds of every space, whatever stands in it. What holds of their way to
//! another server is in `tests/random/run`, which takes Terraform's time.
//!
//! A seed that fails is made smaller before it is shown. To see it: `cargo run -p random-space -- SEED FILE`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use documents::collection::Collection;
use documents::inventory::Inventory;
use module::Module;
use octoferry_core::convert::SecretSources;
use octoferry_core::modules;
use octoferry_core::selection::Selection;
use serde_json::{Value, json};

use crate::support::content;

/// How many spaces are tried.
const SEEDS: std::ops::Range<u64> = 1000..1080;
const SPACE: &str = "Spaces-2";

/// The modules of a space: its own, and one of each project.
fn modules(dump: &Value) -> Result<Vec<Module>, String> {
    let inventory = Inventory::from_dump(dump, SPACE).ok_or("refused: no space")?;
    let (selection, sources) = (Selection::default(), SecretSources::default());
    let refused = |failure: failure::Failure| format!("refused: {}", failure.message);
    let mut modules = vec![modules::space(&inventory, &selection, &sources).map_err(refused)?];
    for project in inventory.all(Collection::Projects) {
        let module = modules::project(&inventory, project.id(), &selection, &sources);
        modules.push(module.map_err(refused)?);
    }
    Ok(modules)
}

/// All that is in the modules, as text.
fn text_of(modules: &[Module]) -> String {
    let files = modules.iter().flat_map(Module::all_files);
    files.map(|(path, content)| format!("--- {path}\n{}\n", String::from_utf8_lossy(&content))).collect()
}

/// Tries a property on many spaces. Its error is what is wrong, without the seed's own words, so that a smaller space can show the same.
/// A conversion that is refused is wrong too.
#[track_caller]
fn of_every_space(holds: impl Fn(&Value) -> Result<(), String>) {
    for seed in SEEDS {
        let dump = random_space::space(seed).dump;
        if let Err(what) = holds(&dump) {
            let kind = |what: &str| what.split(':').next().unwrap_or_default().to_owned();
            let small = random_space::shrink::shrink(&dump, 3000, |smaller| {
                holds(smaller).is_err_and(|other| kind(&other) == kind(&what))
            });
            panic!("seed {seed}: {what}\na smaller space that shows it:\n{}", small["Documents"][SPACE]);
        }
    }
}

/// The documents of the space, collection by collection.
fn collections(dump: &mut Value) -> &mut serde_json::Map<String, Value> {
    dump["Documents"][SPACE].as_object_mut().expect("a space has collections")
}

#[test]
fn every_field_is_known_and_nothing_is_odd() {
    of_every_space(|dump| {
        let modules = modules(dump)?;
        let mut notes = modules.iter().flat_map(|module| &module.manifest.notes);
        match notes.find(|note| matches!(note.code.as_str(), "unknown-field" | "odd-value" | "dangling")) {
            None => Ok(()),
            Some(note) => Err(format!(
                "{} {} {}: {:?} {}",
                note.code,
                note.collection(),
                note.field(),
                note.key(),
                note.text
            )),
        }
    });
}

#[test]
fn the_same_documents_in_any_order_give_the_same_bytes() {
    of_every_space(|dump| {
        let mut other = dump.clone();
        for (_, documents) in collections(&mut other) {
            if let Value::Object(fields) = documents.take() {
                *documents = Value::Object(fields.into_iter().rev().collect());
            }
        }
        let (one, other) = (modules(dump)?, modules(&other)?);
        let differs = one.iter().zip(&other).flat_map(|(one, other)| {
            let (one, other) = (one.all_files(), other.all_files());
            one.into_iter()
                .filter(move |(path, content)| other.get(path) != Some(content))
                .map(|(path, _)| path)
        });
        differs.map(|path| Err(format!("{path}: has other bytes"))).next().unwrap_or(Ok(()))
    });
}

#[test]
fn no_id_of_the_source_is_left() {
    of_every_space(|dump| {
        let mut ids: Vec<&String> = Vec::new();
        for documents in dump["Documents"][SPACE].as_object().into_iter().flat_map(serde_json::Map::values) {
            ids.extend(documents.as_object().into_iter().flat_map(serde_json::Map::keys));
        }
        // Variable sets and processes have the ids of their owners in theirs.
        ids.retain(|id| id.starts_with(|letter: char| letter.is_ascii_uppercase()));
        for mut module in modules(dump)? {
            // The manifest says of which project it is.
            module.manifest.scope = module::manifest::Scope::Space;
            // This one file is for them: it says what each resource is at the source.
            let files = module.all_files().into_iter().filter(|(path, _)| path != module::identities::FILE);
            let text: String =
                files.map(|(_, content)| String::from_utf8_lossy(&content).into_owned() + "\n").collect();
            let words: std::collections::HashSet<&str> =
                text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-')).collect();
            if let Some(id) = ids.iter().find(|id| words.contains(id.as_str())) {
                return Err(format!("an id is left: {id}"));
            }
        }
        Ok(())
    });
}

/// Objects whose keys are anybody's: a key more is no field.
const FREE: [&str; 7] = [
    "Properties",
    "DisplaySettings",
    "CustomClaims",
    "Scope",
    "ProjectEnvironments",
    "Values",
    "ScopeValues",
];

/// Puts a field that nobody knows into every object.
fn plant(value: &mut Value, at: &str, count: &mut usize) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields.iter_mut().filter(|(name, _)| !FREE.contains(&name.as_str())) {
                plant(inner, &format!("{at}/{name}"), count);
            }
            if !fields.contains_key("HasValue") {
                *count += 1;
                fields.insert(format!("Planted{count}At{}", at.replace('/', ".")), json!(true));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| plant(item, at, count)),
        _ => {}
    }
}

#[test]
fn a_field_that_nobody_knows_is_never_lost_silently() {
    of_every_space(|dump| {
        let mut planted = dump.clone();
        let mut count = 0;
        for (collection, documents) in collections(&mut planted) {
            // Values of tenants are what the two views of a server show of them; deployment settings mirror the project.
            if ["tenantvariablevalues", "deploymentsettings"].contains(&collection.as_str()) {
                continue;
            }
            for (_, document) in documents.as_object_mut().into_iter().flatten() {
                plant(document, collection, &mut count);
            }
        }
        let text = text_of(&modules(&planted)?);
        let everything = planted.to_string();
        let place = |number| everything.split(&format!("Planted{number}At")).nth(1)?.split('"').next();
        let lost = (1..=count).filter(|number| !text.contains(&format!("Planted{number}At")));
        let places: BTreeSet<&str> = lost.filter_map(place).collect();
        match places.first() {
            None => Ok(()),
            Some(first) => Err(format!("lost {first}: in {places:?}")),
        }
    });
}

/// Resources by what they make.
fn addresses(modules: &[Module]) -> BTreeMap<String, String> {
    let made = modules.iter().flat_map(|module| &module.manifest.makes);
    made.map(|made| (format!("{} {:?}", made.target.collection, made.target.key), made.address.clone()))
        .collect()
}

#[test]
fn a_document_more_renames_no_other() {
    of_every_space(|dump| {
        let with = addresses(&modules(dump)?);
        // One kind a space: over all of them each has its turn.
        let kinds = [
            "environments",
            "lifecycles",
            "tenants",
            "accounts",
            "feeds",
            "machines",
            "libraryvariablesets",
            "projects",
        ];
        let present: Vec<&str> =
            kinds.into_iter().filter(|kind| dump["Documents"][SPACE].get(*kind).is_some()).collect();
        let collection = present[with.len() % present.len()];
        // The newest of them comes to what was there without it.
        let mut before = dump.clone();
        let documents = collections(&mut before)[collection].as_object_mut().expect("documents");
        let number = |id: &str| id.rsplit('-').next().and_then(|number| number.parse::<u64>().ok());
        let Some(newest) = documents.keys().max_by_key(|id| number(id)).cloned() else { return Ok(()) };
        documents.shift_remove(&newest);
        for (_, documents) in collections(&mut before) {
            if let Value::Object(documents) = documents {
                documents.retain(|_, document| document["ProjectId"] != newest.as_str());
            }
        }
        for (what, address) in addresses(&modules(&before)?) {
            if let Some(now) = with.get(&what).filter(|now| **now != address) {
                return Err(format!("renamed by one of {collection}: {what} was {address}, is {now}"));
            }
        }
        Ok(())
    });
}

#[test]
fn modules_are_formatted_and_as_the_schema_wants_them() {
    let folder = tempfile::tempdir().expect("a folder");
    for seed in SEEDS {
        for (number, module) in modules(&random_space::space(seed).dump).expect("modules").iter().enumerate()
        {
            // The checker is slow; the formatter is not.
            let name = if seed < SEEDS.start + 12 { "checked" } else { "formatted" };
            octoferry::delivery::folder::write_module(
                module,
                &folder.path().join(name).join(format!("{seed}-{number}")),
            )
            .expect("a module");
        }
    }
    content(Path::new("terraform"), &["fmt", "-check", "-recursive", "-list=true"], folder.path());
    let checker = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schema/check-module");
    content(&checker, &["--deny-deprecated", "-q", "-r", "checked"], folder.path());
}
