//! Octopus's own Import/Export first, then octoferry: the destination holds accounts, feeds, Git credentials and proxies with the secrets that no step
//! can read. `migrate --existing adopt` takes all of it over, what is there stays, and the list of what is left is so much shorter.

use octopus_sandbox::Options;
use serde_json::{Value, json};

use crate::journey::Journey;
use crate::support::{http_as, space_file, user_with};

const KEPT: &str = "as-the-import-brought-it";

fn read(case: &str) -> Value {
    serde_json::from_slice(&std::fs::read(space_file(case)).expect("the space")).expect("JSON")
}

/// A small space that has a Git credential, a proxy and a token, too.
fn space() -> Value {
    let (mut dump, other) = (read("small-web"), read("infrastructure"));
    for (collection, id) in
        [("git-credentials", "GitCredentials-2"), ("proxies", "Proxies-1"), ("accounts", "Accounts-15")]
    {
        let mut document = other["Documents"]["Spaces-2"][collection][id].clone();
        for field in ["EnvironmentIds", "TenantIds", "TenantTags"] {
            if document[field].is_array() {
                document[field] = json!([]);
            }
        }
        if collection == "accounts" {
            document["TenantedDeploymentParticipation"] = json!("Untenanted");
        }
        dump["Documents"]["Spaces-2"][collection][id] = document;
        dump["Secrets"][id] = other["Secrets"][id].clone();
    }
    dump
}

/// The secrets of the destination's document of this name.
fn secrets(journey: &Journey, collection: &str, name: &str) -> Vec<String> {
    let dump = journey.destination.dump();
    let documents = dump["Documents"]["Spaces-2"][collection].as_object().expect("documents");
    let mut found = documents.iter().filter(|(_, document)| document["Name"] == name);
    let (id, _) = found.next().unwrap_or_else(|| panic!("{collection} {name}"));
    assert!(found.next().is_none(), "{collection} {name} is there twice");
    let secrets = dump["Secrets"][id].as_object().into_iter().flat_map(serde_json::Map::values);
    secrets.map(|secret| secret.as_str().expect("a text").to_owned()).collect()
}

#[test]
fn what_was_imported_before_is_taken_over_with_its_secrets() {
    let source = space();
    let named = |collection: &str, id: &str| {
        let name = source["Documents"]["Spaces-2"][collection][id]["Name"].as_str().expect("a name");
        name.to_owned()
    };
    let imported = [
        ("git-credentials", named("git-credentials", "GitCredentials-2")),
        ("proxies", named("proxies", "Proxies-1")),
        ("accounts", named("accounts", "Accounts-15")),
        ("feeds", "Letterbox images".to_owned()),
    ];
    let journey =
        Journey::of(Options { documents: vec![source.clone()], ..Options::default() }, Options::default());
    // Somebody else than octoferry: the import is a task of the server's.
    let person = user_with(
        &journey.destination,
        &[
            "GitCredentialView",
            "GitCredentialEdit",
            "ProxyView",
            "ProxyCreate",
            "AccountView",
            "AccountCreate",
            "FeedView",
            "FeedEdit",
        ],
    );
    let hidden = json!({"HasValue": true, "NewValue": KEPT, "Hint": null});
    for (collection, name) in &imported {
        let documents = source["Documents"]["Spaces-2"][collection].as_object().expect("documents");
        let mut document = documents.values().find(|document| document["Name"] == *name).expect("it").clone();
        document.as_object_mut().expect("a document").shift_remove("Id");
        document["SpaceId"] = json!("Spaces-2");
        match *collection {
            "git-credentials" => document["Details"]["Password"] = hidden.clone(),
            "accounts" => document["Token"] = hidden.clone(),
            _ => document["Password"] = hidden.clone(),
        }
        let path = format!("/api/Spaces-2/{collection}");
        let (status, answer) = http_as(&journey.destination, &person, "POST", &path, Some(&document));
        assert_eq!(status, 201, "{collection}: {}", String::from_utf8_lossy(&answer));
    }
    journey.seed();
    journey.spread();
    let todo = journey.path("todo.md");
    journey.run(&["migrate", "--yes", "--todo", &todo]).ends_with(1).says("the state does not know them");
    let adopt = || journey.run(&["migrate", "--yes", "--existing", "adopt", "--todo", &todo]).ends_with(3);
    adopt().says("took over what is there: git-credentials").says("took over what is there: proxies");
    for round in 0..2 {
        for (collection, name) in &imported {
            assert_eq!(secrets(&journey, collection, name), [KEPT], "{collection} {name}, round {round}");
        }
        journey.only_tentacles_are_left();
        journey.migrate(3);
    }
}
