//! Steps of the new step framework, which the provider's client forgets: made by finish, kept by the relay.

use octopus_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::{http, octoferry, sandbox_with, sandbox_with_empty_space, terraform_config};

/// The deployment process of the only project.
fn process(sandbox: &Sandbox, space: &str) -> Value {
    let (_, projects) = http(sandbox, "GET", &format!("/api/{space}/projects"), None);
    let id = projects["Items"][0]["DeploymentProcessId"].as_str().expect("a process");
    http(sandbox, "GET", &format!("/api/{space}/deploymentprocesses/{id}"), None).1
}

fn write(sandbox: &Sandbox, space: &str, process: &Value) {
    let path = format!("/api/{space}/deploymentprocesses/{}", process["Id"].as_str().expect("an id"));
    let (status, answer) = http(sandbox, "PUT", &path, Some(process));
    assert_eq!(status, 200, "{answer}");
}

fn names(process: &Value) -> Vec<&str> {
    process["Steps"].as_array().expect("steps").iter().filter_map(|step| step["Name"].as_str()).collect()
}

#[test]
fn a_step_with_inputs_arrives_in_its_place_and_survives_changes_of_others() {
    let (source, destination) = (sandbox_with("small-web"), sandbox_with_empty_space("New"));
    let mut before = process(&source, "Spaces-2");
    let (_, accounts) = http(&source, "GET", "/api/Spaces-2/accounts", None);
    let (account, account_name) = (accounts["Items"][0]["Id"].clone(), accounts["Items"][0]["Name"].clone());
    let step = json!({"Name": "Upload", "Condition": "Success", "StartTrigger": "StartAfterPrevious", "PackageRequirement": "LetOctopusDecide",
        "Properties": {}, "Actions": [{"Name": "Upload", "ActionType": "aws-s3-upload", "Properties": {}, "StepPackageVersion": "1.2.0",
        "Inputs": {"bucket": "letters", "account": account, "parts": [1, 2]}}]});
    before["Steps"].as_array_mut().unwrap().insert(1, step);
    write(&source, "Spaces-2", &before);

    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let modules = path("modules");
    std::fs::create_dir(folder.path().join("state")).expect("a folder for the state");
    let serialize =
        || octoferry(["serialize", "all", "--out", &modules]).source(&source, "Spaces-2").ends_with(3);
    let deploy = || {
        octoferry(["deploy", "--placeholders", &modules])
            .state_below(&folder.path().join("state"))
            .destination(&destination, "New")
            .env("TF_CLI_CONFIG_FILE", terraform_config())
            .ends_with(3)
    };
    serialize();
    deploy().says("Steps/Upload of");
    let arrived = process(&destination, "Spaces-2");
    assert_eq!(names(&arrived), names(&process(&source, "Spaces-2")));
    let inputs = &arrived["Steps"][1]["Actions"][0]["Inputs"];
    assert_eq!((&inputs["bucket"], &inputs["parts"]), (&json!("letters"), &json!([1, 2])));
    let (_, accounts) = http(&destination, "GET", "/api/Spaces-2/accounts", None);
    let of_name = accounts["Items"].as_array().unwrap().iter().find(|item| item["Name"] == account_name);
    assert_eq!(inputs["account"], of_name.unwrap()["Id"]);

    // Another step changes: Terraform writes the process without the inputs, and they stay all the same.
    let mut changed = process(&source, "Spaces-2");
    changed["Steps"][0]["Actions"][0]["Notes"] = json!("changed");
    write(&source, "Spaces-2", &changed);
    serialize();
    deploy().says("a second plan is empty").never_says("Steps/Upload of");
    let after = process(&destination, "Spaces-2");
    assert_eq!(after["Steps"][0]["Actions"][0]["Notes"], "changed");
    assert_eq!(after["Steps"][1], arrived["Steps"][1]);
}
