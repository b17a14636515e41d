//! Whole spaces as modules: what comes out must be the files in `tests/spaces/<name>/module/`, byte for byte. And single documents: for each
//! folder `tests/shapes/<collection>/<case>` with a `documents.json`, its other files are what the documents add to a space's module.
//!
//! `UPDATE_EXPECT=1 cargo test --test it golden` writes them anew.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;
use expect_test::expect_file;
use module::Module;
use octoferry_core::convert::SecretSources;
use octoferry_core::modules;
use octoferry_core::selection::Selection;
use serde_json::{Map, Value, json};

fn folder(space: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spaces").join(space)
}

fn inventory(space: &str) -> Inventory {
    let text = std::fs::read(folder(space).join("space.json")).expect("the space's file");
    Inventory::from_dump(&serde_json::from_slice(&text).expect("JSON"), "Spaces-2").expect("the space")
}

/// As `seeded::prepare` would say: every sensitive variable has a readable name, every account that can be is a typed variable.
fn sources(inventory: &Inventory) -> SecretSources {
    let mut sources = SecretSources::default();
    for set in inventory.all(Collection::Variables) {
        for variable in set.list("Variables") {
            if variable["IsSensitive"] == true {
                let name = variable["Name"].as_str().unwrap_or_default();
                sources.variables.insert(
                    SecretSources::key(set.id(), variable["Id"].as_str().unwrap_or_default()),
                    Ok(format!("{name}.Readable")),
                );
            }
        }
    }
    for account in inventory.all(Collection::Accounts) {
        sources.accounts.insert(
            account.id().to_owned(),
            format!("Octoferry.Account.{}", account.name().replace(' ', "-")),
        );
    }
    sources
}

fn files_below(folder: &Path, prefix: &str, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            files_below(&entry.path(), &format!("{path}/"), found);
        } else {
            found.insert(path);
        }
    }
}

fn check(module: &Module, golden: &Path) {
    check_files(&module.all_files(), golden);
    let mut found = BTreeSet::new();
    files_below(golden, "", &mut found);
    let expected: BTreeSet<String> = module.all_files().into_keys().collect();
    assert_eq!(found, expected, "files in {}", golden.display());
}

fn check_files(files: &BTreeMap<String, Vec<u8>>, golden: &Path) {
    for (path, content) in files {
        let path = golden.join(path);
        // The expectation reads CRLF as LF, so what is equal to the byte must not get there.
        if std::fs::read(&path).is_ok_and(|golden| golden == *content) {
            continue;
        }
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder for the expected file");
        expect_file![path].assert_eq(&String::from_utf8_lossy(content));
    }
}

fn check_space(name: &str) {
    let inventory = inventory(name);
    let sources = sources(&inventory);
    let module = modules::space(&inventory, &Selection::default(), &sources).expect("a module");
    check(&module, &folder(name).join("module/space"));
}

fn check_projects(name: &str) {
    let inventory = inventory(name);
    let sources = sources(&inventory);
    for project in inventory.all(Collection::Projects) {
        let module =
            modules::project(&inventory, project.id(), &Selection::default(), &sources).expect("a module");
        let slug = project.text("Slug").expect("a slug");
        check(&module, &folder(name).join("module/projects").join(slug));
    }
}

#[test]
fn golden_projects_small_web() {
    check_projects("small-web");
}

#[test]
fn golden_projects_shop() {
    check_projects("shop");
}

#[test]
fn golden_projects_odd_text() {
    check_projects("odd-text");
}

#[test]
fn golden_projects_infrastructure() {
    check_projects("infrastructure");
}

#[test]
fn golden_infrastructure() {
    check_space("infrastructure");
}

#[test]
fn golden_projects_operations() {
    check_projects("operations");
}

#[test]
fn golden_operations() {
    check_space("operations");
}

#[test]
fn golden_small_web() {
    check_space("small-web");
}

#[test]
fn golden_shop() {
    check_space("shop");
}

#[test]
fn golden_odd_text() {
    check_space("odd-text");
}

/// The module of a space with these documents (collection → list).
fn module_of(documents: &Map<String, Value>) -> Module {
    let mut inventory = Inventory::default();
    inventory.space = Document::new(json!({"Id": "Spaces-2", "Name": "Source"}));
    for (name, list) in documents {
        for document in list.as_array().expect("a list of documents") {
            let document = Document::new(document.clone()).expect("an object");
            inventory.insert(Collection::named(name), document);
        }
    }
    modules::space(&inventory, &Selection::default(), &SecretSources::default()).expect("a module")
}

/// What the files of a module hold beyond those of another: whole files, and of the manifest the lists' new items. Not what counts and lists
/// the files.
fn beyond(module: &Module, other: &Module) -> BTreeMap<String, Vec<u8>> {
    let known = other.all_files();
    let manifest = |files: &BTreeMap<String, Vec<u8>>| -> Map<String, Value> {
        serde_json::from_slice(&files["octoferry.json"]).expect("a manifest")
    };
    let mut files = module.all_files();
    let mut more = manifest(&files);
    for (name, value) in manifest(&known) {
        if let (Value::Array(items), Some(known)) = (&mut more[&name], value.as_array()) {
            items.retain(|item| !known.contains(item));
        }
    }
    more.retain(|name, value| name != "files" && value.as_array().is_some_and(|items| !items.is_empty()));
    files.retain(|path, content| path != "README.md" && known.get(path) != Some(content));
    let text = serde_json::to_string_pretty(&more).expect("JSON") + "\n";
    files.insert("octoferry.json".to_owned(), text.into_bytes());
    files
}

#[test]
fn golden_shapes() {
    let shapes = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shapes");
    let read = |path: PathBuf| -> Map<String, Value> {
        serde_json::from_slice(&std::fs::read(path).expect("a file")).expect("documents")
    };
    let others = read(shapes.join("space.json"));
    let mut found = BTreeSet::new();
    files_below(&shapes, "", &mut found);
    let cases: Vec<&str> = found.iter().filter_map(|path| path.strip_suffix("/documents.json")).collect();
    assert!(cases.len() > 50, "{cases:?}");
    for case in cases {
        let documents = read(shapes.join(case).join("documents.json"));
        // The documents stand alone in their collections, so that the files hold nothing else.
        let mut without = others.clone();
        without.retain(|collection, _| !documents.contains_key(collection));
        let mut with = without.clone();
        with.extend(documents);
        let mut files = beyond(&module_of(&with), &module_of(&without));
        check_files(&files, &shapes.join(case));
        files.insert("documents.json".to_owned(), Vec::new());
        let mut found = BTreeSet::new();
        files_below(&shapes.join(case), "", &mut found);
        assert_eq!(found, files.into_keys().collect(), "files in tests/shapes/{case}");
    }
}
