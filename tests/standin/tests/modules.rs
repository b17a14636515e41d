//! Whole modules through Terraform and the stand-in to a sandbox. What must come of them is what the official provider
//! made of the same files: `tests/spaces/*/space.json`, `minimal/space.json`. `tests/compare/compare-spaces` compares.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use octopus_sandbox::{Options, Sandbox};
use serde_json::{Value, json};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// An empty server with one space (`Spaces-2`), and Terraform with the stand-in.
struct Destination {
    sandbox: Sandbox,
    work: tempfile::TempDir,
    configuration: String,
}

/// What the official provider made was recorded on servers of this age: those of today refuse some of what it sent.
const RECORDED: &str = "2026.1.1234";

impl Destination {
    fn new() -> Self {
        Self::of(&Options::default().server_version)
    }

    fn of(server_version: &str) -> Self {
        let work = tempfile::tempdir().unwrap();
        let mirror = Command::new(repository().join("tests/standin/mirror.sh"))
            .arg(work.path().join("mirror"))
            .arg(env!("CARGO_BIN_EXE_terraform-provider-octopusdeploy"))
            .output()
            .unwrap();
        assert!(mirror.status.success(), "{}", String::from_utf8_lossy(&mirror.stderr));
        let sandbox = Sandbox::launch(Options {
            spaces: vec!["Destination".into()],
            server_version: server_version.into(),
            ..Options::default()
        })
        .unwrap();
        let configuration = String::from_utf8(mirror.stdout).unwrap().trim().to_owned();
        Self { sandbox, work, configuration }
    }

    fn terraform(
        &self,
        folder: &Path,
        variables: &BTreeMap<String, String>,
        arguments: &[&str],
    ) -> (i32, String) {
        let output = Command::new("terraform")
            .current_dir(folder)
            .args(arguments)
            .env("TF_CLI_CONFIG_FILE", &self.configuration)
            .env("TF_IN_AUTOMATION", "1")
            .envs(variables.iter().map(|(name, value)| (format!("TF_VAR_{name}"), value)))
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&said).into_owned())
    }

    /// Applies a folder; the plan after it must be empty. Otherwise what Terraform said.
    fn apply(&self, folder: &Path, variables: &BTreeMap<String, String>) -> Result<(), String> {
        if !folder.join(".terraform").exists() {
            let (code, said) = self.terraform(folder, variables, &["init", "-input=false", "-no-color"]);
            assert_eq!(code, 0, "init: {said}");
        }
        let (code, said) =
            self.terraform(folder, variables, &["apply", "-input=false", "-no-color", "-auto-approve"]);
        if code != 0 {
            return Err(said);
        }
        let (code, said) =
            self.terraform(folder, variables, &["plan", "-input=false", "-no-color", "-detailed-exitcode"]);
        assert_eq!(code, 0, "{}: the second plan is not empty: {said}", folder.display());
        Ok(())
    }

    fn server(&self, names: [&str; 3]) -> BTreeMap<String, String> {
        let values = [self.sandbox.url(), self.sandbox.api_key(), "Spaces-2".to_owned()];
        names.into_iter().map(ToOwned::to_owned).zip(values).collect()
    }
}

fn documents_of<'a>(space: &'a mut Value, collection: &str) -> impl Iterator<Item = &'a mut Value> {
    space
        .get_mut(collection)
        .and_then(Value::as_object_mut)
        .into_iter()
        .flat_map(|documents| documents.values_mut())
}

/// A dump without what depends on the order in which Terraform happens to make things, which differs from run to run
/// with any provider: the order of tags and of linked library sets, and who of those whose names give one slug has it.
/// Nor does the time at which a certificate was archived tell anything.
fn without_chance(mut dump: Value) -> Value {
    let space = &mut dump["Documents"]["Spaces-2"];
    let sets: BTreeMap<String, String> = space["libraryvariablesets"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(id, set)| (id.clone(), set["Name"].as_str().unwrap().to_owned()))
        .collect();
    for certificate in documents_of(space, "certificates") {
        if certificate["Archived"].is_string() {
            certificate["Archived"] = json!("once");
        }
    }
    for set in documents_of(space, "tagsets") {
        let tags = set["Tags"].as_array_mut().unwrap();
        let mut orders: Vec<Value> = tags.iter().map(|tag| tag["SortOrder"].clone()).collect();
        orders.sort_by_key(Value::as_i64);
        tags.sort_by_key(|tag| tag["Name"].to_string());
        for (tag, order) in tags.iter_mut().zip(orders) {
            tag["SortOrder"] = order;
        }
    }
    for project in documents_of(space, "projects") {
        let linked = project["IncludedLibraryVariableSetIds"].as_array_mut().unwrap();
        linked.sort_by_key(|id| sets[id.as_str().unwrap()].clone());
    }
    for documents in space.as_object_mut().unwrap().values_mut() {
        // Those that belong to one project, and whose slug is the same but for a number.
        let mut rivals: BTreeMap<(String, String), Vec<(String, &mut Value)>> = BTreeMap::new();
        for document in documents.as_object_mut().unwrap().values_mut() {
            let Some(slug) = document["Slug"].as_str().map(ToOwned::to_owned) else { continue };
            let name = document["Name"].as_str().unwrap().to_owned();
            let base = slug.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-').to_owned();
            let owner = document["ProjectId"].to_string();
            rivals.entry((owner, base)).or_default().push((name, &mut document["Slug"]));
        }
        // Which numbers they have depends on who came first: `hot-fix-3`, or `hot-fix-2-2`.
        for ((_, base), mut group) in rivals.into_iter().filter(|(_, group)| group.len() > 1) {
            group.sort_by(|a, b| a.0.cmp(&b.0));
            for (number, (_, place)) in group.into_iter().enumerate() {
                *place = json!(format!("{base} {number}"));
            }
        }
    }
    dump
}

/// The expected space goes through a sandbox too, which completes what older documents leave out.
fn assert_equal(destination: &Destination, space_file: &Path) {
    let expected = Sandbox::launch(Options {
        load: vec![space_file.to_owned()],
        server_version: RECORDED.into(),
        ..Options::default()
    })
    .unwrap();
    let files = [("expected", expected.dump()), ("made", destination.sandbox.dump())].map(|(name, dump)| {
        let path = destination.work.path().join(format!("{name}.json"));
        std::fs::write(&path, without_chance(dump).to_string()).unwrap();
        format!("{}:Spaces-2", path.display())
    });
    let output =
        Command::new(repository().join("tests/compare/compare-spaces")).args(files).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// The module that made a space, then what `extra.py` adds by REST.
fn check_space(folder: &Path) {
    let destination = Destination::of(RECORDED);
    let work = destination.work.path().join("module");
    std::fs::create_dir(&work).unwrap();
    std::fs::copy(folder.join("main.tf"), work.join("main.tf")).unwrap();
    let variables = destination.server(["octopus_server", "octopus_apikey", "octopus_space_id"]);
    destination.apply(&work, &variables).unwrap();
    let extra = folder.join("extra.py");
    if extra.exists() {
        let output = Command::new("python3")
            .arg(extra)
            .args([destination.sandbox.url(), destination.sandbox.api_key()])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_equal(&destination, &folder.join("space.json"));
}

#[test]
fn small_web_is_made_as_the_official_provider_made_it() {
    check_space(&repository().join("tests/spaces/small-web"));
}

#[test]
fn shop_is_made_as_the_official_provider_made_it() {
    check_space(&repository().join("tests/spaces/shop"));
}

#[test]
fn odd_text_is_made_as_the_official_provider_made_it() {
    check_space(&repository().join("tests/spaces/odd-text"));
}

#[test]
fn infrastructure_is_made_as_the_official_provider_made_it() {
    check_space(&repository().join("tests/spaces/infrastructure"));
}

#[test]
fn minimal_resources_are_made_as_the_official_provider_made_them() {
    check_space(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/minimal"));
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A made-up value for every variable of a module that is not about the server. Keys and certificates must be base64.
fn with_secrets(folder: &Path, mut variables: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(folder.join("variables.tf")).unwrap();
    for name in text.lines().filter_map(|line| line.strip_prefix("variable \"")?.split('"').next()) {
        // Switches, not secrets.
        if !["enable_triggers", "triggers_are_held"].contains(&name) {
            variables.entry(name.to_owned()).or_insert_with(|| "YSBzZWNyZXQgZm9yIGEgdGVzdA==".to_owned());
        }
    }
    variables
}

/// The golden modules of a space: lookups, imports of what exists, `depends_on`. Projects that look for others wait.
fn check_golden(space: &str) {
    let destination = Destination::new();
    let work = destination.work.path().join("module");
    copy_folder(&repository().join("tests/spaces").join(space).join("module"), &work);
    let server = destination.server(["octopus_url", "octopus_api_key", "octopus_space_id"]);
    let shared = work.join("space");
    destination.apply(&shared, &with_secrets(&shared, server.clone())).unwrap();
    let mut left: Vec<PathBuf> =
        std::fs::read_dir(work.join("projects")).unwrap().flatten().map(|entry| entry.path()).collect();
    left.sort();
    while !left.is_empty() {
        let mut failed = Vec::new();
        let mut said = String::new();
        for project in &left {
            if let Err(problem) = destination.apply(project, &with_secrets(project, server.clone())) {
                assert!(problem.contains("postcondition"), "{}: {problem}", project.display());
                failed.push(project.clone());
                said = problem;
            }
        }
        assert!(failed.len() < left.len(), "no project can be made: {said}");
        left = failed;
    }
}

#[test]
fn golden_modules_of_small_web_apply_and_stay() {
    check_golden("small-web");
}

#[test]
fn golden_modules_of_shop_apply_and_stay() {
    check_golden("shop");
}

#[test]
fn golden_modules_of_odd_text_apply_and_stay() {
    check_golden("odd-text");
}
