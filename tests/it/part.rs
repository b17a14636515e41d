//! A part of a space moves: serialize with a selection, deploy, verify with the modules' notes.

use serde_json::Value;

use crate::journey::{Journey, NEW};
use crate::support::{Run, http, octoferry, sandbox_with, secrets_stream, terraform_config};

fn names_at_destination(journey: &Journey, collection: &str) -> Vec<String> {
    let path = format!("/api/Spaces-2/{collection}?take=1000");
    let (_, page) = http(&journey.destination, "GET", &path, None);
    let items = page["Items"].as_array().into_iter().flatten();
    let mut names: Vec<String> = items.filter_map(|item| item["Name"].as_str().map(str::to_owned)).collect();
    names.sort();
    names
}

/// A certificate shows what it is made of, so a placeholder would show: its data and passwords, by the variables that bring them.
fn certificates(journey: &Journey) -> Vec<(String, String)> {
    let path = std::path::Path::new(&journey.path("modules")).join("space/octoferry.json");
    let manifest: Value = serde_json::from_slice(&std::fs::read(path).expect("a manifest")).expect("JSON");
    let dump = journey.source.dump();
    let known: Vec<(&String, &Value)> =
        dump["Documents"]["Spaces-2"]["certificates"].as_object().into_iter().flatten().collect();
    let secrets = manifest["secrets"].as_array().into_iter().flatten();
    let of_certificates = secrets.filter(|secret| secret["collection"] == "certificates");
    of_certificates
        .map(|secret| {
            let name = &secret["key"][0];
            let (id, _) =
                known.iter().find(|(_, document)| document["Name"] == *name).expect("a certificate");
            let value = dump["Secrets"][id][secret["field"].as_str().expect("a field")].as_str();
            let variable = secret["octopus_variable"].as_str().expect("a variable");
            (variable.to_owned(), value.expect("a secret").to_owned())
        })
        .collect()
}

/// Serializes with these options, deploys what came of it and compares.
fn moved(journey: &Journey, options: &[&str]) -> (Value, String) {
    let modules = journey.path("modules");
    let mut run = journey.run(&["serialize", "all", "--json", "--out", &modules]);
    for option in options {
        run = run.arg(option);
    }
    let said = run.ends_with(3).json();
    deployed(journey, &modules).ends_with(3);
    let verdict = journey.run(&["verify", "--notes", &modules]).ends_with(0);
    (said, verdict.stdout)
}

/// A deployment of modules, with the secrets that would show.
fn deployed(journey: &Journey, modules: &str) -> Run {
    let state = format!("path={}", journey.path("states"));
    let mut secrets = certificates(journey);
    secrets.push(("Octoferry.Destination.ApiKey".to_owned(), journey.destination.api_key()));
    let secrets: Vec<(&str, &str)> =
        secrets.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    octoferry(["deploy", modules, "--placeholders", "--secrets", "stdin"])
        .option("--destination-url", journey.destination.url())
        .option("--destination-space", NEW)
        .option("--backend", "local")
        .option("--backend-config", &state)
        .env("TF_CLI_CONFIG_FILE", terraform_config())
        .env("HOME", &journey.path("home"))
        .input(secrets_stream(&secrets))
}

#[test]
fn one_project_moves_with_what_it_needs_and_verify_explains_the_rest() {
    let journey = Journey::with("shop");
    let (said, verdict) = moved(&journey, &["--only", "projects:Storefront Web"]);
    let needed = said["Needed"].as_array().expect("a list");
    assert!(
        needed.iter().any(|what| what.as_str().is_some_and(|what| what.starts_with("lifecycle "))),
        "{needed:?}"
    );
    assert!(verdict.contains("all of them noted"), "{verdict}");
    let projects = names_at_destination(&journey, "projects");
    assert!(projects.contains(&"Storefront Web".to_owned()) && projects.len() < 6, "{projects:?}");
    assert!(names_at_destination(&journey, "machines").len() < 5);
}

#[test]
fn all_but_some_tenants_and_a_runbook_move() {
    let journey = Journey::with("shop");
    let options = [
        ["--exclude", "tenants:Cera*"],
        ["--exclude", "runbooks:Refund an order"],
        ["--exclude", "triggers:New*"],
        ["--exclude", "channels:Preview"],
        ["--exclude", "steps:Buy a candle"],
    ]
    .concat();
    let (said, verdict) = moved(&journey, &options);
    assert_eq!(said["Needed"], serde_json::json!([]));
    assert!(verdict.contains("all of them noted"), "{verdict}");
    let tenants = names_at_destination(&journey, "tenants");
    assert!(!tenants.contains(&"Cera Viva".to_owned()) && tenants.len() == 5, "{tenants:?}");
    assert!(!names_at_destination(&journey, "runbooks").contains(&"Refund an order".to_owned()));
}

#[test]
fn what_has_another_name_is_the_same_for_verify() {
    let journey = Journey::with("shop");
    let options = [
        "--rename",
        "environments:Production=Live",
        "--rename",
        "tag sets:Region=Area",
        "--rename",
        "tags:Area/EU=Area/Europe",
        "--rename",
        "projects:Search=Finder",
    ];
    let (_, verdict) = moved(&journey, &options);
    assert!(verdict.contains("all of them noted"), "{verdict}");
    let environments = names_at_destination(&journey, "environments");
    assert!(environments.contains(&"Live".to_owned()) && !environments.contains(&"Production".to_owned()));
    let (_, sets) = http(&journey.destination, "GET", "/api/Spaces-2/tagsets?take=100", None);
    assert!(sets.to_string().contains("Area/Europe") && !sets.to_string().contains("Region/"));
    let (_, orders) = http(&journey.destination, "GET", "/api/Spaces-2/projects?take=100", None);
    let slugs: Vec<&str> =
        orders["Items"].as_array().into_iter().flatten().filter_map(|item| item["Slug"].as_str()).collect();
    assert!(slugs.contains(&"finder") && slugs.contains(&"order-service"), "{slugs:?}");
}

#[test]
fn a_runbook_moves_alone_and_its_project_does_not_miss_it() {
    let journey = Journey::with("small-web");
    let modules = journey.path("modules");
    let runbook = journey.path("runbook");
    let serialize = ["serialize", "runbook", "Back up the database", "--project", "Letterbox Web"];
    journey.run(&serialize).option("--out", &runbook).ends_with(0);
    let none = ["serialize", "runbook", "Wash up", "--project", "Letterbox Web", "--out", "x"];
    journey.run(&none).ends_with(2).says("It has: \"Back up the database\".");
    journey
        .run(&["serialize", "all", "--out", &modules])
        .option("--exclude", "runbooks:Back up the database")
        .ends_with(3);
    // Without its project the plan says what is missing.
    deployed(&journey, &runbook).ends_with(1).says("The space has no project named: Letterbox Web.");
    deployed(&journey, &modules).ends_with(3);
    assert_eq!(names_at_destination(&journey, "runbooks"), [""; 0]);
    deployed(&journey, &runbook).ends_with(0).says("Letterbox Web/Back up the database");
    deployed(&journey, &modules).ends_with(3).says("0 to make, 0 to change, 0 to destroy");
    deployed(&journey, &runbook).ends_with(0).says("0 to make, 0 to change, 0 to destroy");
    assert_eq!(names_at_destination(&journey, "runbooks"), ["Back up the database"]);
    let verdict =
        journey.run(&["verify", "--notes", &modules, "--notes", &runbook, "--json"]).ends_with(0).json();
    assert_eq!(verdict["Kinds"]["runbooks"]["Same"], 1, "{verdict}");
    assert_eq!(verdict["Kinds"]["runbookprocesses"]["Same"], 1, "{verdict}");
}

#[test]
fn a_project_that_is_made_alone_knows_the_new_names_of_tags() {
    let source = sandbox_with("shop");
    let folder = tempfile::tempdir().expect("a folder");
    let run = |more: &[&str]| {
        let mut run = octoferry(["serialize", "project", "Storefront Web", "--out"]).arg(folder.path());
        for option in more {
            run = run.arg(option);
        }
        run.source(&source, "Spaces-2")
    };
    let named = || {
        let files =
            crate::support::files_below(folder.path()).into_iter().filter(|file| file.ends_with(".tf"));
        let text: String =
            files.filter_map(|file| std::fs::read_to_string(folder.path().join(file)).ok()).collect();
        (text.contains("\"Contract/"), text.contains("\"Terms/"))
    };
    run(&[]).ends_with(3);
    assert_eq!(named(), (true, false));
    run(&["--for-all", "--rename", "tag sets:Contract=Terms", "--only", "projects:Orders API"]).ends_with(3);
    assert_eq!(named(), (false, true));
    run(&["--rename", "tag sets:Nothing=Terms"]).ends_with(2).says("nothing has the old name");
}

#[test]
fn a_runbook_moves_with_the_outline_of_its_project() {
    let journey = Journey::with("shop");
    let (_, verdict) = moved(&journey, &["--only", "runbooks:Refund an order"]);
    assert!(verdict.contains("all of them noted"), "{verdict}");
    assert_eq!(names_at_destination(&journey, "runbooks"), ["Refund an order"]);
    assert_eq!(names_at_destination(&journey, "projects").len(), 1);
    assert_eq!(names_at_destination(&journey, "tenants"), [""; 0]);
}

#[test]
fn a_project_with_freezes_and_subscriptions_moves_alone() {
    let journey = Journey::with("operations");
    let (_, verdict) = moved(&journey, &["--only", "projects:Tickets"]);
    assert!(verdict.contains("all of them noted"), "{verdict}");
    assert_eq!(names_at_destination(&journey, "projects"), ["Tickets"]);
}
