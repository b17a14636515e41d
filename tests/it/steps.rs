//! Secrets of steps over time, all pairs: (step, child step, of a process, of a runbook) × (template: none, newest, older, with another package) ×
//! (parameter: plain, secret, secret with a default in the template). What a person has entered for them at the destination stays, whether the step
//! is changed or becomes one of Terraform's other types, and a deployment with nothing new writes nothing.

use std::collections::BTreeMap;

use octopus_sandbox::{Options, Sandbox};
use serde_json::{Value, json};

use crate::support::{http, space_file};
use crate::years::Years;

const TEMPLATES: [&str; 4] = ["none", "newest", "older", "package"];
const PARAMETERS: [&str; 3] = ["plain", "secret", "default"];
const PROCESSES: [&str; 2] = ["deploymentprocess-Projects-1", "RunbookProcess-Runbooks-1"];

fn hidden() -> Value {
    json!({"HasValue": true, "NewValue": null, "Hint": null})
}

fn template(index: usize, parameter: &str) -> Value {
    let default = match parameter {
        "default" => hidden(),
        "plain" => json!("from the template"),
        _ => Value::Null,
    };
    let control = if parameter == "plain" { "SingleLineText" } else { "Sensitive" };
    json!({"Id": format!("ActionTemplates-{index}"), "Name": format!("With {parameter}"), "SpaceId": "Spaces-2", "Version": 4,
        "ActionType": "Octopus.Script", "Description": "", "CommunityActionTemplateId": null, "StepPackageId": null,
        "GitDependencies": [], "Inputs": [], "Packages": [package("A")],
        "Parameters": [{"Id": format!("00000000-0000-4000-8000-0000000000{index}"), "Name": format!("T.{parameter}"), "Label": "", "HelpText": "",
            "DefaultValue": default, "DisplaySettings": {"Octopus.ControlType": control}}],
        "Properties": script("echo 4")})
}

fn script(body: &str) -> Value {
    json!({"Octopus.Action.RunOnServer": "true", "Octopus.Action.Script.ScriptBody": body,
        "Octopus.Action.Script.ScriptSource": "Inline", "Octopus.Action.Script.Syntax": "Bash"})
}

fn package(id: &str) -> Value {
    json!({"Id": "61aa2f63-6a24-5e47-8d11-3c8fe7f22fd1", "Name": "tools", "PackageId": id, "FeedId": "Feeds-1", "AcquisitionLocation": "Server",
        "Properties": {"Extract": "True", "PackageParameterName": "", "Purpose": "", "SelectionMode": "immediate"}})
}

/// Makes an action follow a template in this way; `newest` is the version that its template has.
fn follow(action: &mut Value, how: &str, parameter: &str, newest: i64) {
    let index = 90 + PARAMETERS.iter().position(|other| *other == parameter).expect("one of them");
    let mut properties =
        script(&if how == "older" { "echo old".to_owned() } else { format!("echo {newest}") });
    properties[format!("T.{parameter}")] = if parameter == "plain" { json!("own") } else { hidden() };
    if how != "none" {
        let version = if how == "older" { newest - 1 } else { newest };
        properties["Octopus.Action.Template.Id"] = json!(format!("ActionTemplates-{index}"));
        properties["Octopus.Action.Template.Version"] = json!(version.to_string());
    }
    action["Properties"] = properties;
    action["Packages"] = json!([package(if how == "package" { "B" } else { "A" })]);
}

fn action(id: &str, name: &str, how: &str, parameter: &str) -> Value {
    let mut action = json!({"Id": id, "Name": name, "Slug": id, "ActionType": "Octopus.Script", "Condition": "Success", "Channels": [],
        "Environments": [], "ExcludedEnvironments": [], "TenantTags": [], "Container": {}, "GitDependencies": [], "Inputs": null,
        "CanBeUsedForProjectVersioning": false, "IsDisabled": false, "IsRequired": false, "Notes": null, "StepPackageVersion": null,
        "WorkerPoolId": null, "WorkerPoolVariable": null});
    follow(&mut action, how, parameter, 4);
    action
}

/// `small-web` with a step for each pair, which has itself as its child.
fn source() -> Sandbox {
    let mut dump: Value =
        serde_json::from_slice(&std::fs::read(space_file("small-web")).expect("the space")).expect("JSON");
    let of_space = &mut dump["Documents"]["Spaces-2"];
    of_space["feeds"]["Feeds-1"] = json!({"Id": "Feeds-1", "Name": "Things", "FeedType": "NuGet", "SpaceId": "Spaces-2", "Slug": "things",
        "FeedUri": "https://nuget.example.invalid/v3/index.json", "EnhancedMode": false, "DownloadAttempts": 5, "DownloadRetryBackoffSeconds": 10,
        "PackageAcquisitionLocationOptions": ["Server", "ExecutionTarget"], "Username": null, "Password": {"HasValue": false, "NewValue": null, "Hint": null}});
    for (index, parameter) in PARAMETERS.iter().enumerate() {
        of_space["actiontemplates"][format!("ActionTemplates-{}", 90 + index)] =
            template(90 + index, parameter);
    }
    for (number, process) in PROCESSES.iter().enumerate() {
        let collection = if number == 0 { "deploymentprocesses" } else { "runbookprocesses" };
        let steps = of_space[collection][*process]["Steps"].as_array_mut().expect("steps");
        for how in TEMPLATES {
            for parameter in PARAMETERS {
                let name = format!("{how} {parameter}");
                let id = format!("{number}-{how}-{parameter}");
                steps.push(json!({"Id": id, "Name": name, "Slug": id, "Condition": "Success", "PackageRequirement": "LetOctopusDecide",
                    "StartTrigger": "StartAfterPrevious", "Properties": {"Octopus.Action.TargetRoles": "letterbox-web"},
                    "Actions": [action(&format!("a-{id}"), &name, how, parameter), action(&format!("c-{id}"), &format!("{name} child"), how, parameter)]}));
            }
        }
    }
    Sandbox::launch(Options { documents: vec![dump], ..Options::default() }).expect("the source starts")
}

fn processes(years: &Years) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for collection in ["deploymentprocesses", "runbookprocesses"] {
        for process in years.at_destination(collection) {
            let path =
                format!("/api/{}/{collection}/{}", years.space(), process["Id"].as_str().expect("an id"));
            let process = http(&years.destination, "GET", &path, None).1;
            found.push((path, process));
        }
    }
    assert_eq!(found.len(), 2);
    found
}

/// Action → its id, for all that a pair has made.
fn ids(years: &Years) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (path, process) in processes(years) {
        for action in process["Steps"]
            .as_array()
            .expect("steps")
            .iter()
            .flat_map(|step| step["Actions"].as_array().expect("actions"))
        {
            let text = |field: &str| action[field].as_str().expect("a text").to_owned();
            found.insert(format!("{path} {}", text("Name")), text("Id"));
        }
    }
    found
}

/// Enters each secret by hand; how many there are.
fn enter(years: &Years) -> usize {
    let mut entered = 0;
    for (path, mut process) in processes(years) {
        for step in process["Steps"].as_array_mut().expect("steps") {
            for action in step["Actions"].as_array_mut().expect("actions") {
                let name = action["Name"].as_str().expect("a name").to_owned();
                let Some(parameter) =
                    ["secret", "default"].into_iter().find(|parameter| name.contains(parameter))
                else {
                    continue;
                };
                action["Properties"][format!("T.{parameter}")] =
                    json!({"HasValue": true, "NewValue": format!("by hand: {name}"), "Hint": null});
                entered += 1;
            }
        }
        let (status, said) = http(&years.destination, "PUT", &path, Some(&process));
        assert_eq!(status, 200, "{said}");
    }
    entered
}

#[track_caller]
fn assert_entered(years: &Years, when: &str) {
    let secrets = years.destination.dump()["Secrets"].clone();
    let mut lost = Vec::new();
    for (_, process) in processes(years) {
        let of_process = &secrets[process["Id"].as_str().expect("an id")];
        for step in process["Steps"].as_array().expect("steps") {
            for action in step["Actions"].as_array().expect("actions") {
                let name = action["Name"].as_str().expect("a name");
                let Some(parameter) =
                    ["secret", "default"].into_iter().find(|parameter| name.contains(parameter))
                else {
                    continue;
                };
                let text = |document: &Value| document["Id"].as_str().expect("an id").to_owned();
                let place = format!("Steps/{}/Actions/{}/Properties/T.{parameter}", text(step), text(action));
                if of_process[&place] != format!("by hand: {name}") {
                    lost.push(format!("{name} of {}: {}", process["Id"], of_process[&place]));
                }
            }
        }
    }
    assert!(lost.is_empty(), "{when}: {lost:#?}");
}

/// Changes the actions of the pairs at the source.
fn change(years: &Years, mut with: impl FnMut(&mut Value, &str, &str)) {
    for collection in ["deploymentprocesses", "runbookprocesses"] {
        years.change(collection, |process| {
            for step in process["Steps"].as_array_mut().expect("steps") {
                for action in step["Actions"].as_array_mut().expect("actions") {
                    let name = action["Name"].as_str().expect("a name").to_owned();
                    let mut words = name.split(' ');
                    let (Some(how), Some(parameter)) = (words.next(), words.next()) else { continue };
                    if PARAMETERS.contains(&parameter) {
                        with(action, how, parameter);
                    }
                }
            }
        });
    }
}

#[test]
fn what_a_person_enters_for_a_step_stays_whatever_becomes_of_the_step() {
    let years = Years::from(source());
    let first = ids(&years);
    assert_eq!(enter(&years), 2 * 2 * 4 * 2, "secrets of all pairs");
    assert_entered(&years, "at once");
    // Nothing new: nothing is written.
    years.deploy().arg("--plan").ends_with(0);
    years.migrate().is_settled();
    assert_entered(&years, "nothing new");

    // Each is changed.
    change(&years, |action, _, parameter| {
        action["Notes"] = json!("Changed.");
        if parameter == "plain" {
            action["Properties"]["T.plain"] = json!("changed");
        }
    });
    years.migrate().is_settled();
    assert_entered(&years, "each step was changed");
    years.deploy().arg("--plan").ends_with(0);

    // Each follows its template in another way, and so becomes one of Terraform's other types: none, newest, older, with another package, none.
    years.change("actiontemplates", |template| template["Properties"] = script("echo 5"));
    let newest = crate::years::list(&years.source, "Spaces-2", "actiontemplates")[0]["Version"]
        .as_i64()
        .expect("a version");
    change(&years, |action, how, parameter| {
        let at = TEMPLATES.iter().position(|other| *other == how).expect("one of them");
        follow(action, TEMPLATES[(at + 1) % TEMPLATES.len()], parameter, newest);
        action["Properties"]["Octopus.Action.Script.ScriptBody"] =
            json!(if how == "newest" { "echo old" } else { "echo 5" });
    });
    years.migrate().is_settled();
    assert_entered(&years, "each step follows its template otherwise");
    years.deploy().arg("--plan").ends_with(0);
    years.migrate().is_settled();
    assert_entered(&years, "once more");
    assert_eq!(ids(&years), first, "none was made anew");
}
