//! Spread and collapse against the sandbox as server, killed (`kill -9`) at every write, then run again: the source ends as it should, whatever
//! happened in between.

use std::process::Stdio;
use std::time::{Duration, Instant};

use octopus_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::{
    Run, fault, http, octoferry, pretended_package, sandbox_with, sandbox_with_empty_space, until,
};

const SPACE: &str = "Tallow & Wick";
/// What spread and collapse write: documents, then snapshots of runbooks.
const DOCUMENTS: (&str, &str) = ("PUT", "/api/Spaces-2/(variables|accounts|certificates)/");
const SNAPSHOTS: (&str, &str) = ("POST", "/api/Spaces-2/runbookSnapshots");

/// A source with a seeded space, and what it held before.
struct Source {
    sandbox: Sandbox,
    before: Value,
}

impl Source {
    fn seeded() -> Self {
        let (sandbox, destination) = (sandbox_with("shop"), sandbox_with_empty_space("New"));
        let before = sandbox.dump();
        let folder = tempfile::tempdir().expect("a folder");
        // Without accounts at a destination that is gone afterwards.
        octoferry(["seed", "--yes", "--backend", "local", "--backend-config", "path=/var/lib/states"])
            .arg("--own-runbook-keys")
            .option("--package", pretended_package(folder.path()))
            .source(&sandbox, SPACE)
            .destination(&destination, "New")
            .ends_with(0);
        Self { sandbox, before }
    }

    fn run(&self, command: &str) -> Run {
        octoferry([command, "--yes"]).source(&self.sandbox, SPACE)
    }

    /// Starts the command, lets so many of its writes pass, and kills it at the next. Whether there was a next.
    fn killed(&self, command: &str, (method, path): (&str, &str), after: usize) -> bool {
        fault(
            &self.sandbox,
            json!({"method": method, "path": path, "kind": "slow", "milliseconds": 5000, "after": after, "times": 1}),
        );
        let before = self.writes(method);
        let mut child = self.run(command).start(Stdio::null());
        let (mut seen, mut since) = (0, Instant::now());
        let killed = loop {
            if child.try_wait().expect("its state").is_some() {
                break false;
            }
            let requests = self.sandbox.requests().len();
            if requests != seen {
                (seen, since) = (requests, Instant::now());
            }
            // Silence after these writes: the next one is under way.
            if self.writes(method) == before + after && since.elapsed() > Duration::from_millis(700) {
                child.kill().expect("SIGKILL");
                child.wait().expect("its end");
                break true;
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let (status, _) = http(&self.sandbox, "DELETE", "/sandbox/faults", None);
        assert_eq!(status, 200);
        killed
    }

    /// How many writes of that method there were, but for the runs of tasks.
    fn writes(&self, method: &str) -> usize {
        let of_space = |request: &&Value| {
            request["Method"] == method
                && request["Path"].as_str().is_some_and(|path| path.starts_with("/api/Spaces-2/"))
        };
        self.sandbox.requests().iter().filter(of_space).count()
    }

    /// The documents of the space and all secrets, but for versions and what publishing leaves.
    fn held(&self) -> Value {
        comparable(self.sandbox.dump())
    }
}

fn comparable(mut dump: Value) -> Value {
    let space = dump["Documents"]["Spaces-2"].take();
    let mut collections = space.as_object().cloned().expect("a space");
    for published in ["runbooksnapshots", "variablesnapshots"] {
        collections.remove(published);
    }
    for documents in collections.values_mut() {
        let documents = documents.as_object_mut().expect("documents");
        // Frozen copies of processes.
        documents.retain(|id, _| !id.contains("-s-"));
        for document in documents.values_mut() {
            let fields = document.as_object_mut().expect("a document");
            fields.remove("Version");
            fields.remove("PublishedRunbookSnapshotId");
        }
    }
    let mut secrets = dump["Secrets"].as_object().cloned().expect("secrets");
    secrets.retain(|id, _| !id.contains("-s-"));
    json!({"Documents": collections, "Secrets": secrets})
}

/// The same without the ids of plain variables: those that spread makes get new ones each time.
fn without_new_ids(held: &Value) -> Value {
    let mut held = held.clone();
    let sets = held["Documents"]["variables"].as_object_mut().expect("variable sets");
    for variable in sets.values_mut().filter_map(|set| set["Variables"].as_array_mut()).flatten() {
        if variable["IsSensitive"] == false {
            variable["Id"].take();
        }
    }
    held
}

/// Says where two values differ; nothing when they are equal.
fn difference(path: &str, left: &Value, right: &Value) -> Option<String> {
    match (left, right) {
        (Value::Object(a), Value::Object(b)) => a
            .keys()
            .chain(b.keys())
            .find_map(|key| difference(&format!("{path}/{key}"), &left[key], &right[key])),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .enumerate()
            .find_map(|(index, (a, b))| difference(&format!("{path}/{index}"), a, b)),
        _ => (left != right).then(|| format!("{path}: {left} became {right}")),
    }
}

#[track_caller]
fn assert_same(before: &Value, after: &Value) {
    if let Some(difference) = difference("", before, after) {
        panic!("{difference}");
    }
}

#[test]
fn killed_at_every_write_spread_and_collapse_are_completed_by_the_next_run() {
    let source = Source::seeded();
    let seeded = source.held();
    source.run("spread").ends_with(0);
    let spread = source.held();
    assert_ne!(seeded, spread);
    octoferry(["spread", "--plan"]).source(&source.sandbox, SPACE).ends_with(0);
    let writes = [source.writes("PUT"), source.writes("POST")];
    source.run("spread").ends_with(0).says("nothing to change");
    assert_same(&spread, &source.held());
    assert_eq!([source.writes("PUT"), source.writes("POST")], writes, "the second time nothing is written");
    source.run("collapse").ends_with(0);
    assert_same(&seeded, &source.held());

    let documents = (0..6).map(|after| (DOCUMENTS, after));
    let mut kills = 0;
    for (write, after) in documents.chain([(SNAPSHOTS, 0), (SNAPSHOTS, 3)]) {
        kills += usize::from(source.killed("spread", write, after));
        source.run("spread").ends_with(0);
        octoferry(["spread", "--plan"]).source(&source.sandbox, SPACE).ends_with(0);
        assert_same(&without_new_ids(&spread), &without_new_ids(&source.held()));

        kills += usize::from(source.killed("collapse", write, after));
        source.run("collapse").ends_with(0);
        assert_same(&seeded, &source.held());
    }
    assert!(kills >= 12, "only {kills} were killed in the middle");

    // Killed in the middle of spread, unseed alone puts everything back.
    assert!(source.killed("spread", DOCUMENTS, 2));
    source.run("unseed").ends_with(0);
    assert_same(&comparable(source.before.clone()), &source.held());
}

/// Migrate ended by SIGTERM before a run begins: the project that it enabled is disabled again, and no later deployment enables triggers.
#[test]
fn a_migration_that_is_ended_puts_back_what_it_changed_for_its_time() {
    let (sandbox, destination) = (sandbox_with("shop"), sandbox_with_empty_space("New"));
    let documents = |sandbox: &Sandbox, collection: &str| {
        sandbox.dump()["Documents"]["Spaces-2"][collection].as_object().cloned().expect("a collection")
    };
    let mut project = documents(&sandbox, "projects")
        .into_iter()
        .map(|(_, project)| project)
        .find(|project| project["Name"] == "Search")
        .expect("the project");
    project["IsDisabled"] = json!(true);
    let path = format!("/api/Spaces-2/projects/{}", project["Id"].as_str().expect("an id"));
    assert_eq!(http(&sandbox, "PUT", &path, Some(&project)).0, 200);
    let folder = tempfile::tempdir().expect("a folder");
    octoferry(["seed", "--yes", "--backend", "local", "--backend-config", "path=/var/lib/states"])
        .option("--package", pretended_package(folder.path()))
        .source(&sandbox, SPACE)
        .destination(&destination, "New")
        .ends_with(0);

    fault(
        &sandbox,
        json!({"method": SNAPSHOTS.0, "path": SNAPSHOTS.1, "kind": "slow", "milliseconds": 4000, "times": 1}),
    );
    let mut child = octoferry(["migrate", "--yes", "--enable-triggers"])
        .source(&sandbox, SPACE)
        .destination(&destination, "New")
        .start(Stdio::null());
    let is_disabled =
        || documents(&sandbox, "projects")[project["Id"].as_str().expect("an id")]["IsDisabled"].clone();
    let enables = || {
        let sets = documents(&sandbox, "variables");
        let mut variables = sets.values().flat_map(|set| set["Variables"].as_array().expect("variables"));
        variables
            .find(|variable| variable["Name"] == "Octoferry.Deploy.EnableTriggers")
            .map(|variable| variable["Value"].clone())
            .expect("the setting")
    };
    until("the project that it enables", || {
        let is_enabled = is_disabled() != json!(true);
        assert!(is_enabled || child.try_wait().expect("its state").is_none(), "it runs until it is stopped");
        is_enabled
    });
    assert_eq!(
        enables(),
        json!("False"),
        "runs are told at their prompts: nothing at the source changes for it"
    );
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::TERM).expect("a signal");
    assert_eq!(child.wait().expect("its end").code(), Some(1));
    assert_eq!(is_disabled(), json!(true));
    assert_eq!(enables(), json!("False"));
}
