//! Projects stored in Git: conversion, branches, commits, what stays in the database, runs, loading and dumping.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

#[allow(dead_code, reason = "what other tests share")]
mod support;

use octopus_sandbox::{Options, Sandbox};
use serde_json::{Value, json};

use crate::support::World;

const MAIN: &str = "refs%2Fheads%2Fmain";

/// The sample project with a secret and a plain variable, a step and a runbook, then converted.
fn converted(more: Value) -> World {
    let world = World::new(Options::default());
    world.set_variables(
        &world.project,
        json!([{"Name": "Plain", "Type": "String", "Value": "in git", "Scope": {}},
               {"Name": "Secret", "Type": "Sensitive", "IsSensitive": true, "Value": "in-the-database", "Scope": {}}]),
    );
    let action = json!({"Name": "Deploy", "ActionType": "Octopus.Script", "Properties": {}});
    world.change(
        &format!("deploymentprocesses/deploymentprocess-{}", world.project),
        json!({"Steps": [{"Name": "Deploy", "Actions": [action]}]}),
    );
    world.set_script(
        "[ \"$(get_octopusvariable Secret)\" = in-the-database ] && echo \"<$(get_octopusvariable Plain)|$(get_octopusvariable Octopus.Runbook.Name)>\"",
        Value::Null,
    );
    let mut settings = json!({"Type": "VersionControlled", "Url": "https://git.example/shop.git", "DefaultBranch": "main",
                              "BasePath": ".octopus", "Credentials": {"Type": "UsernamePassword", "Username": "u",
                              "Password": {"HasValue": true, "NewValue": "git-password"}}});
    for (name, value) in more.as_object().into_iter().flatten() {
        settings[name] = value.clone();
    }
    world.send(
        "POST",
        &format!("projects/{}/git/convert", world.project),
        json!({"CommitMessage": "Into Git", "VersionControlSettings": settings}),
    );
    world
}

fn project_path(world: &World, rest: &str) -> String {
    format!("projects/{}/{rest}", world.project)
}

fn refused(world: &World, method: &str, path: &str, body: &Value, word: &str) {
    let (status, answer) = world.ask(method, path, body);
    assert!(
        matches!(status, 400 | 404) && answer.to_string().contains(word),
        "{method} {path}: {status} {answer}"
    );
}

#[test]
fn what_belongs_into_git_goes_there_and_secrets_stay() {
    let world = converted(json!({}));
    let project = world.get(&format!("projects/{}", world.project));
    let settings = &project["PersistenceSettings"];
    assert_eq!(settings["ConversionState"], json!({"VariablesAreInGit": true, "RunbooksAreInGit": true}));
    assert_eq!(
        settings["Credentials"]["Password"],
        json!({"HasValue": true, "NewValue": null, "Hint": null})
    );
    assert_eq!(
        world.sandbox.dump()["Secrets"][&world.project]["PersistenceSettings/Credentials/Password"],
        "git-password"
    );

    let process = world.get(&project_path(&world, "main/deploymentprocesses"));
    assert_eq!(process["Steps"][0]["Actions"][0]["Name"], "Deploy");
    assert_eq!(
        world.get(&project_path(&world, &format!("{MAIN}/deploymentsettings")))["ProjectId"],
        world.project.as_str()
    );
    let in_git = world.get(&project_path(&world, "main/variables"));
    let names = |set: &Value| -> Vec<String> {
        set["Variables"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["Name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&in_git), ["Plain"]);
    assert_eq!(names(&world.get(&project_path(&world, "variables"))), ["Secret"]);
    let books = world.get(&project_path(&world, "main/runbooks"));
    assert_eq!((&books["Items"][0]["Id"], &books["TotalResults"]), (&json!("do-it"), &json!(1)));
    assert_eq!(world.get("runbooks")["TotalResults"], 0);

    // The addresses without a Git reference.
    let word = "include a Git ref in the route";
    for path in [
        "deploymentprocesses".to_owned(),
        "deploymentsettings".to_owned(),
        "runbooks".to_owned(),
        "runbookProcesses/do-it".to_owned(),
    ] {
        refused(&world, "GET", &project_path(&world, &path), &Value::Null, word);
    }
    refused(
        &world,
        "GET",
        &format!("deploymentprocesses/deploymentprocess-{}", world.project),
        &Value::Null,
        word,
    );
    let snapshot = json!({"ProjectId": world.project, "RunbookId": world.runbook, "Name": "x"});
    refused(&world, "POST", "runbookSnapshots", &snapshot, word);
    refused(
        &world,
        "GET",
        &project_path(&world, "nowhere/variables"),
        &Value::Null,
        "could not be found in the repository",
    );
    refused(
        &world,
        "POST",
        &project_path(&world, "git/convert"),
        &json!({"CommitMessage": "", "VersionControlSettings": {"Type": "VersionControlled", "Url": "x", "BasePath": ".octopus", "DefaultBranch": "main", "Credentials": {"Type": "Anonymous"}}}),
        "already",
    );
    assert_eq!(world.get("deploymentprocesses")["TotalResults"], 0);
}

#[test]
fn each_branch_has_its_own_content_and_writes_are_commits() {
    let world = converted(json!({"ProtectedBranchNamePatterns": ["release/*"]}));
    let branch = json!({"BaseGitRef": "refs/heads/main", "NewBranchName": "octopus"});
    let (status, made) = world.ask("POST", &project_path(&world, "git/branches/v2"), &branch);
    assert_eq!((status, &made["CanonicalName"]), (200, &json!("refs/heads/octopus")));
    world.send(
        "POST",
        &project_path(&world, "git/branches/v2"),
        json!({"BaseGitRef": "main", "NewBranchName": "release/1"}),
    );
    let branches = world.get(&project_path(&world, "git/branches?searchByName=OCTO"));
    assert_eq!((&branches["ItemType"], &branches["TotalResults"]), (&json!("GitBranch"), &json!(1)));

    let path = project_path(&world, "octopus/deploymentprocesses");
    let mut process = world.get(&path);
    process["Steps"][0]["Name"] = json!("Other");
    process["ChangeDescription"] = json!("Another name");
    assert_eq!(world.send("PUT", &path, process.clone())["Steps"][0]["Name"], "Other");
    assert_eq!(world.get(&project_path(&world, "main/deploymentprocesses"))["Steps"][0]["Name"], "Deploy");
    let dump = world.sandbox.dump();
    let stored = &dump["Documents"]["Spaces-1"]["gitbranches"][format!("{}/octopus", world.project)];
    let messages: Vec<&Value> =
        stored["Commits"].as_array().unwrap().iter().map(|one| &one["Message"]).collect();
    assert_eq!(messages, [&json!("Into Git"), &json!("Another name")]);

    // Secrets can't be committed, and protected branches take nothing.
    process["Steps"][0]["Actions"][0]["Properties"] =
        json!({"Key": {"HasValue": true, "NewValue": "hidden"}});
    refused(&world, "PUT", &path, &process, "can't be stored in Git");
    let mut set = world.get(&project_path(&world, "octopus/variables"));
    set["Variables"][0]["Value"] = json!("on the branch");
    world.send("PUT", &project_path(&world, "octopus/variables"), set.clone());
    let on_branch = world.get(&project_path(&world, "octopus/variables"));
    assert_eq!(on_branch["Variables"][0]["Value"], "on the branch");
    assert_eq!(world.get(&project_path(&world, "main/variables"))["Variables"][0]["Value"], "in git");
    refused(&world, "PUT", &project_path(&world, "release%2F1/variables"), &set, "is protected");
    set["Variables"][0]["IsSensitive"] = json!(true);
    refused(&world, "PUT", &project_path(&world, "octopus/variables"), &set, "can't be stored in Git");
    let mut settings = world.get(&project_path(&world, "octopus/deploymentsettings"));
    settings["DefaultGuidedFailureMode"] = json!("On");
    world.send("PUT", &project_path(&world, "octopus/deploymentsettings"), settings);
    assert_eq!(
        world.get(&project_path(&world, "octopus/deploymentsettings"))["DefaultGuidedFailureMode"],
        "On"
    );
    assert_ne!(world.get(&project_path(&world, "main/deploymentsettings"))["DefaultGuidedFailureMode"], "On");

    // Runbooks: made, changed, deleted on one branch.
    let made = world.send(
        "POST",
        &project_path(&world, "octopus/runbooks/v2"),
        json!({"Name": "Sync it", "ChangeDescription": "new"}),
    );
    // The answer is less than the document.
    assert_eq!((&made["Id"], &made["RunbookProcessId"]), (&json!("sync-it"), &Value::Null));
    let mut process = world.get(&project_path(&world, "octopus/runbookProcesses/sync-it"));
    process["Steps"] = json!([{"Name": "Go", "Actions": [{"Name": "Go", "ActionType": "Octopus.Script"}]}]);
    let written = world.send("PUT", &project_path(&world, "octopus/runbookProcesses/sync-it"), process);
    assert!(written["Steps"][0]["Actions"][0]["Id"].is_string());
    let mut changed = world.get(&project_path(&world, "octopus/runbooks/sync-it"));
    assert_eq!(changed["RunbookProcessId"], "sync-it");
    changed["Description"] = json!("changed");
    changed["Name"] = json!("Sync all");
    world.send("PUT", &project_path(&world, "octopus/runbooks/sync-it"), changed);
    let read = world.get(&project_path(&world, "octopus/runbooks/sync-it"));
    assert_eq!(
        (&read["Name"], &read["Slug"], &read["Description"]),
        (&json!("Sync all"), &json!("sync-it"), &json!("changed"))
    );
    assert_eq!(world.get(&project_path(&world, "octopus/runbooks"))["TotalResults"], 2);
    assert_eq!(world.get(&project_path(&world, "main/runbooks"))["TotalResults"], 1);
    world.send("DELETE", &project_path(&world, "octopus/runbooks/sync-it"), Value::Null);
    assert_eq!(world.get(&project_path(&world, "octopus/runbooks"))["TotalResults"], 1);
}

#[test]
fn a_runbook_runs_from_a_branch_with_the_default_branchs_variables() {
    let world = converted(json!({}));
    world.send(
        "POST",
        &project_path(&world, "git/branches/v2"),
        json!({"BaseGitRef": "main", "NewBranchName": "octopus"}),
    );
    let path = project_path(&world, "octopus/runbookProcesses/do-it");
    let mut process = world.get(&path);
    let body =
        process["Steps"][0]["Actions"][0]["Properties"]["Octopus.Action.Script.ScriptBody"].as_str().unwrap();
    let body = format!("echo from-the-branch\n{body}");
    process["Steps"][0]["Actions"][0]["Properties"]["Octopus.Action.Script.ScriptBody"] = json!(body);
    world.send("PUT", &path, process);
    let mut set = world.get(&project_path(&world, "octopus/variables"));
    set["Variables"][0]["Value"] = json!("of another branch");
    world.send("PUT", &project_path(&world, "octopus/variables"), set);

    let one = json!({"Runs": [{"EnvironmentId": world.environment}], "SelectedPackages": []});
    let answer = world.send("POST", &project_path(&world, "octopus/runbooks/do-it/run/v1"), one.clone());
    let run = &answer["Resources"][0];
    assert_eq!(run["GitReference"]["GitRef"], "refs/heads/octopus");
    let task = run["TaskId"].as_str().unwrap();
    assert_eq!(world.wait(task)["State"], "Success", "{}", world.log(task));
    let log = world.log(task);
    assert!(log.contains("from-the-branch") && log.contains("<in git|Do it>"), "{log}");
    let listed = world.get(&format!("runbookRuns?projects={}", world.project));
    assert_eq!(listed["TotalResults"], 1);

    let command = json!({"spaceId": "Spaces-1", "spaceIdOrName": "Spaces-1", "projectName": "Shop", "runbookName": "Do it",
                         "environmentNames": ["Test"], "gitRef": "main"});
    let answer = world.send("POST", "runbook-runs/git/create/v1", command);
    let task = answer["RunbookRunServerTasks"][0]["ServerTaskId"].as_str().unwrap();
    assert_eq!(world.wait(task)["State"], "Success", "{}", world.log(task));
    assert!(!world.log(task).contains("from-the-branch"));

    // Nothing of a run is left, and what can't run leaves nothing either.
    let nowhere = json!({"Runs": [{"EnvironmentId": "Environments-99"}]});
    refused(
        &world,
        "POST",
        &project_path(&world, "main/runbooks/do-it/run/v1"),
        &nowhere,
        "could not be found",
    );
    assert!(
        !world.sandbox.dump()["Secrets"].to_string().contains("-s-"),
        "{}",
        world.sandbox.dump()["Secrets"]
    );

    let preview = world.get(&project_path(
        &world,
        &format!("main/runbooks/do-it/runbookRuns/preview/{}", world.environment),
    ));
    assert_eq!(preview["StepsToExecute"][0]["ActionName"], "Go");
    assert_eq!(
        world.get(&project_path(&world, "main/runbooks/do-it/runbookSnapshotTemplate"))["Packages"],
        json!([])
    );
    assert_eq!(
        world.get(&project_path(&world, "main/runbooks/do-it/environments")).as_array().unwrap().len(),
        2
    );
}

#[test]
fn branches_are_loaded_and_dumped() {
    let world = converted(json!({}));
    let dump = world.sandbox.dump();
    let project = world.project.clone();
    drop(world);
    let again = Sandbox::launch(Options { documents: vec![dump.clone()], ..Options::default() }).unwrap();
    assert!(again.dump()["Documents"]["Spaces-1"] == dump["Documents"]["Spaces-1"]);
    drop(again);
    // Without its branches a project gets the default one, with a copy of what the database holds.
    let mut bare = dump;
    bare["Documents"]["Spaces-1"].as_object_mut().unwrap().remove("gitbranches");
    let again = Sandbox::launch(Options { documents: vec![bare], ..Options::default() }).unwrap();
    let branches = again.dump()["Documents"]["Spaces-1"]["gitbranches"].clone();
    assert_eq!(branches[format!("{project}/main")]["Name"], "main");
}
