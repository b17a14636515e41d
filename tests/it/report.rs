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
    // One line for each project, and one for what they share: what no migration has touched is no difference.
    for part in [
        "\"Not migrated yet\",\"Letterbox Web\",\"project \"\"Letterbox Web\"\"\"",
        "\"Not migrated yet\",\"\",\"what projects share\"",
        "documents are not at the destination yet\"",
        "octoferry migrate --project 'Letterbox Web'",
        "Held back until the cutover",
    ] {
        assert!(run.stdout.contains(part), "{part} is not in {}", run.stdout);
    }
    assert_eq!(run.stdout.matches("not at the destination").count(), 2, "{}", run.stdout);
    octoferry(["report"])
        .source(&source, "Spaces-2")
        .ends_with(2)
        .says("before there is a destination: --audit");
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
        "**People** service account \"pipeline\": make it at the destination",
        "**People** API key \"builds\" of \"pipeline\": when it was last used is not known",
    ] {
        assert!(run.stdout.contains(part), "{part} is not in {}", run.stdout);
    }
}

#[test]
fn service_accounts_are_made_without_keys_and_only_those_that_lack() {
    let (source, destination) = (sandbox_with("small-web"), sandbox_with_empty_space("New"));
    for (sandbox, name, is_service) in [
        (&source, "pipeline", true),
        (&source, "nightly", true),
        (&source, "ada", false),
        (&destination, "Nightly", true),
    ] {
        let user = serde_json::json!({"Username": name, "IsService": is_service});
        assert_eq!(http(sandbox, "POST", "/sandbox/users", Some(&user)).0, 200);
    }
    let run = |options: &[&str], code| {
        octoferry(["service-accounts"])
            .args(options)
            .source(&source, "Spaces-2")
            .destination(&destination, "New")
            .ends_with(code)
    };
    run(&["--plan"], 4).says("service account \"pipeline\"").never_says("nightly");
    run(&["--yes"], 0).says("1 service accounts made");
    let (_, users) = http(&destination, "GET", "/api/users?take=100", None);
    let made = users["Items"].as_array().expect("users").iter().find(|user| user["Username"] == "pipeline");
    let made = made.expect("it is there");
    assert_eq!(made["IsService"], true);
    let keys = format!("/api/users/{}/apikeys", made["Id"].as_str().expect("an id"));
    assert_eq!(http(&destination, "GET", &keys, None).1["Items"], serde_json::json!([]));
    run(&["--yes"], 0).says("the destination has all of them");
}

#[test]
fn the_list_of_a_migration_and_the_report_say_the_same_of_a_module() {
    let journey = crate::journey::Journey::with("small-web");
    let disable = |is_disabled: bool| {
        let mut project = http(&journey.source, "GET", "/api/Spaces-2/projects/Projects-1", None).1;
        project["IsDisabled"] = serde_json::json!(is_disabled);
        assert_eq!(http(&journey.source, "PUT", "/api/Spaces-2/projects/Projects-1", Some(&project)).0, 200);
    };
    disable(true);
    journey.seed();
    journey.spread();
    journey.migrate(3);
    let todo = std::fs::read_to_string(journey.path("todo.md")).expect("the list");
    let report = journey.run(&["report"]).ends_with(3).stdout;
    let begins = |line: &str| line.starts_with("- [ ] ");
    let lines: Vec<&str> = todo.lines().filter(|line| begins(line)).collect();
    assert!(lines.iter().any(|line| line.contains("a person has disabled it at the source")), "{todo}");
    assert!(lines.iter().any(|line| line.contains("`octoferry rehome add`")), "{todo}");
    for line in lines {
        let text = line.trim_start_matches("- [ ] ").trim_end_matches(" <!-- octoferry -->");
        // The reason of a secret is in the words of the deployment.
        let (subject, rest) = text.split_once(": ").expect("a subject");
        let same = report
            .lines()
            .find(|line| line.contains(subject))
            .unwrap_or_else(|| panic!("{subject} is not in {report}"));
        let place = rest.split(". In the portal: ").nth(1);
        assert!(same.ends_with(place.unwrap_or(rest)), "{same}\n{text}");
    }
    // What has gone since is a difference.
    let (_, machines) = http(&journey.destination, "GET", "/api/Spaces-2/machines?take=100", None);
    let machine = &machines["Items"][0];
    let path = format!("/api/Spaces-2/machines/{}", machine["Id"].as_str().expect("an id"));
    assert_eq!(http(&journey.destination, "DELETE", &path, None).0, 200);
    let report = journey.run(&["report"]).ends_with(3).stdout;
    let line = format!("**Difference** machines {}: is not at the destination", machine["Name"]);
    assert!(report.contains(&line), "{report}");
    assert!(!report.contains("Not migrated yet"), "{report}");
    // Stopped by the cutover it is nobody's wish.
    disable(false);
    journey.migrate(3);
    journey.run(&["cutover", "--all", "--yes"]).ends_with(3);
    let report = journey.run(&["report"]).ends_with(3).stdout;
    assert!(!report.contains("a person has disabled it"), "{report}");
}
