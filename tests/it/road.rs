//! The whole road, as a person drives it: seed, spread, migrate, migrate again, verify, unseed. The comparer has the last word.

use octopus_sandbox::{Options, S3Store};
use serde_json::{Value, json};

use crate::journey::Journey;
use crate::support::{http, space_file};

/// The first document of a collection of the destination's space that has this name.
fn at_destination(journey: &Journey, collection: &str, name: &str) -> Value {
    let path = format!("/api/Spaces-2/{collection}?take=1000");
    let (_, page) = http(&journey.destination, "GET", &path, None);
    let mut items = page["Items"].as_array().into_iter().flatten();
    items.find(|item| item["Name"] == name).unwrap_or_else(|| panic!("{collection} {name}")).clone()
}

#[test]
fn a_small_space_moves_and_moving_it_again_changes_nothing() {
    let journey = Journey::with("small-web");
    journey.seed();
    journey.spread();
    let first = journey.migrate(3);
    first.says("a second plan is empty").says("Letterbox Web").never_says("error:");
    let again = journey.migrate(3);
    again.says("0 to make, 0 to change, 0 to destroy").never_says(" made octopusdeploy_");
    journey.run(&["verify", "--notes", &journey.path("modules")]).ends_with(2).says("modules");
    let verdict = journey.run(&["verify"]).ends_with(0);
    assert!(verdict.stdout.contains("all of them noted"), "by the modules in the feed: {}", verdict.stdout);
    journey.notes_are_forced();
    let verdict = journey.run(&["verify", "--notes", &journey.path("modules")]).ends_with(0);
    assert!(verdict.stdout.contains("all of them noted"), "{}", verdict.stdout);
    verdict.says("1 secrets are not at the destination").says("Password of the feed \"Letterbox images\"");
    journey.unseed();
    let said = journey.arrived();
    assert!(said.contains("8 of 9 delivered byte for byte, 1 placeholder"), "{said}");
}

#[test]
fn an_edit_at_the_source_arrives_with_the_next_migration_and_a_persons_secret_stays() {
    let journey = Journey::with("shop");
    journey.seed();
    journey.spread();
    journey.migrate(3);

    // A person completes the token at the destination, then its description changes at the source.
    let mut account = at_destination(&journey, "accounts", "Cluster token");
    account["Token"] = json!({"HasValue": true, "NewValue": "entered-by-a-person", "Hint": null});
    let path = format!("/api/Spaces-2/accounts/{}", account["Id"].as_str().unwrap());
    assert_eq!(http(&journey.destination, "PUT", &path, Some(&account)).0, 200);
    let (_, page) = http(&journey.source, "GET", "/api/Spaces-2/accounts?take=100", None);
    let mut items = page["Items"].as_array().unwrap().iter();
    let mut account = items.find(|account| account["Name"] == "Cluster token").unwrap().clone();
    account["Description"] = json!("Changed in between");
    let path = format!("/api/Spaces-2/accounts/{}", account["Id"].as_str().unwrap());
    assert_eq!(http(&journey.source, "PUT", &path, Some(&account)).0, 200);

    let (_, enabled) = http(&journey.destination, "GET", "/sandbox/triggers-ever-enabled", None);
    assert_eq!(enabled, json!([]), "nothing that starts work by itself is enabled, not for a moment");

    journey.migrate(3).says("1 to change").never_says("2 to change");
    let account = at_destination(&journey, "accounts", "Cluster token");
    assert_eq!(account["Description"], "Changed in between");
    let secrets = &journey.destination.dump()["Secrets"];
    assert_eq!(secrets[account["Id"].as_str().unwrap()]["Token"], "entered-by-a-person");
}

#[test]
fn one_project_moves_alone_after_the_space() {
    let journey = Journey::with("bookshop");
    journey.seed();
    journey.spread();
    journey.run(&["migrate", "--yes", "--space-only", "--todo", &journey.path("todo.md")]).ends_with(3);
    let (_, page) = http(&journey.destination, "GET", "/api/Spaces-2/projects", None);
    assert_eq!(page["TotalResults"], 0);
    // Catalogue deploys Database: before that is there, the plan says what is missing, and nothing is made.
    let alone = |project, code| {
        journey
            .run(&["migrate", "--yes", "--project", project, "--todo", &journey.path("todo.md")])
            .ends_with(code)
    };
    alone("Catalogue", 1).says("The space has no project named: Database.");
    alone("Database", 0).never_says("Storefront");
    alone("Catalogue", 0);
    let (_, page) = http(&journey.destination, "GET", "/api/Spaces-2/projects", None);
    assert_eq!(page["TotalResults"], 2);
}

#[test]
fn a_part_of_a_space_moves_with_the_projects_that_it_needs() {
    let journey = Journey::with("bookshop");
    let state = format!("path={}", journey.path("state"));
    let seed = |options: &[&str]| {
        let mut run = journey
            .run(&["seed", "--yes", "--backend", "local", "--backend-config", &state])
            .option("--package", crate::support::package());
        for option in options {
            run = run.arg(option);
        }
        run
    };
    seed(&["--only", "projects:Bookbinder"]).ends_with(2).says("nothing is meant by it").says("Catalogue");
    // Catalogue deploys Database, and the runs of the source find both by the names that they have there.
    let part = ["--only", "projects:Catalogue", "--rename", "projects:Database=Data"];
    seed(&part)
        .ends_with(0)
        .says("a part of the space: --only projects:Catalogue --rename projects:Database=Data");
    journey.spread();
    let first = journey.migrate(3);
    first.says("a part of the space moves").never_says("Project Storefront");
    let names = |collection: &str| -> Vec<String> {
        let (_, page) =
            http(&journey.destination, "GET", &format!("/api/Spaces-2/{collection}?take=100"), None);
        let items = page["Items"].as_array().into_iter().flatten();
        let mut names: Vec<String> =
            items.filter_map(|item| item["Name"].as_str().map(str::to_owned)).collect();
        names.sort();
        names
    };
    assert_eq!(names("projects"), ["Catalogue", "Data"]);
    assert_eq!(names("machines"), [""; 0]);
    journey.migrate(3).is_settled().never_says(" made octopusdeploy_");
    // Without a selection all of it moves, and nothing that is there is made again.
    seed(&["--rename", "projects:Database=Data"]).ends_with(0);
    journey.migrate(3).says("Storefront").never_says(" to destroy octopusdeploy_");
    assert_eq!(names("projects").len(), 6);
    journey.unseed();
}

/// Whether a text is in the arguments or the environment of a process, in what a step left behind, or in a file of the backend's own.
fn seen_anywhere(journey: &Journey, marker: &str) -> Vec<String> {
    let mut places: Vec<String> = Vec::new();
    for sample in journey.source.process_samples() {
        // Terraform's own environment is where an S3 backend may have them; nobody else's.
        if sample.to_string().contains(marker) && !sample["Command"].to_string().contains("terraform") {
            places.push(format!("process {}", sample["Command"]));
        }
    }
    for work in journey.source.kept_work() {
        let folder = std::path::PathBuf::from(work["Folder"].as_str().expect("a folder"));
        for file in crate::support::files_below(&folder) {
            let content = std::fs::read(folder.join(&file)).unwrap_or_default();
            if String::from_utf8_lossy(&content).contains(marker) {
                places.push(format!("file {file}"));
            }
        }
    }
    places
}

#[test]
fn state_lies_in_s3_with_an_accounts_credentials() {
    const SECRET_KEY: &str = "planted-secret-key-of-the-backend";
    let store = S3Store::start("AKIAPLANTED", &["states"]).unwrap();
    let options = Options {
        load: vec![space_file("small-web")],
        sample_processes: true,
        keep_work: true,
        ..Options::default()
    };
    let journey = Journey::of(options, Options::default());
    let account = json!({"Name": "States", "AccountType": "AmazonWebServicesAccount", "AccessKey": "AKIAPLANTED",
        "SecretKey": {"HasValue": true, "NewValue": SECRET_KEY, "Hint": null}, "TenantedDeploymentParticipation": "Untenanted"});
    assert_eq!(http(&journey.source, "POST", "/api/Spaces-2/accounts", Some(&account)).0, 201);
    journey
        .run(&["seed", "--yes", "--backend-account", "States"])
        .state_in(&store)
        .option("--package", crate::support::package())
        .ends_with(0);
    journey.spread();
    journey.migrate(3);
    let objects: Vec<String> = store.objects().into_keys().collect();
    assert_eq!(objects.len(), 3, "two states, the record of what was deployed, and no lock: {objects:?}");
    for (object, of) in objects.iter().zip(["/Projects-1", "/deployed", "/space"]) {
        // octoferry/<installation>/<space>/<destination host>/<destination space>/<project or space>
        assert!(
            object.starts_with("states/octoferry/") && object.contains("/Spaces-2/") && object.contains(of),
            "{object}"
        );
    }
    assert_eq!(seen_anywhere(&journey, SECRET_KEY), [""; 0]);
    journey.migrate(3).is_settled().never_says(" made octopusdeploy_");
}

#[test]
fn what_a_person_enters_at_the_source_arrives() {
    let journey = Journey::with("small-web");
    journey.seed();
    journey.spread();
    // As todo.md says: in the set `Octoferry Secrets`, scoped to the environment `Octoferry`.
    let named = |list: &str, name: &str| {
        let (_, page) = http(&journey.source, "GET", &format!("/api/Spaces-2/{list}?take=100"), None);
        let mut items = page["Items"].as_array().unwrap().iter();
        items.find(|item| item["Name"] == name).unwrap_or_else(|| panic!("{list} {name}")).clone()
    };
    let set = named("libraryvariablesets", "Octoferry Secrets");
    let path = format!("/api/Spaces-2/variables/{}", set["VariableSetId"].as_str().unwrap());
    let (_, mut variables) = http(&journey.source, "GET", &path, None);
    let planted = journey.source.dump()["Secrets"].clone();
    let feed = named("feeds", "Letterbox images");
    variables["Variables"] = json!([{
        "Name": "Octoferry.Secret.feed_letterbox_images_password", "Type": "Sensitive", "IsSensitive": true,
        "Value": planted[feed["Id"].as_str().unwrap()]["Password"],
        "Scope": {"Environment": [named("environments", "Octoferry")["Id"]]},
    }]);
    assert_eq!(http(&journey.source, "PUT", &path, Some(&variables)).0, 200);
    journey.migrate(3).says("9 secrets: 9 arrived");
    journey.only_tentacles_are_left();
    journey.unseed();
    let said = journey.arrived();
    assert!(said.contains("9 of 9 delivered byte for byte"), "{said}");
}
