//! What seed and migrate do, done by plain API calls as a person in the portal would: step templates imported from their JSON, runbooks made
//! of them, published, run. Twice, with an edit of the source in between: a published snapshot freezes variables and packages, and the edit
//! must arrive all the same.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use octopus_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::journey::{Journey, NEW};
use crate::support::http;
use crate::support::package;

/// A person with the portal of the source server open.
struct Portal<'a> {
    sandbox: &'a Sandbox,
}

impl Portal<'_> {
    #[track_caller]
    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let (status, answer) = http(self.sandbox, method, &format!("/api/Spaces-2/{path}"), body);
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    fn get(&self, path: &str) -> Value {
        self.ask("GET", path, None)
    }

    fn make(&self, collection: &str, document: &Value) -> Value {
        self.ask("POST", collection, Some(document))
    }

    fn put(&self, path: &str, document: &Value) {
        self.ask("PUT", path, Some(document));
    }

    fn named(&self, collection: &str, name: &str) -> Value {
        let page = self.get(&format!("{collection}?take=1000"));
        let mut items = page["Items"].as_array().expect("a page").iter();
        items.find(|item| item["Name"] == name).unwrap_or_else(|| panic!("{collection} {name}")).clone()
    }

    /// Drops a package on the portal's page of the built-in feed.
    fn upload(&self, file: &Path) {
        let url = self.sandbox.url();
        let address = url.strip_prefix("http://").expect("a plain address");
        let name = file.file_name().expect("it has a name").to_string_lossy();
        let head = format!(
            "--part\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/zip\r\n\r\n"
        );
        let (content, tail) = (std::fs::read(file).expect("the package"), "\r\n--part--\r\n");
        let mut connection = TcpStream::connect(address).expect("the sandbox listens");
        write!(
            connection,
            "POST /api/Spaces-2/packages/raw?overwriteMode=FailIfExists HTTP/1.1\r\nHost: {address}\r\nX-Octopus-ApiKey: {}\r\n\
             Content-Type: multipart/form-data; boundary=part\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{head}",
            self.sandbox.api_key(),
            head.len() + content.len() + tail.len()
        )
        .expect("the sandbox reads");
        connection.write_all(&content).expect("the sandbox reads");
        connection.write_all(tail.as_bytes()).expect("the sandbox reads");
        let mut answer = String::new();
        connection.read_to_string(&mut answer).expect("the sandbox answers");
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    }

    /// Imports one of the step templates, as the portal's "Import" does with the JSON of the community library.
    fn import(&self, file: &str) -> Value {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("step-templates").join(file);
        let library: Value =
            serde_json::from_slice(&std::fs::read(path).expect("the template")).expect("JSON");
        self.make("actiontemplates", &library)
    }

    /// A runbook with one step of a template; the parameters that the person fills in, all others as they come.
    fn runbook(&self, project: &str, name: &str, template: &Value, filled: &[(&str, &str)]) -> Value {
        let runbook = self.make(
            "runbooks",
            &json!({"Name": name, "ProjectId": project, "EnvironmentScope": "All", "MultiTenancyMode": "Untenanted", "RunRetentionPolicy": {},
                    "DefaultGuidedFailureMode": "Off",
                    "ConnectivityPolicy": {"AllowDeploymentsToNoTargets": true, "SkipMachineBehavior": "None", "TargetRoles": []}}),
        );
        let mut properties = template["Properties"].clone();
        for parameter in template["Parameters"].as_array().expect("parameters") {
            properties[parameter["Name"].as_str().expect("a name")] = parameter["DefaultValue"].clone();
        }
        for (name, value) in filled {
            properties[*name] = json!(value);
        }
        properties["Octopus.Action.Template.Id"] = template["Id"].clone();
        properties["Octopus.Action.Template.Version"] = json!(template["Version"].to_string());
        properties["Octoferry.Step.Package"] =
            json!(json!({"PackageId": "octoferry", "FeedId": "feeds-builtin"}).to_string());
        let mut packages = template["Packages"].clone();
        packages[0]["PackageId"] = json!("octoferry");
        packages[0]["FeedId"] = json!("feeds-builtin");
        let path = format!("runbookProcesses/{}", runbook["RunbookProcessId"].as_str().expect("a process"));
        let mut process = self.get(&path);
        process["Steps"] = json!([{"Name": name, "Condition": "Success", "StartTrigger": "StartAfterPrevious",
            "PackageRequirement": "LetOctopusDecide", "Properties": {}, "Actions": [{"Name": name, "ActionType": "Octopus.Script",
            "WorkerPoolId": self.named("workerpools", "Default Worker Pool")["Id"], "Packages": packages, "Properties": properties}]}]);
        self.put(&path, &process);
        runbook
    }

    /// The "Publish" button.
    fn publish(&self, runbook: &Value) {
        let id = runbook["Id"].as_str().expect("an id");
        let template = self.get(&format!("runbooks/{id}/runbookSnapshotTemplate"));
        let packages: Vec<Value> = template["Packages"]
            .as_array()
            .expect("packages")
            .iter()
            .map(|package| json!({"ActionName": package["ActionName"], "PackageReferenceName": package["PackageReferenceName"], "Version": "0.1.0"}))
            .collect();
        self.make(
            "runbookSnapshots?publish=true",
            &json!({"RunbookId": id, "ProjectId": runbook["ProjectId"], "Name": template["NextNameIncrement"], "SelectedPackages": packages}),
        );
    }

    /// The "Run" button: the published snapshot, in an environment; the whole log of the task, which must succeed.
    fn run(&self, runbook: &Value, environment: &str) -> String {
        let (succeeded, log) = self.task(runbook, environment);
        assert!(succeeded, "{}:\n{log}", runbook["Name"]);
        log
    }

    /// The same, whether it succeeds or not.
    fn task(&self, runbook: &Value, environment: &str) -> (bool, String) {
        let runbook = self.get(&format!("runbooks/{}", runbook["Id"].as_str().expect("an id")));
        let run = self.make(
            "runbookRuns",
            &json!({"RunbookId": runbook["Id"], "RunbookSnapshotId": runbook["PublishedRunbookSnapshotId"],
                    "EnvironmentId": self.named("environments", environment)["Id"], "SpaceId": "Spaces-2"}),
        );
        let task = format!("tasks/{}", run["TaskId"].as_str().expect("a task"));
        let begun = Instant::now();
        while self.get(&task)["IsCompleted"] != true {
            let waits = self.get(&task)["HasPendingInterruptions"] == true
                || begun.elapsed() > Duration::from_secs(900);
            assert!(!waits, "{} does not end:\n{}", runbook["Name"], self.log(&format!("{task}/raw")));
            std::thread::sleep(Duration::from_millis(100));
        }
        let log = self.log(&format!("{task}/raw"));
        (self.get(&task)["FinishedSuccessfully"] == true, log)
    }

    /// Plain text, which is no JSON.
    fn log(&self, path: &str) -> String {
        let url = self.sandbox.url();
        let address = url.strip_prefix("http://").expect("a plain address");
        let mut connection = TcpStream::connect(address).expect("the sandbox listens");
        write!(
            connection,
            "GET /api/Spaces-2/{path} HTTP/1.1\r\nHost: {address}\r\nX-Octopus-ApiKey: {}\r\nConnection: close\r\n\r\n",
            self.sandbox.api_key()
        )
        .expect("the sandbox reads");
        let mut answer = String::new();
        connection.read_to_string(&mut answer).expect("the sandbox answers");
        answer
    }

    fn variables(&self, owner: &Value) -> Value {
        self.get(&format!("variables/{}", owner["VariableSetId"].as_str().expect("a variable set")))
    }
}

/// The value of a variable of the destination, secrets included: by name, of the set that has it without scope.
fn value_there(journey: &Journey, variable: &str) -> String {
    let dump = journey.destination.dump();
    for (id, set) in dump["Documents"]["Spaces-2"]["variables"].as_object().expect("variable sets") {
        for candidate in set["Variables"].as_array().expect("variables") {
            if candidate["Name"] == variable {
                let path = format!("Variables/{}", candidate["Id"].as_str().expect("an id"));
                let secret = &dump["Secrets"][id][path.as_str()];
                return secret.as_str().or(candidate["Value"].as_str()).unwrap_or_default().to_owned();
            }
        }
    }
    panic!("the destination has no variable {variable}")
}

#[test]
fn runbooks_made_and_run_in_the_portal_carry_what_the_source_has_at_that_moment() {
    let journey = Journey::with("small-web");
    let portal = Portal { sandbox: &journey.source };

    // Once: package, keys, step templates, runbooks.
    portal.upload(package());
    let set = portal.make("libraryvariablesets", &json!({"Name": "Moving", "ContentType": "Variables"}));
    let mut variables = portal.variables(&set);
    let sensitive = |name: &str, value: &str| json!({"Id": "", "Name": name, "Type": "Sensitive", "IsSensitive": true, "Value": value, "Scope": {}});
    variables["Variables"] = json!([
        sensitive("Octoferry.Source.ApiKey", &journey.source.api_key()),
        sensitive("Octoferry.Destination.ApiKey", &journey.destination.api_key()),
        sensitive("Octoferry.Module.Key", "a-long-random-text-that-a-person-enters"),
    ]);
    portal.put(&format!("variables/{}", set["VariableSetId"].as_str().expect("its set")), &variables);
    let mut project = portal.named("projects", "Letterbox Web");
    project["IncludedLibraryVariableSetIds"].as_array_mut().expect("a list").push(set["Id"].clone());
    portal.put(&format!("projects/{}", project["Id"].as_str().expect("an id")), &project);

    let (url, state) = (journey.destination.url(), format!("path={}", journey.path("state")));
    let destination = [
        ("Octoferry.Step.DestinationUrl", url.as_str()),
        ("Octoferry.Step.DestinationSpace", NEW),
        ("Octoferry.Step.BackendType", "local"),
        ("Octoferry.Step.BackendConfig", state.as_str()),
        ("Octoferry.Step.Placeholders", "True"),
    ];
    let id = project["Id"].as_str().expect("an id");
    let runbooks = [
        ("Write the space", "octoferry-serialize-space.json", &[][..]),
        ("Move the space", "octoferry-deploy-space.json", &destination[..]),
        ("Write the project", "octoferry-serialize-project.json", &[][..]),
        ("Move the project", "octoferry-deploy-project.json", &destination[..]),
    ]
    .map(|(name, file, filled)| portal.runbook(id, name, &portal.import(file), filled));
    runbooks.iter().for_each(|runbook| portal.publish(runbook));

    // In Production: an account of the project may be used only there, and Octopus refuses the run elsewhere.
    for runbook in &runbooks {
        portal.run(runbook, "Production");
    }
    let secret = journey.source.dump()["Secrets"].to_string();
    for variable in ["Mail.Password", "Postage:ApiKey"] {
        let arrived = value_there(&journey, variable);
        assert!(arrived.starts_with("sw-7f3k-") && secret.contains(&arrived), "{variable}: {arrived}");
    }

    // An edit of a secret, which the runbooks' snapshots have frozen, and of a plain value, which they don't hold.
    let mut variables = portal.variables(&project);
    for variable in variables["Variables"].as_array_mut().expect("variables") {
        match variable["Name"].as_str() {
            Some("Postage:ApiKey") => variable["Value"] = json!("sw-7f3k-edited-in-between"),
            Some("Release.NeedsApproval") => variable["Value"] = json!("Edited in between"),
            _ => {}
        }
    }
    portal.put(&format!("variables/variableset-{id}"), &variables);
    let wrote = portal.run(&runbooks[2], "Production");
    assert!(wrote.contains("uploaded octoferry-module-"), "{wrote}");
    // What the snapshot has frozen would arrive as it was: the step says so, and does nothing.
    let (succeeded, stale) = portal.task(&runbooks[3], "Production");
    assert!(
        !succeeded && stale.contains("variables were changed since this runbook was published"),
        "{stale}"
    );
    portal.publish(&runbooks[3]);
    let moved = portal.run(&runbooks[3], "Production");
    assert!(moved.contains("to change"), "{moved}");
    assert_eq!(value_there(&journey, "Release.NeedsApproval"), "Edited in between");
    assert_eq!(value_there(&journey, "Postage:ApiKey"), "sw-7f3k-edited-in-between");
}
