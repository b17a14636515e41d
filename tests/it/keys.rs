//! The runbooks' own API keys: of service accounts that seed makes, where it may, and unseed takes away.

use serde_json::{Value, json};

use crate::journey::Journey;
use crate::support::{fault, http, http_as, octoferry};
use octopus_sandbox::Sandbox;

/// The users of a server that seed has made.
fn accounts(sandbox: &Sandbox) -> Vec<Value> {
    let (_, page) = http(sandbox, "GET", "/api/users?take=1000", None);
    let users = page["Items"].as_array().expect("users").iter();
    let ours = |user: &&Value| user["Username"].as_str().is_some_and(|name| name.starts_with("octoferry-"));
    users.filter(ours).cloned().collect()
}

fn names(sandbox: &Sandbox, list: &str) -> Vec<String> {
    let (_, page) = http(sandbox, "GET", &format!("/api/{list}?take=1000"), None);
    let items = page["Items"].as_array().expect("a list").iter();
    items
        .filter_map(|item| item["Name"].as_str())
        .filter(|name| name.starts_with("octoferry-"))
        .map(str::to_owned)
        .collect()
}

/// The list of an account's keys.
fn keys(sandbox: &Sandbox, user: &Value) -> Vec<Value> {
    let (status, page) = http(
        sandbox,
        "GET",
        &format!("/api/users/{}/apikeys?take=1000", user["Id"].as_str().expect("an id")),
        None,
    );
    assert_eq!(status, 200, "{page}");
    page["Items"].as_array().expect("keys").clone()
}

/// The value of a sensitive variable of the set `Octoferry`.
fn secret(journey: &Journey, variable: &str) -> String {
    let dump = journey.source.dump();
    let (set, id) = dump["Documents"]["Spaces-2"]["variables"]
        .as_object()
        .expect("variable sets")
        .iter()
        .find_map(|(set, document)| {
            let found = document["Variables"].as_array()?.iter().find(|other| other["Name"] == variable)?;
            Some((set.clone(), found["Id"].as_str()?.to_owned()))
        })
        .expect("the variable is there");
    dump["Secrets"][&set][format!("Variables/{id}")].as_str().expect("a value").to_owned()
}

/// Whether a key opens the server.
fn opens(sandbox: &Sandbox, key: &str) -> bool {
    http_as(sandbox, key, "GET", "/api/users/me", None).0 == 200
}

#[test]
fn the_runbooks_have_keys_of_their_own_which_may_do_no_more_than_they_need() {
    let journey = Journey::with("operations");
    journey
        .run(&["check"])
        .ends_with(3)
        .says("the runbooks get a source API key of their own")
        .says("the runbooks get a destination API key of their own");
    journey
        .seed()
        .says("service account \"octoferry-source-Spaces-2\"")
        .never_says("the API key that you use yourself");
    let [here, there] = [&journey.source, &journey.destination].map(|sandbox| {
        let accounts = accounts(sandbox);
        assert_eq!(accounts.len(), 1, "{accounts:?}");
        accounts[0].clone()
    });
    assert!(here["IsService"] == true && there["IsService"] == true);
    // Seed leaves them out of what moves, and of what is compared.
    journey.spread();
    let _ = http(&journey.destination, "DELETE", "/sandbox/requests", None);
    journey.migrate(3);
    let by = |user: &Value| {
        let requests = journey.destination.requests();
        requests.iter().filter(|request| request["User"] == user["Id"] && request["Method"] != "GET").count()
    };
    assert!(by(&there) > 0, "the runbooks write with their own key");
    let refused: Vec<Value> = [(&journey.source, &here), (&journey.destination, &there)]
        .into_iter()
        .flat_map(|(sandbox, user)| {
            let refused = |request: &Value| request["User"] == user["Id"] && request["Status"] == 403;
            sandbox
                .requests()
                .into_iter()
                .filter(refused)
                .map(|request| request["Path"].clone())
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(refused.is_empty(), "{refused:?}");
    journey.run(&["verify"]).ends_with(0);
    let (source_key, destination_key) =
        (secret(&journey, "Octoferry.Source.ApiKey"), secret(&journey, "Octoferry.Destination.ApiKey"));
    assert_ne!(source_key, journey.source.api_key());
    assert_ne!(destination_key, journey.destination.api_key());
    // What the operator may, these may not.
    let (_, project) = http(&journey.source, "GET", "/api/Spaces-2/projects/all", None);
    let path = format!("/api/Spaces-2/projects/{}", project[0]["Id"].as_str().unwrap());
    assert_eq!(http_as(&journey.source, &source_key, "DELETE", &path, None).0, 403);
    assert_eq!(
        http_as(&journey.destination, &destination_key, "POST", "/api/spaces", Some(&json!({"Name": "x"}))).0,
        403
    );
    let team = json!({"Name": "more", "MemberUserIds": [], "ExternalSecurityGroups": []});
    assert_eq!(http_as(&journey.source, &source_key, "POST", "/api/Spaces-2/teams", Some(&team)).0, 403);
    journey.run(&["report", "--audit"]).ends_with(3).never_says("octoferry-source-");

    let plan = journey.run(&["unseed", "--plan"]).ends_with(4);
    for line in [
        "remove: service account \"octoferry-source-Spaces-2\"",
        "remove: team \"octoferry-source-Spaces-2\"",
        "remove: user role \"octoferry-destination-",
    ] {
        assert!(plan.stdout.contains(line), "{line}: {}", plan.stdout);
    }
    journey.unseed();
    assert!(!opens(&journey.source, &source_key) && !opens(&journey.destination, &destination_key));
    for sandbox in [&journey.source, &journey.destination] {
        assert!(accounts(sandbox).is_empty());
        assert!(names(sandbox, "userroles").is_empty() && names(sandbox, "teams").is_empty());
    }
    journey.run(&["unseed", "--plan"]).ends_with(0);
}

#[test]
fn seed_again_makes_new_keys_and_revokes_the_old_ones() {
    let journey = Journey::with("small-web");
    let settings = json!({"ApiKeyDays": 7});
    assert_eq!(http(&journey.destination, "POST", "/sandbox/settings", Some(&settings)).0, 200);
    journey.seed();
    let old = secret(&journey, "Octoferry.Source.ApiKey");
    let account = accounts(&journey.source)[0].clone();
    journey.seed();
    assert!(
        !opens(&journey.source, &old) && opens(&journey.source, &secret(&journey, "Octoferry.Source.ApiKey"))
    );
    assert_eq!(accounts(&journey.source), std::slice::from_ref(&account), "the same account");
    assert_eq!(keys(&journey.source, &account).len(), 1);
    let there = keys(&journey.destination, &accounts(&journey.destination)[0]);
    assert_eq!(there.len(), 1);
    // The destination's limit is shorter than a month.
    let ends = there[0]["Expires"].as_str().expect("it ends");
    assert!(ends < keys(&journey.source, &account)[0]["Expires"].as_str().expect("it ends"), "{ends}");
    // Keys of one's own again: the accounts go.
    let state = format!("path={}", journey.path("state"));
    journey
        .run(&["seed", "--yes", "--own-runbook-keys", "--backend", "local", "--backend-config", &state])
        .option("--package", crate::support::package())
        .ends_with(0)
        .says("with all that you may do");
    assert!(accounts(&journey.source).is_empty() && accounts(&journey.destination).is_empty());
    assert_eq!(secret(&journey, "Octoferry.Source.ApiKey"), journey.source.api_key());
    journey.unseed();
}

#[test]
fn a_server_that_makes_no_account_gets_the_operators_key_and_keeps_nothing_of_it() {
    let journey = Journey::with("small-web");
    // The last step is refused at one, and somebody has a user of that name at the other.
    fault(
        &journey.source,
        json!({"method": "POST", "path": "/scopeduserroles", "kind": "status", "status": 400}),
    );
    let user = json!({"Username": "octoferry-source-Spaces-2", "IsService": false});
    journey.seed().says(
        "the source makes no service account, so the runbooks get the source API key that you use yourself",
    );
    assert!(accounts(&journey.source).is_empty());
    assert!(names(&journey.source, "userroles").is_empty() && names(&journey.source, "teams").is_empty());
    assert_eq!(secret(&journey, "Octoferry.Source.ApiKey"), journey.source.api_key());
    assert_eq!(http(&journey.source, "DELETE", "/sandbox/faults", None).0, 200);
    assert_eq!(http(&journey.source, "POST", "/sandbox/users", Some(&user)).0, 200);
    journey.seed().says("there is already a user \"octoferry-source-Spaces-2\" that octoferry did not make");
    journey.spread();
    journey.migrate(3);
    journey.run(&["unseed", "--yes"]).ends_with(0);
    assert_eq!(accounts(&journey.source).len(), 1, "somebody's own user stays");
}

#[test]
fn unseed_without_the_destination_names_what_stays_there() {
    let journey = Journey::with("small-web");
    journey.seed();
    let key = secret(&journey, "Octoferry.Destination.ApiKey");
    octoferry(["unseed", "--yes"])
        .source(&journey.source, "Spaces-2")
        .ends_with(3)
        .says("service account \"octoferry-destination-Spaces-2-")
        .says("the destination is not given");
    assert!(accounts(&journey.source).is_empty());
    assert!(opens(&journey.destination, &key));
    // Nothing notes it any more, but its name tells.
    journey.run(&["unseed", "--yes"]).ends_with(0);
    assert!(accounts(&journey.destination).is_empty() && !opens(&journey.destination, &key));
}

/// A user who can't be deleted is made inactive: the key opens nothing, and that is said.
#[test]
fn a_user_who_cant_be_deleted_is_inactive() {
    let journey = Journey::with("small-web");
    journey.seed();
    let key = secret(&journey, "Octoferry.Source.ApiKey");
    fault(
        &journey.source,
        json!({"method": "DELETE", "path": "/api/users/[^/]*$", "kind": "status", "status": 400}),
    );
    fault(&journey.source, json!({"method": "DELETE", "path": "/apikeys/", "kind": "status", "status": 404}));
    journey.run(&["unseed", "--yes"]).ends_with(3).says("\"octoferry-source-Spaces-2\", made inactive");
    assert!(!opens(&journey.source, &key));
}
