//! What can go wrong while runbooks run: each is told in `migrate`'s own output, with what to do; nothing is half done without saying so,
//! and the next run goes on.

use std::io::Read as _;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use octopus_sandbox::{Options, S3Fault, S3Store, Sandbox, WorkerKind};
use serde_json::json;

use crate::journey::{Journey, NEW};
use crate::support::{
    PATIENCE, Started, fault, http, octoferry, pretended_package, sandbox_with, sandbox_with_empty_space,
    space_file, terraform_config,
};

/// A journey whose source has workers of this kind.
fn with_worker(worker: WorkerKind) -> Journey {
    let load = vec![space_file("small-web")];
    let journey = Journey::of(Options { load, worker, ..Options::default() }, Options::default());
    journey.seed();
    journey
}

/// What the destination was asked to write.
fn writes(sandbox: &Sandbox) -> usize {
    sandbox.requests().iter().filter(|request| request["Method"] != "GET").count()
}

#[test]
fn workers_without_what_a_step_needs_are_reported_by_the_first_runbook() {
    let worker = WorkerKind::default;
    for (kind, says) in [
        (
            WorkerKind { openssl: false, ..worker() },
            "openssl is not on the PATH of this worker or container, and Octopus",
        ),
        (WorkerKind { bash: false, ..worker() }, "bash"),
        (
            WorkerKind { architecture: Some("aarch64".to_owned()), ..worker() },
            "This worker is Linux on aarch64; octoferry needs Linux on x86-64.",
        ),
        (
            WorkerKind { path: vec!["/usr/bin".into(), "/bin".into()], ..worker() },
            "there is neither terraform nor tofu on the PATH",
        ),
    ] {
        let journey = with_worker(kind);
        let before = writes(&journey.destination);
        journey.migrate(1).says(says).says("Check failed").says("/tasks/ServerTasks-");
        assert_eq!(writes(&journey.destination), before);
    }
}

#[test]
fn a_pool_without_workers_is_reported_by_name() {
    let options =
        Options { load: vec![space_file("small-web")], builtin_worker: false, ..Options::default() };
    let journey = Journey::of(options, Options::default());
    journey.seed();
    journey.migrate(1).says("There are no workers available in the worker pool 'Default Worker Pool'");
    let state = format!("path={}", journey.path("state"));
    journey
        .run(&["seed", "--yes", "--backend", "local", "--backend-config", &state, "--worker-pool", "Nowhere"])
        .option("--package", pretended_package(journey.folder.path()))
        .ends_with(2)
        .says("no worker pool \"Nowhere\"")
        .says("\"Office workers\"");
}

#[test]
fn printed_variables_stop_every_run() {
    let journey = with_worker(WorkerKind::default());
    let of_seed = writes(&journey.destination);
    let (_, sets) = http(&journey.source, "GET", "/api/Spaces-2/libraryvariablesets?take=100", None);
    let sets = sets["Items"].as_array().unwrap();
    let set = sets.iter().find(|set| set["Name"] == "Octoferry").unwrap()["VariableSetId"].as_str().unwrap();
    let path = format!("/api/Spaces-2/variables/{set}");
    let (_, mut variables) = http(&journey.source, "GET", &path, None);
    let list = variables["Variables"].as_array_mut().unwrap();
    list.push(json!({"Name": "OctopusPrintVariables", "Value": "True", "Type": "String", "Scope": {}}));
    assert_eq!(http(&journey.source, "PUT", &path, Some(&variables)).0, 200);
    journey.migrate(1).says("The variable OctopusPrintVariables is True").says("Remove it, then run again.");
    assert_eq!(writes(&journey.destination), of_seed);
}

#[test]
fn a_stopped_queue_or_maintenance_is_reported_before_anything_runs() {
    let journey = with_worker(WorkerKind::default());
    let (_, mut space) = http(&journey.source, "GET", "/api/spaces/Spaces-2", None);
    space["TaskQueueStopped"] = json!(true);
    http(&journey.source, "PUT", "/api/spaces/Spaces-2", Some(&space));
    journey
        .migrate(1)
        .says("the task queue of the space \"Letterbox\" is stopped")
        .says("Configuration, Spaces");
    space["TaskQueueStopped"] = json!(false);
    http(&journey.source, "PUT", "/api/spaces/Spaces-2", Some(&space));
    http(
        &journey.source,
        "PUT",
        "/api/maintenanceconfiguration",
        Some(&json!({"IsInMaintenanceMode": true})),
    );
    journey.migrate(1).says("the server is in maintenance mode");
    let (_, tasks) = http(&journey.source, "GET", "/api/Spaces-2/tasks?name=RunbookRun", None);
    assert_eq!(tasks["TotalResults"], 0, "no run was started");
}

/// A command that goes on while the test does something, and what it has said so far.
struct Running {
    process: Started,
    said: Arc<Mutex<String>>,
    reading: std::thread::JoinHandle<()>,
}

impl Running {
    fn migrate(journey: &Journey) -> Self {
        let run = journey.run(&["migrate", "--yes", "--todo", &journey.path("todo.md")]);
        let mut process = run.start(Stdio::piped());
        let mut output = process.stderr.take().expect("it is there");
        let said = Arc::new(Mutex::new(String::new()));
        let heard = Arc::clone(&said);
        let reading = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                heard.lock().expect("it is there").push_str(&String::from_utf8_lossy(&buffer[..count]));
            }
        });
        Self { process, said, reading }
    }

    /// Waits until it has said this.
    #[track_caller]
    fn until_says(&self, text: &str) {
        let begun = Instant::now();
        while !self.said.lock().expect("it is there").contains(text) {
            let said = self.said.lock().expect("it is there").clone();
            assert!(begun.elapsed() < PATIENCE, "{text:?} was never said:\n{said}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    #[track_caller]
    fn ends_with(mut self, code: i32) -> String {
        let status = self.process.wait().expect("it is there");
        self.reading.join().expect("it is there");
        let said = self.said.lock().expect("it is there").clone();
        assert_eq!(status.code(), Some(code), "{said}");
        said
    }
}

/// The seeded runbook `__ 0. Check` with a step before its own that waits for a person.
fn ask_a_person_first(journey: &Journey) {
    let (_, runbooks) = http(&journey.source, "GET", "/api/Spaces-2/runbooks?take=100", None);
    let runbooks = runbooks["Items"].as_array().expect("it is there");
    let check = runbooks.iter().find(|runbook| runbook["Name"] == "__ 0. Check").expect("it is there");
    let path = format!(
        "/api/Spaces-2/runbookProcesses/{}",
        check["RunbookProcessId"].as_str().expect("it is there")
    );
    let (_, mut process) = http(&journey.source, "GET", &path, None);
    let properties =
        json!({"Octopus.Action.Manual.Instructions": "May we?", "Octopus.Action.RunOnServer": "false"});
    process["Steps"].as_array_mut().expect("it is there").insert(
        0,
        json!({"Name": "Ask", "PackageRequirement": "LetOctopusDecide", "Properties": {}, "Condition": "Success",
               "StartTrigger": "StartAfterPrevious", "Actions": [{"Name": "Ask", "ActionType": "Octopus.Manual", "Properties": properties}]}),
    );
    let (status, answer) = http(&journey.source, "PUT", &path, Some(&process));
    assert_eq!(status, 200, "{answer}");
}

#[test]
fn a_task_that_waits_for_a_person_is_reported_and_a_second_migration_is_refused_meanwhile() {
    let journey = with_worker(WorkerKind::default());
    // The runbooks' own account.
    let of_seed = writes(&journey.destination);
    ask_a_person_first(&journey);
    let running = Running::migrate(&journey);
    running.until_says("the task waits for a person: open it in the Octopus portal and answer");
    journey
        .migrate(1)
        .says("another migration is under way")
        .says("ServerTasks-")
        .says("Wait for it or cancel it");
    let (_, page) = http(&journey.source, "GET", "/api/Spaces-2/interruptions?pendingOnly=true", None);
    let id = page["Items"][0]["Id"].as_str().unwrap();
    http(&journey.source, "PUT", &format!("/api/Spaces-2/interruptions/{id}/responsible"), None);
    let no = json!({"Result": "Abort", "Notes": "Not today."});
    http(&journey.source, "POST", &format!("/api/Spaces-2/interruptions/{id}/submit"), Some(&no));
    let said = running.ends_with(1);
    assert!(said.contains("Check failed") && said.contains("Not today."), "{said}");
    assert_eq!(writes(&journey.destination), of_seed);
}

#[test]
fn a_package_that_retention_took_is_put_back_or_asked_for() {
    let journey = with_worker(WorkerKind::default());
    let (_, page) = http(&journey.source, "GET", "/api/Spaces-2/packages?nuGetPackageId=octoferry", None);
    let id = page["Items"][0]["Id"].as_str().unwrap();
    let (status, answer) = http(&journey.source, "DELETE", &format!("/api/Spaces-2/packages/{id}"), None);
    assert_eq!(status, 200, "{answer}");
    // The program that tests run is not static, so it can't take the place of the package: a static one puts itself back.
    journey
        .migrate(1)
        .says("the package octoferry is gone from the built-in feed")
        .says("octoferry seed, with --package FILE where it was given before, puts it there again");
    journey.seed();
    journey.spread();
    journey.migrate(3).is_settled();
}

#[test]
fn a_task_that_is_cancelled_in_the_middle_saves_its_state_and_the_next_migration_goes_on() {
    let load = vec![space_file("small-web")];
    let slow = Options { latency_ms: 40, ..Options::default() };
    let journey = Journey::of(Options { load, ..Options::default() }, slow);
    journey.seed();
    journey.spread();
    let running = Running::migrate(&journey);
    running.until_says("made octopusdeploy_environment");
    let (_, page) =
        http(&journey.source, "GET", "/api/Spaces-2/tasks?name=RunbookRun&states=Executing", None);
    let task = page["Items"][0]["Id"].as_str().unwrap().to_owned();
    let (status, answer) =
        http(&journey.source, "POST", &format!("/api/Spaces-2/tasks/{task}/cancel"), Some(&json!({})));
    assert_eq!(status, 200, "{answer}");
    let said = running.ends_with(1);
    assert!(said.contains("Deploy Space was cancelled"), "{said}");
    assert!(said.contains("goes on where it stopped"), "{said}");
    journey.migrate(3).is_settled();
    journey.notes_are_forced();
    journey.arrived();
}

#[test]
fn a_project_that_fails_does_not_stop_the_others_and_goes_on_next_time() {
    let journey = Journey::with("bookshop");
    journey.seed();
    journey.spread();
    let trouble = json!({"path": "/api/Spaces-2/channels", "method": "POST", "kind": "status", "status": 500,
        "body": {"ErrorMessage": "The database is tired."}, "times": 1});
    fault(&journey.destination, trouble);
    let failed = journey.migrate(1);
    failed.says("The database is tired.").says("deploy again");
    assert!(failed.stdout.contains("failed"), "{}", failed.stdout);
    let todo = std::fs::read_to_string(journey.path("todo.md")).unwrap();
    assert!(todo.starts_with("# What is left to you"), "{todo}");
    journey.migrate(3);
    journey.arrived();
}

#[test]
fn a_list_for_the_person_that_can_not_be_written_is_reported() {
    let journey = with_worker(WorkerKind::default());
    journey.spread();
    journey
        .run(&["migrate", "--yes", "--space-only", "--todo", "/dev/full"])
        .ends_with(1)
        .says("writing /dev/full: No space left on device");
}

/// Deploys the module of the space small-web with its state in a store.
fn deploy_to(store: &S3Store, destination: &Sandbox, module: &std::path::Path) -> crate::support::Run {
    octoferry(["deploy", "--placeholders"])
        .arg(module)
        .state_in(store)
        .destination(destination, NEW)
        .env("TF_CLI_CONFIG_FILE", terraform_config())
        .env("AWS_ACCESS_KEY_ID", "AKIAPLANTED")
        .env("AWS_SECRET_ACCESS_KEY", "word")
}

#[test]
fn a_backend_that_is_gone_when_the_state_is_saved_is_offered_it_again_else_all_that_was_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let module = folder.path().join("module");
    let source = sandbox_with("small-web");
    octoferry(["serialize", "space", "--out"]).arg(&module).source(&source, "Letterbox").ends_with(3);
    let denied = |times| S3Fault { method: "PUT".into(), key: "/space$".into(), status: 403, times };

    // For a moment: the state is offered until it is taken, and the plan afterwards is empty.
    let (store, destination) =
        (S3Store::start("AKIAPLANTED", &["states"]).unwrap(), sandbox_with_empty_space(NEW));
    store.fail(denied(Some(3)));
    deploy_to(&store, &destination, &module)
        .ends_with(3)
        .says("the backend did not take the state; it is offered again")
        .says("the state is saved now")
        .says("a second plan is empty");
    deploy_to(&store, &destination, &module).ends_with(3).says("0 to make, 0 to change, 0 to destroy");

    // For good: everything that was made is named, and taken over when the backend is back.
    let (store, destination) =
        (S3Store::start("AKIAPLANTED", &["states"]).unwrap(), sandbox_with_empty_space(NEW));
    store.fail(denied(None));
    deploy_to(&store, &destination, &module)
        .in_folder(folder.path())
        .ends_with(1)
        .says("so Terraform forgets what it made just now")
        .says("octopusdeploy_environment.production (Environments-")
        .says("deploy with --existing adopt");
    let kept = folder.path().join("octoferry-errored-space-1.tfstate");
    assert!(kept.is_file(), "the state is kept where it ran");
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&kept.metadata().unwrap().permissions()) & 0o777,
        0o600
    );
    store.mend();
    // Nothing of it was there before. The library set too, with the variables that were made in it: each is there once.
    deploy_to(&store, &destination, &module)
        .ends_with(3)
        .says("made by a deployment that broke off, taken over: environments")
        .says("a second plan is empty");
    let made = destination.dump();
    let sets = made["Documents"]["Spaces-2"]["variables"].as_object().into_iter().flatten();
    let variables: Vec<usize> =
        sets.filter_map(|(_, set)| Some(set["Variables"].as_array()?.len())).collect();
    assert_eq!(variables, [5]);
}
