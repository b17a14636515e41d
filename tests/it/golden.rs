//! Whole spaces as modules: what comes out must be the files in `tests/spaces/<name>/module/`, byte for byte.
//!
//! `UPDATE_EXPECT=1 cargo test --test it golden` writes them anew.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use documents::collection::Collection;
use documents::inventory::Inventory;
use expect_test::expect_file;
use module::Module;
use octoferry_core::convert::{self, SecretSources, Selection};

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
    let files = module.all_files();
    for (path, content) in &files {
        let path = golden.join(path);
        // The expectation reads CRLF as LF, so what is equal to the byte must not get there.
        if std::fs::read(&path).is_ok_and(|golden| golden == *content) {
            continue;
        }
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder for the expected file");
        expect_file![path].assert_eq(&String::from_utf8_lossy(content));
    }
    let mut found = BTreeSet::new();
    files_below(golden, "", &mut found);
    let expected: BTreeSet<String> = files.into_keys().collect();
    assert_eq!(found, expected, "files in {}", golden.display());
}

fn check_space(name: &str) {
    let inventory = inventory(name);
    let sources = sources(&inventory);
    let module = convert::space(&inventory, &Selection::default(), &sources).expect("a module");
    check(&module, &folder(name).join("module/space"));
}

fn check_projects(name: &str) {
    let inventory = inventory(name);
    let sources = sources(&inventory);
    for project in inventory.all(Collection::Projects) {
        let module =
            convert::project(&inventory, project.id(), &Selection::default(), &sources).expect("a module");
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
