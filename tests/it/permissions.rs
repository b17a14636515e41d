//! The whole road with users who hold exactly the permissions that `check` asks for. The sandbox has a table of its own of what a request needs,
//! refuses what lacks one, and remembers what was needed.

use std::collections::BTreeSet;
use std::process::Stdio;

use octopus_sandbox::{Options, Sandbox};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::journey::Journey;
use crate::support::{http, package, space_file, until};

type Permissions = BTreeSet<String>;

/// A user with just these permissions: id and API key.
#[track_caller]
fn user(sandbox: &Sandbox, name: &str, permissions: &Permissions) -> (String, String) {
    let body = json!({"Username": name, "Permissions": permissions});
    let (status, answer) = http(sandbox, "POST", "/sandbox/users", Some(&body));
    assert_eq!(status, 200, "{answer}");
    let text = |field: &str| answer[field].as_str().expect("a text").to_owned();
    (text("Id"), text("ApiKey"))
}

/// The permissions that `check` says are lacking at one of the servers.
fn lacking(report: &Value, side: &str) -> Permissions {
    let findings = report["Findings"].as_array().expect("findings").iter();
    let of_side = findings.filter(|finding| finding["Check"] == format!("{side}-permissions").as_str());
    let texts = of_side.filter_map(|finding| finding["Text"].as_str());
    let lists = texts.filter(|text| text.contains(" lacks permissions "));
    let lists = lists.filter_map(|text| text.split(": ").nth(1)?.split(';').next());
    lists.flat_map(|list| list.split(", ")).map(str::to_owned).collect()
}

/// What `check` asks for at the source and at the destination: what users who hold nothing lack.
fn asked_for(journey: &mut Journey) -> [Permissions; 2] {
    let administrator = journey.source_key.clone();
    journey.source_key = user(&journey.source, "nobody", &Permissions::new()).1;
    journey.destination_key = user(&journey.destination, "nobody", &Permissions::new()).1;
    let unread = lacking(&journey.run(&["check", "--json"]).ends_with(1).json(), "source");
    // What spread changes, and what the destination must let make, is known of a source that was read.
    journey.source_key = user(&journey.source, "reader", &unread).1;
    let report = journey.run(&["check", "--json"]).ends_with(1).json();
    journey.source_key = administrator;
    let mut at_source = lacking(&report, "source");
    at_source.extend(unread);
    [at_source, lacking(&report, "destination")]
}

/// The permissions that a user's requests needed.
fn demanded(sandbox: &Sandbox, user: &str) -> Permissions {
    sandbox.demanded_permissions(user).into_iter().map(str::to_owned).collect()
}

/// The documents of a collection that octoferry did not make.
fn documents(sandbox: &Sandbox, collection: &str) -> Vec<Value> {
    let (status, page) = http(sandbox, "GET", &format!("/api/Spaces-2/{collection}?take=1000"), None);
    assert_eq!(status, 200, "{collection}: {page}");
    let ours = |document: &&Value| !document.to_string().contains("Made by octoferry");
    page["Items"].as_array().expect("a page").iter().filter(ours).cloned().collect()
}

/// A person changes each document of the source in one field.
fn edit_everything(source: &Sandbox) {
    for (collection, field, value) in [
        ("accounts", "Description", json!("Edited")),
        ("actiontemplates", "Description", json!("Edited")),
        ("certificates", "Notes", json!("Edited")),
        ("environments", "Description", json!("Edited")),
        ("insights/reports", "Description", json!("Edited")),
        ("libraryvariablesets", "Description", json!("Edited")),
        ("lifecycles", "Description", json!("Edited")),
        ("machinepolicies", "Description", json!("Edited")),
        ("machines", "IsDisabled", json!(true)),
        ("projectgroups", "Description", json!("Edited")),
        ("projects", "Description", json!("Edited")),
        ("projecttriggers", "Description", json!("Edited")),
        ("proxies", "Port", json!(8081)),
        ("subscriptions", "IsDisabled", json!(true)),
        ("tagsets", "Description", json!("Edited")),
        ("teams", "Description", json!("Edited")),
        ("tenants", "Description", json!("Edited")),
    ] {
        for mut document in documents(source, collection) {
            if document["IsSystem"] == true || document["CanBeDeleted"] == false {
                continue;
            }
            document[field] = value.clone();
            let id = document["Id"].as_str().expect("an id");
            let (status, answer) =
                http(source, "PUT", &format!("/api/Spaces-2/{collection}/{id}"), Some(&document));
            assert_eq!(status, 200, "{collection} {id}: {answer}");
        }
    }
}

/// An older octoferry's step template, which seed replaces.
fn age_a_template(source: &Sandbox) {
    let (_, page) = http(source, "GET", "/api/Spaces-2/actiontemplates?take=1000", None);
    let mut templates = page["Items"].as_array().expect("a page").iter();
    let mut template =
        templates.find(|template| template["Name"] == "Octoferry - Check").expect("seed made it").clone();
    template["Properties"]["Octopus.Action.Script.ScriptBody"] = json!("exit 1");
    let path = format!("/api/Spaces-2/actiontemplates/{}", template["Id"].as_str().expect("an id"));
    assert_eq!(http(source, "PUT", &path, Some(&template)).0, 200);
}

/// A migration that a person stops: the run that it started is cancelled.
fn stopped(journey: &Journey) {
    let mut migration =
        journey.run(&["migrate", "--yes", "--todo", &journey.path("todo.md")]).start(Stdio::null());
    let follows =
        |request: &Value| request["Path"].as_str().is_some_and(|path| path.contains("/tasks/ServerTasks-"));
    until("a run that it starts", || {
        let has_started = journey.source.requests().iter().any(follows);
        let runs = migration.try_wait().expect("its state").is_none();
        assert!(has_started || runs, "it runs until it is stopped");
        has_started
    });
    kill_process(Pid::from_child(&migration), Signal::TERM).expect("a signal");
    assert_eq!(migration.wait().expect("its end").code(), Some(1));
    let is_over = || {
        let (_, tasks) = http(&journey.source, "GET", "/api/Spaces-2/tasks?take=1000", None);
        tasks["Items"].as_array().expect("tasks").iter().all(|task| task["IsCompleted"] == true)
    };
    until("the end of the run", is_over);
}

/// The road of one space with the users that `check` asks for. What it asked for and what was needed, at the source and the destination.
fn road(space: &Value, version: &str) -> [[Permissions; 2]; 2] {
    let source =
        Options { documents: vec![space.clone()], server_version: version.to_owned(), ..Options::default() };
    let destination = Options { server_version: version.to_owned(), ..Options::default() };
    let mut journey = Journey::of(source, destination);
    // A service account that is there gets its identity; a tag that no target has is made by itself.
    let account = json!({"Username": "tide-robot", "IsService": true});
    assert_eq!(http(&journey.destination, "POST", "/sandbox/users", Some(&account)).0, 200);
    if version > "2026.2" {
        let (status, answer) = http(
            &journey.source,
            "POST",
            "/api/Spaces-2/deploymenttargettags",
            Some(&json!({"Tag": "spare"})),
        );
        assert!([200, 201].contains(&status), "{status} {answer}");
    }
    let asked = asked_for(&mut journey);
    let (mover, key) = user(&journey.source, "mover", &asked[0]);
    journey.source_key = key;
    let (builder, key) = user(&journey.destination, "builder", &asked[1]);
    journey.destination_key = key;
    let report = journey.run(&["check", "--json"]).ends_with(3).json();
    let lacks = [lacking(&report, "source"), lacking(&report, "destination")];
    assert_eq!(lacks, [const { Permissions::new() }; 2]);

    journey.seed();
    age_a_template(&journey.source);
    journey.seed();
    journey.spread();
    stopped(&journey);
    journey.migrate(3).says("a second plan is empty");
    journey.run(&["verify"]).ends_with(0);
    journey.run(&["collapse", "--yes"]).ends_with(0);
    edit_everything(&journey.source);
    journey.spread();
    journey.migrate(3).says("to change");
    journey.run(&["verify"]).ends_with(0);
    // What a person edited since seed is not as it was, and said so.
    journey.run(&["unseed", "--yes"]).ends_with(3).says("these are not as they were before seed");
    for (sandbox, user) in [(&journey.source, &mover), (&journey.destination, &builder)] {
        let requests = sandbox.requests();
        let is_refused = |request: &&Value| request["User"] == user.as_str() && request["Status"] == 403;
        let refused: Vec<&Value> =
            requests.iter().filter(is_refused).map(|request| &request["Path"]).collect();
        assert!(refused.is_empty(), "{refused:?}");
    }
    [asked, [demanded(&journey.source, &mover), demanded(&journey.destination, &builder)]]
}

fn space(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(space_file(name)).expect("a space")).expect("JSON")
}

/// Both spaces together hold something of each kind; what one has no use for, the other needs.
#[test]
fn what_check_asks_for_is_what_the_road_needs() {
    let mut operations = space("operations");
    let documents = &mut operations["Documents"]["Spaces-2"];
    // Two secrets of one name, one of them without an environment: spread changes what has no scope.
    let environments = documents["environments"].as_object().expect("environments");
    let there = json!({"Environment": [environments.keys().next()]});
    let variable = |id: &str, scope: &Value| {
        json!({"Id": id, "Name": "Pump.Code", "Type": "Sensitive", "IsSensitive": true, "Value": null,
            "Scope": scope, "Description": "", "IsEditable": true, "Prompt": null})
    };
    let more = [variable("pump-anywhere", &json!({})), variable("pump-there", &there)];
    let set = "variableset-Projects-2";
    documents["variables"][set]["Variables"].as_array_mut().expect("variables").extend(more);
    operations["Secrets"][set] = json!({"Variables/pump-anywhere": "1234", "Variables/pump-there": "5678"});
    // Newer servers have more permissions.
    let spaces = [(operations, "2026.1.1234"), (space("infrastructure"), "2026.3.400")];
    let roads = std::thread::scope(|scope| {
        let roads = spaces.each_ref().map(|(space, version)| scope.spawn(move || road(space, version)));
        roads.map(|road| road.join().expect("the road"))
    });
    for side in [0, 1] {
        let all = |which: usize| -> Permissions {
            roads.iter().flat_map(|road: &[[Permissions; 2]; 2]| road[which][side].clone()).collect()
        };
        assert_eq!(all(0), all(1), "at the {}: asked for, and needed", ["source", "destination"][side]);
    }
}

/// Where `check` may go on: it says what will not move, or not be known.
const ONLY_NOTED: [&str; 7] = [
    "DeploymentFreezeAdminister",
    "EventView",
    "InsightsReportView",
    "SubscriptionView",
    "TargetTagView",
    "TeamView",
    "UserRoleView",
];

#[test]
fn one_permission_fewer_is_named() {
    let mut journey = Journey::with("small-web");
    let [at_source, at_destination] = asked_for(&mut journey);
    let administrators = [journey.source.api_key(), journey.destination.api_key()];
    let without = |all: &Permissions, one: &str| -> Permissions {
        all.iter().filter(|permission| *permission != one).cloned().collect()
    };
    let code = |permission: &str| if ONLY_NOTED.contains(&permission) { 3 } else { 1 };
    [journey.source_key, journey.destination_key] = administrators.clone();
    for permission in &at_source {
        journey.source_key = user(&journey.source, "lacking", &without(&at_source, permission)).1;
        let report = journey.run(&["check", "--json"]).ends_with(code(permission)).json();
        assert_eq!(lacking(&report, "source"), [permission.clone()].into());
    }
    [journey.source_key, journey.destination_key] = administrators;
    for permission in &at_destination {
        journey.destination_key =
            user(&journey.destination, "lacking", &without(&at_destination, permission)).1;
        let report = journey.run(&["check", "--json"]).ends_with(code(permission)).json();
        assert_eq!(lacking(&report, "destination"), [permission.clone()].into());
    }
    // And the step that needs it fails.
    journey.source_key = user(&journey.source, "lacking", &without(&at_source, "ActionTemplateCreate")).1;
    let state = ["--backend", "local", "--backend-config", "path=/var/lib/states"];
    let seed = journey.run(&["seed", "--yes"]).args(&state).option("--package", package());
    seed.ends_with(1).says("ActionTemplateCreate");
}

/// README says that *Space manager* is enough, but for user roles and identities of service accounts.
#[test]
fn space_managers_have_what_is_needed_but_for_what_is_the_systems() {
    let mut journey = Journey::with("operations");
    let manager = |sandbox: &Sandbox| {
        let (_, answer) = http(sandbox, "POST", "/sandbox/users", Some(&json!({"Username": "manager"})));
        let path = "/api/teams/teams-spacemanagers-Spaces-2";
        let (_, mut team) = http(sandbox, "GET", path, None);
        team["MemberUserIds"] = json!([answer["Id"]]);
        assert_eq!(http(sandbox, "PUT", path, Some(&team)).0, 200);
        answer["ApiKey"].as_str().expect("a key").to_owned()
    };
    journey.source_key = manager(&journey.source);
    journey.destination_key = manager(&journey.destination);
    let report = journey.run(&["check", "--json"]).ends_with(1).json();
    assert_eq!(lacking(&report, "source"), Permissions::new());
    assert_eq!(lacking(&report, "destination"), ["UserEdit", "UserRoleEdit"].map(str::to_owned).into());
}
