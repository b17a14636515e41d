//! What the tests of tasks share: a small HTTP client, and a project with a runbook.

#![allow(clippy::unwrap_used)]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use octopus_sandbox::{Options, Sandbox};
use serde_json::{Value, json};

/// A sandbox with one project (library set linked), two environments and a runbook.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) project: String,
    pub(crate) runbook: String,
    pub(crate) environment: String,
    pub(crate) other_environment: String,
    pub(crate) set: String,
}

/// A request; the answer's status and JSON (or text, as a JSON string).
pub(crate) fn request(
    sandbox: &Sandbox,
    method: &str,
    path: &str,
    content_type: &str,
    body: &[u8],
) -> (u16, Value) {
    let url = sandbox.url();
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nX-Octopus-ApiKey: {}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        sandbox.api_key(),
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let split = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&answer[..split]).into_owned();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let text = String::from_utf8_lossy(&answer[split + 4..]).into_owned();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

impl World {
    pub(crate) fn new(options: Options) -> Self {
        let sandbox = Sandbox::launch(options).unwrap();
        let mut world = World {
            sandbox,
            project: String::new(),
            runbook: String::new(),
            environment: String::new(),
            other_environment: String::new(),
            set: String::new(),
        };
        world.environment = world.make("environments", json!({"Name": "Test"}));
        world.other_environment = world.make("environments", json!({"Name": "Other"}));
        world.set = world.make("libraryvariablesets", json!({"Name": "Shared", "Templates": []}));
        let first = |world: &World, collection: &str| {
            world.get(&format!("{collection}/all"))[0]["Id"].as_str().unwrap().to_owned()
        };
        let (group, lifecycle) = (first(&world, "projectgroups"), first(&world, "lifecycles"));
        world.project = world.make(
            "projects",
            json!({"Name": "Shop", "ProjectGroupId": group, "LifecycleId": lifecycle, "IncludedLibraryVariableSetIds": [world.set]}),
        );
        world.runbook = world.new_runbook("Do it");
        world
    }

    pub(crate) fn new_runbook(&self, name: &str) -> String {
        self.make("runbooks", json!({"Name": name, "ProjectId": self.project, "SpaceId": "Spaces-1", "RunRetentionPolicy": {}, "DefaultGuidedFailureMode": "Off"}))
    }

    pub(crate) fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let path = if path.starts_with("/api") { path.to_owned() } else { format!("/api/Spaces-1/{path}") };
        request(&self.sandbox, method, &path, "application/json", &body)
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        let (status, answer) = self.ask("GET", path, &Value::Null);
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// A POST or PUT that succeeds.
    pub(crate) fn send(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(method, path, &body);
        assert!(matches!(status, 200 | 201), "{method} {path}: {status} {answer}");
        answer
    }

    pub(crate) fn make(&self, collection: &str, body: Value) -> String {
        self.send("POST", collection, body)["Id"].as_str().unwrap().to_owned()
    }

    /// Changes fields of a document.
    pub(crate) fn change(&self, path: &str, fields: Value) {
        let mut document = self.get(path);
        for (name, value) in fields.as_object().unwrap() {
            document[name] = value.clone();
        }
        self.send("PUT", path, document);
    }

    /// Replaces the variables of the project, or of a library set.
    pub(crate) fn set_variables(&self, owner: &str, variables: Value) {
        self.change(&format!("variables/variableset-{owner}"), json!({"Variables": variables}));
    }

    /// Replaces the runbook's steps by one Bash step, with more properties and fields of the action.
    pub(crate) fn set_script(&self, script: &str, action: Value) {
        self.set_script_of(&self.runbook, script, action);
    }

    pub(crate) fn set_script_of(&self, runbook: &str, script: &str, action: Value) {
        let mut full = json!({
            "Name": "Go", "ActionType": "Octopus.Script",
            "Properties": {"Octopus.Action.RunOnServer": "true", "Octopus.Action.Script.ScriptSource": "Inline",
                           "Octopus.Action.Script.Syntax": "Bash", "Octopus.Action.Script.ScriptBody": script,
                           "Octopus.Action.Script.SuppressEnvironmentLogging": "True"},
        });
        for (name, value) in action.as_object().into_iter().flatten() {
            if name == "Properties" {
                for (name, value) in value.as_object().unwrap() {
                    full["Properties"][name] = value.clone();
                }
            } else {
                full[name] = value.clone();
            }
        }
        self.set_steps(runbook, json!([{"Name": "Go", "Actions": [full]}]));
    }

    pub(crate) fn set_steps(&self, runbook: &str, steps: Value) {
        self.change(&format!("runbookProcesses/RunbookProcess-{runbook}"), json!({"Steps": steps}));
    }

    pub(crate) fn upload(&self, filename: &str, bytes: &[u8]) {
        let mut body = format!(
            "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{filename}\"\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n--xyz--\r\n");
        let (status, answer) = request(
            &self.sandbox,
            "POST",
            "/api/Spaces-1/packages/raw",
            "multipart/form-data; boundary=xyz",
            &body,
        );
        assert_eq!(status, 201, "{answer}");
    }

    /// Makes and publishes a snapshot. Returns its id.
    pub(crate) fn publish(&self, packages: Value) -> String {
        self.publish_of(&self.runbook, packages)
    }

    pub(crate) fn publish_of(&self, runbook: &str, packages: Value) -> String {
        let body = json!({"ProjectId": self.project, "RunbookId": runbook, "Name": "", "SelectedPackages": packages});
        self.make("runbookSnapshots?publish=true", body)
    }

    /// Starts the published snapshot; more fields of the body. The status, and the task's id or the error.
    pub(crate) fn try_run(&self, fields: Value) -> Result<String, (u16, String)> {
        self.try_run_of(&self.runbook, fields)
    }

    pub(crate) fn try_run_of(&self, runbook: &str, fields: Value) -> Result<String, (u16, String)> {
        let snapshot = self.get(&format!("runbooks/{runbook}"))["PublishedRunbookSnapshotId"].clone();
        let mut body = json!({"RunbookId": runbook, "RunbookSnapshotId": snapshot, "EnvironmentId": self.environment, "SpaceId": "Spaces-1"});
        for (name, value) in fields.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let (status, answer) = self.ask("POST", "runbookRuns", &body);
        match answer["TaskId"].as_str() {
            Some(task) if status == 201 => Ok(task.to_owned()),
            _ => Err((status, answer.to_string())),
        }
    }

    /// Waits until a task is as wanted.
    pub(crate) fn wait_until(&self, task: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let since = Instant::now();
        loop {
            let found = self.get(&format!("tasks/{task}"));
            if wanted(&found) {
                return found;
            }
            let late = since.elapsed() > Duration::from_secs(60);
            assert!(!late, "{what} never came: {found}\n{}", self.log(task));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn wait(&self, task: &str) -> Value {
        self.wait_until(task, "the end", |task| task["IsCompleted"] == true)
    }

    pub(crate) fn log(&self, task: &str) -> String {
        self.get(&format!("tasks/{task}/raw")).as_str().unwrap_or_default().to_owned()
    }

    /// Runs the published snapshot to its end: state and log.
    pub(crate) fn run(&self, fields: Value) -> (String, String) {
        let task = self.try_run(fields).unwrap();
        let state = self.wait(&task)["State"].as_str().unwrap().to_owned();
        (state, self.log(&task))
    }

    /// Runs a script in a new snapshot to its end.
    pub(crate) fn run_script(&self, script: &str) -> (String, String) {
        self.set_script(script, Value::Null);
        self.publish(json!([]));
        self.run(Value::Null)
    }
}
