//! `kill -9` in the middle of a migration: of the command at a workstation after each run that it starts, and of octoferry in a step while
//! Terraform works. The next migration completes it.

use serde_json::{Value, json};

use crate::journey::Journey;
use crate::support::{Started, command, fault, http, until};

fn start(journey: &Journey) -> Started {
    let said = std::fs::File::create(journey.path("migrate.txt")).expect("a file for what it says");
    journey.run(&["migrate", "--yes", "--todo", &journey.path("todo.md")]).start(said)
}

/// How many runs were started so far.
fn runs(journey: &Journey) -> usize {
    let is_run =
        |request: &&Value| request["Method"] == "POST" && request["Path"] == "/api/Spaces-2/runbookRuns";
    journey.source.requests().iter().filter(is_run).count()
}

/// Runs go on at the server though whoever started them is gone.
fn all_tasks_have_ended(journey: &Journey) -> bool {
    let (_, tasks) = http(&journey.source, "GET", "/api/Spaces-2/tasks?take=1000", None);
    tasks["Items"].as_array().expect("tasks").iter().all(|task| task["IsCompleted"] == true)
}

/// The process id of the deployment that runs on this journey's worker.
fn deployment_of(journey: &Journey) -> String {
    let home = journey.source.worker_home();
    let root = home.parent().expect("the worker's folder").to_string_lossy().into_owned();
    let is_it = |process: &String| {
        let line = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        line.starts_with(&root) && line.contains("\0--step\0deploy\0")
    };
    let processes = std::fs::read_dir("/proc").expect("processes");
    let mut names = processes.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.find(is_it).expect("a deployment is running")
}

#[test]
fn a_migration_that_was_killed_anywhere_is_completed_by_the_next() {
    let journey = Journey::with("small-web");
    journey.seed();
    journey.spread();
    for count in 1..=5 {
        let before = runs(&journey);
        let mut child = start(&journey);
        until("the run", || {
            runs(&journey) >= before + count || child.try_wait().expect("its state").is_some()
        });
        child.kill().expect("SIGKILL");
        child.wait().expect("its end");
        until("the end of the tasks", || all_tasks_have_ended(&journey));
    }
    journey.migrate(3).is_settled();
    journey.unseed();
    let said = journey.arrived();
    assert!(said.contains("8 of 9 delivered byte for byte, 1 placeholder"), "{said}");
}

#[test]
fn octoferry_killed_in_its_step_ends_the_step_and_what_it_made_is_named_and_taken_over_when_asked() {
    let journey = Journey::with("small-web");
    journey.seed();
    journey.spread();
    // Terraform is in the middle of making things when its master is killed.
    fault(
        &journey.destination,
        json!({"method": "POST", "path": "/api/Spaces-2/lifecycles", "kind": "slow", "milliseconds": 3000, "times": 1}),
    );
    let mut child = start(&journey);
    let asked = || {
        let writes = journey.destination.requests();
        writes
            .iter()
            .any(|request| request["Method"] == "POST" && request["Path"] == "/api/Spaces-2/environments")
    };
    until("Terraform's work", || {
        let ended = child.try_wait().expect("its state");
        assert!(
            ended.is_none(),
            "it ended before: {}",
            std::fs::read_to_string(journey.path("migrate.txt")).unwrap()
        );
        asked()
    });
    let pid = deployment_of(&journey);
    let killed = command("kill", journey.folder.path()).args(["-9", &pid]).status().expect("kill");
    assert!(killed.success());
    until("the end of the migration", || child.try_wait().expect("its state").is_some());
    until("the end of the tasks", || all_tasks_have_ended(&journey));

    // What Terraform made at last may be in no state: then it is named, and taken over when that is asked for.
    let mut again = start(&journey);
    if again.wait().expect("its end").code() != Some(3) {
        let said = std::fs::read_to_string(journey.path("migrate.txt")).unwrap();
        assert!(
            said.contains("the destination has these already") && said.contains("--existing adopt"),
            "{said}"
        );
        adopt_from_now_on(&journey);
        journey.migrate(3).is_settled();
    }
    journey.unseed();
    let said = journey.arrived();
    assert!(said.contains("8 of 9 delivered byte for byte, 1 placeholder"), "{said}");
}

/// As a person does it in the portal: the variable `Octoferry.Deploy.Existing` of the library set `Octoferry`.
fn adopt_from_now_on(journey: &Journey) {
    let (_, sets) = http(&journey.source, "GET", "/api/Spaces-2/libraryvariablesets?take=100", None);
    let mut sets = sets["Items"].as_array().expect("sets").iter();
    let set = sets.find(|set| set["Name"] == "Octoferry").expect("the set");
    let path = format!("/api/Spaces-2/variables/{}", set["VariableSetId"].as_str().expect("an id"));
    let (_, mut variables) = http(&journey.source, "GET", &path, None);
    for variable in variables["Variables"].as_array_mut().expect("variables") {
        if variable["Name"] == "Octoferry.Deploy.Existing" {
            variable["Value"] = json!("adopt");
        }
    }
    assert_eq!(http(&journey.source, "PUT", &path, Some(&variables)).0, 200);
}
