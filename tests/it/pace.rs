//! A destination that allows as few requests a minute as new servers do.

use octopus_sandbox::{Options, Sandbox};

use crate::support::{octoferry, sandbox_with, terraform_config};

#[test]
fn a_deploy_keeps_to_what_the_destination_allows() {
    let source = sandbox_with("small-web");
    let work = tempfile::tempdir().expect("a folder");
    let modules = work.path().join("modules");
    octoferry(["serialize", "all"])
        .option("--out", &modules)
        .source(&source, "Spaces-2")
        .ends_with(3)
        .says("documents in");
    let destination = Sandbox::launch(Options {
        spaces: vec!["New".to_owned()],
        requests_per_minute: Some(200),
        rate_burst: Some(30),
        ..Options::default()
    })
    .expect("the sandbox starts");

    octoferry(["deploy", "--placeholders"])
        .state_below(&work.path().join("states"))
        .arg(&modules)
        .destination(&destination, "New")
        .env("TF_CLI_CONFIG_FILE", terraform_config())
        // 3: secrets are left to a person.
        .ends_with(3)
        .says("were answered from memory");

    let requests = destination.requests();
    let refused = requests.iter().filter(|request| request["Status"] == 429).count();
    assert!(requests.len() > 100, "{} requests: the bucket was never empty", requests.len());
    assert!(refused * 20 <= requests.len(), "{refused} of {} requests were refused", requests.len());
    // Nothing that was refused is missing.
    let made = destination.dump();
    let places = made["Documents"].as_object().expect("places");
    let documents =
        places.values().find(|place| place["projects"].is_object()).expect("a space with a project");
    assert_eq!(documents["projects"].as_object().map(serde_json::Map::len), Some(1));
    let variables = documents["variables"].as_object().into_iter().flatten();
    let count: usize = variables.filter_map(|(_, set)| set["Variables"].as_array()).map(Vec::len).sum();
    let there = source.dump();
    let sets = there["Documents"]["Spaces-2"]["variables"].as_object().into_iter().flatten();
    assert_eq!(count, sets.filter_map(|(_, set)| set["Variables"].as_array()).map(Vec::len).sum::<usize>());
}
