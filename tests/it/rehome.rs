//! Tentacles learn of the destination and forget the source, by scripts that really run on them. The programs in `tests/it/tentacle` stand for
//! those of a machine; what they write and read is as OctopusTentacle has it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use octopus_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::journey::Journey;
use crate::support::{http, until};

/// A Tentacle's folder.
struct Home(PathBuf);

impl Home {
    /// Of a Tentacle that trusts the source, and polls it under `subscription`.
    fn new(folder: &Path, thumbprint: &str, source: &str, subscription: Option<&str>) -> Self {
        let home = Self(folder.join(thumbprint));
        fs::create_dir_all(home.0.join("bin")).expect("a folder");
        let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/tentacle");
        fs::copy(programs.join("Tentacle"), home.0.join("Tentacle")).expect("the Tentacle's program");
        fs::copy(programs.join("systemctl"), home.0.join("bin/systemctl")).expect("the system's program");
        let known = match subscription {
            Some(address) => {
                json!({"Thumbprint": source, "CommunicationStyle": "TentacleActive", "Address": "https://old.example:10943/", "SubscriptionId": address})
            }
            None => {
                json!({"Thumbprint": source, "CommunicationStyle": "TentaclePassive", "Address": null, "SubscriptionId": null})
            }
        };
        let configuration = json!({"Tentacle": {"CertificateThumbprint": thumbprint, "Communication": {"TrustedOctopusServers": [known]}}});
        for file in ["configuration.json", "running.json"] {
            fs::write(home.0.join(file), configuration.to_string()).expect("a file");
        }
        home
    }

    fn calls(&self) -> String {
        fs::read_to_string(self.0.join("calls.txt")).unwrap_or_default()
    }

    fn servers(&self, file: &str) -> Vec<Value> {
        let text = fs::read(self.0.join(file)).expect("the file is there");
        let configuration: Value = serde_json::from_slice(&text).expect("it is JSON");
        configuration["Tentacle"]["Communication"]["TrustedOctopusServers"]
            .as_array()
            .expect("a list")
            .clone()
    }

    /// Thumbprints that the running Tentacle trusts, once it has restarted.
    fn trusted(&self) -> Vec<String> {
        until("the Tentacle's restart", || {
            self.servers("configuration.json") == self.servers("running.json")
        });
        let servers = self.servers("running.json").into_iter();
        let mut trusted: Vec<String> =
            servers.map(|server| server["Thumbprint"].as_str().expect("a text").to_owned()).collect();
        trusted.sort();
        trusted.dedup();
        trusted
    }
}

fn server_thumbprint(sandbox: &Sandbox) -> String {
    let (_, certificate) = http(sandbox, "GET", "/api/configuration/certificates/certificate-global", None);
    certificate["Thumbprint"].as_str().expect("a thumbprint").to_owned()
}

/// Tells a server where the machine lives that has this name there.
fn lives(sandbox: &Sandbox, list: &str, name: &str, home: &Home) {
    let (_, page) = http(sandbox, "GET", &format!("/api/Spaces-2/{list}?take=1000"), None);
    let machine = page["Items"].as_array().expect("a page").iter().find(|item| item["Name"] == name);
    let id = machine.unwrap_or_else(|| panic!("{name} in {list}"))["Id"].clone();
    let (status, said) = http(
        sandbox,
        "POST",
        "/sandbox/homes",
        Some(&json!({"SpaceId": "Spaces-2", "MachineId": id, "Folder": home.0})),
    );
    assert_eq!(status, 200, "{said}");
}

fn endpoint(sandbox: &Sandbox, list: &str, name: &str) -> Value {
    let (_, page) = http(sandbox, "GET", &format!("/api/Spaces-2/{list}?take=1000"), None);
    let machine = page["Items"].as_array().expect("a page").iter().find(|item| item["Name"] == name);
    machine.unwrap_or_else(|| panic!("{name} in {list}"))["Endpoint"].clone()
}

fn add(sandbox: &Sandbox, list: &str, body: &Value) {
    let (status, said) = http(sandbox, "POST", &format!("/api/Spaces-2/{list}"), Some(body));
    assert_eq!(status, 201, "{said}");
}

fn first(sandbox: &Sandbox, list: &str) -> Value {
    http(sandbox, "GET", &format!("/api/Spaces-2/{list}?take=1000"), None).1["Items"][0]["Id"].clone()
}

const LISTENS: &str = "1111111111111111111111111111111111111111";
const POLLS: &str = "2222222222222222222222222222222222222222";
const WORKS: &str = "3333333333333333333333333333333333333333";
const FAILS: &str = "4444444444444444444444444444444444444444";

/// A listening target, one that polls, one whose Tentacle refuses, and a worker that polls, beside what the space has.
fn with_tentacles(journey: &Journey) -> [Home; 4] {
    let source = &journey.source;
    let environment = first(source, "environments");
    let target = |name: &str, style: &str, thumbprint: &str, uri: &str| {
        json!({"Name": name, "SpaceId": "Spaces-2", "EnvironmentIds": [environment], "Roles": ["lb-web"],
               "Endpoint": {"CommunicationStyle": style, "Thumbprint": thumbprint, "Uri": uri}})
    };
    add(
        source,
        "machines",
        &target("Listener", "TentaclePassive", LISTENS, "https://listener.example:10933/"),
    );
    add(source, "machines", &target("Poller", "TentacleActive", POLLS, "poll://source-one/"));
    add(source, "machines", &target("Failing", "TentaclePassive", FAILS, "https://failing.example:10933/"));
    add(
        source,
        "workerpools",
        &json!({"Name": "Own", "SpaceId": "Spaces-2", "WorkerPoolType": "StaticWorkerPool"}),
    );
    let (_, pools) = http(source, "GET", "/api/Spaces-2/workerpools?take=100", None);
    let pool = pools["Items"]
        .as_array()
        .expect("pools")
        .iter()
        .find(|pool| pool["Name"] == "Own")
        .expect("it")["Id"]
        .clone();
    add(
        source,
        "workers",
        &json!({"Name": "Hand", "SpaceId": "Spaces-2", "IsDisabled": false, "WorkerPoolIds": [pool],
                "Endpoint": {"CommunicationStyle": "TentacleActive", "Thumbprint": WORKS, "Uri": "poll://source-two/"}}),
    );
    let own = server_thumbprint(source);
    let folder = journey.folder.path().join("homes");
    let homes = [
        Home::new(&folder, LISTENS, &own, None),
        Home::new(&folder, POLLS, &own, Some("poll://source-one/")),
        Home::new(&folder, FAILS, &own, None),
        Home::new(&folder, WORKS, &own, Some("poll://source-two/")),
    ];
    fs::write(homes[2].0.join("refuses.txt"), "configure").expect("a file");
    live(source, &homes);
    look(source);
    homes
}

/// Lets a server look at all its machines, from which it learns their systems.
fn look(sandbox: &Sandbox) {
    let ids = |list: &str| {
        let (_, page) = http(sandbox, "GET", &format!("/api/Spaces-2/{list}?take=1000"), None);
        page["Items"].as_array().expect("a page").iter().map(|item| item["Id"].clone()).collect::<Vec<_>>()
    };
    let all = [ids("machines"), ids("workers")].concat();
    let body = json!({"Name": "Health", "Description": "", "Arguments": {"MachineIds": all}});
    let (status, task) = http(sandbox, "POST", "/api/Spaces-2/tasks", Some(&body));
    assert_eq!(status, 201, "{task}");
    let task = format!("/api/Spaces-2/tasks/{}", task["Id"].as_str().expect("a task"));
    while http(sandbox, "GET", &task, None).1["IsCompleted"] != true {
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn live(sandbox: &Sandbox, homes: &[Home; 4]) {
    for (index, name) in ["Listener", "Poller", "Failing"].into_iter().enumerate() {
        lives(sandbox, "machines", name, &homes[index]);
    }
    lives(sandbox, "workers", "Hand", &homes[3]);
}

#[test]
fn tentacles_know_both_servers_then_the_new_one_and_never_none() {
    let journey = Journey::with("small-web");
    let homes = with_tentacles(&journey);
    let state = format!("path={}", journey.path("state"));
    let seed =
        ["seed", "--yes", "--backend", "local", "--backend-config", &state, "--with", "rehome-tentacles"];
    journey
        .run(&seed)
        .option("--worker-pool", "Default Worker Pool")
        .option("--package", crate::support::package())
        .ends_with(0)
        .says("8 step templates");
    journey.spread();
    let runbook = "__ 5. Re-home Tentacles";
    // Nothing is there yet: whatever is asked, no machine is touched.
    let (is_well, log) = journey.run_runbook_with(runbook, &[("Octoferry.Rehome.What", "add")]);
    assert!(is_well && log.contains("the destination has no such Tentacle yet"), "{log}");
    journey.migrate(3);
    live(&journey.destination, &homes);
    let (old, new) = (server_thumbprint(&journey.source), server_thumbprint(&journey.destination));

    // Before the destination is known, its scripts run nowhere: nothing is removed.
    let failed = journey.run(&["rehome", "remove", "--yes", "--only", "Listener"]).ends_with(1);
    assert!(failed.stdout.contains("keeps the source"), "{}", failed.stdout);
    assert_eq!(homes[0].trusted(), std::slice::from_ref(&old));

    let plan = journey.run(&["rehome", "add", "--plan"]).ends_with(4);
    plan.says("target \"Poller\": poll 127.0.0.1:10943 beside the source");
    assert!(homes.iter().all(|home| home.calls().is_empty()), "a plan touches nothing");

    let (is_well, log) = journey.run_runbook_with(runbook, &[("Octoferry.Rehome.What", "add")]);
    assert!(!is_well && log.contains("Tentacle configure failed"), "one of them fails, and is named: {log}");
    let mut both = vec![old.clone(), new.clone()];
    both.sort();
    for index in [0, 1, 3] {
        assert_eq!(homes[index].trusted(), both, "what another refused is nothing to it");
    }
    assert_eq!(homes[2].trusted(), std::slice::from_ref(&old), "what failed is as it was");
    // No key is anywhere on the machines, nor in what they were told.
    for home in &homes {
        let told = home.calls();
        assert!(!told.contains(&journey.source_key) && !told.contains(&journey.destination_key), "{told}");
        assert!(!told.to_lowercase().contains("apikey"), "{told}");
    }

    // A polling one asks the destination by an address of its own, which the destination knows, and keeps.
    let polls = |list: &str, name: &str| {
        endpoint(&journey.destination, list, name)["Uri"].as_str().expect("an address").to_owned()
    };
    let addresses = (polls("machines", "Poller"), polls("workers", "Hand"));
    assert!(addresses.0.starts_with("poll://") && addresses.0 != "poll://source-one/", "{addresses:?}");
    journey.migrate(3);
    assert_eq!((polls("machines", "Poller"), polls("workers", "Hand")), addresses, "a migration leaves it");
    let verified = journey.run(&["verify"]).ends_with(0).stdout;
    assert!(!verified.contains("Uri differs"), "{verified}");

    // Looking is what happens when nobody says otherwise.
    let (is_well, log) = journey.run_runbook(runbook);
    assert!(is_well && log.contains("the destination reaches it; it knows the source too"), "{log}");
    assert!(log.contains("the destination does not reach it"), "the failing one: {log}");
    let again = journey.run(&["rehome", "add", "--yes", "--only", "Poller"]).ends_with(0);
    assert!(again.stdout.contains("knew the destination before"), "{}", again.stdout);

    let removed = journey.run(&["rehome", "remove", "--yes"]).ends_with(1);
    assert!(removed.stdout.contains("keeps the source"), "{}", removed.stdout);
    for index in [0, 1, 3] {
        assert_eq!(homes[index].trusted(), std::slice::from_ref(&new));
    }
    assert_eq!(homes[2].trusted(), std::slice::from_ref(&old), "it has no other server");
    let checked = journey.run(&["rehome", "check", "--only", "Poller", "--only", "Hand"]).ends_with(0);
    assert!(checked.stdout.contains("the destination reaches it"), "{}", checked.stdout);
    journey.run(&["unseed", "--yes"]).ends_with(0).says("removed: runbook \"__ 5. Re-home Tentacles\"");
}

#[test]
fn what_runs_on_a_tentacle_ends_before_it_restarts_and_a_stranger_is_told_nothing() {
    let journey = Journey::with("small-web");
    let homes = with_tentacles(&journey);
    // The destination has them under other documents.
    let environments = json!({"Name": "Test", "SpaceId": "Spaces-2"});
    add(&journey.destination, "environments", &environments);
    let environment = first(&journey.destination, "environments");
    for (name, thumbprint) in [("Listener", LISTENS), ("Failing", FAILS)] {
        let body = json!({"Name": name, "SpaceId": "Spaces-2", "EnvironmentIds": [environment], "Roles": ["web"],
                          "Endpoint": {"CommunicationStyle": "TentaclePassive", "Thumbprint": thumbprint, "Uri": "https://x.example:10933/"}});
        add(&journey.destination, "machines", &body);
    }
    let (old, new) = (server_thumbprint(&journey.source), server_thumbprint(&journey.destination));
    // Something else runs on it: the file stands for the folder of its script.
    fs::create_dir_all(homes[0].0.join("Work/other")).expect("a folder");
    let added = journey.run(&["rehome", "add", "--yes", "--only", "Listener"]).ends_with(0);
    assert!(added.stdout.contains("restarts as soon as no script runs on it"), "{}", added.stdout);
    std::thread::sleep(Duration::from_secs(8));
    assert_eq!(homes[0].servers("running.json").len(), 1, "it runs on for the other script");
    fs::remove_dir_all(homes[0].0.join("Work/other")).expect("it is there");
    let mut both = vec![old, new];
    both.sort();
    assert_eq!(homes[0].trusted(), both);
    // Another Tentacle answers at the address.
    lives(&journey.source, "machines", "Failing", &homes[0]);
    let before = homes[0].servers("configuration.json");
    let refused = journey.run(&["rehome", "add", "--yes", "--only", "Failing"]).ends_with(1);
    assert!(
        refused.stdout.contains("another Tentacle than the server's document says"),
        "{}",
        refused.stdout
    );
    assert_eq!(homes[0].servers("configuration.json"), before);
    // Where no service is known by its name, a person restarts it.
    fs::write(homes[0].0.join("no-service"), "").expect("a file");
    lives(&journey.destination, "machines", "Listener", &homes[0]);
    let removed = journey.run(&["rehome", "remove", "--yes", "--only", "Listener"]).ends_with(3);
    assert!(removed.stdout.contains("restart its service by hand"), "{}", removed.stdout);
}
