//! Tenants' secret values: read by the runbook `__ 3. Deploy Tenant Secrets` in each tenant's own run on the sandbox's worker, set at a
//! destination that has everything else; and nothing of it left after unseed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use module::manifest::Manifest;
use octoferry::deployment::tenant;
use octopus_sandbox::{Options, Sandbox};
use serde_json::{Value, json};

use crate::journey::Journey;
use crate::support::{PATIENCE, http, octoferry, package, space_file};

const SPACE: &str = "Tallow & Wick";

fn dump_of_shop() -> Value {
    let text = std::fs::read(space_file("shop")).expect("the space");
    serde_json::from_slice(&text).expect("JSON")
}

fn values(dump: &Value) -> Vec<&Value> {
    dump["Documents"]["Spaces-2"]["tenantvariablevalues"].as_object().expect("values").values().collect()
}

/// Tenant, owner, template and environments of each secret value, with the secret.
fn secrets(dump: &Value) -> BTreeMap<String, String> {
    let secret = |value: &&Value| {
        let secret = dump["Secrets"][value["Id"].as_str()?]["Value"].as_str()?;
        let owner = value["ProjectId"].as_str().or(value["LibraryVariableSetId"].as_str())?;
        let key =
            format!("{} {owner} {} {}", value["TenantId"], value["TemplateId"], value["EnvironmentIds"]);
        Some((key, secret.to_owned()))
    };
    values(dump).iter().filter_map(secret).collect()
}

fn launch(dump: Value) -> Sandbox {
    Sandbox::launch(Options {
        documents: vec![dump],
        sample_processes: true,
        keep_work: true,
        ..Options::default()
    })
    .expect("the sandbox starts")
}

fn get(sandbox: &Sandbox, path: &str) -> Value {
    let (status, answer) = http(sandbox, "GET", path, None);
    assert_eq!(status, 200, "{path}: {answer}");
    answer
}

/// Runs a published runbook for a tenant; the task's log.
fn run(source: &Sandbox, project: &str, tenant: &str, environment: &str) -> String {
    let named = |list: &str, name: &str| {
        let all = get(source, &format!("/api/Spaces-2/{list}?take=1000"));
        let items = all["Items"].as_array().expect("items").clone();
        items.into_iter().find(|item| item["Name"] == name).unwrap_or_else(|| panic!("{name} in {list}"))
    };
    let project = named("projects", project)["Id"].clone();
    let runbooks = get(
        source,
        &format!("/api/Spaces-2/projects/{}/runbooks?take=100", project.as_str().expect("an id")),
    );
    let runbook = runbooks["Items"]
        .as_array()
        .expect("items")
        .iter()
        .find(|runbook| runbook["Name"] == "__ 3. Deploy Tenant Secrets");
    let runbook = runbook.expect("the runbook");
    let body = json!({
        "RunbookId": runbook["Id"], "RunbookSnapshotId": runbook["PublishedRunbookSnapshotId"], "SpaceId": "Spaces-2",
        "EnvironmentId": named("environments", environment)["Id"], "TenantId": named("tenants", tenant)["Id"],
    });
    let (status, run) = http(source, "POST", "/api/Spaces-2/runbookRuns", Some(&body));
    assert_eq!(status, 201, "{run}");
    let task = run["TaskId"].as_str().expect("a task").to_owned();
    let started = Instant::now();
    loop {
        let details = get(source, &format!("/api/Spaces-2/tasks/{task}/details?verbose=true"));
        if details["Task"]["IsCompleted"] == true {
            let log = get_text(source, &format!("/api/Spaces-2/tasks/{task}/raw"));
            assert_eq!(details["Task"]["State"], "Success", "{log}");
            return log;
        }
        assert!(started.elapsed() < PATIENCE, "the task hangs");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn get_text(sandbox: &Sandbox, path: &str) -> String {
    crate::support::http_text(sandbox, path)
}

#[test]
fn secret_values_arrive_by_the_tenants_own_runs_and_unseed_leaves_nothing() {
    let source = launch(dump_of_shop());
    let mut without = dump_of_shop();
    for value in
        without["Documents"]["Spaces-2"]["tenantvariablevalues"].as_object_mut().unwrap().values_mut()
    {
        if value["Value"].is_object() {
            value["Value"] = json!({"HasValue": false, "NewValue": null, "Hint": null});
        }
    }
    let secret_ids: Vec<String> =
        values(&without).iter().map(|value| value["Id"].as_str().unwrap().to_owned()).collect();
    without["Secrets"].as_object_mut().unwrap().retain(|id, _| !secret_ids.contains(id));
    let destination = launch(without);
    assert!(secrets(&destination.dump()).is_empty());

    let before = source.dump();
    let folder = tempfile::tempdir().unwrap();
    // The same key at the workstation as in the steps: what is pushed here is deployed there.
    const KEY: &str = "a-long-random-text-of-this-test";
    let seed = octoferry(["seed", "--yes", "--backend", "local", "--backend-config", "path=/var/lib/states"])
        .option("--package", package())
        .source(&source, SPACE)
        .destination(&destination, SPACE)
        .env("OCTOFERRY_MODULE_KEY", KEY)
        .ends_with(0);
    seed.says("2 also get the runbook \"__ 3. Deploy Tenant Secrets\"")
        .says("\"Orders API\", \"Storefront Web\"");
    // Most of the accounts and certificates name no tenant: the server would refuse these runs, the users' own too.
    octoferry(["spread", "--yes"]).source(&source, SPACE).ends_with(0);
    octoferry(["serialize", "all", "--push", "--out"])
        .arg(folder.path().join("modules"))
        .source(&source, SPACE)
        .env("OCTOFERRY_MODULE_KEY", KEY)
        .ends_with(3);

    let read = |slug: &str| -> Manifest {
        let file = folder.path().join("modules/projects").join(slug).join("octoferry.json");
        serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
    };
    let (orders, web) = (read("order-service"), read("storefront-web"));
    let runs = tenant::runs(&[("Orders API", &orders), ("Storefront Web", &web)], BTreeSet::new(), |_| true);
    assert_eq!(runs.len(), 8, "{runs:?}");
    let planted = secrets(&before);
    let mut logs = String::new();
    for planned in &runs {
        logs += &run(&source, &planned.project, &planned.tenant, &planned.environment);
    }
    assert_eq!(secrets(&destination.dump()), planted);
    assert!(logs.contains("set by finish"), "{logs}");

    // Not in the logs, not among the arguments and environments of any process, not in what the steps left.
    let samples = format!("{:?} {:?}", source.process_samples(), source.kept_work());
    for secret in planted.values() {
        assert!(!logs.contains(secret) && !samples.contains(secret), "{secret}");
    }

    octoferry(["unseed", "--yes"]).source(&source, SPACE).destination(&destination, SPACE).ends_with(0);
    let after = source.dump();
    for collection in [
        "variables",
        "projects",
        "runbooks",
        "actiontemplates",
        "environments",
        "libraryvariablesets",
        "accounts",
        "certificates",
    ] {
        let documents = |dump: &Value| {
            let mut documents = dump["Documents"]["Spaces-2"][collection].clone();
            for document in documents.as_object_mut().unwrap().values_mut() {
                document.as_object_mut().unwrap().remove("Version");
            }
            documents
        };
        assert_eq!(documents(&before), documents(&after), "{collection}");
    }
}

/// What an earlier run has set stays at the destination when the server refuses the run later: the table says why there was none, the list and the
/// report do not ask for it again.
#[test]
fn what_an_earlier_run_has_set_is_not_asked_for_again() {
    let journey = Journey::with("shop");
    journey.seed();
    journey.spread();
    journey.migrate(3);
    let secrets_of_tenants = |list: &str| list.matches("for the tenant").count();
    let read = || std::fs::read_to_string(journey.path("todo.md")).expect("the list");
    assert_eq!(secrets_of_tenants(&read()), 0, "{}", read());
    let before = journey.destination.dump()["Secrets"].clone();

    let (_, page) = http(&journey.source, "GET", "/api/Spaces-2/accounts?take=100", None);
    let mut accounts = page["Items"].as_array().expect("accounts").iter();
    let mut account = accounts.find(|account| account["Name"] == "AWS main").expect("the account").clone();
    account["TenantedDeploymentParticipation"] = json!("Untenanted");
    let path = format!("/api/Spaces-2/accounts/{}", account["Id"].as_str().expect("an id"));
    assert_eq!(http(&journey.source, "PUT", &path, Some(&account)).0, 200);

    journey.migrate(3).says("which does not allow this tenant in this environment");
    let list = read();
    assert_eq!(secrets_of_tenants(&list), 0, "{list}");
    let report = journey.run(&["report"]).ends_with(3);
    assert_eq!(secrets_of_tenants(&report.stdout), 0, "{}", report.stdout);
    assert_eq!(journey.destination.dump()["Secrets"], before);
}
