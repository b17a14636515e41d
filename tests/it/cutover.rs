//! The cutover: both servers' switches before, after and when it is taken back.

use serde_json::{Value, json};

use crate::journey::Journey;
use crate::support::{fault, http};

/// Names of a collection's documents in the space, each with a switch.
fn switches(sandbox: &octopus_sandbox::Sandbox, collection: &str, field: &str) -> Vec<(String, Value)> {
    let (_, page) = http(sandbox, "GET", &format!("/api/Spaces-2/{collection}?take=1000"), None);
    let items = page["Items"].as_array().into_iter().flatten();
    let mut switches: Vec<(String, Value)> = items
        .filter(|item| !item["Description"].as_str().unwrap_or_default().contains("Made by octoferry"))
        .map(|item| (item["Name"].as_str().unwrap_or_default().to_owned(), item[field].clone()))
        .collect();
    switches.sort_by_key(|(name, _)| name.clone());
    switches
}

fn all_of_source(journey: &Journey) -> Vec<Vec<(String, Value)>> {
    [
        ("projects", "IsDisabled"),
        ("projects", "AutoCreateRelease"),
        ("projecttriggers", "IsDisabled"),
        ("machines", "IsDisabled"),
    ]
    .map(|(collection, field)| switches(&journey.source, collection, field))
    .to_vec()
}

#[test]
fn the_destination_starts_as_the_source_stood_and_all_of_it_can_be_taken_back() {
    let journey = Journey::with("shop");
    journey.seed();
    let cutover = |options: &[&str], code| journey.run(&["cutover"]).args(options).ends_with(code);
    cutover(&["--all", "--yes"], 1).says("nothing was serialized yet");
    journey.spread();
    journey.migrate(3);
    let before = all_of_source(&journey);
    let triggers_before = switches(&journey.destination, "projecttriggers", "IsDisabled");
    assert!(!triggers_before.is_empty() && triggers_before.iter().all(|(_, disabled)| disabled == true));

    let plan = cutover(&["--all", "--plan"], 4).stdout;
    assert!(plan.contains("source: ") && plan.contains("destination: "), "{plan}");
    assert_eq!(all_of_source(&journey), before, "a plan changes nothing");

    let part = cutover(&["--project", "Storefront*", "--yes"], 3).stdout;
    assert!(part.contains("project \"Storefront Web\": IsDisabled false → true"), "{part}");
    let project = |name: &str| {
        switches(&journey.source, "projects", "IsDisabled").contains(&(name.to_owned(), json!(true)))
    };
    assert!(project("Storefront Web") && !project("Order Service"));
    // What the source refuses to stop doesn't start at the destination, and keeps nothing else from it.
    let (_, page) = http(&journey.source, "GET", "/api/Spaces-2/projecttriggers?take=100", None);
    let mut triggers = page["Items"].as_array().expect("triggers").iter();
    let trigger = triggers.find(|trigger| trigger["Name"] == "Restart over lunch").expect("it is there");
    let path = format!("/api/Spaces-2/projecttriggers/{}", trigger["Id"].as_str().expect("an id"));
    fault(
        &journey.source,
        json!({"path": path, "method": "PUT", "kind": "status", "status": 400, "times": 1}),
    );
    let refused = cutover(&["--project", "Warehouse*", "--project", "Orders*", "--yes"], 1);
    refused.says("not switched, since it still works at the other server").says("things are not switched");
    let there = switches(&journey.destination, "projecttriggers", "IsDisabled");
    let of = |all: &[(String, Value)], name: &str| {
        all.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone()).expect("it is there")
    };
    assert_eq!(of(&there, "Restart over lunch"), json!(true));
    assert_eq!(of(&there, "New machine in the barn"), json!(true));
    assert_eq!(of(&there, "New image"), json!(false), "another project's");
    cutover(&["--back", "--project", "Warehouse*", "--project", "Orders*", "--yes"], 0);
    let there = switches(&journey.destination, "projecttriggers", "IsDisabled");
    assert_eq!((of(&there, "New image"), project("Orders API")), (json!(true), false));
    // What is switched is not held back any more.
    let held = |report: &str| {
        let held: Vec<&str> = report.lines().filter(|line| line.contains("**Cutover**")).collect();
        held.join("\n")
    };
    let report = held(&journey.run(&["report"]).ends_with(3).stdout);
    assert!(!report.contains("Storefront Web") && report.contains("Warehouse Sync"), "{report}");
    cutover(&["--all", "--yes"], 3);
    let report = held(&journey.run(&["report"]).ends_with(3).stdout);
    assert_eq!(report, "");
    let stopped = all_of_source(&journey);
    assert!(stopped[0].iter().chain(&stopped[2]).chain(&stopped[3]).all(|(_, disabled)| disabled == true));
    assert!(stopped[1].iter().all(|(_, automatic)| automatic == false));
    assert_eq!(switches(&journey.destination, "projecttriggers", "IsDisabled"), before[2]);
    assert_eq!(switches(&journey.destination, "projects", "AutoCreateRelease"), before[1]);
    assert_eq!(switches(&journey.destination, "projects", "IsDisabled"), before[0]);
    cutover(&["--all", "--yes"], 3).says("it was done before");

    // A migration afterwards carries the space as people left it, and switches nothing off at the destination.
    journey.migrate(3).never_says(" made octopusdeploy_");
    assert_eq!(switches(&journey.destination, "projects", "IsDisabled"), before[0]);
    assert_eq!(switches(&journey.destination, "projecttriggers", "IsDisabled"), before[2]);
    assert_eq!(switches(&journey.destination, "machines", "IsDisabled"), before[3]);
    assert_eq!(all_of_source(&journey), stopped, "what migrate woke is disabled again");

    // A part goes back, and nothing else.
    cutover(&["--back", "--project", "Nobody", "--plan"], 2).says("has no project \"Nobody\"");
    let back = cutover(&["--back", "--project", "Storefront*", "--yes"], 0);
    back.says("stay switched");
    assert!(!back.stdout.contains("Warehouse"), "{}", back.stdout);
    let source = all_of_source(&journey);
    assert_eq!(of(&source[0], "Storefront Web"), of(&before[0], "Storefront Web"));
    assert_eq!(of(&source[0], "Warehouse Sync"), json!(true));
    assert_eq!(of(&source[2], "Promote on Tuesdays"), of(&before[2], "Promote on Tuesdays"));
    assert_eq!(of(&source[2], "Restart over lunch"), json!(true));
    let there = switches(&journey.destination, "projecttriggers", "IsDisabled");
    assert_eq!(of(&there, "Promote on Tuesdays"), of(&triggers_before, "Promote on Tuesdays"));
    assert_eq!(of(&there, "Restart over lunch"), of(&before[2], "Restart over lunch"));

    cutover(&["--back", "--yes"], 0);
    assert_eq!(all_of_source(&journey), before);
    assert_eq!(switches(&journey.destination, "projecttriggers", "IsDisabled"), triggers_before);
    cutover(&["--back", "--yes"], 0).says("there has been no cutover");
    journey.unseed();
}
