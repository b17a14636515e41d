//! The passwords of container registries, which a step sees that refers to these feeds: they arrive where seed was asked for them, nothing that is left
//! behind holds them, and where a server or a key does not play along nothing else is harmed.

use std::collections::{BTreeMap, BTreeSet};

use expect_test::expect;
use octopus_sandbox::Options;
use serde_json::json;

use crate::markers::Left;
use crate::planted::{Door, Place};
use crate::support::{http, user_with};
use crate::trial::Trial;

/// The registries of the planted space that have a password.
const REGISTRIES: [&str; 4] = ["Feeds-6", "Feeds-917", "Feeds-923", "Feeds-932"];
const RUNBOOK: &str = "__ 4. Read Feeds";

fn of_registries(trial: &Trial) -> BTreeSet<String> {
    let password = |feed: &&str| trial.planted[&of(feed)].clone();
    REGISTRIES.iter().map(password).collect()
}

fn of(feed: &str) -> Place {
    ("feeds".to_owned(), feed.to_owned(), "Password".to_owned())
}

/// Those of them that the destination has.
fn arrived(trial: &Trial) -> usize {
    of_registries(trial).intersection(&trial.there()).count()
}

/// Subjects of the list that are about passwords of feeds.
fn feeds(said: &BTreeSet<String>) -> usize {
    said.iter().filter(|subject| subject.starts_with("Password of the feed")).count()
}

#[test]
fn passwords_of_registries_arrive_and_nothing_that_is_left_behind_holds_them() {
    let trial = Trial::of(Options::default());
    trial.journey.seed_with(&["--with", "read-feeds"]);
    trial.journey.spread();
    let mut left = Left::default();
    for _ in 0..2 {
        let ended = trial.journey.migrate(3);
        ended.says("== Read Feeds").says("4 passwords of feeds into");
        left.add("output of migrate", format!("{}\n{}", ended.stdout, ended.stderr));
        assert_eq!(arrived(&trial), REGISTRIES.len());
        trial.truth(&BTreeMap::new());
    }
    trial.by_door(
        &[Door::Step, Door::TenantRun, Door::Export, Door::ReadFeeds],
        &expect![[r#"
        Step, accounts: 10 of 10
        Step, certificates: 2 of 2
        Step, libraryvariablesets: 1 of 1
        Step, variables: 18 of 18
        TenantRun, tenantvariablevalues: 21 of 21
        Export, certificates: 4 of 4
        ReadFeeds, feeds: 4 of 4
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
    // A person may start it, too; seed run again keeps it without being asked.
    trial.journey.seed();
    let (well, log) = trial.journey.run_runbook(RUNBOOK);
    assert!(well && log.contains("4 passwords of feeds into"), "{log}");
    left.server("source", &trial.journey.source);
    left.server("destination", &trial.journey.destination);
    left.folder(trial.journey.folder.path());
    let holding = left.holding(&of_registries(&trial));
    assert!(left.0.len() > 200, "only {} places were searched", left.0.len());
    assert!(holding.is_empty(), "{} places hold secrets:\n{}", holding.len(), holding.join("\n"));
    trial.journey.unseed();
}

#[test]
fn registries_are_read_as_they_are_now_not_as_seed_saw_them() {
    let trial = Trial::of(Options::default());
    trial.journey.seed_with(&["--with", "read-feeds"]);
    trial.journey.spread();
    let source = &trial.journey.source;
    let (_, mut feed) = http(source, "GET", "/api/Spaces-2/feeds/Feeds-932", None);
    feed["Password"] = json!({"HasValue": false, "NewValue": null});
    let (status, said) = http(source, "PUT", "/api/Spaces-2/feeds/Feeds-932", Some(&feed));
    assert_eq!(status, 200, "{said}");
    let new = json!({"Name": "Newest", "FeedType": "Docker", "FeedUri": "https://new.example", "Username": "u",
        "Password": {"HasValue": true, "NewValue": "plant-of-the-newest-feed"}});
    let (status, said) = http(source, "POST", "/api/Spaces-2/feeds", Some(&new));
    assert_eq!(status, 201, "{said}");
    trial
        .journey
        .run(&["migrate", "--yes", "--space-only", "--placeholders"])
        .ends_with(3)
        .says("4 passwords of feeds into");
    assert!(trial.there().contains("plant-of-the-newest-feed"));
    assert_eq!(arrived(&trial), 3);
}

#[test]
fn without_the_runbook_nobody_is_bothered_and_the_list_names_the_door() {
    let trial = Trial::of(Options::default());
    trial.journey.seed();
    trial.journey.spread();
    trial.journey.migrate(3).never_says("Read Feeds").never_says("passwords of feeds");
    assert_eq!(arrived(&trial), 0);
    let list = std::fs::read_to_string(trial.journey.path("todo.md")).expect("the list");
    let door = list.lines().filter(|line| line.contains("octoferry seed --with read-feeds"));
    assert_eq!(door.count(), REGISTRIES.len(), "{list}");
}

#[test]
fn a_server_that_gives_a_step_no_credentials_leaves_them_to_a_person_and_harms_nothing() {
    let trial = Trial::of(Options { feed_credentials: false, ..Options::default() });
    trial.journey.seed_with(&["--with", "read-feeds"]);
    trial.journey.spread();
    trial
        .journey
        .migrate(3)
        .says("these passwords of feeds stay for a person")
        .says("Password of the feed \"Docker full\": the server gives the step none");
    assert_eq!(arrived(&trial), 0);
    let said = trial.truth(&BTreeMap::new());
    assert!(feeds(&said) > REGISTRIES.len(), "{said:#?}");
    trial.journey.unseed();
}

#[test]
fn a_key_that_may_not_write_the_variables_harms_nothing_else() {
    let trial = Trial::of(Options::default());
    let (_, me) = http(&trial.journey.source, "GET", "/api/users/me", None);
    let path = format!("/api/users/{}/permissions", me["Id"].as_str().expect("an id"));
    let (_, all) = http(&trial.journey.source, "GET", &path, None);
    let mut permissions: Vec<&str> =
        all["SpacePermissions"].as_object().expect("permissions").keys().map(String::as_str).collect();
    permissions.retain(|name| !name.starts_with("VariableEdit") && *name != "LibraryVariableSetEdit");
    let key = trial.journey.path("key");
    crate::rows::private(&key, &user_with(&trial.journey.source, &permissions));
    trial.journey.seed_with(&["--with", "read-feeds", "--runbook-source-key-file", &key]);
    trial.journey.spread();
    trial.journey.migrate(3).says("the passwords of feeds could not be read, all else goes on");
    assert_eq!(arrived(&trial), 0);
    trial.truth(&BTreeMap::new());
    trial.journey.unseed();
}
