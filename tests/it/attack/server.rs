//! A server that is broken, or not the one that is meant: whatever it answers, the key goes nowhere else, memory stays bounded, and the
//! program ends with a message of its own.
//!
//! | tried | wanted |
//! | --- | --- |
//! | every answer is a redirect to another server | not followed: the other server is not asked, the message names where it leads |
//! | an answer that unpacks to 384 MB | given up at the limit, named |
//! | an answer nested 100 000 deep | a failure that names the request |
//! | an answer that ends in the middle | the same |
//! | each list and document of a space answered as null, an empty list, a text, a number, a list of nulls, items without ids | done, or a failure that names the request; never a panic |

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::support::{Ended, fault, files_below, octoferry, sandbox_with};

/// A server that says the same to everybody, `head` being all of it before the empty line; how often it was asked.
fn server(head: String, body: Vec<u8>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
            let connection = connection.expect("a connection");
            let (head, body) = (head.clone(), body.clone());
            std::thread::spawn(move || answer(connection, &head, &body));
        }
    });
    (address, count)
}

/// Whoever asks may hang up at any moment.
fn answer(mut connection: TcpStream, head: &str, body: &[u8]) {
    let mut request = Vec::new();
    let mut part = [0; 1024];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match connection.read(&mut part) {
            Ok(length) if length > 0 => request.extend_from_slice(&part[..length]),
            _ => return,
        }
    }
    let _gone =
        write!(connection, "{head}\r\nConnection: close\r\n\r\n").and_then(|()| connection.write_all(body));
}

fn serialize_from(url: &str) -> Ended {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = octoferry(["serialize", "space", "--out"])
        .arg(folder.path().join("out"))
        .server("SOURCE", url, "Letterbox", "API-THEKEYITSELF")
        .ends_with(1);
    assert!(files_below(folder.path()).is_empty());
    ended.never_says("API-THEKEYITSELF").never_says("panicked");
    ended
}

#[test]
fn a_redirect_takes_the_key_nowhere() {
    let (other, asked) = server("HTTP/1.1 200 OK\r\nContent-Type: application/json".into(), b"{}".to_vec());
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let (url, _) = server(format!("HTTP/1.1 {status}\r\nLocation: {other}/api"), Vec::new());
        serialize_from(&url).says(&other);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0, "a redirect was followed");
}

#[test]
fn an_answer_that_unpacks_to_too_much_is_given_up() {
    // A block that ends on a byte and looks back at nothing may stand many times in one stream; its end is never reached.
    let blank = vec![b' '; 8 << 20];
    let mut block = Vec::with_capacity(1 << 20);
    let mut packer = flate2::Compress::new(flate2::Compression::fast(), false);
    packer.compress_vec(&blank, &mut block, flate2::FlushCompress::Full).expect("it is packed");
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    packed.extend(block.repeat(48));
    assert!(packed.len() < 8 << 20, "it is small on the wire: {}", packed.len());
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip";
    let (url, _) = server(head.into(), packed);
    serialize_from(&url).says("256 MB");
}

#[test]
fn an_answer_that_is_nested_too_deep_is_a_failure() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json";
    let (url, _) = server(head.into(), "[".repeat(100_000).into_bytes());
    serialize_from(&url).says("/api");
    // One that is whole, in a document's field.
    let sandbox = sandbox_with("small-web");
    let deep = (0..120).fold(json!("end"), |value, _| json!([value]));
    let body = json!({"Items": [{"Id": "Feeds-1", "Name": "Deep", "FeedType": "NuGet", "Odd": deep}], "TotalResults": 1});
    fault(&sandbox, json!({"path": "/api/Spaces-2/feeds", "kind": "status", "status": 200, "body": body}));
    serialize_from_sandbox(&sandbox, &[0, 1, 3]);
}

#[test]
fn an_answer_that_ends_in_the_middle_is_a_failure() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100";
    let (url, _) = server(head.into(), b"{\"Application\": \"Octopus Deploy\",".to_vec());
    serialize_from(&url).says("GET /api/: the answer of the source server").says("broke off");
}

fn serialize_from_sandbox(sandbox: &octopus_sandbox::Sandbox, codes: &[i32]) -> Ended {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, ended) = octoferry(["serialize", "all", "--out"])
        .arg(folder.path().join("out"))
        .source(sandbox, "Letterbox")
        .ends_with_one_of(codes);
    ended.never_says("panicked");
    if code == 1 {
        assert!(files_below(folder.path()).is_empty(), "a failed run leaves nothing");
    }
    ended
}

/// Lists and documents of the wrong shape: what is not a space is never half a space.
#[test]
fn answers_of_another_shape_are_failures_by_name() {
    let sandbox = sandbox_with("small-web");
    let lists = [
        "accounts",
        "deploymentprocesses",
        "environments",
        "feeds",
        "libraryvariablesets",
        "lifecycles",
        "machines",
        "projects",
        "runbooks",
        "tagsets",
        "tenants",
        "tenantvariables",
        "variables",
        "workerpools",
    ];
    let shapes: [Value; 7] = [
        Value::Null,
        json!([]),
        json!("text"),
        json!(12),
        json!({"Items": [null, 1, "text"], "TotalResults": 3}),
        json!({"Items": [{"Name": "no id"}], "TotalResults": 1}),
        json!({"Items": {"Id": "X-1"}, "TotalResults": "many"}),
    ];
    for (number, list) in lists.into_iter().enumerate() {
        // Each list in two shapes, so that each shape comes to several lists.
        for shape in [&shapes[number % 7], &shapes[(number * 3 + 4) % 7]] {
            http_clear(&sandbox);
            let path = format!("/api/Spaces-2/{list}(\\?|/|$)");
            fault(&sandbox, json!({"path": path, "kind": "status", "status": 200, "body": shape}));
            serialize_from_sandbox(&sandbox, &[0, 1, 3]).never_says("defect of octoferry");
        }
    }
}

fn http_clear(sandbox: &octopus_sandbox::Sandbox) {
    let (status, answer) = crate::support::http(sandbox, "DELETE", "/sandbox/faults", None);
    assert!(status < 300, "{answer}");
}
