//! Variables of a library set that are limited to projects: they wait until one of these is at the destination, and are never valid in others.

use std::path::Path;

use octopus_sandbox::Options;
use serde_json::{Value, json};

use crate::journey::Journey;
use crate::support::space_file;

const SECRET: &str = "Per.Project.Secret";
const PLAIN: &str = "Per.Project";

/// The variable of this name at the destination, and its secret value.
fn there(journey: &Journey, name: &str) -> Option<(Value, String)> {
    let dump = journey.destination.dump();
    let sets = dump["Documents"]["Spaces-2"]["variables"].as_object().expect("variable sets");
    let mut found = sets.iter().flat_map(|(id, set)| {
        let variables = set["Variables"].as_array().expect("variables");
        variables.iter().filter(|variable| variable["Name"] == name).map(move |variable| (id, variable))
    });
    let first = found.next();
    assert!(found.next().is_none(), "{name} is there twice");
    first.map(|(set, variable)| {
        let path = format!("Variables/{}", variable["Id"].as_str().expect("an id"));
        (variable.clone(), dump["Secrets"][set][path].as_str().unwrap_or_default().to_owned())
    })
}

fn project(journey: &Journey, name: &str) -> Value {
    let dump = journey.destination.dump();
    let projects = dump["Documents"]["Spaces-2"]["projects"].as_object().expect("projects");
    projects.values().find(|project| project["Name"] == name).expect("the project")["Id"].clone()
}

#[test]
fn they_wait_for_their_projects_and_arrive_with_their_values() {
    let mut dump: Value =
        serde_json::from_slice(&std::fs::read(space_file("operations")).expect("the space")).expect("JSON");
    let of_space = &mut dump["Documents"]["Spaces-2"];
    let scope = json!({"Project": ["Projects-1", "Projects-2"]});
    let variable = |id: &str, name: &str, of_type: &str, value: Value| {
        json!({"Id": id, "Name": name, "Type": of_type, "IsSensitive": of_type == "Sensitive", "Value": value,
               "Description": "", "IsEditable": true, "Prompt": null, "Scope": scope})
    };
    let variables = [
        variable("limited-1", SECRET, "Sensitive", Value::Null),
        variable("limited-2", PLAIN, "String", json!("two")),
    ];
    let (id, set) = ("LibraryVariableSets-90", "variableset-LibraryVariableSets-90");
    of_space["libraryvariablesets"][id] = json!({"Id": id, "SpaceId": "Spaces-2", "Name": "Winds", "Description": "",
        "ContentType": "Variables", "VariableSetId": set, "Templates": [], "Version": 0});
    of_space["variables"][set] =
        json!({"Id": set, "SpaceId": "Spaces-2", "OwnerId": id, "Version": 1, "Variables": variables});
    for project in of_space["projects"].as_object_mut().expect("projects").values_mut() {
        project["IncludedLibraryVariableSetIds"].as_array_mut().expect("a list").push(json!(id));
    }
    dump["Secrets"][set]["Variables/limited-1"] = json!("limited-9k2m");
    let journey = Journey::of(Options { documents: vec![dump], ..Options::default() }, Options::default());
    journey.seed();
    journey.spread();
    let todo = journey.path("todo.md");
    let run = |arguments: &[&str], code: i32| {
        journey.run(&[&["migrate", "--yes", "--todo", &todo], arguments].concat()).ends_with(code)
    };
    run(&["--space-only"], 3);
    assert!(
        there(&journey, SECRET).is_none() && there(&journey, PLAIN).is_none(),
        "their projects are not there"
    );
    let list = std::fs::read_to_string(&todo).expect("the list");
    assert!(list.contains(SECRET) && list.contains(PLAIN), "{list}");

    // One of the two is there: for that one alone.
    run(&["--project", "Tickets"], 3);
    run(&["--space-only"], 3);
    let (variable, value) = there(&journey, SECRET).expect("the secret");
    let tickets = project(&journey, "Tickets");
    assert_eq!((variable["Scope"]["Project"].clone(), value.as_str()), (json!([tickets]), "limited-9k2m"));

    // Both, in one go.
    run(&[], 3).says("waited for projects that are there now");
    let both = json!([project(&journey, "Lighthouse"), tickets]);
    let (variable, value) = there(&journey, SECRET).expect("the secret");
    assert_eq!((variable["Scope"]["Project"].clone(), value.as_str()), (both.clone(), "limited-9k2m"));
    let (variable, _) = there(&journey, PLAIN).expect("the other");
    assert_eq!((&variable["Scope"]["Project"], &variable["Value"]), (&both, &json!("two")));
    let list = std::fs::read_to_string(&todo).expect("the list");
    assert!(!list.contains(SECRET) && !list.contains(PLAIN), "{list}");
    run(&[], 3).never_says("waited for projects that are there now");
}

#[test]
fn a_deployment_of_all_modules_comes_back_to_them() {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/scope-project.json");
    let journey = Journey::of(Options { load: vec![case], ..Options::default() }, Options::default());
    let modules = journey.path("modules");
    journey.run(&["serialize", "all", "--out", &modules]).ends_with(3);
    let state = format!("path={}", journey.path("state"));
    journey
        .run(&["deploy", "--placeholders", "--backend", "local", "--backend-config", &state, &modules])
        .ends_with(3)
        .says("again, for what waited for projects");
    let (variable, _) = there(&journey, PLAIN).expect("the variable");
    assert_eq!(variable["Scope"], json!({"Project": [project(&journey, "Letterbox Web")]}));
    assert!(there(&journey, SECRET).is_some(), "with a placeholder");
}
