//! Somebody or something that ends processes and connections: a person with Ctrl-C, a machine that is shut down, a power cut, a broken network.
//!
//! | tried | wanted | where |
//! | --- | --- | --- |
//! | SIGINT, SIGTERM, SIGHUP while the server starts a run and has not answered yet | that run is cancelled: none is left that nobody follows | here |
//! | `kill -9` of `seed` at each write of the runbooks' service accounts | seed again: one account, one key on each server; unseed leaves none | here |
//! | `kill -9` of `unseed` at each thing that it deletes | no key opens a server any more; unseed again leaves nothing | here |
//! | `kill -9` of `spread` and `collapse` at each write, the note of the journals too | run again: as if nothing had happened | `interrupted.rs` |
//! | `kill -9` of `migrate` at each run that it starts, of a deployment while Terraform works | the next migration completes it, nothing is there twice | `killed.rs` |
//! | `kill -9` of a deployment at each of its writes; an answer that is lost | what was made is looked for and taken over | `lost.rs` |
//! | the backend gone when the state is saved | offered again, kept 0600, and all that was made is named | `bad_runs.rs` |
//! | a task cancelled at the server while Terraform works | the state is saved, the next migration goes on | `bad_runs.rs` |
//! | a source that is away, 500 or 401 while a log is followed | waited for, and said | here |
//! | `spread`, `collapse`, `unseed` while a migration runs | refused, nothing is written | here |
//! | `unseed` where something can't be removed: a person's project in octoferry's group, a person's variable in its set | keys first, the rest goes, what stays is named | here |

use std::process::Stdio;
use std::time::{Duration, Instant};

use octopus_sandbox::Sandbox;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::journey::Journey;
use crate::support::{Run, fault, http, pretended_package, until};

fn tasks(journey: &Journey) -> Vec<Value> {
    let (_, tasks) = http(&journey.source, "GET", "/api/Spaces-2/tasks?take=1000", None);
    tasks["Items"].as_array().expect("tasks").clone()
}

#[test]
fn a_run_that_is_just_being_started_is_cancelled_too() {
    let journey = Journey::with("small-web");
    journey.seed();
    journey.spread();
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let before = tasks(&journey).len();
        fault(
            &journey.source,
            json!({"method": "POST", "path": "/api/Spaces-2/runbookRuns$", "kind": "late", "milliseconds": 2000, "times": 1}),
        );
        let mut child =
            journey.run(&["migrate", "--yes", "--todo", &journey.path("todo.md")]).start(Stdio::null());
        until("the task", || tasks(&journey).len() > before);
        // The server has made it, and has not said so.
        kill_process(Pid::from_child(&child), signal).expect("a signal");
        assert_eq!(child.wait().expect("its end").code(), Some(1), "{signal:?}");
        let asked = journey.source.requests();
        let cancels = asked
            .iter()
            .filter(|request| request["Path"].as_str().is_some_and(|path| path.ends_with("/cancel")));
        let cancelled = cancels.count();
        assert!(cancelled > 0, "{signal:?}: nothing was cancelled");
        assert_eq!(http(&journey.source, "DELETE", "/sandbox/requests", None).0, 200);
        until("the end of the tasks", || tasks(&journey).iter().all(|task| task["IsCompleted"] == true));
    }
}

/// Starts a command, and kills it while one of the two servers has just done a write (the nth of those) and not answered yet. Whether there was one.
fn killed_at(
    journey: &Journey,
    command: Run,
    at: &Sandbox,
    (method, path): (&str, &str),
    nth: usize,
) -> bool {
    let is_it = regex(path);
    let done =
        || at.requests().iter().filter(|request| request["Method"] == method && is_it(request)).count();
    let before = done();
    fault(
        at,
        json!({"method": method, "path": path, "kind": "late", "milliseconds": 4000, "after": nth, "times": 1}),
    );
    let mut child = command.start(Stdio::null());
    let (mut seen, mut since) = (0, Instant::now());
    let killed = loop {
        if child.try_wait().expect("its state").is_some() {
            break false;
        }
        let requests = journey.source.requests().len() + journey.destination.requests().len();
        if requests != seen {
            (seen, since) = (requests, Instant::now());
        }
        if done() == before + nth && since.elapsed() > Duration::from_millis(700) && seen > 0 {
            child.kill().expect("SIGKILL");
            child.wait().expect("its end");
            break true;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert_eq!(http(at, "DELETE", "/sandbox/faults", None).0, 200);
    killed
}

/// Whether a request is to a path that holds one of these parts.
fn regex(parts: &str) -> impl Fn(&Value) -> bool + use<'_> {
    let parts: Vec<&str> = parts.trim_matches(['(', ')']).split('|').collect();
    move |request| request["Path"].as_str().is_some_and(|path| parts.iter().any(|part| path.contains(part)))
}

/// User ids of the accounts of a server, with how many keys each has; teams and roles of ours.
fn left(sandbox: &Sandbox) -> (Vec<usize>, usize) {
    let list = |path: &str| http(sandbox, "GET", path, None).1["Items"].as_array().expect("a list").clone();
    let ours = |field: &'static str| {
        move |item: &Value| item[field].as_str().is_some_and(|name| name.starts_with("octoferry-"))
    };
    let users = list("/api/users?take=1000").into_iter().filter(|user| ours("Username")(user));
    let keys = users.map(|user| {
        list(&format!("/api/users/{}/apikeys?take=1000", user["Id"].as_str().expect("an id"))).len()
    });
    let keys = keys.collect();
    let others = [list("/api/teams?take=1000"), list("/api/userroles?take=1000")].concat();
    (keys, others.iter().filter(|item| ours("Name")(item)).count())
}

#[test]
fn seed_killed_at_its_accounts_makes_each_once_and_unseed_leaves_none() {
    let journey = Journey::with("small-web");
    let state = format!("path={}", journey.path("state"));
    let pretended = pretended_package(journey.folder.path());
    let seed = || {
        journey
            .run(&["seed", "--yes", "--backend", "local", "--backend-config", &state])
            .option("--package", &pretended)
    };
    // Role, user, team, what the team may, key.
    let writes = ("POST", "(/userroles|/users|/teams|/scopeduserroles)");
    let mut kills = 0;
    for at in [&journey.source, &journey.destination] {
        // What is there already is not made again: each time the next is met, in the end each key.
        for _ in 0..6 {
            kills += usize::from(killed_at(&journey, seed(), at, writes, 0));
        }
    }
    assert!(kills >= 8, "only {kills} were killed in the middle");
    seed().ends_with(0);
    for sandbox in [&journey.source, &journey.destination] {
        assert_eq!(left(sandbox), (vec![1], 2));
    }
    let deletes = ("DELETE", "(/apikeys/|/users/|/teams/|/userroles/)");
    for at in [&journey.source, &journey.destination] {
        for _ in 0..4 {
            killed_at(&journey, journey.run(&["unseed", "--yes"]), at, deletes, 0);
            assert!(left(at).0.iter().all(|keys| *keys == 0), "the keys go first");
        }
    }
    journey.run(&["unseed", "--yes"]).ends_with(0);
    for sandbox in [&journey.source, &journey.destination] {
        assert_eq!(left(sandbox), (vec![], 0));
    }
}

#[test]
fn a_source_that_is_away_while_a_log_is_followed_is_waited_for() {
    let journey = Journey::with("small-web");
    journey.seed();
    journey.spread();
    for (kind, status, times) in [("status", 500, 2), ("status", 401, 2), ("drop", 0, 6)] {
        fault(
            &journey.source,
            json!({"method": "GET", "path": "/tasks/[^/]+/details", "kind": kind, "status": status, "times": times, "after": 1}),
        );
    }
    journey.migrate(3).says("the server does not say how the task goes on").is_settled();
}

#[test]
fn what_changes_the_source_is_refused_while_a_migration_runs() {
    let journey = Journey::with("small-web");
    journey.seed();
    journey.spread();
    let mut child =
        journey.run(&["migrate", "--yes", "--todo", &journey.path("todo.md")]).start(Stdio::null());
    let runs = || tasks(&journey).iter().any(|task| task["IsCompleted"] == false);
    until("a run", runs);
    let writes = |user: &str| {
        let requests = journey.source.requests();
        let is_write = |request: &&Value| request["Method"] != "GET" && request["User"] == user;
        requests
            .iter()
            .filter(is_write)
            .filter(|request| !request["Path"].as_str().is_some_and(|path| path.contains("/runbook")))
            .count()
    };
    let (_, me) = http(&journey.source, "GET", "/api/users/me", None);
    let me = me["Id"].as_str().expect("an id");
    let before = writes(me);
    for command in ["collapse", "unseed"] {
        assert!(runs() || child.try_wait().expect("its state").is_none(), "the migration is over too soon");
        journey
            .run(&[command, "--yes"])
            .ends_with(1)
            .says(&format!("Wait for it or cancel it, then run {command} again"));
    }
    assert_eq!(writes(me), before, "nothing was written");
    child.wait().expect("its end");
    journey.run(&["collapse", "--yes"]).ends_with(0);
}

#[test]
fn unseed_takes_the_keys_first_and_names_what_stays() {
    let journey = Journey::with("small-web");
    journey.seed();
    let find = |list: &str, name: &str| {
        let (_, page) = http(&journey.source, "GET", &format!("/api/Spaces-2/{list}?take=1000"), None);
        let items = page["Items"].as_array().expect("a list").clone();
        items.into_iter().find(|item| item["Name"] == name).unwrap_or_else(|| panic!("{name} in {list}"))
    };
    // A person's own things among octoferry's.
    let mut project = find("projects", "Letterbox Web");
    project["ProjectGroupId"] = find("projectgroups", "Octoferry")["Id"].clone();
    let path = format!("/api/Spaces-2/projects/{}", project["Id"].as_str().expect("an id"));
    assert_eq!(http(&journey.source, "PUT", &path, Some(&project)).0, 200);
    let set = format!(
        "/api/Spaces-2/variables/{}",
        find("libraryvariablesets", "Octoferry Secrets")["VariableSetId"].as_str().expect("an id")
    );
    let (_, mut variables) = http(&journey.source, "GET", &set, None);
    let own = json!({"Id": "", "Name": "Mine", "Value": "x", "Type": "String", "Scope": {}});
    variables["Variables"].as_array_mut().expect("variables").push(own);
    assert_eq!(http(&journey.source, "PUT", &set, Some(&variables)).0, 200);

    let ended = journey.run(&["unseed", "--yes"]).ends_with(3);
    ended
        .says("project group \"Octoferry\"")
        .says("library variable set \"Octoferry Secrets\": it holds variables that are not octoferry's: Mine")
        .never_says("all that seed and spread had put into the source space is taken back");
    assert_eq!(left(&journey.source), (vec![], 0));
    assert_eq!(left(&journey.destination), (vec![], 0));
    let dump = journey.source.dump();
    let documents = &dump["Documents"]["Spaces-2"];
    assert!(!documents["runbooks"].to_string().contains("__ 1. Serialize"), "all else is gone");
    let sets = documents["variables"].as_object().expect("variable sets").iter();
    let now: String = sets.filter(|(id, _)| !id.contains("-s-")).map(|(_, set)| set.to_string()).collect();
    assert!(!now.contains("Octoferry.Source.ApiKey"), "the keys are gone");
    let (_, variables) = http(&journey.source, "GET", &set, None);
    assert_eq!(variables["Variables"].as_array().map(Vec::len), Some(1), "a person's variable stays");
    // The keys go before anything is put back or removed.
    let order: Vec<String> = journey
        .source
        .requests()
        .iter()
        .filter(|request| request["Method"] == "DELETE" && request["Status"] == 200)
        .filter_map(|request| request["Path"].as_str().map(str::to_owned))
        .collect();
    assert!(order[0].contains("/apikeys/") && order[1].contains("/api/users/"), "{order:?}");
}
