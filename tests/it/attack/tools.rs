//! What attackers use: packages, uploads, variables.

use std::io::{Cursor, Read as _, Write as _};
use std::net::TcpStream;

use octopus_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::http;

/// Makes a user who may do just this; the key.
pub(super) fn user(sandbox: &Sandbox, name: &str, permissions: &[&str]) -> String {
    let body = json!({"Username": name, "Permissions": permissions});
    let (status, answer) = http(sandbox, "POST", "/sandbox/users", Some(&body));
    assert_eq!(status, 200, "{answer}");
    answer["ApiKey"].as_str().expect("a key").to_owned()
}

/// Pushes a package with somebody's key; the status.
pub(super) fn push(sandbox: &Sandbox, key: &str, file: &str, content: &[u8], mode: &str) -> u16 {
    let url = sandbox.url();
    let address = url.strip_prefix("http://").expect("a plain address");
    let head = format!(
        "--part\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{file}\"\r\nContent-Type: application/zip\r\n\r\n"
    );
    let tail = "\r\n--part--\r\n";
    let mut connection = TcpStream::connect(address).expect("the sandbox listens");
    write!(
        connection,
        "POST /api/Spaces-2/packages/raw?overwriteMode={mode} HTTP/1.1\r\nHost: {address}\r\nX-Octopus-ApiKey: {key}\r\n\
         Content-Type: multipart/form-data; boundary=part\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{head}",
        head.len() + content.len() + tail.len()
    )
    .expect("the sandbox reads");
    connection.write_all(content).expect("the sandbox reads");
    connection.write_all(tail.as_bytes()).expect("the sandbox reads");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("the sandbox answers");
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status")
}

/// A zip of these files.
pub(super) fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).expect("an entry");
        archive.write_all(content).expect("its bytes");
    }
    archive.finish().expect("an archive").into_inner()
}

/// A document of the source by its name.
pub(super) fn named(sandbox: &Sandbox, collection: &str, name: &str) -> Value {
    let (_, page) = http(sandbox, "GET", &format!("/api/Spaces-2/{collection}?take=1000"), None);
    let mut items = page["Items"].as_array().expect("a page").iter();
    items.find(|item| item["Name"] == name).unwrap_or_else(|| panic!("{collection} {name}")).clone()
}

/// Adds a variable to the set of a project or library set.
pub(super) fn add_variable(sandbox: &Sandbox, owner: &Value, variable: Value) {
    let path = format!("/api/Spaces-2/variables/{}", owner["VariableSetId"].as_str().expect("a set"));
    let (_, mut set) = http(sandbox, "GET", &path, None);
    set["Variables"].as_array_mut().expect("variables").push(variable);
    let (status, answer) = http(sandbox, "PUT", &path, Some(&set));
    assert_eq!(status, 200, "{answer}");
}

/// The logs of all tasks.
pub(super) fn logs(sandbox: &Sandbox) -> String {
    let (_, page) = http(sandbox, "GET", "/api/Spaces-2/tasks?take=1000", None);
    let ids = page["Items"].as_array().expect("tasks").iter().filter_map(|task| task["Id"].as_str());
    ids.map(|id| crate::support::http_text(sandbox, &format!("/api/Spaces-2/tasks/{id}/raw"))).collect()
}
