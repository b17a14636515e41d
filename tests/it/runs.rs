//! Runs of octoferry's runbooks in spaces that make it hard for a run: what the space says of other runs never stops or alters these.

use std::path::Path;

use octopus_sandbox::{Options, Sandbox};
use serde_json::{Value, json};

use crate::journey::Journey;
use crate::support::http;

/// A journey with one of the spaces in `tests/cases`.
fn with_case(case: &str) -> Journey {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(format!("{case}.json"));
    Journey::of(Options { load: vec![file], ..Options::default() }, Options::default())
}

/// Adds variables to a variable set.
fn add_variables(sandbox: &Sandbox, set: &str, more: &[Value]) {
    let path = format!("/api/Spaces-2/variables/{set}");
    let (_, mut document) = http(sandbox, "GET", &path, None);
    document["Variables"].as_array_mut().expect("variables").extend(more.iter().cloned());
    let (status, said) = http(sandbox, "PUT", &path, Some(&document));
    assert_eq!(status, 200, "{said}");
}

#[test]
fn a_prompt_that_must_be_answered_stops_no_run_and_nothing_invented_arrives() {
    let journey = with_case("prompt-required-library");
    let prompt = json!({"Label": "Who", "Description": "", "Required": true, "DisplaySettings": {}});
    let variable = |name: &str, kind: &str, value: &str, prompt: &Value| {
        json!({"Name": name, "Value": value, "Type": kind, "IsSensitive": kind == "Sensitive", "IsEditable": true,
               "Description": "", "Scope": {}, "Prompt": prompt})
    };
    let more = [
        variable("Who", "String", "", &prompt),
        // Octopus puts into it what the prompt was told.
        variable("Pass", "Sensitive", "kept-#{Who}-apart", &Value::Null),
    ];
    add_variables(&journey.source, "variableset-Projects-1", &more);
    journey.seed();
    journey.spread();
    journey.migrate(3);
    let arrived = journey.destination.dump().to_string();
    assert!(arrived.contains("\"Who\"") && arrived.contains("Rq.Lib"), "both prompts are there");
    assert!(!arrived.contains("octoferry-has-no-answer"), "an invented answer arrived");
    let todo = std::fs::read_to_string(journey.path("todo.md")).expect("the list");
    assert!(todo.contains("Pass"), "{todo}");
}
