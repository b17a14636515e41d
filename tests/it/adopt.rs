//! A destination that has everything already: all of it is named before anything is written, and all that the provider can import is taken over.

use std::collections::BTreeSet;
use std::path::Path;

use octopus_sandbox::{Options, Sandbox};
use serde_json::{Value, json};

use crate::support::{octoferry, sandbox_with, sandbox_with_empty_space, space_file, terraform_config};

/// Resource types of provider 1.17.0 that have no import, that a module makes as something of its own, and that nobody takes over.
const NO_IMPORT: [&str; 2] = ["octopusdeploy_deployment_freeze", "octopusdeploy_project_deployment_freeze"];

/// Those that only write fields of something else: making one anew does no harm.
const WRITERS: [&str; 9] = [
    "octopusdeploy_built_in_trigger",
    "octopusdeploy_process_child_steps_order",
    "octopusdeploy_process_steps_order",
    "octopusdeploy_project_versioning_strategy",
    "octopusdeploy_space_default_lifecycle_release_retention_policy",
    "octopusdeploy_space_default_lifecycle_tentacle_retention_policy",
    "octopusdeploy_space_default_runbook_retention_policy",
    "octopusdeploy_tenant_project",
    "octopusdeploy_scoped_user_role",
];

struct Merge {
    source: Sandbox,
    destination: Sandbox,
    work: tempfile::TempDir,
}

impl Merge {
    /// Two servers with the same space; the source as modules.
    fn of(space: &str, options: &[&str]) -> Self {
        let merge = Self {
            source: sandbox_with(space),
            destination: sandbox_with(space),
            work: tempfile::tempdir().expect("a folder"),
        };
        octoferry(["serialize", "all"])
            .option("--out", merge.modules())
            .args(options)
            .source(&merge.source, "Spaces-2")
            .ends_with(3);
        merge
    }

    fn modules(&self) -> std::path::PathBuf {
        self.work.path().join("modules")
    }

    fn deploy(&self) -> crate::support::Run {
        octoferry(["deploy", "--placeholders"])
            .state_below(&self.work.path().join("state"))
            .arg(self.modules())
            .destination(&self.destination, "Spaces-2")
            .env("TF_CLI_CONFIG_FILE", terraform_config())
    }
}

/// Resource types that the modules below a folder make, and those that they take over themselves in every space.
fn types_of(folder: &Path, made: &mut BTreeSet<String>, adopted: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            types_of(&path, made, adopted);
        } else if path.extension().is_some_and(|extension| extension == "tf") {
            let text = std::fs::read_to_string(&path).expect("a file");
            let resources = text.lines().filter_map(|line| line.strip_prefix("resource \""));
            made.extend(resources.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
            let arguments = text.lines().filter_map(|line| line.split_once('='));
            let imports = arguments.filter(|(name, _)| name.trim() == "to");
            adopted.extend(imports.filter_map(|(_, to)| Some(to.trim().split_once('.')?.0.to_owned())));
        }
    }
}

/// How many documents each collection of the space holds.
fn counts(server: &Sandbox) -> Vec<(String, usize)> {
    let dump = server.dump();
    let space = dump["Documents"]["Spaces-2"].as_object().cloned().unwrap_or_default();
    // Publishing makes snapshots, and these freeze variables and processes; a changed template keeps its versions.
    let frozen = ["runbooksnapshots", "variablesnapshots", "runbookprocesses", "actiontemplateversions"];
    let kept = space.iter().filter(|(name, _)| !frozen.contains(&name.as_str()));
    kept.map(|(name, all)| (name.clone(), all.as_object().map_or(0, serde_json::Map::len))).collect()
}

/// How many parts the documents of a collection have.
fn parts(server: &Sandbox, collection: &str, field: &str) -> usize {
    let dump = server.dump();
    let documents = dump["Documents"]["Spaces-2"][collection].as_object().cloned().unwrap_or_default();
    documents.values().filter_map(|document| document[field].as_array()).map(Vec::len).sum()
}

fn takes_over(space: &str, options: &[&str]) {
    let merge = Merge::of(space, options);
    let before = merge.destination.dump();

    let refused = merge.deploy().arg("--json").ends_with(1);
    assert!(refused.stderr.contains("nothing was written"), "{}", refused.stderr);
    assert!(merge.destination.dump() == before, "something was written");
    // The failure has a line of its own.
    let line = refused.stdout.lines().find(|line| line.contains("\"Collisions\"")).expect("a line");
    let said: Value = serde_json::from_str(line).expect("JSON");
    let named: BTreeSet<String> = said["Collisions"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|collision| collision["Id"].is_string())
        .filter_map(|collision| Some(collision["Address"].as_str()?.split_once('.')?.0.to_owned()))
        .collect();
    let (mut made, mut adopted) = (BTreeSet::new(), BTreeSet::new());
    types_of(&merge.modules(), &mut made, &mut adopted);
    // What keeps the identities in the state is nothing of the destination.
    made.remove("terraform_data");
    made.retain(|name| !NO_IMPORT.contains(&name.as_str()) && !WRITERS.contains(&name.as_str()));
    let named: BTreeSet<String> = named.union(&adopted).cloned().collect();
    assert_eq!(named, made, "each type that can be imported is named with the id for it");

    let (documents, fields) = (
        counts(&merge.destination),
        [("variables", "Variables"), ("tagsets", "Tags"), ("deploymentprocesses", "Steps")],
    );
    let held = fields.map(|(collection, field)| parts(&merge.destination, collection, field));
    let ended = merge.deploy().option("--existing", "adopt").ends_with(3);
    assert!(!ended.stderr.contains("the second plan would still"), "{}", ended.stderr);
    assert_eq!(counts(&merge.destination), documents, "nothing is there twice");
    assert_eq!(fields.map(|(collection, field)| parts(&merge.destination, collection, field)), held);
    // What is taken over is in the state, like what was made.
    merge.deploy().ends_with(3).says("0 to make, 0 to change, 0 to destroy");
}

#[test]
fn a_small_space_is_taken_over() {
    takes_over("small-web", &[]);
}

#[test]
fn a_space_with_tenants_is_taken_over() {
    takes_over("shop", &[]);
}

#[test]
fn every_account_feed_and_target_is_taken_over() {
    takes_over("infrastructure", &[]);
}

#[test]
fn triggers_teams_and_subscriptions_are_taken_over() {
    takes_over("operations", &["--exclude", "deployment_freezes"]);
}

#[test]
fn what_can_not_be_taken_over_is_named_with_the_way_around_it() {
    let merge = Merge::of("operations", &[]);
    let before = merge.destination.dump();
    let ended = merge.deploy().option("--existing", "adopt").ends_with(1);
    ended
        .says("these can't be taken over; nothing was written")
        .says("deploymentfreezes \"")
        .says("the provider can't import this kind")
        .says("Otherwise rename or delete them at the destination");
    assert!(merge.destination.dump() == before, "something was written");
}

#[test]
fn a_variable_whose_scope_changes_is_changed_in_place() {
    let work = tempfile::tempdir().expect("a folder");
    let (modules, changed) = (work.path().join("modules"), work.path().join("space.json"));
    let mut space: Value =
        serde_json::from_slice(&std::fs::read(space_file("small-web")).expect("the file")).expect("JSON");
    let destination = sandbox_with_empty_space("New");
    let serialize_and_deploy = |file: &Path| {
        let options = Options {
            load: vec![file.to_owned()],
            installation_id: Some("6c1d6c36-5b56-4f0c-8d5e-0d6c3d1c6a02".to_owned()),
            ..Options::default()
        };
        let source = Sandbox::launch(options).expect("the sandbox starts");
        octoferry(["serialize", "all"]).option("--out", &modules).source(&source, "Spaces-2").ends_with(3);
        octoferry(["deploy", "--placeholders"])
            .state_below(&work.path().join("state"))
            .arg(&modules)
            .destination(&destination, "New")
            .env("TF_CLI_CONFIG_FILE", terraform_config())
            .ends_with(3)
    };
    serialize_and_deploy(&space_file("small-web"));

    // The address of a variable tells the scope that it had at first.
    let variables = space["Documents"]["Spaces-2"]["variables"]["variableset-Projects-1"]["Variables"]
        .as_array_mut()
        .expect("variables");
    let scoped = variables.iter_mut().find(|variable| variable["Name"] == "Database.Host").expect("it");
    assert_ne!(scoped["Scope"], json!({"Role": ["elsewhere"]}));
    scoped["Scope"] = json!({"Role": ["elsewhere"]});
    std::fs::write(&changed, space.to_string()).expect("written");
    serialize_and_deploy(&changed).says("0 to make, 1 to change, 0 to destroy");
}
