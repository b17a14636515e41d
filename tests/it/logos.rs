//! Pictures that somebody has uploaded at the source.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use octopus_sandbox::Sandbox;

use crate::support::{
    files_below, http, http_bytes, octoferry, sandbox_with, sandbox_with_empty_space, terraform_config,
};

const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\xffa red letterbox";

/// Uploads a picture as browsers do.
fn upload(sandbox: &Sandbox, path: &str) {
    let url = sandbox.url();
    let address = url.strip_prefix("http://").expect("a plain address");
    let mut body = b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n".to_vec();
    body.extend_from_slice(PICTURE);
    body.extend_from_slice(b"\r\n--x--\r\n");
    let mut connection = TcpStream::connect(address).expect("the sandbox listens");
    write!(
        connection,
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nX-Octopus-ApiKey: {}\r\nContent-Type: multipart/form-data; boundary=x\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        sandbox.api_key(),
        body.len()
    )
    .expect("the sandbox reads");
    connection.write_all(&body).expect("the sandbox reads the picture");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("the sandbox answers");
    assert!(answer.starts_with("HTTP/1.1 20"), "{answer}");
}

fn logo_of(sandbox: &Sandbox, space: &str, project: &str) -> (u16, Vec<u8>) {
    let (_, projects) = http(sandbox, "GET", &format!("/api/{space}/projects?take=100"), None);
    let found = projects["Items"].as_array().into_iter().flatten().find(|item| item["Name"] == project);
    let id = found.and_then(|item| item["Id"].as_str()).expect("the project is there").to_owned();
    http_bytes(sandbox, "GET", &format!("/api/{space}/projects/{id}/logo"), None)
}

#[test]
fn a_logo_goes_with_its_project_and_is_uploaded_once() {
    let (source, destination) = (sandbox_with("small-web"), sandbox_with_empty_space("New"));
    let (_, projects) = http(&source, "GET", "/api/Spaces-2/projects", None);
    let project = &projects["Items"][0];
    let name = project["Name"].as_str().unwrap();
    assert!(project["Links"]["Logo"].as_str().unwrap().contains("/logo?cb=20"), "{project}");
    let id = project["Id"].as_str().unwrap();
    upload(&source, &format!("/api/Spaces-2/projects/{id}/logo"));

    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let modules = path("modules");
    octoferry(["serialize", "all", "--out", &modules]).source(&source, "Spaces-2").ends_with(3);
    let files = files_below(folder.path());
    let logos: Vec<&String> = files.iter().filter(|file| file.contains("/logos/")).collect();
    assert!(matches!(logos.as_slice(), [one] if one.ends_with(".png")), "{files:?}");

    std::fs::create_dir(folder.path().join("state")).expect("a folder for the state");
    let deploy = || {
        octoferry(["deploy", "--placeholders", &modules])
            .state_below(&folder.path().join("state"))
            .destination(&destination, "New")
            .env("TF_CLI_CONFIG_FILE", terraform_config())
            .ends_with(3)
    };
    deploy().says("the logo of projects");
    assert_eq!(logo_of(&destination, "Spaces-2", name), (200, PICTURE.to_vec()));
    deploy().never_says("the logo of");
    octoferry(["verify", "--notes", &modules])
        .source(&source, "Spaces-2")
        .destination(&destination, "New")
        .ends_with(0);
}
