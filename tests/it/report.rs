//! The list of what is left to people: of the source alone, and of both servers.

use crate::support::{http, octoferry, sandbox_with, sandbox_with_empty_space};

#[test]
fn the_source_alone_tells_what_will_be_left() {
    let source = sandbox_with("infrastructure");
    let run = |options: &[&str]| {
        octoferry(["report", "--audit"]).args(options).source(&source, "Spaces-2").ends_with(3).stdout
    };
    let list = run(&[]);
    for part in [
        "## Secrets that only a person can enter (",
        "## Tentacles and workers",
        "`Tentacle configure --trust ",
    ] {
        assert!(list.contains(part), "{part} is not in {list}");
    }
    assert!(!list.contains("Differences"), "nothing was compared");
    assert_eq!(list, run(&[]), "same input, same bytes");
    let page = run(&["--format", "html"]);
    assert!(
        page.starts_with("<!DOCTYPE html>")
            && page.ends_with("</html>\n")
            && !page.contains("http-equiv=\"refresh")
    );
    let items = octoferry(["report", "--audit", "--json"]).source(&source, "Spaces-2").ends_with(3).json();
    let ticks = list.lines().filter(|line| line.starts_with("- [ ] ")).count();
    assert_eq!(items["Items"].as_array().map(Vec::len), Some(ticks));
    let methods = source.requests().iter().filter(|request| request["Method"] != "GET").count();
    assert_eq!(methods, 0, "a report writes nothing");
}

#[test]
fn both_servers_tell_what_is_missing() {
    let (source, destination) = (sandbox_with("small-web"), sandbox_with_empty_space("New"));
    let run = octoferry(["report", "--format", "csv"])
        .source(&source, "Spaces-2")
        .destination(&destination, "New")
        .ends_with(3);
    for part in
        ["\"projects \"\"Letterbox Web\"\"\",\"is not at the destination\"", "Held back until the cutover"]
    {
        assert!(run.stdout.contains(part), "{part} is not in {}", run.stdout);
    }
}

#[test]
fn what_servers_have_once_and_who_works_with_them_are_named() {
    let (source, destination) = (sandbox_with("small-web"), sandbox_with_empty_space("New"));
    let put = |path: &str, body: serde_json::Value| {
        assert_eq!(http(&source, "PUT", path, Some(&body)).0, 200, "{path}");
    };
    put("/api/serverconfiguration", serde_json::json!({"ServerUri": "https://old.example"}));
    put("/api/smtpconfiguration", serde_json::json!({"SmtpHost": "mail.example", "SmtpPort": 25}));
    put("/api/featuresconfiguration", serde_json::json!({"IsBuiltInWorkerEnabled": false}));
    put(
        "/api/configuration/servicenow-integration/values",
        serde_json::json!({"Connections": [{"Name": "Desk"}], "WorkNotesIsEnabled": true}),
    );
    let pipeline = serde_json::json!({"Username": "pipeline", "IsService": true});
    let (status, pipeline) = http(&source, "POST", "/sandbox/users", Some(&pipeline));
    assert_eq!(status, 200, "{pipeline}");
    let keys = format!("/api/users/{}/apikeys", pipeline["Id"].as_str().expect("an id"));
    assert_eq!(
        http(
            &source,
            "POST",
            &keys,
            Some(&serde_json::json!({"UserId": pipeline["Id"], "Purpose": "builds"}))
        )
        .0,
        201
    );
    let run = octoferry(["report"]).source(&source, "Spaces-2").destination(&destination, "New").ends_with(3);
    for part in [
        "server address",
        "mail is configured at the source",
        "IsBuiltInWorkerEnabled is false",
        "ServiceNow",
        "## People, keys and what makes releases",
        "**service account \"pipeline\"** make it at the destination",
        "**API key \"builds\" of \"pipeline\"** when it was last used is not known",
    ] {
        assert!(run.stdout.contains(part), "{part} is not in {}", run.stdout);
    }
}
