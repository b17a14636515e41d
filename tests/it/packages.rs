//! Packages and build information from one built-in feed to the other.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use octopus_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::journey::Journey;
use crate::support::{fault, http, octoferry, sandbox_with, sandbox_with_empty_space};

/// Uploads as a browser would, so that nothing of octoferry's own is believed.
fn upload(sandbox: &Sandbox, name: &str, content: &str) {
    let body = format!(
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{content}\r\n--x--\r\n"
    );
    let url = sandbox.url();
    let address = url.strip_prefix("http://").expect("a plain address");
    let mut connection = TcpStream::connect(address).expect("the sandbox listens");
    let head = format!(
        "POST /api/Spaces-2/packages/raw HTTP/1.1\r\nHost: {address}\r\nX-Octopus-ApiKey: {}\r\nContent-Type: multipart/form-data; \
         boundary=x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        sandbox.api_key(),
        body.len()
    );
    connection
        .write_all(head.as_bytes())
        .and_then(|()| connection.write_all(body.as_bytes()))
        .expect("a request");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 201"), "{name}: {answer}");
}

fn names(sandbox: &Sandbox, list: &str) -> Vec<String> {
    let (_, page) = http(sandbox, "GET", &format!("/api/Spaces-2/{list}?take=1000"), None);
    let items = page["Items"].as_array().into_iter().flatten();
    let mut names: Vec<String> = items
        .map(|item| {
            format!(
                "{} {}",
                item["PackageId"].as_str().expect("an id"),
                item["Version"].as_str().expect("a version")
            )
        })
        .collect();
    names.sort();
    names
}

#[test]
fn what_the_destination_lacks_is_copied_byte_for_byte_and_nothing_twice() {
    let (source, destination) = (sandbox_with("small-web"), sandbox_with_empty_space("New"));
    let run = |options: &[&str], code| {
        octoferry(["packages"])
            .args(options)
            .source(&source, "Spaces-2")
            .destination(&destination, "New")
            .ends_with(code)
    };
    let large = "x".repeat(3_000_000);
    upload(&source, "Shop.Web.1.0.0.zip", "one");
    upload(&source, "Shop.Web.1.1.0.zip", &large);
    upload(&source, "Tools.2.0.0.nupkg", "two");
    upload(&source, "octoferry-module-Spaces-2.1.0.3.zip", "ours");
    upload(&destination, "Tools.2.0.0.nupkg", "somebody else's");
    let build = json!({"PackageId": "Shop.Web", "Version": "1.1.0", "OctopusBuildInformation": {"Branch": "main", "BuildNumber": "7", "Commits": [{"Id": "abc", "Comment": "Mend"}]}});
    assert_eq!(http(&source, "POST", "/api/Spaces-2/build-information", Some(&build)).0, 201);

    let plan = run(&["--plan"], 4);
    assert_eq!(plan.stdout, "Shop.Web.1.1.0.zip\nShop.Web.1.0.0.zip\n");
    plan.says("Tools.2.0.0.nupkg: the destination has other bytes under this version");
    assert_eq!(names(&destination, "packages"), ["Tools 2.0.0"]);

    run(&["--only", "Shop*", "--newest", "1"], 0).says("1 packages copied");
    assert_eq!(names(&destination, "packages"), ["Shop.Web 1.1.0", "Tools 2.0.0"]);
    assert_eq!(names(&destination, "build-information"), ["Shop.Web 1.1.0"]);
    // A connection that breaks on the way is tried again.
    fault(&destination, json!({"method": "POST", "path": "/packages/raw", "kind": "drop", "times": 1}));
    run(&[], 3).says("1 packages to copy").says("1 are there").says("1 packages copied");
    run(&[], 3).says("0 packages to copy");
    let hashes = |sandbox: &Sandbox| -> Vec<Value> {
        let (_, page) = http(sandbox, "GET", "/api/Spaces-2/packages?nuGetPackageId=Shop.Web", None);
        page["Items"].as_array().unwrap().iter().map(|item| item["Hash"].clone()).collect()
    };
    assert_eq!(hashes(&source), hashes(&destination));
}

/// The runbook does it from the server to the server: no bytes pass a workstation.
#[test]
fn the_runbook_copies_what_releases_and_processes_use() {
    let journey = Journey::with("small-web");
    upload(&journey.source, "Letterbox.Web.3.2.1.zip", "kept apart");
    upload(&journey.source, "Letterbox.Unused.1.0.0.zip", "nobody wants it");
    journey.seed();
    let (is_well, log) = journey.run_runbook("__ 3. Copy Packages");
    assert!(is_well, "{log}");
    assert!(log.contains("1 packages copied"), "{log}");
    assert!(!log.contains(&journey.source_key) && !log.contains(&journey.destination_key), "{log}");
    assert_eq!(names(&journey.destination, "packages"), ["Letterbox.Web 3.2.1"]);
}
