//! What `migrate` may do for one time: let things go at the destination, take things over. Listed first, and forgotten afterwards.

use octopus_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::journey::Journey;
use crate::support::http;

/// The documents of a collection of the migrated space, or of the source's.
fn names(sandbox: &Sandbox, collection: &str) -> Vec<String> {
    let (_, page) = http(sandbox, "GET", &format!("/api/Spaces-2/{collection}?take=1000"), None);
    let items = page["Items"].as_array().into_iter().flatten();
    items.filter_map(|item| Some(item["Name"].as_str()?.to_owned())).collect()
}

fn id_of(sandbox: &Sandbox, collection: &str, name: &str) -> String {
    let (_, page) = http(sandbox, "GET", &format!("/api/Spaces-2/{collection}?take=1000"), None);
    let mut items = page["Items"].as_array().into_iter().flatten();
    let found = items.find(|item| item["Name"] == name).unwrap_or_else(|| panic!("{collection} {name}"));
    found["Id"].as_str().expect("an id").to_owned()
}

/// The variables of the set `Octoferry` that say what deployments do.
fn settings(journey: &Journey) -> Vec<Value> {
    let set = id_of(&journey.source, "libraryvariablesets", "Octoferry");
    let (_, set) = http(&journey.source, "GET", &format!("/api/Spaces-2/variables/variableset-{set}"), None);
    let variables = set["Variables"].as_array().expect("variables").iter();
    variables
        .filter(|variable| {
            variable["Name"].as_str().is_some_and(|name| name.starts_with("Octoferry.Deploy."))
        })
        .cloned()
        .collect()
}

#[test]
fn what_is_gone_at_the_source_goes_at_the_destination_only_when_that_is_said_for_this_time() {
    let journey = Journey::with("small-web");
    journey.seed();
    journey.spread();
    journey.migrate(3);
    let before = settings(&journey);
    assert_eq!(before.len(), 4);
    for variable in &before {
        assert_eq!(variable["Prompt"]["Required"], false, "{variable}");
        assert!(variable["Description"].as_str().is_some_and(|text| text.len() > 40), "{variable}");
    }
    let account = id_of(&journey.source, "accounts", "Letterbox backup");
    // Nothing may use it any more.
    let (_, page) = http(&journey.source, "GET", "/api/Spaces-2/libraryvariablesets?take=100", None);
    for set in page["Items"].as_array().unwrap() {
        without(&journey.source, set["VariableSetId"].as_str().unwrap(), &account);
    }
    without(&journey.source, "variableset-Projects-1", &account);
    let (status, said) = http(&journey.source, "DELETE", &format!("/api/Spaces-2/accounts/{account}"), None);
    assert_eq!(status, 200, "{said}");

    let todo = journey.path("todo.md");
    let migrate = |options: &[&str], code| {
        journey.run(&["migrate", "--yes", "--todo", &todo]).args(options).ends_with(code)
    };
    migrate(&[], 1).says("would destroy").says("octoferry migrate --allow-destroy");
    assert!(names(&journey.destination, "accounts").contains(&"Letterbox backup".to_owned()));
    // The project at the destination still uses it when the space is deployed.
    let ended = migrate(&["--allow-destroy", "--existing", "adopt"], 3);
    ended
        .says("Deploy Space:\n  destroy octopusdeploy_aws_account.letterbox_backup")
        .says("then the space again");
    assert!(!names(&journey.destination, "accounts").contains(&"Letterbox backup".to_owned()));
    assert_eq!(settings(&journey), before, "it was for that time");
    migrate(&["--space-only"], 3).says("0 to make, 0 to change, 0 to destroy");
}

/// Takes the variables with this value out of a set.
fn without(sandbox: &Sandbox, set: &str, value: &str) {
    let path = format!("/api/Spaces-2/variables/{set}");
    let (_, mut document) = http(sandbox, "GET", &path, None);
    document["Variables"].as_array_mut().expect("variables").retain(|variable| variable["Value"] != value);
    assert_eq!(http(sandbox, "PUT", &path, Some(&document)).0, 200);
}

#[test]
fn a_name_in_the_way_is_taken_over_when_that_is_said_for_this_time_or_at_seed() {
    let journey = Journey::with("small-web");
    let make = |name: &str, description: &str| {
        let body = json!({"Name": name, "Description": description});
        assert_eq!(http(&journey.destination, "POST", "/api/Spaces-2/environments", Some(&body)).0, 201);
    };
    make("Test", "Somebody's own");
    journey.seed();
    journey.spread();
    let todo = journey.path("todo.md");
    let migrate = |options: &[&str], code| {
        journey.run(&["migrate", "--yes", "--space-only", "--todo", &todo]).args(options).ends_with(code)
    };
    migrate(&[], 1).says("has these already").says("octoferry migrate --existing adopt");
    migrate(&["--existing", "adopt"], 3)
        .says("Deploy Space:\n  environments \"Test\"")
        .says("5 to take over");
    // The space has four of its own, and now this one.
    let there = names(&journey.destination, "environments");
    assert_eq!(there.iter().filter(|name| *name == "Test").count(), 1, "{there:?}");
    let set = settings(&journey);
    let existing = |set: &[Value]| {
        let variable = set.iter().find(|variable| variable["Name"] == "Octoferry.Deploy.Existing");
        variable.unwrap()["Value"].clone()
    };
    assert_eq!(existing(&set), "fail");

    let state = format!("path={}", journey.path("state"));
    let seed = |options: &[&str]| {
        journey
            .run(&["seed", "--yes", "--backend", "local", "--backend-config", &state])
            .option("--package", crate::support::package())
            .args(options)
            .ends_with(0);
    };
    seed(&["--existing", "adopt"]);
    assert_eq!(existing(&settings(&journey)), "adopt");
    seed(&[]);
    assert_eq!(existing(&settings(&journey)), "adopt", "what was said stays");
}

#[test]
fn what_the_destination_has_as_its_defaults_keeps_its_place_where_it_is_in_use() {
    let journey = Journey::with("small-web");
    let make = |collection: &str, body: Value| {
        let (status, made) =
            http(&journey.destination, "POST", &format!("/api/Spaces-2/{collection}"), Some(&body));
        assert_eq!(status, 201, "{made}");
        made
    };
    let group = id_of(&journey.destination, "projectgroups", "Default Project Group");
    let lifecycle = id_of(&journey.destination, "lifecycles", "Default Lifecycle");
    make("projects", json!({"Name": "Theirs", "ProjectGroupId": group, "LifecycleId": lifecycle}));
    make(
        "workerpools",
        json!({"Name": "Hosted Ubuntu", "WorkerPoolType": "DynamicWorkerPool", "WorkerType": "UbuntuDefault", "IsDefault": true}),
    );
    journey.seed();
    journey.spread();
    let todo = journey.path("todo.md");
    let migrate = |options: &[&str], code| {
        journey.run(&["migrate", "--yes", "--todo", &todo]).args(options).ends_with(code)
    };
    let refused = migrate(&[], 1);
    refused.says("lifecycles \"Default Lifecycle\"").says("the default one, in use there by 1 project");
    refused.says("projectgroups \"Default Project Group\"").never_says("workerpools \"Default Worker Pool\"");
    migrate(&["--existing", "adopt"], 3).says("\"Hosted Ubuntu\" stays the default one");
    let default = || {
        let (_, page) = http(&journey.destination, "GET", "/api/Spaces-2/workerpools?take=100", None);
        let mut pools = page["Items"].as_array().into_iter().flatten();
        pools.find(|pool| pool["IsDefault"] == true).map(|pool| pool["Name"].clone())
    };
    assert_eq!(default(), Some(json!("Hosted Ubuntu")));
    migrate(&[], 3).says("0 to make, 0 to change, 0 to destroy");
    assert_eq!(default(), Some(json!("Hosted Ubuntu")));
    let verdict = journey.run(&["verify"]).ends_with(0);
    assert!(verdict.stdout.contains("all of them noted"), "{}", verdict.stdout);
}

#[test]
fn a_project_that_was_made_since_seed_moves_with_the_others() {
    let journey = Journey::with("small-web");
    journey.seed();
    let make = |name: &str| {
        let group = id_of(&journey.source, "projectgroups", "Letterbox");
        let lifecycle = id_of(&journey.source, "lifecycles", "Letterbox releases");
        let body = json!({"Name": name, "ProjectGroupId": group, "LifecycleId": lifecycle});
        assert_eq!(http(&journey.source, "POST", "/api/Spaces-2/projects", Some(&body)).0, 201);
    };
    make("Later");
    journey.spread();
    let moved = journey.migrate(3);
    moved.says("made since octoferry seed: \"Later\"").says("Deploy Project Later");
    assert!(moved.stdout.contains("Later"), "{}", moved.stdout);
    assert!(names(&journey.destination, "projects").contains(&"Later".to_owned()));
    // What seed was told to leave alone, a migration does too.
    let state = format!("path={}", journey.path("state"));
    journey
        .run(&["seed", "--yes", "--backend", "local", "--backend-config", &state, "--project", "L*"])
        .option("--package", crate::support::package())
        .ends_with(0);
    make("Other");
    let todo = journey.path("todo.md");
    let left = journey.run(&["migrate", "--yes", "--project", "Other", "--todo", &todo]).ends_with(3);
    left.says("project \"Other\" is left out").never_says("made since octoferry seed");
    let list = std::fs::read_to_string(&todo).expect("the list");
    assert!(
        list.contains("## Project Other") && list.contains("It was left out of the last migration"),
        "{list}"
    );
}
