//! Documents that Terraform fills part by part reach the destination once, and whole: what others do meanwhile stays, what the server refuses is named.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Stdio;

use octopus_sandbox::{Options, Sandbox};
use serde_json::{Value, json};

use crate::merged_tenants::about_tenants;
use crate::modules::Modules as Move;
use crate::support::{content, fault, files_below, http, until};

const DRAFT: &str = "octoferry-draft-";
const VARIABLES: &str = "/api/Spaces-2/variables/variableset-Projects-1";
const OF_RUNBOOK: &str = "/api/Spaces-2/runbookProcesses/RunbookProcess-Runbooks-1";
const PROCESS: &str = "/api/Spaces-2/deploymentprocesses/deploymentprocess-Projects-1";

impl Move {
    /// A made-up space of a size that `tests/bench/make-space` knows.
    pub(crate) fn of_size(size: &str) -> Self {
        let work = tempfile::tempdir().expect("a folder");
        let file = work.path().join("space.json");
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/make-space");
        content(&program, &[size, &file.display().to_string()], work.path());
        let source = Sandbox::launch(Options { load: vec![file], ..Options::default() }).expect("a sandbox");
        let one = Self::in_folder(work);
        one.serialize(&source).ends_with_one_of(&[0, 3]);
        one
    }

    /// Deploys, and gives the requests that the destination has counted: method and path.
    pub(crate) fn requests_of_a_deployment(&self) -> Vec<(String, String)> {
        let before = self.destination.requests().len();
        self.deploy().ends_with_one_of(&[0, 3]);
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let requests = self.destination.requests().into_iter().skip(before);
        requests.map(|request| (text(&request["Method"]), text(&request["Path"]))).collect()
    }

    /// Deploys, and does something while Terraform waits for what it makes in the slow list and has read a document, which it has not sent.
    fn deploy_while(&self, slow: &str, read: &str, does: impl Fn(&Self)) -> std::process::Output {
        let slow = json!({"method": "POST", "path": format!("/api/Spaces-2/{slow}"), "kind": "slow", "milliseconds": 4000});
        fault(&self.destination, slow);
        let log = self.work.path().join("log");
        let file = fs::File::create(&log).expect("a log");
        let mut child = self.deploy().start(Stdio::from(file));
        until(&format!("its reading of {read}"), || self.has_asked("GET", read));
        does(self);
        assert_eq!(http(&self.destination, "DELETE", "/sandbox/faults", None).0, 200);
        let status = child.wait().expect("its end");
        std::process::Output { status, stdout: Vec::new(), stderr: fs::read(log).expect("its log") }
    }

    fn has_asked(&self, method: &str, path: &str) -> bool {
        self.destination
            .requests()
            .iter()
            .any(|request| request["Method"] == method && request["Path"] == path)
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        let (status, document) = http(&self.destination, "GET", path, None);
        assert_eq!(status, 200, "{path}: {document}");
        document
    }

    pub(crate) fn put(&self, path: &str, document: &Value) {
        let (status, answer) = http(&self.destination, "PUT", path, Some(document));
        assert_eq!(status, 200, "{path}: {answer}");
    }

    /// Names of the parts of a document, with their ids.
    fn parts(&self, path: &str, list: &str) -> BTreeMap<String, Vec<String>> {
        let mut parts: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for part in self.get(path)[list].as_array().expect("parts") {
            let text = |field: &str| part[field].as_str().expect("a text").to_owned();
            parts.entry(text("Name")).or_default().push(text("Id"));
        }
        parts
    }

    /// What all states hold, as one text.
    fn state(&self) -> String {
        let read = |file: String| fs::read_to_string(self.states().join(file)).unwrap_or_default();
        state_files(&self.states()).into_iter().map(read).collect()
    }
}

pub(crate) fn said(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// How often each of these documents was written.
fn written(destination: &Sandbox) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for request in destination.requests() {
        let path = request["Path"].as_str().expect("a path");
        if request["Method"] == "PUT"
            && (path.contains("/variables/") || path.to_lowercase().contains("processes/"))
        {
            *counts.entry(path.to_owned()).or_default() += 1;
        }
    }
    counts
}

/// Without those that Terraform has put aside: the ones before.
fn state_files(folder: &Path) -> Vec<String> {
    files_below(folder).into_iter().filter(|file| !file.ends_with(".backup")).collect()
}

pub(crate) fn has_draft(folder: &Path) -> bool {
    state_files(folder).iter().any(|file| {
        fs::read(folder.join(file)).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains(DRAFT))
    })
}

#[test]
fn a_document_is_written_once_however_many_parts_it_has() {
    let one = Move::of("small-web");
    one.deploy().ends_with(3).is_settled();
    let counts = written(&one.destination);
    assert!(counts.len() >= 4, "{counts:?}");
    for (path, count) in &counts {
        // Finish adds what the provider can't carry.
        assert!(*count <= 2, "{path} was written {count} times");
    }
    // Terraform has the server's ids, and nobody else has ever seen others.
    assert!(!has_draft(&one.states()));
    for (path, list) in [(VARIABLES, "Variables"), (PROCESS, "Steps")] {
        let state = one.state();
        for id in one.parts(path, list).into_values().flatten() {
            assert!(state.contains(&id), "{path}: {id} is not in the state");
        }
    }
    assert!(!one.destination.dump().to_string().contains(DRAFT));
    one.deploy().ends_with(3).says("unchanged since the last deployment");
}

#[test]
fn what_a_person_writes_while_terraform_applies_stays() {
    let one = Move::of("small-web");
    let ended = one.deploy_while("runbooks", VARIABLES, |one| {
        let mut set = one.get(VARIABLES);
        set["Variables"].as_array_mut().expect("variables").push(json!({"Name": "By.Hand", "Value": "mine"}));
        one.put(VARIABLES, &set);
    });
    assert_eq!(ended.status.code(), Some(3), "{}", said(&ended));
    let there = one.parts(VARIABLES, "Variables");
    assert_eq!(there["By.Hand"].len(), 1, "{there:?}");
    assert!(there.len() > 10, "{there:?}");
    let again = one.deploy().arg("--plan").ends_with(0);
    again.says("0 to make, 0 to change, 0 to destroy");
    assert_eq!(one.parts(VARIABLES, "Variables"), there);
}

#[test]
fn a_part_that_the_server_refuses_is_named_and_the_others_are_made() {
    let one = Move::of("small-web");
    let ended = one.deploy_while("projecttriggers", OF_RUNBOOK, |one| {
        let mut process = one.get(OF_RUNBOOK);
        let action = json!({"Name": "Upload", "ActionType": "Octopus.Script", "Properties": {
            "Octopus.Action.Script.ScriptBody": "exit 0", "Octopus.Action.Script.ScriptSource": "Inline", "Octopus.Action.Script.Syntax": "Bash"
        }});
        process["Steps"] = json!([{"Name": "Upload", "Actions": [action]}]);
        one.put(OF_RUNBOOK, &process);
    });
    let text = said(&ended);
    assert_eq!(ended.status.code(), Some(1), "{text}");
    assert!(text.contains("the destination did not take these"), "{text}");
    assert!(text.contains("step \"Upload\" of RunbookProcess-Runbooks-1: "), "{text}");
    assert!(text.contains("The step name 'Upload' is used more than once"), "{text}");
    assert_eq!(text.matches("  step \"").count(), 1, "{text}");
    let steps = one.parts(OF_RUNBOOK, "Steps");
    assert_eq!(steps.keys().collect::<Vec<_>>(), ["Dump", "Upload"]);
    let state = one.state();
    assert!(
        !state.contains(DRAFT) && state.contains(&steps["Dump"][0]) && !state.contains(&steps["Upload"][0])
    );
    // The person's step goes, and the next run makes exactly what was missing.
    let mut process = one.get(OF_RUNBOOK);
    process["Steps"].as_array_mut().expect("steps").retain(|step| step["Name"] != "Upload");
    one.put(OF_RUNBOOK, &process);
    one.deploy().ends_with(3).is_settled();
    let after = one.parts(OF_RUNBOOK, "Steps");
    assert!(after.len() == 2 && after["Dump"] == steps["Dump"] && after["Upload"].len() == 1, "{after:?}");
}

#[test]
fn an_answer_that_got_lost_is_found_and_an_outdated_document_is_read_again() {
    let one = Move::of("small-web");
    fault(&one.destination, json!({"method": "PUT", "path": VARIABLES, "kind": "drop-after", "times": 1}));
    fault(
        &one.destination,
        json!({"method": "PUT", "path": "/runbookProcesses/", "kind": "drop", "times": 1}),
    );
    one.deploy().ends_with_one_of(&[1, 3]);
    let there = one.parts(VARIABLES, "Variables");
    assert!(there.len() > 10 && !has_draft(&one.states()), "{there:?}");
    one.deploy().ends_with(3).is_settled();
    assert_eq!(one.parts(VARIABLES, "Variables"), there);
}

/// With 10 projects of 21 variables, 4 steps and 2 runbooks each, and 50 tenants with two projects each.
#[test]
fn a_project_needs_16_requests_and_a_tenant_4_at_first_and_a_project_4_when_nothing_is_to_do() {
    let one = Move::of_size("TENANTS");
    let requests = one.requests_of_a_deployment();
    let is = |method: &str, part: &str| {
        let (method, part) = (method.to_owned(), part.to_owned());
        move |request: &(String, String)| request.0 == method && request.1.contains(&part)
    };
    let first = requests.iter().position(is("POST", "/Spaces-2/projects")).expect("a project");
    let last = requests.iter().rposition(is("PUT", "/variableset-Projects-")).expect("variables");
    let of_projects = requests[first..=last].iter().filter(|request| !request.1.contains("/tenant")).count();
    // 14.5 where the machine is quick: what was written in part more than 30 seconds ago is read again.
    assert!(of_projects <= 10 * 16, "{of_projects} for 10 projects: {:#?}", &requests[first..=last]);
    // A tenant is made, and gets all its links, all its values for projects and those for library sets: four writes. What is read is lists.
    let counts = about_tenants(&requests);
    for route in [
        "POST tenants",
        "PUT tenants/{id}",
        "PUT tenants/{id}/projectvariables",
        "PUT tenants/{id}/commonvariables",
    ] {
        assert_eq!(counts.get(route), Some(&50), "{route}: {counts:#?}");
    }
    let of_lists: usize = counts
        .iter()
        .filter(|(route, _)| !route.contains("{id}") && route.starts_with("GET"))
        .map(|(_, count)| count)
        .sum();
    let of_tenants: usize = counts.values().sum();
    assert!(of_tenants == 4 * 50 + of_lists && of_lists <= 20, "{of_tenants} for 50 tenants: {counts:#?}");
    let again = one.requests_of_a_deployment();
    assert!(again.len() <= 10 * 4, "{} with nothing to do: {again:#?}", again.len());
}

#[test]
fn the_number_of_requests_does_not_grow_with_that_of_the_variables() {
    let counts: Vec<usize> =
        ["V10", "V100"].map(|size| Move::of_size(size).requests_of_a_deployment().len()).to_vec();
    // A document that is read again since a slow machine took longer than it is good for is no growth: ninety variables more would be.
    assert!(counts[1] <= counts[0] + 5, "{counts:?}");
}
