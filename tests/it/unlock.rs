//! The database door: rows as a server's database would have them, made by encrypting what the sandbox holds; unlock, and the whole road
//! after it. Every secret must arrive byte for byte, none be left for a person, and none be seen anywhere on the way.

use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use octopus_sandbox::Options;
use serde_json::{Value, json};

use crate::journey::Journey;
use crate::rows::{KEY, encrypted, private, rows};
use crate::support::{Ended, space_file};

/// The road of a space; what the comparer says at its end.
fn moved(case: &str, change: impl Fn(&mut Value)) -> String {
    let text = std::fs::read(space_file(case)).expect("the space");
    let mut dump: Value = serde_json::from_slice(&text).expect("JSON");
    change(&mut dump);
    let options = Options { documents: vec![dump], keep_work: true, ..Options::default() };
    let journey = Journey::of(options, Options::default());
    let before = journey.source.dump();
    let (file, key) = (journey.path("rows.json"), journey.path("master-key"));
    std::fs::write(&file, rows(&before).to_string()).expect("the rows");
    private(&key, &STANDARD.encode(KEY));
    let unlock = ["unlock", "--yes", "--rows", &file, "--master-key-file", &key];

    journey.seed();
    journey.spread();
    let all = |ended: Ended| ended.stdout + &ended.stderr;
    let mut said = all(journey.run(&[&unlock[..], &["--plan"]].concat()).ends_with(4));
    said += &all(journey.run(&unlock).ends_with(0));
    assert!(said.contains("Octoferry.Secret."), "{said}");
    // What is left are Tentacles, until they know the new server, and what is no secret.
    said += &all(journey.migrate(3));
    let todo = std::fs::read_to_string(journey.path("todo.md")).expect("the list");
    assert!(!todo.contains("**Secret**"), "{todo}\n{said}");

    // Neither in what was printed, nor among the arguments and environments of any process, nor in what the steps left.
    said += &format!("{todo} {:?} {:?}", journey.source.process_samples(), journey.source.kept_work());
    let planted = before["Secrets"]
        .as_object()
        .expect("secrets")
        .values()
        .flat_map(|of| of.as_object().expect("paths").values());
    for secret in
        planted.filter_map(Value::as_str).filter(|secret| secret.len() > 5).chain([&*STANDARD.encode(KEY)])
    {
        assert!(!said.contains(secret), "{case}: a secret is seen: {secret}");
    }
    journey.unseed();
    journey.arrived()
}

#[test]
fn every_secret_of_a_small_space_arrives_also_one_with_an_expression() {
    let said = moved("small-web", |dump| {
        let feeds = dump["Documents"]["Spaces-2"]["feeds"]
            .as_object()
            .expect("feeds")
            .keys()
            .cloned()
            .collect::<Vec<_>>();
        for feed in feeds {
            if let Some(secret) =
                dump["Secrets"].get_mut(&feed).and_then(|secrets| secrets.get_mut("Password"))
            {
                *secret = json!("p#{Octopus.Space.Id} ##{x} #{if y}z#{/if}");
            }
        }
    });
    assert!(said.contains("9 of 9 delivered byte for byte"), "{said}");
}

#[test]
fn every_secret_of_the_shop_arrives() {
    let said = moved("shop", |_| {});
    assert!(said.contains("46 of 46 delivered byte for byte"), "{said}");
}

#[test]
fn every_secret_of_infrastructure_arrives() {
    let said = moved("infrastructure", |_| {});
    assert!(said.contains("delivered byte for byte") && !said.contains("placeholder"), "{said}");
}

#[test]
fn every_secret_of_operations_arrives() {
    let said = moved("operations", |_| {});
    assert!(said.contains("3 of 3 delivered byte for byte"), "{said}");
}

#[test]
fn what_does_not_fit_is_named_and_nothing_is_written() {
    let journey = Journey::with("operations");
    let good = rows(&journey.source.dump());
    journey.seed();
    let before = journey.source.dump();
    let (file, key) = (journey.path("rows.json"), journey.path("master-key"));
    let unlock = |rows: &Value, master_key: &[u8], code: i32| {
        std::fs::write(&file, rows.to_string()).expect("the rows");
        private(&key, &STANDARD.encode(master_key));
        journey.run(&["unlock", "--yes", "--rows", &file, "--master-key-file", &key]).ends_with(code)
    };
    unlock(&good, b"another key of 16", 2).says("this is no master key");
    unlock(&good, b"another of 16 by", 1)
        .says("the master key opens none of these")
        .says("row Subscription \"Subscriptions-");
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut rows = good.clone();
        rows["Rows"].as_array_mut().expect("rows").iter_mut().for_each(change);
        rows
    };
    let damaged = changed(&|row| {
        if row["Table"] == "Subscription" {
            let json = row["Row"]["JSON"].as_str().expect("JSON").replace('|', "");
            row["Row"]["JSON"] = json!(json);
        }
    });
    unlock(&damaged, &KEY, 1).says("these values are damaged").says("row Subscription \"Subscriptions-");
    unlock(&changed(&|row| row["Row"]["SpaceId"] = json!("Spaces-9")), &KEY, 1)
        .says("is of the space \"Spaces-9\"");
    unlock(&changed(&|row| row["Row"]["Name"] = json!("Another")), &KEY, 1)
        .says("is called \"Another\", but");
    std::fs::write(&file, good.to_string()).expect("the rows");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).expect("its mode");
    journey
        .run(&["unlock", "--yes", "--rows", &file, "--master-key-file", &key])
        .ends_with(2)
        .says("others may read this file");
    assert_eq!(journey.source.dump()["Secrets"], before["Secrets"]);

    let unknown = changed(&|row| {
        if row["Table"] == "Subscription" {
            let mut json: Value =
                serde_json::from_str(row["Row"]["JSON"].as_str().expect("JSON")).expect("JSON");
            json["Newer"] = json!({"Secret": encrypted("x", 1)});
            row["Row"]["JSON"] = json!(json.to_string());
        }
    });
    unlock(&unknown, &KEY, 3).says("in places that octoferry doesn't know").says("/Newer/Secret");
    let query = journey.run(&["unlock", "--query"]).ends_with(0);
    assert!(query.stdout.contains("DECLARE @space nvarchar(50) = N'Spaces-2';"), "{}", query.stdout);
}
