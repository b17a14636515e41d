//! Projects stored in Git: read from a branch through the server, ordinary projects at the destination.

use std::collections::BTreeMap;

use octopus_sandbox::{Options, Sandbox};
use serde_json::{Value, json};

use crate::journey::Journey;
use crate::support::{Ended, Run, octoferry, package, space_file};

const PROJECT: &str = "Projects-1";

/// The Letterbox with its project in Git: process, settings and plain variables in two branches, secrets and runbooks in the database.
fn letterbox(runbooks_in_git: bool) -> Value {
    let text = std::fs::read(space_file("small-web")).expect("the space's file");
    let mut dump: Value = serde_json::from_slice(&text).expect("JSON");
    let space = &mut dump["Documents"]["Spaces-2"];
    let is_plain = |variable: &&Value| variable["IsSensitive"] != true;
    let set = &mut space["variables"]["variableset-Projects-1"]["Variables"];
    let all = set.as_array().expect("variables").clone();
    let plain: Vec<Value> = all.iter().filter(is_plain).cloned().collect();
    *set = all.iter().filter(|variable| !is_plain(variable)).cloned().collect();
    let process = &mut space["deploymentprocesses"]["deploymentprocess-Projects-1"]["Steps"];
    let steps = process.take();
    *process = json!([]);
    let mut settings = space["deploymentsettings"]["deploymentsettings-Projects-1"].clone();
    for field in ["Id", "ProjectId", "SpaceId", "ChangeDescription"] {
        settings.as_object_mut().expect("settings").shift_remove(field);
    }
    let mut runbooks = json!([]);
    if runbooks_in_git {
        let mut runbook = space["runbooks"]["Runbooks-1"].take();
        space["runbooks"].as_object_mut().expect("runbooks").clear();
        let owned = space["runbookprocesses"].as_object_mut().expect("processes");
        let process = owned.shift_remove("RunbookProcess-Runbooks-1").expect("its process");
        runbook["Process"] = json!({"Steps": process["Steps"]});
        for field in ["Id", "ProjectId", "SpaceId", "RunbookProcessId", "PublishedRunbookSnapshotId"] {
            runbook.as_object_mut().expect("a runbook").shift_remove(field);
        }
        runbooks = json!([runbook]);
        // There the slug of a runbook is its id.
        let secrets = space["variables"]["variableset-Projects-1"]["Variables"].as_array_mut();
        for variable in secrets.expect("secrets") {
            if variable["Scope"]["ProcessOwner"].is_array() {
                variable["Scope"]["ProcessOwner"] = json!(["back-up-the-database"]);
            }
        }
        space["projecttriggers"]["ProjectTriggers-2"]["Action"]["RunbookId"] = json!("back-up-the-database");
    }
    let branch = |name: &str| {
        let mut variables = plain.clone();
        variables
            .push(json!({"Id": "0b9c5f0e-0001", "Name": "Read.From", "Type": "String", "IsSensitive": false,
            "IsEditable": true, "Description": "", "Prompt": null, "Scope": {}, "Value": name}));
        let mut settings = settings.clone();
        settings["ReleaseNotesTemplate"] = json!(format!("Notes of {name}"));
        json!({"Id": format!("{PROJECT}/{name}"), "SpaceId": "Spaces-2", "ProjectId": PROJECT, "Name": name,
            "Commits": [{"Id": "5f1c0a7e5f1c0a7e5f1c0a7e5f1c0a7e5f1c0a7e", "Message": "All of it", "Time": "2026-03-02T05:30:00.000Z"}],
            "DeploymentProcess": {"Steps": steps}, "DeploymentSettings": settings, "Variables": variables, "Runbooks": runbooks})
    };
    space["gitbranches"] = json!({
        format!("{PROJECT}/main"): branch("main"),
        format!("{PROJECT}/feature/new"): branch("feature/new"),
    });
    let project = &mut space["projects"][PROJECT];
    project["IsVersionControlled"] = json!(true);
    project["ReleaseNotesTemplate"] = json!("of the database, which nobody reads");
    project["PersistenceSettings"] = json!({
        "Type": "VersionControlled", "Url": "https://git.example/letterbox.git", "DefaultBranch": "main", "BasePath": ".octopus/web",
        "ProtectedBranchNamePatterns": [], "ProtectedDefaultBranch": false, "Credentials": {"Type": "Anonymous"},
        "ConversionState": {"VariablesAreInGit": true, "RunbooksAreInGit": runbooks_in_git},
    });
    dump
}

/// What a project's documents say, ids as names: steps, settings, variables with their values, secret ones with their secrets.
struct Seen {
    steps: Vec<Value>,
    variables: BTreeMap<String, Vec<Value>>,
    release_notes: Value,
}

/// Documents with their names instead of ids, wherever a text is an id.
fn named(value: &Value, names: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => json!(names.get(text).unwrap_or(text)),
        Value::Array(items) => items.iter().map(|item| named(item, names)).collect(),
        Value::Object(fields) => fields
            .iter()
            .filter(|(field, _)| !matches!(field.as_str(), "Id" | "StepPackageVersion" | "LastSnapshotId"))
            .map(|(field, value)| (field.clone(), named(value, names)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

fn seen(dump: &Value, steps: &Value, variables: &[Value], set: &str, notes: &Value) -> Seen {
    let space = dump["Documents"]["Spaces-2"].as_object().expect("the space");
    let mut names = BTreeMap::new();
    for (collection, documents) in space {
        for (id, document) in documents.as_object().expect("documents") {
            if let Some(name) = document["Name"].as_str() {
                names.insert(id.clone(), format!("{collection}/{name}"));
            }
        }
    }
    for step in steps.as_array().expect("steps") {
        for action in step["Actions"].as_array().expect("actions") {
            names.insert(
                action["Id"].as_str().expect("an id").to_owned(),
                format!("action/{}", action["Name"]),
            );
        }
    }
    let mut by_name: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for variable in variables {
        let secret = &dump["Secrets"][set][format!("Variables/{}", variable["Id"].as_str().expect("an id"))];
        let value = if variable["IsSensitive"] == true { secret } else { &variable["Value"] };
        assert!(variable["IsSensitive"] != true || secret.is_string(), "{variable}");
        let mut scope = named(&variable["Scope"], &names);
        for values in scope.as_object_mut().expect("a scope").values_mut() {
            values.as_array_mut().expect("a list").sort_by_key(Value::to_string);
        }
        let name = variable["Name"].as_str().expect("a name").to_owned();
        by_name.entry(name).or_default().push(json!([variable["Type"], named(value, &names), scope]));
    }
    by_name.values_mut().for_each(|values| values.sort_by_key(Value::to_string));
    let steps = steps.as_array().expect("steps").iter().map(|step| named(step, &names)).collect();
    Seen { steps, variables: by_name, release_notes: notes.clone() }
}

/// The branch of the source, with the secrets of its database.
fn in_branch(dump: &Value, branch: &str) -> Seen {
    let space = &dump["Documents"]["Spaces-2"];
    let branch = &space["gitbranches"][format!("{PROJECT}/{branch}")];
    let secret = &space["variables"]["variableset-Projects-1"]["Variables"];
    let variables: Vec<Value> = [&branch["Variables"], secret]
        .iter()
        .flat_map(|list| list.as_array().expect("variables"))
        .cloned()
        .collect();
    let notes = &branch["DeploymentSettings"]["ReleaseNotesTemplate"];
    seen(dump, &branch["DeploymentProcess"]["Steps"], &variables, "variableset-Projects-1", notes)
}

/// The project of that name as an ordinary server has it.
fn in_database(server: &Sandbox, name: &str) -> Seen {
    let dump = server.dump();
    let space = &dump["Documents"]["Spaces-2"];
    let mut projects = space["projects"].as_object().expect("projects").values();
    let project = projects.find(|project| project["Name"] == name).expect("the project");
    assert_eq!(project["IsVersionControlled"], false);
    assert_eq!(project["PersistenceSettings"]["Type"], "Database");
    let text = |field: &str| project[field].as_str().expect("an id");
    let set = text("VariableSetId");
    let variables = space["variables"][set]["Variables"].as_array().expect("variables");
    let steps = &space["deploymentprocesses"][text("DeploymentProcessId")]["Steps"];
    seen(&dump, steps, variables, set, &project["ReleaseNotesTemplate"])
}

fn source(dump: Value) -> Options {
    Options { documents: vec![dump], ..Options::default() }
}

#[test]
fn a_project_in_git_arrives_as_an_ordinary_one_with_its_secrets() {
    let before = letterbox(false);
    let journey = Journey::of(source(before.clone()), Options::default());
    journey.seed();
    journey.spread().says("stored in Git");
    let branches = journey.source.dump()["Documents"]["Spaces-2"]["gitbranches"].clone();
    assert_eq!(branches, before["Documents"]["Spaces-2"]["gitbranches"], "nothing is committed");
    journey
        .migrate(3)
        .says("what the branch \"main\" of https://git.example/letterbox.git (base path .octopus/web) holds");

    let (there, here) = (in_branch(&before, "main"), in_database(&journey.destination, "Letterbox Web"));
    assert_eq!(here.steps, there.steps);
    assert_eq!(here.variables, there.variables);
    assert_eq!(here.release_notes, "Notes of main");
    assert_eq!(there.release_notes, here.release_notes);
    assert_eq!(here.variables["Read.From"], [json!(["String", "main", {}])]);
    assert_eq!(here.variables["Database.Password"].len(), 3);
    assert!(!journey.destination.dump().to_string().contains("[octoferry {"), "no journal arrives");

    let modules = journey.path("modules");
    journey.run(&["serialize", "all", "--out", &modules]).ends_with(3);
    journey.run(&["verify", "--notes", &modules]).ends_with(0);
    journey.unseed();
}

/// The names of the runbooks in a branch of the source.
fn runbooks_in(journey: &Journey, branch: &str) -> Vec<String> {
    let dump = journey.source.dump();
    let branch = &dump["Documents"]["Spaces-2"]["gitbranches"][format!("{PROJECT}/{branch}")];
    let names = branch["Runbooks"].as_array().expect("runbooks").iter();
    names.map(|runbook| runbook["Name"].as_str().expect("a name").to_owned()).collect()
}

/// `seed` with keys that a person keeps: without them each seed makes keys of its own, and its steps are new.
fn seed_with_key(journey: &Journey) -> Ended {
    let state = format!("path={}", journey.path("state"));
    journey
        .run(&["seed", "--yes", "--own-runbook-keys", "--backend", "local", "--backend-config", &state])
        .option("--package", package())
        .env("OCTOFERRY_MODULE_KEY", "a-long-random-text-of-this-test-alone")
        .ends_with(0)
}

#[test]
fn where_runbooks_are_in_git_ours_run_from_a_branch_of_their_own() {
    let before = letterbox(true);
    let journey = Journey::of(source(before.clone()), Options::default());
    seed_with_key(&journey).says("committed to a branch \"octoferry\"");
    let ours = ["Back up the database", "__ 1. Serialize Project", "__ 2. Deploy Project"];
    let mut there = runbooks_in(&journey, "octoferry");
    there.sort();
    assert_eq!(there, ours);
    journey.spread();
    let commits = || {
        let dump = journey.source.dump();
        dump["Documents"]["Spaces-2"]["gitbranches"][format!("{PROJECT}/octoferry")]["Commits"].clone()
    };
    let committed = commits();
    seed_with_key(&journey);
    assert_eq!(commits(), committed, "a second seed commits nothing");
    journey.migrate(3);

    let (there, here) = (in_branch(&before, "main"), in_database(&journey.destination, "Letterbox Web"));
    assert_eq!(here.steps, there.steps);
    assert_eq!(here.variables.keys().collect::<Vec<_>>(), there.variables.keys().collect::<Vec<_>>());
    for name in ["Database.Password", "Postage:ApiKey", "Read.From"] {
        assert_eq!(here.variables[name], there.variables[name], "{name}");
    }
    // Its scope is a runbook, which has another id in Git.
    assert_eq!(here.variables["Backup.Passphrase"][0][1], there.variables["Backup.Passphrase"][0][1]);
    let arrived = journey.destination.dump();
    let runbooks = arrived["Documents"]["Spaces-2"]["runbooks"].as_object().expect("runbooks");
    let names: Vec<&Value> = runbooks.values().map(|runbook| &runbook["Name"]).collect();
    assert_eq!(names, ["Back up the database"]);

    journey.run(&["unseed", "--yes"]).ends_with(0).says("delete it in the repository");
    assert_eq!(runbooks_in(&journey, "octoferry"), ["Back up the database"]);
    let mut after = journey.source.dump()["Documents"]["Spaces-2"].take();
    let branches = &mut after["gitbranches"];
    branches.as_object_mut().expect("branches").shift_remove(&format!("{PROJECT}/octoferry"));
    let space = &before["Documents"]["Spaces-2"];
    assert_eq!(after["gitbranches"], space["gitbranches"], "other branches have no commit of ours");
    assert_eq!(
        after["variables"]["variableset-Projects-1"]["Variables"],
        space["variables"]["variableset-Projects-1"]["Variables"]
    );
}

#[test]
fn a_repository_that_takes_no_commits_is_named_and_the_space_is_seeded() {
    let mut dump = letterbox(true);
    let settings = &mut dump["Documents"]["Spaces-2"]["projects"][PROJECT]["PersistenceSettings"];
    settings["ProtectedBranchNamePatterns"] = json!(["*"]);
    let journey = Journey::of(source(dump.clone()), Options::default());
    let state = format!("path={}", journey.path("state"));
    journey
        .run(&["seed", "--yes", "--backend", "local", "--backend-config", &state])
        .option("--package", crate::support::package())
        .ends_with(3)
        .says("project \"Letterbox Web\" gets no runbooks, since its repository can't be written")
        .says("4 runbooks published");
    assert_eq!(runbooks_in(&journey, "main"), ["Back up the database"]);
}

/// Serializes everything of such a space.
fn serialized(server: &Sandbox, out: &std::path::Path, more: &[&str]) -> Run {
    let mut run = octoferry(["serialize", "all", "--out"]).arg(out).source(server, "Letterbox");
    for argument in more {
        run = run.arg(argument);
    }
    run
}

fn file(out: &std::path::Path, name: &str) -> String {
    let path = out.join("projects/letterbox-web").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn another_branch_and_runbooks_in_git_are_read_too() {
    let server = Sandbox::launch(source(letterbox(true))).expect("the source starts");
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path();
    serialized(&server, out, &["--branch", "feature/new"]).ends_with(3).says("publish those");
    assert!(
        file(out, "project_variables.tf").contains("\"feature/new\""),
        "{}",
        file(out, "project_variables.tf")
    );
    assert!(file(out, "project.tf").contains("Notes of feature/new"));
    assert!(
        file(out, "runbook_back_up_the_database.tf").contains("octopusdeploy_runbook"),
        "the runbook and its process"
    );
    let alone = out.join("alone");
    octoferry(["serialize", "project", "Letterbox Web", "--branch", "refs/heads/feature/new", "--out"])
        .arg(&alone)
        .source(&server, "Letterbox")
        .ends_with(3);
    for name in
        ["project_variables.tf", "project.tf", "runbook_back_up_the_database.tf", "deployment_process.tf"]
    {
        let text = std::fs::read_to_string(alone.join("letterbox-web").join(name));
        assert_eq!(text.unwrap_or_else(|error| panic!("{name}: {error}")), file(out, name), "{name}");
    }
    let manifest = file(out, "octoferry.json");
    assert!(!manifest.contains("Runbooks-back-up"), "no id that only this run knows is left in the module");
}

#[test]
fn a_branch_that_is_not_there_is_named_and_everything_else_goes_on() {
    let server = Sandbox::launch(source(letterbox(false))).expect("the source starts");
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path();
    serialized(&server, out, &["--branch", "nowhere"]).ends_with(3).says(
        "the source server could not read its branch \"nowhere\" of https://git.example/letterbox.git (base path .octopus/web); the whole project is left out",
    );
    assert!(out.join("space/octoferry.json").exists());
    assert!(!out.join("projects/letterbox-web/project.tf").exists());
}
