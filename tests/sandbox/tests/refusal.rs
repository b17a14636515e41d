//! What holds a run back: deployment freezes, approvals, packages that retention has deleted.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

#[allow(dead_code, reason = "what other tests share")]
mod support;

use octopus_sandbox::Options;
use serde_json::{Value, json};

use crate::support::{World, request};

fn sandbox_route(world: &World, path: &str, body: Value) -> Value {
    let body = body.to_string();
    let (status, answer) = request(&world.sandbox, "POST", path, "application/json", body.as_bytes());
    assert_eq!(status, 200, "{path}: {answer}");
    answer
}

#[test]
fn a_freeze_refuses_runs_in_its_scope() {
    let world = World::new(Options::default());
    world.set_script("echo ran", Value::Null);
    world.publish(json!([]));
    let freeze = world.send(
        "POST",
        "/api/deploymentfreezes",
        json!({"Name": "Sale", "Start": "2020-01-01T00:00:00Z", "End": "2120-01-01T00:00:00Z",
               "ProjectEnvironmentScope": {&world.project: [world.environment]}}),
    );
    let (status, error) = world.try_run(Value::Null).unwrap_err();
    assert!(status == 400 && error.contains("the deployment freeze 'Sale'"), "{error}");
    assert!(world.try_run(json!({"EnvironmentId": world.other_environment})).is_ok());
    // Set aside by name, with a reason; by the way that goes by names.
    let mut command = json!({"spaceId": "Spaces-1", "spaceIdOrName": "Spaces-1", "projectName": "Shop", "runbookName": "Do it",
                             "environmentNames": ["Test"], "deploymentFreezeNames": ["Sale"]});
    assert_eq!(world.ask("POST", "runbook-runs/create/v1", &command).0, 400);
    command["deploymentFreezeOverrideReason"] = json!("it burns");
    assert_eq!(world.ask("POST", "runbook-runs/create/v1", &command).0, 200);
    // A freeze of a tenant is no freeze of others; one that is over is none.
    let path = format!("/api/deploymentfreezes/{}", freeze["Id"].as_str().unwrap());
    let mut freeze = freeze;
    freeze["ProjectEnvironmentScope"] = json!({});
    freeze["TenantProjectEnvironmentScope"] =
        json!([{"TenantId": "Tenants-1", "ProjectId": world.project, "EnvironmentId": world.environment}]);
    world.send("PUT", &path, freeze.clone());
    assert!(world.try_run(Value::Null).is_ok());
    freeze["ProjectEnvironmentScope"] = json!({&world.project: [world.environment]});
    freeze["End"] = json!("2021-01-01T00:00:00Z");
    world.send("PUT", &path, freeze);
    assert!(world.try_run(Value::Null).is_ok());
}

#[test]
fn a_task_waits_in_the_queue_for_its_approval() {
    let world = World::new(Options::default());
    world.set_script("echo ran", Value::Null);
    world.publish(json!([]));
    sandbox_route(&world, "/sandbox/settings", json!({"NeedApproval": true}));
    let task = world.try_run(Value::Null).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(150));
    let waiting = world.get(&format!("tasks/{task}"));
    assert_eq!((&waiting["State"], &waiting["HasPendingPreconditions"]), (&json!("Queued"), &json!(true)));
    assert_eq!(waiting["PendingPreconditionTypes"], json!(["Approval"]));
    assert_eq!(world.get(&format!("tasks/{task}/servertaskapproval"))["State"], "Pending");
    let messages = world.get(&format!("tasks/{task}/status/messages")).to_string();
    assert!(messages.contains("waits for an approval"), "{messages}");
    sandbox_route(&world, "/sandbox/approvals", json!({"TaskId": task}));
    assert_eq!(world.wait(&task)["State"], "Success");
}

#[test]
fn a_snapshot_outlives_its_package() {
    let world = World::new(Options::default());
    world.upload("tool.1.0.0.zip", b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    let package = json!({"Name": "tool", "PackageId": "tool", "FeedId": "feeds-builtin", "AcquisitionLocation": "Server",
                         "Properties": {"Extract": "True"}});
    world.set_script("echo ran", json!({"Packages": [package]}));
    world.publish(json!([{"ActionName": "Go", "PackageReferenceName": "tool", "Version": "1.0.0"}]));
    assert_eq!(world.run(Value::Null).0, "Success");
    let gone = sandbox_route(&world, "/sandbox/retention", json!({"SpaceId": "Spaces-1"}));
    assert_eq!(gone, json!(["packages-tool.1.0.0"]));
    // The run is taken all the same; the task finds out.
    let (state, log) = world.run(Value::Null);
    assert!(state == "Failed" && log.contains("tool"), "{log}");
}
