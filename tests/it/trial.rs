//! A secret at every place where a server keeps one, on a server that takes an empty list of tenants for none: what each door delivers, and whether
//! what octoferry says is left is what is left, however often the space is moved and whatever people enter in between.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use expect_test::{Expect, expect};
use octopus_sandbox::Options;
use serde_json::{Value, json};

use crate::journey::Journey;
use crate::markers::Left;
use crate::planted::{self, Door, Place};
use crate::rows::{KEY, private, rows};
use crate::support::{http, http_as, http_text, user_with};

/// A migration of the planted space.
pub(crate) struct Trial {
    pub(crate) journey: Journey,
    pub(crate) planted: BTreeMap<Place, String>,
}

impl Trial {
    fn new() -> Self {
        let trial = Self::of(Options::default());
        trial.journey.seed();
        trial.journey.spread();
        trial
    }

    /// Before anything is done; of a source with options of its own.
    pub(crate) fn of(source: Options) -> Self {
        let dump = planted::space();
        let planted = planted::secrets(&dump);
        let options = Options { documents: vec![dump], sample_processes: true, keep_work: true, ..source };
        Self { journey: Journey::of(options, Options::default()), planted }
    }

    /// All secrets of the destination.
    pub(crate) fn there(&self) -> BTreeSet<String> {
        let dump = self.journey.destination.dump();
        let documents = dump["Secrets"].as_object().expect("secrets").values();
        let values = documents.flat_map(|of| of.as_object().expect("paths").values());
        values.map(|value| value.as_str().expect("a text").to_owned()).collect()
    }

    /// All that have an open door arrived and nothing else did; how many by which door, of each collection.
    #[track_caller]
    pub(crate) fn by_door(&self, open: &[Door], expected: &Expect) {
        let (there, dump) = (self.there(), planted::space());
        let mut shares: BTreeMap<(Door, &str), (usize, usize)> = BTreeMap::new();
        for (place, value) in &self.planted {
            let door = planted::door(&dump, place);
            let has_arrived = there.contains(value);
            assert_eq!(has_arrived, open.contains(&door), "{place:?} comes by {door:?}");
            let (arrived, all) = shares.entry((door, &place.0)).or_default();
            *all += 1;
            *arrived += usize::from(has_arrived);
        }
        let lines: Vec<String> = shares
            .into_iter()
            .map(|((door, collection), (arrived, all))| {
                format!("{door:?}, {collection}: {arrived} of {all}\n")
            })
            .collect();
        expected.assert_eq(&lines.concat());
    }

    /// Which certificates the runs said to have exported, by name.
    fn exported(&self) -> BTreeSet<String> {
        let tasks = http(&self.journey.source, "GET", "/api/Spaces-2/tasks?take=1000", None).1;
        let mut exported = BTreeSet::new();
        for task in tasks["Items"].as_array().expect("a page") {
            let path = format!("/api/Spaces-2/tasks/{}/raw", task["Id"].as_str().expect("an id"));
            let log = http_text(&self.journey.source, &path);
            let said = log.lines().filter(|line| line.contains("\": exported from the source"));
            exported.extend(said.filter_map(|line| Some(line.split('"').nth(1)?.to_owned())));
        }
        exported
    }

    /// The certificates that come by export are as they were, and no variable of octoferry's shows them: they need no run that would have to be
    /// allowed. But one with a password has to show that, and one that the space's own variables name is checked in the runs that read other secrets.
    #[track_caller]
    fn exported_ones_are_untouched(&self) {
        let (before, now) = (planted::space(), self.journey.source.dump());
        let exported = self.planted.keys().filter(|place| planted::door(&before, place) == Door::Export);
        let variables = before["Documents"]["Spaces-2"]["variables"].as_object().expect("sets").values();
        let of_space = variables.flat_map(|set| set["Variables"].as_array().expect("variables"));
        let mut free = 0;
        for (collection, id, _) in exported {
            let has_password =
                before["Documents"]["Spaces-2"][collection][id]["Password"]["HasValue"] == true;
            if has_password || of_space.clone().any(|variable| variable["Value"] == **id) {
                continue;
            }
            free += 1;
            for field in ["EnvironmentIds", "TenantIds", "TenantTags", "TenantedDeploymentParticipation"] {
                let of = |dump: &Value| dump["Documents"]["Spaces-2"][collection][id][field].clone();
                assert_eq!(of(&before), of(&now), "{id} {field}");
            }
            let sets = now["Documents"]["Spaces-2"]["variables"].as_object().expect("sets").values();
            let mut variables = sets.flat_map(|set| set["Variables"].as_array().expect("variables"));
            let shows = |variable: &&Value| {
                variable["Value"] == **id
                    && variable["Name"].as_str().is_some_and(|name| name.starts_with("Octoferry."))
            };
            assert_eq!(variables.find(shows), None, "{id}");
        }
        assert!(free > 0, "there is one");
    }

    /// What is not at the destination, but for the archived certificate, which is not moved; by the word of the servers' own dumps.
    /// `entered`: what a person entered there, by place.
    pub(crate) fn missing(&self, entered: &BTreeMap<Place, String>) -> Vec<&Place> {
        let there = self.there();
        let is_missing = |(place, value): &(&Place, &String)| {
            place.1 != "Certificates-902" && !there.contains(entered.get(place).unwrap_or(value))
        };
        self.planted.iter().filter(is_missing).map(|(place, _)| place).collect()
    }

    /// What the last migration, `report` and `verify` say is left: they say the same.
    #[track_caller]
    pub(crate) fn said(&self) -> BTreeSet<String> {
        let file = std::fs::read_to_string(self.journey.path("todo.md")).expect("the list");
        let of_list = file.lines().filter_map(|line| line.strip_prefix("- [ ] **Secret** "));
        // Descriptions have no colon, and what follows does not matter here.
        let subject = |text: &str| text.split(": ").next().expect("a subject").to_owned();
        let listed: Vec<String> = of_list.map(subject).collect();
        let report = self.journey.run(&["report", "--json"]).ends_with(3).json();
        let items = report["Items"].as_array().expect("items").iter();
        let reported: BTreeSet<String> = items
            .filter(|item| item["Section"] == "Secrets")
            .map(|item| item["Subject"].as_str().expect("a subject").to_owned())
            .collect();
        let verified = self.journey.run(&["verify", "--json"]).ends_with_one_of(&[0, 1]).1.json();
        let verified = verified["SecretsForAPerson"].as_array().expect("a list").iter();
        let verified: BTreeSet<String> =
            verified.map(|secret| subject(secret.as_str().expect("a text"))).collect();
        let said: BTreeSet<String> = listed.iter().cloned().collect();
        assert_eq!(said.len(), listed.len(), "nothing is listed twice");
        assert_eq!(said, reported, "report says what the list says");
        assert_eq!(said, verified, "verify says what the list says");
        assert_eq!(report["Secrets"]["Open"], json!(said.len()));
        said
    }

    /// What is said to be left is what is missing: as many, and each names the thing that has it.
    #[track_caller]
    pub(crate) fn truth(&self, entered: &BTreeMap<Place, String>) -> BTreeSet<String> {
        let (said, missing) = (self.said(), self.missing(entered));
        let dump = planted::space();
        for place in &missing {
            let name = name_of(&dump, place);
            assert!(
                said.iter().any(|subject| subject.contains(&name)),
                "{place:?} ({name}) is not in {said:?}"
            );
        }
        assert_eq!(said.len(), missing.len(), "said: {said:#?}\nmissing: {missing:#?}");
        said
    }

    /// What somebody enters at the destination, in the document of this name.
    fn enter(&self, person: &str, collection: &str, name: &str, path: &[&str], value: &str) {
        let page =
            http(&self.journey.destination, "GET", &format!("/api/Spaces-2/{collection}?take=1000"), None).1;
        let documents = page["Items"].as_array().expect("a page").iter();
        let found = documents.clone().find(|document| document["Name"] == name);
        let mut document = found.unwrap_or_else(|| panic!("{collection} {name}")).clone();
        let mut slot = &mut document;
        for part in path {
            slot = &mut slot[*part];
        }
        *slot = json!({"HasValue": true, "NewValue": value, "Hint": null});
        let path = format!("/api/Spaces-2/{collection}/{}", document["Id"].as_str().expect("an id"));
        let (status, answer) = http_as(&self.journey.destination, person, "PUT", &path, Some(&document));
        assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&answer));
    }
}

/// The name by which people know what has a secret: a document's own, a step's, a template's.
fn name_of(dump: &Value, (collection, id, path): &Place) -> String {
    let document = &dump["Documents"]["Spaces-2"][collection][id];
    let parts: Vec<&str> = path.split('/').collect();
    let of_list = |list: &str, id: &str| {
        let mut items = document[list].as_array().expect("a list").iter();
        let item = items.find(|item| item["Id"] == id).expect("an item");
        item["Name"].as_str().expect("a name").to_owned()
    };
    match parts.as_slice() {
        ["Steps", step, ..] => of_list("Steps", step),
        ["Templates", template, ..] => of_list("Templates", template),
        _ => document["Name"].as_str().expect("a name").to_owned(),
    }
}

#[test]
fn without_the_database_the_list_is_the_truth_whatever_people_enter() {
    let trial = Trial::new();
    trial.exported_ones_are_untouched();
    trial.journey.migrate(3);
    trial.by_door(
        &[Door::Step, Door::TenantRun, Door::Export],
        &expect![[r#"
        Step, accounts: 10 of 10
        Step, certificates: 2 of 2
        Step, libraryvariablesets: 1 of 1
        Step, variables: 18 of 18
        TenantRun, tenantvariablevalues: 21 of 21
        Export, certificates: 4 of 4
        ReadFeeds, feeds: 0 of 4
        Database, accounts: 0 of 10
        Database, actiontemplates: 0 of 2
        Database, deploymentprocesses: 0 of 2
        Database, feeds: 0 of 16
        Database, git-credentials: 0 of 5
        Database, machines: 0 of 3
        Database, projects: 0 of 2
        Database, projecttriggers: 0 of 1
        Database, proxies: 0 of 3
        Database, runbookprocesses: 0 of 1
        Database, subscriptions: 0 of 2
        Nowhere, certificates: 0 of 1
    "#]],
    );
    let exported: BTreeSet<String> = [
        "Client of the cluster",
        "api.tallowandwick.example",
        "shop.tallowandwick.example",
        "www.harbourline.example",
    ]
    .map(str::to_owned)
    .into();
    assert_eq!(trial.exported(), exported);
    let nothing = BTreeMap::new();
    let first = trial.truth(&nothing);
    // Once more: a placeholder of octoferry's own is no value.
    trial.journey.migrate(3);
    assert_eq!(trial.truth(&nothing), first);

    let person = user_with(
        &trial.journey.destination,
        &[
            "FeedView",
            "FeedEdit",
            "AccountView",
            "AccountEdit",
            "ProxyView",
            "ProxyEdit",
            "GitCredentialView",
            "GitCredentialEdit",
            "MachineView",
            "MachineEdit",
            "ProcessView",
            "ProcessEdit",
            "ProjectView",
        ],
    );
    let by_hand = [
        ("feeds", "Shop charts", "Feeds-5", &["Password"][..], "Password of the feed \"Shop charts\""),
        ("accounts", "Token full", "Accounts-915", &["Token"], "Token of the account \"Token full\""),
        ("proxies", "Pier", "Proxies-901", &["Password"], "Password of the proxy \"Pier\""),
        (
            "git-credentials",
            "Reader",
            "GitCredentials-902",
            &["Details", "Password"],
            "Password of the Git credential \"Reader\"",
        ),
        (
            "machines",
            "Drop as artifact",
            "Machines-907",
            &["Endpoint", "SensitiveVariablesEncryptionPassword"],
            "Password that encrypts sensitive variables of the deployment target \"Drop as artifact\"",
        ),
    ];
    let mut entered = BTreeMap::new();
    let mut left = first;
    for (collection, name, id, path, subject) in by_hand {
        let value = format!("entered-by-hand-{id}");
        trial.enter(&person, collection, name, path, &value);
        entered.insert((collection.to_owned(), id.to_owned(), path.join("/")), value);
        assert!(left.remove(subject), "{subject} was in the list");
    }
    // The password of the project's own stands in a Git credential that only the destination has.
    trial.enter(
        &person,
        "git-credentials",
        "Repository of Search",
        &["Details", "Password"],
        "entered-for-the-repository",
    );
    let own = (
        "projects".to_owned(),
        "Projects-4".to_owned(),
        "PersistenceSettings/Credentials/Password".to_owned(),
    );
    entered.insert(own, "entered-for-the-repository".to_owned());
    assert!(left.remove("Password of the repository of the project \"Search\""));
    trial.journey.migrate(3);
    assert_eq!(trial.truth(&entered), left, "what was entered left the list, and stays");

    // Of a process nothing tells who entered what: a person says so.
    trial
        .journey
        .run(&["secrets", "done", "Warehouse Sync/step_install_the_service_customaccountpassword"])
        .ends_with(0);
    trial.journey.migrate(3);
    assert!(
        left.remove("Secret property of the step \"Install the service\" of the project \"Warehouse Sync\"")
    );
    assert_eq!(trial.said(), left);
    let there = trial.there();
    assert!(
        entered.values().all(|value| there.contains(value)),
        "nothing that a person entered was overwritten"
    );
    trial.journey.unseed();
}

/// Arguments and environments of all programs of ours on this machine, as long as it lives: the workstation's commands, too.
struct Watch {
    over: Arc<AtomicBool>,
    seen: JoinHandle<BTreeSet<Vec<u8>>>,
}

impl Watch {
    fn new() -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&over);
        let seen = std::thread::spawn(move || {
            let mut seen = BTreeSet::new();
            while !stop.load(Ordering::Relaxed) {
                for process in std::fs::read_dir("/proc").expect("it is there").flatten() {
                    let file = |name: &str| std::fs::read(process.path().join(name)).unwrap_or_default();
                    let command = file("cmdline");
                    let is_ours = command.windows(9).any(|word| word == b"octoferry");
                    if is_ours && seen.insert(command) {
                        seen.insert(file("environ"));
                    }
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            seen
        });
        Self { over, seen }
    }

    fn seen(self) -> BTreeSet<Vec<u8>> {
        self.over.store(true, Ordering::Relaxed);
        self.seen.join().expect("it ends well")
    }
}

#[test]
fn with_the_database_everything_arrives_and_nothing_that_is_left_behind_holds_it() {
    let watch = Watch::new();
    let trial = Trial::new();
    let mut left = Left::default();
    // The rows are a person's: they lie elsewhere.
    let folder = tempfile::tempdir().expect("a folder");
    let of_folder = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (file, key) = (of_folder("rows.json"), of_folder("master-key"));
    let rows = rows(&trial.journey.source.dump());
    let mut unlock = |rows: &Value, master_key: &[u8], code: i32| {
        std::fs::write(&file, rows.to_string()).expect("the rows");
        private(&key, &STANDARD.encode(master_key));
        let run = trial.journey.run(&["unlock", "--yes", "--rows", &file, "--master-key-file", &key]);
        let ended = run.ends_with(code);
        left.add(format!("output of unlock, {code}"), format!("{}\n{}", ended.stdout, ended.stderr));
        ended
    };
    unlock(&rows, b"another of 16 by", 1).says("the master key opens none of these");
    let mut damaged = rows.clone();
    damaged["Rows"][0]["Row"]["JSON"] =
        json!(damaged["Rows"][0]["Row"]["JSON"].as_str().expect("JSON").replace('|', ""));
    unlock(&damaged, &KEY, 1).says("are damaged");
    unlock(&rows, &KEY, 0).never_says("in places that octoferry doesn't know").never_says("left to a person");
    for _ in 0..2 {
        let ended = trial.journey.migrate(3);
        left.add("output of migrate", format!("{}\n{}", ended.stdout, ended.stderr));
        assert_eq!(trial.truth(&BTreeMap::new()), BTreeSet::new());
    }
    left.server("source", &trial.journey.source);
    left.server("destination", &trial.journey.destination);
    left.folder(trial.journey.folder.path());
    for seen in watch.seen() {
        left.add("a process", seen);
    }
    let master_key = String::from_utf8_lossy(&KEY).into_owned();
    let secrets = trial.planted.values().cloned().chain([master_key, STANDARD.encode(KEY)]).collect();
    let holding = left.holding(&secrets);
    assert!(left.0.len() > 200, "only {} places were searched", left.0.len());
    assert!(holding.is_empty(), "{} places hold secrets:\n{}", holding.len(), holding.join("\n"));
    let all = [Door::Step, Door::TenantRun, Door::Export, Door::ReadFeeds, Door::Database];
    trial.by_door(
        &all,
        &expect![[r#"
        Step, accounts: 10 of 10
        Step, certificates: 2 of 2
        Step, libraryvariablesets: 1 of 1
        Step, variables: 18 of 18
        TenantRun, tenantvariablevalues: 21 of 21
        Export, certificates: 4 of 4
        ReadFeeds, feeds: 4 of 4
        Database, accounts: 10 of 10
        Database, actiontemplates: 2 of 2
        Database, deploymentprocesses: 2 of 2
        Database, feeds: 16 of 16
        Database, git-credentials: 5 of 5
        Database, machines: 3 of 3
        Database, projects: 2 of 2
        Database, projecttriggers: 1 of 1
        Database, proxies: 3 of 3
        Database, runbookprocesses: 1 of 1
        Database, subscriptions: 2 of 2
        Nowhere, certificates: 0 of 1
    "#]],
    );
    trial.journey.unseed();
}

/// What `report` says of secrets: how many are open, how many nobody can tell of, and the names of these.
fn told(journey: &Journey) -> (u64, u64, String) {
    let report = journey.run(&["report", "--json"]).ends_with(3).json();
    let number = |state: &str| report["Secrets"][state].as_u64().expect("a number");
    let items = report["Items"].as_array().expect("items").iter();
    let forgotten = items.filter(|item| item["Section"] == "Secrets" && item["State"] == "Forgotten");
    let texts = forgotten.map(|item| item["Text"].as_str().expect("a text").to_owned()).collect::<String>();
    (number("Open"), number("Forgotten"), texts)
}

#[test]
fn what_nobody_can_tell_any_more_is_not_listed_as_missing() {
    let trial = Trial::of(Options::default());
    let journey = &trial.journey;
    let (before, none, _) = told(journey);
    assert!(before > 40 && none == 0, "before any deployment all that no step reads is open");
    journey.seed();
    journey.spread();
    let folder = tempfile::tempdir().expect("a folder");
    let of_folder = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (file, key) = (of_folder("rows.json"), of_folder("master-key"));
    std::fs::write(&file, rows(&journey.source.dump()).to_string()).expect("the rows");
    private(&key, &STANDARD.encode(KEY));
    journey.run(&["unlock", "--yes", "--rows", &file, "--master-key-file", &key]).ends_with(0);
    assert_eq!(
        told(journey).0,
        0,
        "what has its variable is for no person, also before a run has brought it"
    );
    journey.migrate(3);
    assert_eq!(told(journey), (0, 0, String::new()));

    // The server's retention takes the tasks with what they said; the variables are there still.
    for artifact in http(&journey.source, "GET", "/api/Spaces-2/artifacts?take=1000", None).1["Items"]
        .as_array()
        .expect("a page")
    {
        let path = format!("/api/Spaces-2/artifacts/{}", artifact["Id"].as_str().expect("an id"));
        assert_eq!(http(&journey.source, "DELETE", &path, None).0, 200, "{path}");
    }
    assert_eq!(told(journey), (0, 0, String::new()));

    let person = user_with(&journey.destination, &["FeedView", "FeedEdit"]);
    trial.enter(&person, "feeds", "Shop charts", &["Password"], "entered-by-hand");
    journey.unseed();
    let (open, forgotten, names) = told(journey);
    assert_eq!(open, 0, "nothing that arrived is listed as missing");
    assert_eq!(forgotten, before - 1, "{names}");
    assert!(names.contains("Token of the account \"Token full\""), "{names}");
    assert!(!names.contains("Shop charts"), "what somebody has entered is known: {names}");
}
