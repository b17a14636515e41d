//! A whole journey for tests: two sandboxes, the built program as package, a state folder, and the commands of a person in between.

use std::path::Path;

use octopus_sandbox::{Options, Sandbox, WorkerKind};
use serde_json::{Value, json};

use crate::support::{
    Ended, LAZY_COLLECTOR, Run, content, http, http_text, octoferry, package, space_file, terraform_config,
    until,
};

/// The destination's space.
pub(crate) const NEW: &str = "New";

/// Two servers, and what the source held in the beginning.
pub(crate) struct Journey {
    pub(crate) source: Sandbox,
    pub(crate) destination: Sandbox,
    pub(crate) space: String,
    /// Whose keys the commands get, and the runbooks with them: the administrators', unless a test sets others.
    pub(crate) source_key: String,
    pub(crate) destination_key: String,
    /// State, modules, dumps.
    pub(crate) folder: tempfile::TempDir,
    before: Value,
}

impl Journey {
    /// A source with one of the spaces in `tests/spaces`, whose workers find the stand-in provider; an empty destination.
    pub(crate) fn with(case: &str) -> Self {
        Self::of(Options { load: vec![space_file(case)], ..Options::default() }, Options::default())
    }

    /// As [`Self::with`], of servers with options of their own; the worker and the new space are added.
    pub(crate) fn of(mut source: Options, mut destination: Options) -> Self {
        source.worker = WorkerKind { environment: worker_environment(), ..source.worker };
        destination.spaces.push(NEW.to_owned());
        let source = Sandbox::launch(source).expect("the source starts");
        let destination = Sandbox::launch(destination).expect("the destination starts");
        let before = source.dump();
        let space = before["Documents"]["Server"]["spaces"]["Spaces-2"]["Name"].as_str();
        let space = space.expect("the space has a name").to_owned();
        let folder = tempfile::tempdir().expect("a folder for the journey");
        let (source_key, destination_key) = (source.api_key(), destination.api_key());
        Self { source, destination, space, source_key, destination_key, folder, before }
    }

    /// One of octoferry's commands, with both servers in its environment.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        octoferry(arguments)
            .server("SOURCE", &self.source.url(), &self.space, &self.source_key)
            .server("DESTINATION", &self.destination.url(), NEW, &self.destination_key)
            .env("TF_CLI_CONFIG_FILE", terraform_config())
            .env("HOME", &self.path("home"))
            .in_folder(self.folder.path())
    }

    /// Runs one of the seeded runbooks as the portal would; whether it ended well, and its log.
    pub(crate) fn run_runbook(&self, name: &str) -> (bool, String) {
        self.run_runbook_with(name, &[])
    }

    /// The same, and what a person answers at its start, by the names of variables.
    pub(crate) fn run_runbook_with(&self, name: &str, answers: &[(&str, &str)]) -> (bool, String) {
        let get = |path: &str| http(&self.source, "GET", path, None).1;
        let find = |list: &str, name: &str| {
            let page = get(&format!("/api/Spaces-2/{list}?take=1000"));
            let items = page["Items"].as_array().expect("a page").clone();
            items.into_iter().find(|item| item["Name"] == name).unwrap_or_else(|| panic!("{name} in {list}"))
        };
        let runbook = find("runbooks", name);
        let (snapshot, environment) =
            (&runbook["PublishedRunbookSnapshotId"], &find("environments", "Octoferry")["Id"]);
        let (snapshot_id, environment_id) =
            (snapshot.as_str().expect("it is published"), environment.as_str().expect("an id"));
        let preview = get(&format!(
            "/api/Spaces-2/runbookSnapshots/{snapshot_id}/runbookRuns/preview/{environment_id}"
        ));
        let mut values = serde_json::Map::new();
        for (variable, answer) in answers {
            let mut elements = preview["Form"]["Elements"].as_array().expect("a form").iter();
            let element = elements.find(|element| element["Control"]["Name"] == *variable);
            let id = element.expect("it is asked")["Name"].as_str().expect("an id");
            values.insert(id.to_owned(), json!(answer));
        }
        let run = json!({
            "RunbookId": runbook["Id"], "RunbookSnapshotId": snapshot, "EnvironmentId": environment, "FormValues": values,
        });
        let (status, run) = http(&self.source, "POST", "/api/Spaces-2/runbookRuns", Some(&run));
        assert_eq!(status, 201, "{run}");
        let task = format!("/api/Spaces-2/tasks/{}", run["TaskId"].as_str().expect("a task"));
        until("the end of the task", || get(&task)["IsCompleted"] == true);
        (get(&task)["FinishedSuccessfully"] == true, http_text(&self.source, &format!("{task}/raw")))
    }

    /// A path in the journey's folder.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_string_lossy().into_owned()
    }

    /// `seed` with state in a folder of the workers' machine.
    pub(crate) fn seed(&self) -> Ended {
        self.seed_with(&[])
    }

    /// The same with further options.
    pub(crate) fn seed_with(&self, options: &[&str]) -> Ended {
        self.seeding(options).ends_with(0)
    }

    /// The same, however it ends.
    pub(crate) fn seeding(&self, options: &[&str]) -> Run {
        let state = format!("path={}", self.path("state"));
        let seed = ["seed", "--yes", "--backend", "local", "--backend-config", &state];
        self.run(&[&seed, options].concat()).option("--package", package())
    }

    /// `spread`; it may have something for a person.
    pub(crate) fn spread(&self) -> Ended {
        self.run(&["spread", "--yes"]).ends_with(0)
    }

    /// `migrate`, which ends with notes for a person or without.
    pub(crate) fn migrate(&self, code: i32) -> Ended {
        self.run(&["migrate", "--yes", "--todo", &self.path("todo.md")]).ends_with(code)
    }

    /// Of `todo.md` the Tentacles are left, which do not know the new server yet, and nothing else.
    #[track_caller]
    pub(crate) fn only_tentacles_are_left(&self) {
        let list = std::fs::read_to_string(self.path("todo.md")).expect("the list");
        let left: Vec<&str> = list.lines().filter(|line| line.starts_with("- [ ]")).collect();
        assert!(!left.is_empty() && left.iter().all(|line| line.contains("**Machine**")), "{list}");
    }

    /// `unseed`, and the comparer's word that the source is as it was, ids of variables included.
    #[track_caller]
    pub(crate) fn unseed(&self) {
        self.run(&["unseed", "--yes"]).ends_with(0);
        let before = self.written("source-before.json", &self.before);
        let after = self.written("source-after.json", &self.source.dump());
        self.compare(
            "compare-spaces",
            &["--untouched", &format!("{before}:Spaces-2"), &format!("{after}:Spaces-2")],
        );
    }

    /// What the comparer says of the source as it was and the destination as it is; it must find nothing but what a fact forces.
    #[track_caller]
    pub(crate) fn arrived(&self) -> String {
        let before = self.written("source-before.json", &self.before);
        let destination = self.written("destination.json", &self.destination.dump());
        self.compare(
            "compare-spaces",
            &["--allowed", &allowed(), &format!("{before}:Spaces-2"), &format!("{destination}:Spaces-2")],
        )
    }

    /// Every note of the space's modules must be one that a fact forces.
    #[track_caller]
    pub(crate) fn notes_are_forced(&self) {
        let modules = self.path("modules");
        self.run(&["serialize", "all", "--out", &modules]).ends_with(3);
        self.compare("check-notes", &[&allowed(), &modules]);
    }

    fn written(&self, name: &str, dump: &Value) -> String {
        let path = self.path(name);
        std::fs::write(&path, dump.to_string()).expect("the dump is written");
        path
    }

    /// Runs one of the programs in `tests/compare`, which share nothing with octoferry; what it printed. It must be content.
    #[track_caller]
    fn compare(&self, program: &str, arguments: &[&str]) -> String {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compare").join(program);
        content(&program, arguments, self.folder.path())
    }
}

/// What a worker's own environment holds: where Terraform finds the provider.
pub(crate) fn worker_environment() -> std::collections::BTreeMap<String, String> {
    [("TF_CLI_CONFIG_FILE", terraform_config()), LAZY_COLLECTOR]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

fn allowed() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/allowed-notes.txt").to_string_lossy().into_owned()
}
