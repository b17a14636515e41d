//! The tags of a set reach the destination in one write, whoever uses them. What others do meanwhile stays, what the server refuses is named.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use octopus_sandbox::{Options, Sandbox};
use serde_json::{Value, json};

use crate::lost::kill;
use crate::merged::said;
use crate::modules::Modules as Move;
use crate::support::{content, fault, http, until};

const OF_SOURCE: &str = "/api/Spaces-2/tagsets/TagSets-1";

/// A server that holds a space which `tests/bench/make-space` knows.
fn source_of(size: &str) -> Sandbox {
    let work = tempfile::tempdir().expect("a folder");
    let file = work.path().join("space.json");
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/make-space");
    content(&program, &[size, &file.display().to_string()], work.path());
    Sandbox::launch(Options { load: vec![file], ..Options::default() }).expect("a sandbox")
}

/// The writes of tag sets among requests.
fn writes_of_sets(requests: &[(String, String)]) -> Vec<String> {
    let writes = requests.iter().filter(|(method, path)| method != "GET" && path.contains("/tagsets"));
    writes.map(|(method, path)| format!("{method} {path}")).collect()
}

impl Move {
    /// Where the set is.
    fn set(&self) -> String {
        let all = self.get("/api/Spaces-2/tagsets/all");
        let set = all.as_array().expect("sets").iter().find(|set| set["Name"] == "Region").expect("the set");
        format!("/api/Spaces-2/tagsets/{}", set["Id"].as_str().expect("an id"))
    }

    /// The tags there, in their order: id and name.
    fn tags(&self) -> Vec<(String, String)> {
        let set = self.get(&self.set());
        let mut tags = set["Tags"].as_array().expect("tags").clone();
        tags.sort_by_key(|tag| tag["SortOrder"].as_i64());
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        tags.iter().map(|tag| (text(&tag["Id"]), text(&tag["Name"]))).collect()
    }

    /// Deploys, and does something when octoferry reads the tag set to write it.
    fn deploy_while_set_is_read(&self, does: impl Fn(&Self)) -> std::process::Output {
        let set = self.set();
        let asked = |one: &Self| {
            one.destination
                .requests()
                .iter()
                .filter(|one| one["Method"] == "GET" && one["Path"] == set)
                .count()
        };
        let before = asked(self);
        fault(
            &self.destination,
            json!({"method": "GET", "path": format!("{set}$"), "kind": "slow", "milliseconds": 2000, "times": 1}),
        );
        let log = self.work.path().join("log");
        let mut child = self.deploy().start(Stdio::from(fs::File::create(&log).expect("a log")));
        until("a read of the set", || {
            assert!(
                child.try_wait().expect("its state").is_none(),
                "{}",
                fs::read_to_string(&log).unwrap_or_default()
            );
            asked(self) > before
        });
        does(self);
        let status = child.wait().expect("its end");
        std::process::Output { status, stdout: Vec::new(), stderr: fs::read(log).expect("its log") }
    }
}

#[test]
fn the_number_of_requests_does_not_grow_with_that_of_the_tags() {
    let all = ["TAGS10", "TAGS100"].map(|size| Move::of_size(size).requests_of_a_deployment());
    for requests in &all {
        let writes = writes_of_sets(requests);
        // Finish says that the set is the first one.
        assert!(writes[0] == "POST /api/Spaces-2/tagsets" && writes.len() <= 2, "{writes:?}");
    }
    let counts = all.each_ref().map(Vec::len);
    assert!(counts[1] <= counts[0] + 5, "{counts:?}");
}

#[test]
fn many_changes_of_a_set_are_one_write_which_keeps_ids_and_what_a_person_has_made() {
    let source = source_of("TAGS10");
    let one = Move::in_folder(tempfile::tempdir().expect("a folder"));
    one.serialize(&source).ends_with_one_of(&[0, 3]);
    one.deploy().ends_with_one_of(&[0, 3]);
    let before = one.tags();
    assert_eq!(before.len(), 10);
    // A new tag stands first, so that each other one gets another order, and one is called otherwise.
    let (_, mut set) = http(&source, "GET", OF_SOURCE, None);
    let tags = set["Tags"].as_array_mut().expect("tags");
    for tag in tags.iter_mut() {
        tag["SortOrder"] = json!(tag["SortOrder"].as_i64().expect("an order") + 1);
    }
    tags[9]["Name"] = json!("Far away");
    tags.insert(0, json!({"Name": "Zenith", "Color": "#333333", "SortOrder": 0}));
    assert_eq!(http(&source, "PUT", OF_SOURCE, Some(&set)).0, 200);
    let (_, mut tenant) = http(&source, "GET", "/api/Spaces-2/tenants/Tenants-1", None);
    tenant["TenantTags"] = json!(["Region/Far away", "Region/Zenith"]);
    assert_eq!(http(&source, "PUT", "/api/Spaces-2/tenants/Tenants-1", Some(&tenant)).0, 200);
    one.serialize(&source).ends_with_one_of(&[0, 3]);
    let passed = one.destination.requests().len();
    let ended = one.deploy_while_set_is_read(|one| {
        let path = one.set();
        let mut set = one.get(&path);
        let by_hand = json!({"Name": "By hand", "Color": "#333333", "SortOrder": 50});
        set["Tags"].as_array_mut().expect("tags").push(by_hand);
        one.put(&path, &set);
    });
    assert!(matches!(ended.status.code(), Some(0 | 3)), "{}", said(&ended));
    let path = one.set();
    let is_put = |request: &&Value| request["Method"] == "PUT" && request["Path"] == path;
    let requests = one.destination.requests();
    assert_eq!(requests.iter().skip(passed).filter(is_put).count(), 2, "the person's and one of ours");
    let after = one.tags();
    let names: Vec<&str> = after.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(
        (names[0], names[1], names[10], names[11]),
        ("Zenith", "East", "Far away", "By hand"),
        "{names:?}"
    );
    for (tag, old) in after[1..11].iter().zip(&before) {
        assert_eq!(tag.0, old.0, "{after:?}");
    }
    one.deploy().ends_with_one_of(&[0, 3]);
    assert_eq!(one.tags(), after);
}

#[test]
fn a_server_that_refuses_a_set_with_its_tags_gets_them_with_the_first_and_then_one_by_one() {
    let one = Move::of_size("TAGS10");
    for method in ["POST", "PUT"] {
        fault(
            &one.destination,
            json!({"method": method, "path": "/api/Spaces-2/tagsets", "kind": "status", "status": 400, "times": 1}),
        );
    }
    let requests = one.requests_of_a_deployment();
    assert_eq!(one.tags().len(), 10);
    let writes = writes_of_sets(&requests);
    assert!(writes.len() > 10, "{writes:?}");
    one.deploy().ends_with_one_of(&[0, 3]).1.is_settled();
}

#[test]
fn a_deployment_that_was_killed_when_a_set_was_made_is_completed() {
    let whole = Move::of_size("TAGS10");
    whole.deploy().ends_with_one_of(&[0, 3]);
    for (method, path) in [("POST", "/api/Spaces-2/tagsets$"), ("POST", "/api/Spaces-2/tenants$")] {
        let one = Move::of_size("TAGS10");
        fault(
            &one.destination,
            json!({"method": method, "path": path, "kind": "late", "milliseconds": 3000}),
        );
        let mut child = one.deploy().start(Stdio::null());
        let is_there = || {
            one.destination.requests().iter().any(|request| {
                request["Method"] == method
                    && request["Path"].as_str().is_some_and(|asked| path.starts_with(asked))
            })
        };
        until("the write", || child.try_wait().expect("its state").is_some() || is_there());
        assert!(child.try_wait().expect("its state").is_none(), "it ended before");
        kill(child.id(), &one);
        child.wait().expect("its end");
        assert_eq!(http(&one.destination, "DELETE", "/sandbox/faults", None).0, 200);
        one.deploy().ends_with_one_of(&[0, 3]);
        let names = |one: &Move| one.tags().into_iter().map(|(_, name)| name).collect::<Vec<_>>();
        assert_eq!(names(&one), names(&whole));
        one.deploy().ends_with_one_of(&[0, 3]).1.says("unchanged since the last deployment");
    }
}
