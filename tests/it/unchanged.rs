//! A module that is given the same as at its last deployment, and is at the destination as it was left, needs no Terraform; anything else does.

use std::fs;

use serde_json::{Value, json};

use crate::modules::Modules as Moved;
use crate::support::{Ended, fault, http, path, path_with, program, secrets_stream};

const UNCHANGED: &str = "unchanged since the last deployment";

impl Moved {
    /// The modules of a space, deployed once.
    fn once(space: &str) -> Self {
        let moved = Self::of(space);
        // What it has noted is as the next run finds it.
        moved
            .deploy()
            .ends_with(3)
            .says("a second plan is empty")
            .says("Terraform's time for \"")
            .says("were starts of its ")
            .never_says(UNCHANGED)
            .never_says("since its last plan");
        moved
    }

    /// How many modules there are.
    fn count(&self) -> usize {
        1 + fs::read_dir(self.modules().join("projects")).expect("projects").count()
    }

    /// Deploys, and tells how many modules needed no Terraform.
    #[track_caller]
    fn unchanged(&self) -> usize {
        said(&self.deploy().ends_with(3))
    }

    #[track_caller]
    fn changes(&self, method: &str, path: &str, change: impl Fn(&mut Value)) {
        let path = format!("/api/Spaces-2/{path}");
        let (status, mut document) = http(&self.destination, "GET", &path, None);
        assert_eq!(status, 200, "{path}: {document}");
        change(&mut document);
        let (status, answer) = http(&self.destination, method, &path, Some(&document));
        assert_eq!(status, 200, "{path}: {answer}");
    }

    /// The first document of a list that has this name.
    #[track_caller]
    fn named(&self, list: &str, name: &str) -> Value {
        let (_, page) = http(&self.destination, "GET", &format!("/api/Spaces-2/{list}?take=1000"), None);
        let mut items = page["Items"].as_array().unwrap_or_else(|| panic!("{list}: {page}")).iter();
        items.find(|item| item["Name"] == name).unwrap_or_else(|| panic!("{name} in {page}")).clone()
    }
}

fn said(ended: &Ended) -> usize {
    ended.stderr.matches(UNCHANGED).count()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

#[test]
fn nothing_to_do_is_known_without_terraform_and_with_few_requests() {
    let moved = Moved::once("bookshop");
    let modules = moved.count();
    let held = |moved: &Moved| {
        let dump = moved.destination.dump();
        json!([dump["Documents"]["Spaces-2"], dump["Secrets"]])
    };
    let before = held(&moved);
    let requests = moved.destination.requests().len();
    let ended = moved.deploy().ends_with(3);
    assert_eq!(said(&ended), modules, "{}", ended.stderr);
    ended.never_says("requests of Terraform").never_says("Terraform's time for").says("left to a person");
    let requests = moved.destination.requests().len() - requests;
    assert!(requests <= 40 + 3 * (modules - 1), "{requests} requests for {modules} modules");
    assert_eq!(held(&moved), before);
    // `--plan` has Terraform look.
    moved
        .deploy()
        .arg("--plan")
        .ends_with(0)
        .never_says(UNCHANGED)
        .says("0 to make, 0 to change, 0 to destroy");
    assert_eq!(moved.unchanged(), modules, "the record outlives a plan");
}

#[test]
fn what_a_person_edits_at_the_destination_is_set_back() {
    let moved = Moved::once("shop");
    let modules = moved.count();
    assert_eq!(moved.unchanged(), modules);
    let dump = |moved: &Moved| moved.destination.dump()["Documents"]["Spaces-2"].clone();

    // A document of the space, which no project names.
    let lifecycle = moved.destination.dump()["Documents"]["Spaces-2"]["lifecycles"].clone();
    let id = lifecycle.as_object().expect("lifecycles").keys().next_back().expect("one").clone();
    let before = lifecycle[&id]["Description"].clone();
    moved.changes("PUT", &format!("lifecycles/{id}"), |document| document["Description"] = "by hand".into());
    assert!(moved.unchanged() < modules);
    assert_eq!(dump(&moved)["lifecycles"][&id]["Description"], before);

    // A variable of a project: that project alone.
    let projects = dump(&moved)["projects"].clone();
    let (_, project) = projects.as_object().expect("projects").iter().next().expect("one");
    let set = format!("variables/{}", text(&project["VariableSetId"]));
    let values = |set: &Value| -> Vec<Value> {
        set["Variables"].as_array().expect("variables").iter().map(|one| one["Value"].clone()).collect()
    };
    let before = values(&http(&moved.destination, "GET", &format!("/api/Spaces-2/{set}"), None).1);
    moved.changes("PUT", &set, |document| {
        let mut plain = document["Variables"].as_array_mut().expect("variables").iter_mut();
        let plain = plain.find(|variable| variable["Type"] == "String").expect("a plain variable");
        plain["Value"] = "by hand".into();
    });
    assert_eq!(moved.unchanged(), modules - 1);
    assert_eq!(values(&http(&moved.destination, "GET", &format!("/api/Spaces-2/{set}"), None).1), before);

    // A step.
    let process = format!("deploymentprocesses/{}", text(&project["DeploymentProcessId"]));
    moved.changes("PUT", &process, |document| document["Steps"][0]["Condition"] = "Always".into());
    assert_eq!(moved.unchanged(), modules - 1);
    assert_eq!(moved.unchanged(), modules);
}

#[test]
fn what_a_module_is_given_counts_its_secrets_options_and_files() {
    let moved = Moved::once("small-web");
    let modules = moved.count();
    let manifest = fs::read(moved.modules().join("space/octoferry.json")).expect("a manifest");
    let manifest: Value = serde_json::from_slice(&manifest).expect("JSON");
    let mut secrets = manifest["secrets"].as_array().expect("secrets").iter();
    let account = secrets.find(|secret| secret["collection"] == "accounts").expect("an account's secret");
    let variable = text(&account["octopus_variable"]).to_owned();
    let with = |password: &str| {
        let key = moved.destination.api_key();
        let secrets = secrets_stream(&[("Octoferry.Destination.ApiKey", &key), (&variable, password)]);
        moved.deploy().option("--secrets", "stdin").input(secrets).ends_with(3)
    };
    assert!(said(&with("first")) < modules);
    assert_eq!(said(&with("first")), modules);
    assert!(said(&with("second")) < modules, "a changed secret is delivered");
    let arrived = moved.destination.dump()["Secrets"].to_string();
    assert!(arrived.contains("\"second\"") && !arrived.contains("\"first\""), "{arrived}");
    assert!(said(&with("first")) < modules, "one that was there before, too");
    assert_eq!(said(&moved.deploy().arg("--enable-triggers").ends_with(3)), 0);

    assert!(moved.unchanged() < modules);
    assert_eq!(moved.unchanged(), modules);
    let file = moved.modules().join("space/README.md");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text + "\nmine\n").unwrap();
    assert_eq!(moved.unchanged(), modules - 1);
}

#[test]
fn a_deployment_that_broke_off_leaves_no_record_behind() {
    let moved = Moved::once("small-web");
    let modules = moved.count();
    assert_eq!(moved.unchanged(), modules);
    let project = fs::read_dir(moved.modules().join("projects")).unwrap().next().unwrap().unwrap().path();
    let file = project.join("variables.tf");
    let variables = project.join("project_variables.tf");
    let (_, original) = (file, fs::read_to_string(&variables).unwrap());
    let more = "\nresource \"octopusdeploy_variable\" \"one_more\" {\n  name     = \"One more\"\n  type     = \"String\"\n  value    = \"x\"\n  owner_id = octopusdeploy_project.project.id\n}\n";
    let project_label =
        original.split("octopusdeploy_project.").nth(1).and_then(|rest| rest.split('.').next());
    let more = more.replace(
        "octopusdeploy_project.project",
        &format!("octopusdeploy_project.{}", project_label.unwrap()),
    );
    fs::write(&variables, original.clone() + &more).unwrap();
    let trouble = json!({"path": "/api/Spaces-2/variables/", "method": "PUT", "kind": "status", "status": 500, "times": 20});
    fault(&moved.destination, trouble);
    moved.deploy().ends_with(1);
    http(&moved.destination, "DELETE", "/sandbox/faults", None);
    fs::write(&variables, original).unwrap();
    assert_eq!(
        moved.unchanged(),
        modules - 1,
        "the module is as it was deployed well, but somebody has tried another since"
    );
    assert_eq!(moved.unchanged(), modules);
}

#[test]
fn a_project_looks_again_when_what_it_names_is_another_thing_now() {
    let moved = Moved::once("shop");
    let modules = moved.count();
    // A person gives an environment another name: the space's module renames it back.
    let environments = moved.destination.dump()["Documents"]["Spaces-2"]["environments"].clone();
    let (id, environment) = environments.as_object().expect("environments").iter().next().expect("one");
    moved.changes("PUT", &format!("environments/{id}"), |document| document["Name"] = "By hand".into());
    assert!(moved.unchanged() < modules);
    assert_eq!(moved.named("environments", text(&environment["Name"]))["Id"], **id);
    moved.unchanged();
    assert_eq!(moved.unchanged(), modules);
}

#[test]
fn terraform_is_started_no_oftener_than_it_has_to_tell_something_new() {
    let moved = Moved::of("bookshop");
    let modules = moved.count();
    let log = moved.work.path().join("starts.txt");
    let counting = program(
        "terraform",
        &format!("echo \"$1 $2\" >> {}\nPATH={} exec terraform \"$@\"", log.display(), path()),
    );
    let starts = |state: &str| {
        moved.deploy().env("PATH", &path_with(counting.path())).ends_with(3).says(state);
        let log = fs::read_to_string(&log).expect("what was started");
        fs::remove_file(moved.work.path().join("starts.txt")).expect("it is removed");
        move |command: &str| log.lines().filter(|line| line.starts_with(command)).count()
    };
    let first = starts("a second plan is empty");
    // The modules and the record of them, each under its key of today and the one that older octoferrys gave it.
    let kept = 2 * (modules + 1);
    assert_eq!(first("init"), kept);
    assert_eq!(first("apply"), modules);
    // The plan, and the one that has to be empty.
    assert_eq!((first("plan"), first("show -json")), (2 * modules, 2 * modules));
    assert_eq!(first("show -no-color"), 0, "nobody reads it");
    // After each apply, for two modules again when what waited for others is sent, and for the record.
    assert_eq!(first("state pull"), kept + modules + 2 + 1);
    let unchanged = starts(UNCHANGED);
    assert_eq!((unchanged("init"), unchanged("state pull")), (1, 1), "the record is read once");
    assert_eq!(["plan", "apply", "show", "state push"].map(unchanged), [0; 4]);
}
