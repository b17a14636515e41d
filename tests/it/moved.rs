//! Servers that got another host name, and servers that are copies of others.

use std::path::{Path, PathBuf};

use octopus_sandbox::Options;
use serde_json::json;

use crate::journey::{Journey, NEW};
use crate::support::{http, package, space_file};

/// The folders below one, all the way down.
fn folders(below: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(below).expect("a folder");
    let own = entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir());
    own.flat_map(|path| [vec![path.clone()], folders(&path)].concat()).collect()
}

#[test]
fn a_destination_with_another_host_name_keeps_its_states_and_older_ones_are_found() {
    let journey = Journey::with("small-web");
    let (modules, state) = (journey.path("modules"), journey.folder.path().join("states"));
    journey.run(&["serialize", "all", "--out", &modules]).ends_with(3);
    let deploy = |url: &str| {
        journey
            .run(&["deploy", &modules, "--placeholders"])
            .server("DESTINATION", url, NEW, &journey.destination_key)
            .state_below(&state)
            .ends_with(3)
    };
    let url = journey.destination.url();
    deploy(&url);
    let made = journey.destination.dump();
    let writes = |journey: &Journey| {
        journey.destination.requests().iter().filter(|request| request["Method"] == "POST").count()
    };
    let before = writes(&journey);
    // The same server by another name.
    deploy(&url.replace("127.0.0.1", "localhost")).is_settled();
    assert_eq!(writes(&journey), before, "nothing is made again");
    // As an older octoferry kept it: by the host.
    let (_, root) = http(&journey.destination, "GET", "/api", None);
    let id = root["InstallationId"].as_str().expect("an id");
    let host = url.trim_start_matches("http://").replace(':', "_");
    let by_id = folders(&state).into_iter().find(|path| path.ends_with(id)).expect("kept by the server's id");
    // That was looked for there before, in vain.
    let _ = std::fs::remove_dir_all(by_id.with_file_name(&host));
    std::fs::rename(&by_id, by_id.with_file_name(&host)).expect("renamed");
    // Its record of what was deployed comes along; then the module's state, when Terraform is needed.
    deploy(&url).is_settled();
    for file in folders(&state).iter().flat_map(|folder| std::fs::read_dir(folder).expect("a folder")) {
        let path = file.expect("an entry").path();
        if path.is_file()
            && path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("deployed"))
        {
            std::fs::remove_file(path).expect("the record");
        }
    }
    deploy(&url).says("the state is kept by the destination's id now").is_settled();
    assert!(by_id.exists() && by_id.with_file_name(&host).exists());
    assert_eq!(writes(&journey), before, "nothing is made again");
    let documents = |dump: &serde_json::Value| {
        dump["Documents"]["Spaces-2"]["projects"].as_object().map(serde_json::Map::len)
    };
    assert_eq!(documents(&journey.destination.dump()), documents(&made));
}

#[test]
fn a_restored_copy_of_the_destinations_server_is_a_source_when_a_person_says_so() {
    let same = || Some("3c2ba9c0-7e1f-4f7e-9d5a-0c9c2c1fb001".to_owned());
    let source =
        Options { load: vec![space_file("small-web")], installation_id: same(), ..Options::default() };
    let journey = Journey::of(source, Options { installation_id: same(), ..Options::default() });
    let state = format!("path={}", journey.path("state"));
    let seed = |copy: &[&str]| {
        journey
            .run(&["seed", "--yes", "--backend", "local", "--backend-config", &state])
            .args(copy)
            .option("--package", package())
    };
    seed(&[]).ends_with(2).says("source and destination are the same space").says("--source-is-copy");
    // It does not say that it is one: a person is asked, and nobody is there.
    seed(&["--source-is-copy"]).ends_with(2).says("doesn't say that it is a copy");
    let settings = json!({"PotentialClone": true});
    assert_eq!(http(&journey.source, "POST", "/sandbox/settings", Some(&settings)).0, 200);
    seed(&["--source-is-copy"]).ends_with(0);
    let copy = |arguments: &[&str]| journey.run(arguments).arg("--source-is-copy");
    copy(&["spread", "--yes"]).ends_with(0);
    copy(&["migrate", "--yes", "--todo", &journey.path("todo.md")]).ends_with(3);
    copy(&["verify"]).ends_with(0);
    journey.run(&["verify"]).ends_with(2);
    copy(&["unseed", "--yes"]).ends_with(0);
}
