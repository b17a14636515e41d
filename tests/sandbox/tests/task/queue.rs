//! Tasks that wait, are cancelled, or find no worker.

use std::collections::BTreeMap;

use octopus_sandbox::{Options, WorkerKind};
use serde_json::{Value, json};

use super::support::World;
use super::{variable, world};

#[test]
fn cancel_ends_the_tree_and_its_grace_lets_it_save() {
    let world = world();
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "cd '{}'; setsid bash -c 'echo $$ > child; trap \"echo saved > saved; exit\" TERM; touch ready; while true; do sleep 0.02; done' & trap 'kill -TERM $(cat child); exit 1' TERM; wait",
        folder.path().display()
    );
    world.set_script(&script, Value::Null);
    world.publish(json!([]));
    let task = world.try_run(Value::Null).unwrap();
    world.wait_until(&task, "the child", |_| folder.path().join("ready").exists());
    let answer = world.send("POST", &format!("tasks/{task}/cancel"), Value::Null);
    assert_eq!(answer["State"], "Cancelling");
    assert_eq!(world.wait(&task)["State"], "Canceled");
    assert!(folder.path().join("saved").exists());
    let pid = std::fs::read_to_string(folder.path().join("child")).unwrap();
    assert!(!std::path::Path::new("/proc").join(pid.trim()).join("exe").exists(), "the child is gone");
    assert_eq!(world.ask("POST", &format!("tasks/{task}/cancel"), &Value::Null).0, 400);
}

#[test]
fn cancel_without_grace_kills_what_ignores_it() {
    let world = World::new(Options { cancel_grace_ms: 0, ..Options::default() });
    world.set_script("trap '' TERM INT; write_verbose up; while true; do sleep 0.1; done", Value::Null);
    world.publish(json!([]));
    let task = world.try_run(Value::Null).unwrap();
    world.wait_until(&task, "the script", |_| world.log(&task).contains("up"));
    world.send("POST", &format!("tasks/{task}/cancel"), Value::Null);
    assert_eq!(world.wait(&task)["State"], "Canceled");
}

#[test]
fn runs_with_one_tag_wait_for_each_other() {
    let world = world();
    let folder = tempfile::tempdir().unwrap();
    let script =
        format!("cd '{}'; echo up >> log; while [ ! -e open ]; do sleep 0.02; done", folder.path().display());
    world.set_script(&script, Value::Null);
    world.set_variables(&world.project, json!([variable("Octopus.Task.ConcurrencyTag", "one-at-a-time")]));
    world.publish(json!([]));
    let second = world.new_runbook("Second");
    world.set_script_of(&second, &script, Value::Null);
    world.publish_of(&second, json!([]));
    let first = world.try_run(Value::Null).unwrap();
    let later = world.try_run_of(&second, Value::Null).unwrap();
    world.wait_until(&first, "the first run", |_| folder.path().join("log").exists());
    let waiting = world.get(&format!("tasks/{later}"));
    assert_eq!(waiting["State"], "Queued");
    assert_eq!(world.get(&format!("tasks/{later}/queued-behind"))["Items"][0]["Id"], first.as_str());
    std::fs::write(folder.path().join("open"), "").unwrap();
    assert_eq!(world.wait(&later)["State"], "Success");
    assert_eq!(std::fs::read_to_string(folder.path().join("log")).unwrap(), "up\nup\n");
    let started = |task: &str| world.get(&format!("tasks/{task}"))["StartTime"].as_str().unwrap().to_owned();
    let ended = world.get(&format!("tasks/{first}"))["CompletedTime"].as_str().unwrap().to_owned();
    assert!(started(&later) >= ended);
}

#[test]
fn different_runbooks_run_at_once_and_one_runbook_one_after_another() {
    let world = world();
    let folder = tempfile::tempdir().unwrap();
    // Each waits for the other: only at once can they end.
    let meet = |own: &str, other: &str| {
        format!("cd '{}'; touch {own}; while [ ! -e {other} ]; do sleep 0.02; done", folder.path().display())
    };
    let second = world.new_runbook("Second");
    world.set_script(&meet("a", "b"), Value::Null);
    world.set_script_of(&second, &meet("b", "a"), Value::Null);
    world.publish(json!([]));
    world.publish_of(&second, json!([]));
    let tasks = [world.try_run(Value::Null).unwrap(), world.try_run_of(&second, Value::Null).unwrap()];
    for task in &tasks {
        assert_eq!(world.wait(task)["State"], "Success");
    }
}

#[test]
fn a_stopped_queue_holds_tasks_which_can_be_cancelled() {
    let world = world();
    world.set_script("echo x", Value::Null);
    world.publish(json!([]));
    let mut space = world.get("/api/spaces/Spaces-1");
    space["TaskQueueStopped"] = json!(true);
    world.send("PUT", "/api/spaces/Spaces-1", space);
    let task = world.try_run(Value::Null).unwrap();
    let messages = world.get(&format!("tasks/{task}/status/messages"));
    assert!(messages.to_string().contains("task queue of this space is stopped"), "{messages}");
    assert_eq!(world.get(&format!("tasks/{task}"))["State"], "Queued");
    assert_eq!(world.send("POST", &format!("tasks/{task}/cancel"), json!({}))["State"], "Canceled");
    let expired = world.try_run(json!({"QueueTimeExpiry": "2020-01-01T00:00:00Z"})).unwrap();
    assert_eq!(world.wait(&expired)["State"], "TimedOut");
}

#[test]
fn a_manual_step_and_a_guided_failure_wait_for_a_person() {
    let world = world();
    world.set_steps(
        &world.runbook,
        json!([
            {"Name": "Look", "Actions": [{"Name": "Look", "ActionType": "Octopus.Manual", "Properties": {"Octopus.Action.Manual.Instructions": "Look at it"}}]},
            {"Name": "Go", "Actions": [{"Name": "Go", "ActionType": "Octopus.Script", "Properties": {"Octopus.Action.RunOnServer": "true",
                "Octopus.Action.Script.Syntax": "Bash", "Octopus.Action.Script.ScriptBody": "exit 5"}}]},
        ]),
    );
    world.publish(json!([]));
    let task = world.try_run(json!({"UseGuidedFailure": true})).unwrap();
    for (kind, answer) in [
        ("ManualIntervention", json!({"Result": "Proceed"})),
        ("GuidedFailure", json!({"Guidance": "Ignore"})),
    ] {
        let waiting = world.wait_until(&task, kind, |task| {
            task["HasPendingInterruptions"] == true && task["PendingInterruptionTypes"][0] == kind
        });
        assert_eq!(waiting["State"], "Queued");
        let page = world.get(&format!("interruptions?regarding={task}&pendingOnly=true"));
        let id = page["Items"][0]["Id"].as_str().unwrap();
        assert_eq!(page["Items"][0]["Type"], kind);
        assert_eq!(
            world.ask("POST", &format!("interruptions/{id}/submit"), &answer).0,
            400,
            "nobody is responsible"
        );
        world.send("PUT", &format!("interruptions/{id}/responsible"), Value::Null);
        world.send("POST", &format!("interruptions/{id}/submit"), answer);
    }
    assert_eq!(world.wait(&task)["State"], "Success");
}

#[test]
fn workers_differ_and_may_be_missing() {
    let kinds = BTreeMap::from([
        ("No openssl".to_owned(), WorkerKind { openssl: false, ..WorkerKind::default() }),
        ("No bash".to_owned(), WorkerKind { bash: false, ..WorkerKind::default() }),
        ("Arm".to_owned(), WorkerKind { architecture: Some("aarch64".to_owned()), ..WorkerKind::default() }),
        (
            "Own".to_owned(),
            WorkerKind {
                environment: BTreeMap::from([("TF_CLI_CONFIG_FILE".to_owned(), "/etc/x.tfrc".to_owned())]),
                ..WorkerKind::default()
            },
        ),
    ]);
    let world = World::new(Options { worker_kinds: kinds, ..Options::default() });
    let run_in = |pool: &str| {
        let pool = world.make("workerpools", json!({"Name": pool, "WorkerPoolType": "StaticWorkerPool"}));
        let script = "v=$(get_octopusvariable Octopus.Runbook.Name); echo \"<$v>\"; uname -m; env | sort; get_octopusvariable env:TF_CLI_CONFIG_FILE";
        let worker = json!({"Name": format!("w {pool}"), "WorkerPoolIds": [pool], "HealthStatus": "Healthy", "IsDisabled": false,
                            "Endpoint": {"CommunicationStyle": "TentaclePassive", "Thumbprint": "0123", "Uri": "https://w.example:10933/"}});
        let made = world.ask("POST", "workers", &worker);
        assert_eq!(made.0, 201, "{}", made.1);
        world.set_script(script, json!({"WorkerPoolId": pool}));
        world.publish(json!([]));
        world.run(Value::Null)
    };
    let (_, log) = run_in("No openssl");
    assert!(log.contains("<>") && log.contains("openssl: command not found"), "{log}");
    let (state, log) = run_in("No bash");
    assert!(state == "Failed" && log.contains("starting bash"), "{log}");
    let (state, log) = run_in("Arm");
    assert!(state == "Success" && log.contains("<Do it>") && log.contains("aarch64"), "{log}");
    let (_, log) = run_in("Own");
    assert_eq!(log.matches("/etc/x.tfrc").count(), 2, "in the environment and as a variable: {log}");
    // Nothing of the sandbox's own environment comes through.
    let names: Vec<&str> = log
        .lines()
        .filter_map(|line| line.split("|").nth(1)?.trim().split_once('=').map(|(name, _)| name))
        .filter(|name| {
            !["PATH", "HOME", "TMPDIR", "TF_CLI_CONFIG_FILE", "PWD", "OLDPWD", "SHLVL", "_"].contains(name)
        })
        .filter(|name| !name.starts_with(' ') && !name.is_empty())
        .collect();
    assert_eq!(names, Vec::<&str>::new());

    let empty = world.make("workerpools", json!({"Name": "Empty", "WorkerPoolType": "StaticWorkerPool"}));
    world.set_script("echo x", json!({"WorkerPoolId": empty}));
    world.publish(json!([]));
    let (state, log) = world.run(Value::Null);
    assert!(state == "Failed" && log.contains("no workers available in the worker pool 'Empty'"), "{log}");
}

#[test]
fn where_and_whether_a_runbook_may_run() {
    let world = world();
    world.set_script("echo x", Value::Null);
    let (status, error) = {
        let body =
            json!({"SpaceId": "Spaces-1", "UseDefaultSnapshot": true, "EnvironmentIds": [world.environment]});
        world.ask("POST", &format!("runbooks/{}/run", world.runbook), &body)
    };
    assert!(status == 400 && error.to_string().contains("no published snapshot"), "{error}");
    world.publish(json!([]));
    let runbook = format!("runbooks/{}", world.runbook);
    world.change(
        &runbook,
        json!({"EnvironmentScope": "Specified", "Environments": [world.other_environment]}),
    );
    let listed = world.get(&format!("projects/{}/{runbook}/environments", world.project));
    assert_eq!(listed.as_array().unwrap().len(), 1);
    let (status, error) = world.try_run(Value::Null).unwrap_err();
    assert!(status == 400 && error.contains("can't be run in the environment 'Test'"), "{error}");
    world.change(&runbook, json!({"EnvironmentScope": "All"}));
    world.change(&format!("projects/{}", world.project), json!({"IsDisabled": true}));
    assert_eq!(world.try_run(Value::Null).unwrap_err().0, 400);
}
