//! Runs of octoferry's runbooks in spaces that make it hard for a run: what the space says of other runs never stops or alters these.

use std::path::Path;

use octopus_sandbox::{Options, Sandbox};
use serde_json::{Value, json};

use crate::journey::Journey;
use crate::support::{fault, http};

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

#[test]
fn runs_have_what_was_changed_though_the_server_says_that_nothing_was() {
    let journey = Journey::with("small-web");
    journey.seed();
    let nothing = json!({"IsVariableSetModified": false, "IsLibraryVariableSetModified": false,
                         "IsRunbookProcessModified": false, "IsGitResourceModified": false});
    let asked = "runbookSnapshots/.*/runbookRuns/template";
    fault(
        &journey.source,
        json!({"method": "GET", "path": asked, "kind": "status", "status": 200, "body": nothing}),
    );
    journey.spread().says("6 runbooks published again");
    // Who changes nothing publishes nothing.
    journey.run(&["spread", "--yes"]).ends_with(0).says("0 runbooks published again");
    journey.migrate(3).says(", 1 are left to you");
    journey.run(&["collapse", "--yes"]).ends_with(0).says("6 runbooks published again");
}

#[test]
fn a_step_that_fails_for_a_word_on_standard_error_does_not_fail_for_ours() {
    let journey = with_case("failstderr-project");
    journey.seed();
    journey.spread();
    let migrated = journey.migrate(3);
    // The two streams of a step are read apart: what is only told would now and then be under an error's level.
    migrated.never_says("  error: ");
    let (_, tasks) = http(&journey.source, "GET", "/api/Spaces-2/tasks?name=RunbookRun&take=100", None);
    for task in tasks["Items"].as_array().expect("tasks") {
        assert_eq!(task["State"], "Success", "{task}");
        let path = format!("/api/tasks/{}/details?verbose=true", task["Id"].as_str().expect("an id"));
        let (_, details) = http(&journey.source, "GET", &path, None);
        assert!(!details.to_string().contains("\"Category\":\"Error\""), "{details}");
    }
}

#[test]
fn a_run_that_fails_says_why_in_its_log_and_in_the_last_line() {
    let journey = with_case("failstderr-project");
    let printing = json!({"Name": "OctopusPrintVariables", "Value": " tRUE ", "Type": "String", "IsSensitive": false,
                          "IsEditable": true, "Description": "", "Scope": {}, "Prompt": null});
    journey.seed();
    journey.spread();
    // Of the shell; the space comes first and is not concerned.
    add_variables(&journey.source, "variableset-Projects-1", std::slice::from_ref(&printing));
    let failed = journey.migrate(1);
    failed.says("error: Serialize Project Letterbox Web failed: The variable OctopusPrintVariables is True");
    failed.never_says("exit code 1");
    // Of the program, while its standard output is for data.
    let refused = json!({"ErrorMessage": "Not today."});
    let fetches = "octoferry-module-space.*/raw";
    fault(
        &journey.source,
        json!({"path": fetches, "after": 3, "kind": "status", "status": 400, "body": refused}),
    );
    let failed = journey.migrate(1);
    failed.says("  error: ").says("error: Deploy Space failed: ").says("Not today.");
    failed.never_says("exit code 1");
}
