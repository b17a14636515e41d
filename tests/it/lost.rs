//! Writes whose answer nobody heard: a connection that breaks, octoferry and Terraform killed (`kill -9`) between a write and the state. The next run
//! takes over exactly what the broken one has made, and the destination ends as it would have without.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::modules::Modules as Move;
use crate::support::{PATIENCE, command, fault, http, http_as, user_with};

impl Move {
    /// What is there, by names: of each collection how often each name, of sets and processes the parts of each.
    fn names(&self) -> BTreeMap<String, Vec<String>> {
        let dump = self.destination.dump();
        let collections = dump["Documents"]["Spaces-2"].as_object().expect("a space").clone();
        let mut found = BTreeMap::new();
        // A template that was taken over was written once more.
        let history = |collection: &String| collection == "actiontemplateversions";
        for (collection, documents) in collections.into_iter().filter(|(collection, _)| !history(collection))
        {
            let documents = documents.as_object().expect("documents").values();
            let mut names: Vec<String> =
                documents.clone().filter_map(|one| one["Name"].as_str()).map(str::to_owned).collect();
            for part in ["Variables", "Steps", "Tags"] {
                let parts = documents.clone().filter_map(|one| one[part].as_array());
                names.extend(parts.map(|parts| {
                    let mut names: Vec<&str> =
                        parts.iter().filter_map(|part| part["Name"].as_str()).collect();
                    names.sort_unstable();
                    names.join(" | ")
                }));
            }
            names.sort();
            found.insert(collection, names);
        }
        found
    }

    fn writes(&self) -> usize {
        self.destination.requests().iter().filter(|request| request["Method"] != "GET").count()
    }

    /// Starts a deployment, lets so many of its writes pass, and kills it and its Terraform while the next is under way; whether there was a next.
    fn killed(&self, after: usize) -> bool {
        for method in ["POST", "PUT"] {
            // So that the write is done by the time of the kill, and its answer is not.
            let slow =
                json!({"method": method, "path": "/api/Spaces-2/", "kind": "slow", "milliseconds": 60});
            fault(&self.destination, slow);
        }
        let before = self.writes();
        let mut child = self.deploy().start(Stdio::null());
        let since = Instant::now();
        let killed = loop {
            if child.try_wait().expect("its state").is_some() {
                break false;
            }
            assert!(since.elapsed() < PATIENCE, "it goes on for ever");
            if self.writes() > before + after {
                kill(child.id(), self);
                child.wait().expect("its end");
                break true;
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        assert_eq!(http(&self.destination, "DELETE", "/sandbox/faults", None).0, 200);
        killed
    }
}

/// Kills octoferry and every process that it has started.
pub(crate) fn kill(octoferry: u32, of: &Move) {
    let mut all = vec![octoferry.to_string()];
    let parents: Vec<(String, String)> = std::fs::read_dir("/proc")
        .expect("processes")
        .filter_map(|entry| {
            let id = entry.ok()?.file_name().into_string().ok()?;
            let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
            let parent = stat.rsplit_once(") ")?.1.split(' ').nth(1)?.to_owned();
            Some((id, parent))
        })
        .collect();
    let mut next = 0;
    while next < all.len() {
        let parent = all[next].clone();
        all.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(id, _)| id.clone()));
        next += 1;
    }
    command("kill", of.work.path()).arg("-9").args(&all).status().expect("kill");
}

#[test]
fn a_deployment_that_was_killed_at_a_write_is_completed_and_nothing_is_there_twice() {
    let whole = Move::of("small-web");
    let before = whole.writes();
    whole.deploy().ends_with(3);
    let (expected, writes) = (whole.names(), whole.writes() - before);
    let killed = Move::of("small-web");
    // A walk over the writes, each time from where the last one broke off.
    let (mut kills, mut step) = (0, 0);
    while killed.killed(step) {
        kills += 1;
        step = 1 + (step * 2) % 7;
        assert!(kills < 3 * writes, "it never ends");
    }
    assert!(kills >= 4, "{kills} kills at {writes} writes");
    killed.deploy().ends_with(3).is_settled();
    assert_eq!(killed.names(), expected);
    killed.deploy().ends_with(3).says("unchanged since the last deployment");
    assert_eq!(killed.names(), expected);
}

#[test]
fn a_lost_answer_is_looked_for_and_its_result_taken_over() {
    let whole = Move::of("operations");
    whole.deploy().ends_with(3);
    let expected = whole.names();
    // One of each kind that is made with a request of its own.
    let one = Move::of("operations");
    let mut kinds = Vec::new();
    for request in whole.destination.requests().iter().filter(|request| request["Method"] == "POST") {
        let path = request["Path"].as_str().expect("a path").split('?').next().expect("a path").to_owned();
        if path.starts_with("/api/Spaces-2/") && !kinds.contains(&path) && !path.contains("Projects-") {
            kinds.push(path);
        }
    }
    assert!(kinds.len() >= 5, "{kinds:?}");
    for path in &kinds {
        fault(
            &one.destination,
            json!({"method": "POST", "path": format!("^{path}$"), "kind": "drop-after", "times": 1}),
        );
    }
    let mut tries = 0;
    while one.deploy().ends_with_one_of(&[1, 3]).0 == 1 {
        tries += 1;
        assert!(tries <= kinds.len(), "it does not converge");
    }
    assert!(tries > 0);
    assert_eq!(one.names(), expected);
}

#[test]
fn what_somebody_else_makes_after_a_deployment_broke_off_is_not_taken_over() {
    let one = Move::of("small-web");
    fault(
        &one.destination,
        json!({"method": "POST", "path": "/api/Spaces-2/environments", "kind": "drop", "times": 20}),
    );
    one.deploy().ends_with(1);
    assert_eq!(http(&one.destination, "DELETE", "/sandbox/faults", None).0, 200);
    let person = user_with(&one.destination, &["EnvironmentView", "EnvironmentCreate", "EnvironmentEdit"]);
    let environment: Value = json!({"Name": "Production"});
    let (status, answer) =
        http_as(&one.destination, &person, "POST", "/api/Spaces-2/environments", Some(&environment));
    assert_eq!(status, 201, "{}", String::from_utf8_lossy(&answer));
    one.deploy()
        .ends_with(1)
        .says("the destination has these already")
        .says("environments \"Production\"")
        .says("--existing adopt");
}
