//! Servers that refuse, are silent, or aren't Octopus: each ends with the documented code and a message that says what to do.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use octopus_sandbox::{Options, Sandbox};
use serde_json::json;

use crate::support::{
    Run, fault, files_below, octoferry, sandbox_with, sandbox_with_empty_space, secrets_stream, user_with,
};

fn serialize_space(folder: &std::path::Path) -> Run {
    octoferry(["serialize", "space", "--out"]).arg(folder.join("out"))
}

#[test]
fn a_wrong_key_is_reported_and_never_shown() {
    let sandbox = sandbox_with("small-web");
    let folder = tempfile::tempdir().unwrap();
    serialize_space(folder.path())
        .server("SOURCE", &sandbox.url(), "Letterbox", "API-WRONGWRONGWRONG")
        .ends_with(1)
        .says("does not accept the API key (401)")
        .says("OCTOFERRY_SOURCE_API_KEY")
        .never_says("API-WRONGWRONGWRONG");
    assert!(files_below(folder.path()).is_empty());
}

#[test]
fn a_missing_permission_is_named() {
    let sandbox = sandbox_with("small-web");
    let folder = tempfile::tempdir().unwrap();
    fault(
        &sandbox,
        json!({"path": "/api/Spaces-2/accounts", "kind": "status", "status": 403, "body": {"ErrorMessage":
            "You do not have permission to perform this action. Please contact your Octopus administrator. Missing permission: AccountView"}}),
    );
    serialize_space(folder.path())
        .source(&sandbox, "Letterbox")
        .ends_with(1)
        .says("reading the accounts")
        .says("the permission AccountView");
    assert!(files_below(folder.path()).is_empty());
}

#[test]
fn a_user_who_may_see_nothing_is_reported_so() {
    let sandbox = sandbox_with("small-web");
    let folder = tempfile::tempdir().unwrap();
    let key = user_with(&sandbox, &["SpaceView"]);
    serialize_space(folder.path())
        .server("SOURCE", &sandbox.url(), "Letterbox", &key)
        .ends_with(1)
        .says("(403)");
    assert!(files_below(folder.path()).is_empty());
}

#[test]
fn an_unknown_space_names_those_there_are() {
    let sandbox = sandbox_with("small-web");
    let folder = tempfile::tempdir().unwrap();
    serialize_space(folder.path())
        .source(&sandbox, "Leterbox")
        .ends_with(2)
        .says("has no space \"Leterbox\"")
        .says("\"Letterbox\" (Spaces-2)");
}

#[test]
fn a_space_is_found_without_regard_to_case() {
    let sandbox = sandbox_with("small-web");
    for name in ["letterBOX", "spaces-2"] {
        let folder = tempfile::tempdir().unwrap();
        serialize_space(folder.path())
            .source(&sandbox, name)
            .ends_with(3)
            .says("space \"Letterbox\" (Spaces-2)");
    }
}

#[test]
fn a_destination_space_that_is_not_there_shows_how_to_make_it() {
    let source = sandbox_with("small-web");
    let destination = sandbox_with_empty_space("Other");
    octoferry(["verify"])
        .source(&source, "Letterbox")
        .destination(&destination, "It's new")
        .ends_with(2)
        .says("has no space \"It's new\"")
        .says(
            r#"-d '{"Name":"It'\''s new","SpaceManagersTeamMembers":["Users-1"],"SpaceManagersTeams":[]}'"#,
        );
    let long = "a name that is much too long for any space of a server";
    octoferry(["verify"])
        .source(&source, "Letterbox")
        .destination(&destination, long)
        .ends_with(2)
        .says("50 characters are the most")
        .never_says("curl");
}

#[test]
fn source_and_destination_must_differ() {
    let sandbox = sandbox_with("small-web");
    octoferry(["verify"])
        .source(&sandbox, "Letterbox")
        .destination(&sandbox, "Spaces-2")
        .ends_with(2)
        .says("source and destination are the same space");
}

#[test]
fn what_is_not_given_is_asked_for_by_name() {
    let sandbox = sandbox_with("small-web");
    octoferry(["serialize", "space", "--out", "x"])
        .ends_with(2)
        .says("--source-url")
        .says("OCTOFERRY_SOURCE_URL");
    octoferry(["serialize", "space", "--out", "x"])
        .env("OCTOFERRY_SOURCE_URL", &sandbox.url())
        .ends_with(2)
        .says("OCTOFERRY_SOURCE_API_KEY")
        .says("--source-api-key-file");
    octoferry([
        "serialize",
        "space",
        "--out",
        "x",
        "--source-space",
        "Letterbox",
        "--source-url",
        "octopus.example",
    ])
    .env("OCTOFERRY_SOURCE_API_KEY", "API-X")
    .ends_with(2)
    .says("is not like https://octopus.example");
}

#[test]
fn a_key_may_come_from_a_file_or_with_the_secrets() {
    let sandbox = sandbox_with("small-web");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    std::fs::write(&file, format!("{}\n", sandbox.api_key())).unwrap();
    let url = sandbox.url();
    serialize_space(folder.path())
        .option("--source-url", &url)
        .option("--source-space", "Letterbox")
        .option("--source-api-key-file", &file)
        .ends_with(3);
    let stdin = || {
        serialize_space(folder.path())
            .option("--source-url", &url)
            .option("--source-space", "Letterbox")
            .option("--secrets", "stdin")
    };
    let whole = secrets_stream(&[("Octoferry.Source.ApiKey", &sandbox.api_key())]);
    stdin().input(whole.clone()).ends_with(3);
    stdin().input(&whole[..whole.len() - 3]).ends_with(1).says("not complete").says("openssl");
    stdin()
        .input(secrets_stream(&[("Octoferry.Source.ApiKey", "\n")]))
        .ends_with(1)
        .says("Octoferry.Source.ApiKey has no value");
    stdin().input(&b"octoferry-secrets/7\0"[..]).ends_with(1).says("format 7").says("octoferry seed");
}

#[test]
fn nobody_there_is_reported_at_once() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    octoferry(["serialize", "space", "--out", "x"])
        .server("SOURCE", &format!("http://{free}"), "Letterbox", "API-X")
        .ends_with(1)
        .says("can't be reached")
        .says("Connection refused");
}

#[test]
fn a_slow_server_is_reported_with_its_limit() {
    let sandbox = sandbox_with("small-web");
    fault(&sandbox, json!({"path": "/api/Spaces-2/lifecycles", "kind": "slow", "milliseconds": 20_000}));
    octoferry(["serialize", "space", "--out", "x", "--timeout", "1"])
        .source(&sandbox, "Letterbox")
        .ends_with(1)
        .says("gave no answer within 1 s")
        .says("--timeout");
}

#[test]
fn a_web_page_is_not_taken_for_an_answer() {
    let sandbox = sandbox_with("small-web");
    fault(&sandbox, json!({"path": "/api/Spaces-2/feeds", "kind": "html"}));
    octoferry(["serialize", "space", "--out", "x"])
        .source(&sandbox, "Letterbox")
        .ends_with(1)
        .says("web page of a proxy or a sign-in");
}

#[test]
fn an_untrusted_certificate_says_how_to_trust_it() {
    // A server that speaks no TLS at all stands for those whose handshake fails; the distrusted one is in `trust`.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answering = std::thread::spawn(move || {
        for connection in listener.incoming().take(1) {
            let mut connection = connection.unwrap();
            let mut start = [0; 16];
            let _read = connection.read(&mut start).unwrap();
            connection.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        }
    });
    octoferry(["serialize", "space", "--out", "x"])
        .server("SOURCE", &format!("https://{address}"), "Letterbox", "API-X")
        .ends_with(1)
        .says("can't be reached");
    answering.join().unwrap();
}

#[test]
fn a_short_page_is_a_failure_and_never_a_short_space() {
    let sandbox = sandbox_with("small-web");
    let folder = tempfile::tempdir().unwrap();
    fault(&sandbox, json!({"path": "/api/Spaces-2/environments\\?", "kind": "short-page"}));
    serialize_space(folder.path())
        .source(&sandbox, "Letterbox")
        .ends_with(1)
        .says("/api/Spaces-2/environments")
        .says("is not complete");
    assert!(files_below(folder.path()).is_empty());
}

#[test]
fn a_moments_trouble_is_lived_with() {
    let sandbox = sandbox_with("small-web");
    let folder = tempfile::tempdir().unwrap();
    fault(
        &sandbox,
        json!({"path": "/api/Spaces-2/environments\\?", "kind": "status", "status": 503, "times": 1}),
    );
    fault(&sandbox, json!({"path": "/api/Spaces-2/feeds", "kind": "drop", "times": 1}));
    fault(
        &sandbox,
        json!({"path": "/api/Spaces-2/tagsets", "kind": "status", "status": 429, "headers": {"Retry-After": "1"}, "times": 1}),
    );
    fault(&sandbox, json!({"path": "/api/Spaces-2/proxies", "kind": "status", "status": 429, "times": 1}));
    fault(&sandbox, json!({"path": "/api/Spaces-2/machines\\?", "kind": "short-page", "times": 1}));
    serialize_space(folder.path()).source(&sandbox, "Letterbox").ends_with(3);
    assert!(files_below(folder.path()).contains(&"out/environments.tf".to_owned()));
}

#[test]
fn a_lasting_failure_of_the_server_is_reported() {
    let sandbox = sandbox_with("small-web");
    fault(&sandbox, json!({"path": "/api/Spaces-2/lifecycles", "kind": "status", "status": 500}));
    octoferry(["serialize", "space", "--out", "x"])
        .source(&sandbox, "Letterbox")
        .ends_with(1)
        .says("reading the lifecycles")
        .says("(500)");
}

#[test]
fn a_server_with_few_requests_a_minute_is_not_overrun() {
    let options = Options {
        load: vec![crate::support::space_file("small-web")],
        requests_per_minute: Some(600),
        rate_burst: Some(10),
        ..Options::default()
    };
    let sandbox = Sandbox::launch(options).unwrap();
    let folder = tempfile::tempdir().unwrap();
    serialize_space(folder.path()).source(&sandbox, "Letterbox").ends_with(3);
    let refused = sandbox
        .requests()
        .iter()
        .filter(|request| request["Status"] == 429 || request["status"] == 429)
        .count();
    assert!(refused < 12, "{refused} requests were refused");
}
