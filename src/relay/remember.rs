//! Answers from memory: Terraform's provider reads the same documents again and again (the whole variable set twice for each variable, the server's
//! root document at each of its starts), and new servers allow few requests a minute.
//!
//! Only answers to reads are remembered, and only within one run of Terraform, for a short time. A write of a variable set or a process changes
//! nothing else: it replaces what is remembered of that document. After any other write everything else is forgotten too, since a server may
//! change much by one write (a new project comes with channel, process and variables). What was asked while something was
//! being written is not remembered.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::Method;
use serde_json::Value;

use crate::relay::address::Address;
use octopus::client::Answer;

/// How long an answer is good: others may work on the destination meanwhile, and not every document has a version that refuses stale writes.
const GOOD_FOR: Duration = Duration::from_secs(30);

#[derive(Default)]
pub(super) struct Remember(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    /// By address with query, in lower case.
    answers: HashMap<String, (Instant, Answer)>,
    /// What server and space are, which no write of a module changes.
    lasting: HashMap<String, Answer>,
    /// Counts writes that may change anything, when they begin and when they end.
    writes: u64,
    /// The same for the writes of single documents that change nothing else.
    writes_of: HashMap<String, u64>,
}

/// The state of the memory when a request began.
pub(super) struct Begun {
    key: String,
    kind: Kind,
    writes: u64,
    writes_of: u64,
    /// What was remembered of the document that is written.
    before: Option<Bytes>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Read,
    /// A read of what server and space are.
    LastingRead,
    /// Changes this one document.
    WriteOfOne,
    /// May change anything.
    Write,
}

fn kind(method: &Method, address: &Address) -> Kind {
    match (method, address.parts().as_slice()) {
        (&Method::GET, [] | ["spaces", _] | ["configuration", "feature-toggles"]) => Kind::LastingRead,
        (&Method::GET, _) => Kind::Read,
        (&Method::PUT, ["variables" | "deploymentprocesses" | "runbookprocesses", _]) => Kind::WriteOfOne,
        _ => Kind::Write,
    }
}

impl Remember {
    /// What is remembered of a read; else what [`Remember::ended`] wants to be told.
    pub(super) fn begin(&self, method: &Method, address: &Address, path: &str) -> Result<Answer, Begun> {
        let mut memory = self.lock();
        let key = key(path);
        let kind = kind(method, address);
        let good = memory.answers.get(&key).filter(|(since, _)| since.elapsed() < GOOD_FOR);
        let known = good.map(|(_, answer)| answer.clone());
        match kind {
            Kind::LastingRead => {
                if let Some(answer) = memory.lasting.get(&key) {
                    return Ok(answer.clone());
                }
            }
            Kind::Read => {
                if let Some(answer) = known {
                    return Ok(answer);
                }
                return Err(memory.begun(key, kind, None));
            }
            Kind::WriteOfOne => memory.written_one(&key),
            Kind::Write => {
                memory.written();
                if address.kind() == "spaces" {
                    memory.lasting.clear();
                }
            }
        }
        Err(memory.begun(key, kind, known.map(|answer| answer.body)))
    }

    /// Takes notice of the answer to a request; `None` when there was none.
    pub(super) fn ended(&self, begun: Begun, answer: Option<&Answer>) {
        let mut memory = self.lock();
        let success = answer.filter(|answer| answer.status == 200);
        let undisturbed = memory.writes == begun.writes
            && memory.writes_of.get(&begun.key).copied().unwrap_or_default() == begun.writes_of;
        match (begun.kind, success) {
            (Kind::LastingRead, Some(answer)) => {
                memory.lasting.insert(begun.key, answer.clone());
            }
            (Kind::Read, Some(answer)) if undisturbed => {
                memory.answers.insert(begun.key, (Instant::now(), answer.clone()));
            }
            (Kind::LastingRead | Kind::Read, _) => {}
            (Kind::WriteOfOne, Some(answer)) => {
                memory.written_one(&begun.key);
                if let Some(answer) = whole(&begun, answer).filter(|_| undisturbed) {
                    memory.answers.insert(begun.key, (Instant::now(), answer));
                }
            }
            (Kind::WriteOfOne | Kind::Write, _) => memory.written(),
        }
    }

    /// Forgets the documents: another run of Terraform begins, and others may have written.
    pub(super) fn forget(&self) {
        self.lock().written();
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        // It is filled and emptied in single steps.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn begun(&self, key: String, kind: Kind, before: Option<Bytes>) -> Begun {
        let writes_of = self.writes_of.get(&key).copied().unwrap_or_default();
        Begun { writes: self.writes, writes_of, key, kind, before }
    }

    fn written(&mut self) {
        self.writes += 1;
        self.answers.clear();
    }

    /// Also forgets lists, which may hold the document.
    fn written_one(&mut self, document: &str) {
        *self.writes_of.entry(document.to_owned()).or_default() += 1;
        let collection = document.rsplit_once('/').map_or(document, |(collection, _)| collection);
        self.answers.retain(|key, _| {
            key != document
                && key
                    .strip_prefix(collection)
                    .is_none_or(|rest| rest.starts_with('/') && !rest.contains('?'))
        });
    }
}

/// Addresses are matched without case, as servers do.
fn key(path: &str) -> String {
    match path.split_once('?') {
        Some((path, query)) => format!("{}?{query}", path.trim_end_matches('/').to_lowercase()),
        None => path.trim_end_matches('/').to_lowercase(),
    }
}

/// The answer to a write as a read would have it, if it is the whole document. Variable sets come without usable `ScopeValues` then (what their
/// scopes could name, which no write of variables changes): these are as they were before.
fn whole(begun: &Begun, answer: &Answer) -> Option<Answer> {
    let mut document: Value = serde_json::from_slice(&answer.body).ok()?;
    let id = document["Id"].as_str()?.to_lowercase();
    if begun.key.rsplit('/').next() != Some(id.as_str()) {
        return None;
    }
    if document["Variables"].is_array() {
        let mut before: Value = serde_json::from_slice(begun.before.as_ref()?).ok()?;
        document["ScopeValues"] = before.get_mut("ScopeValues")?.take();
        return Some(Answer { body: document.to_string().into(), ..answer.clone() });
    }
    document["Steps"].is_array().then(|| answer.clone())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, StatusCode};
    use serde_json::json;

    use super::*;

    fn begin(memory: &Remember, method: &Method, path: &str) -> Result<Answer, Begun> {
        memory.begin(method, &Address::parse(path), path)
    }

    /// Sends a request, which the server answers with this document unless the memory does; what was answered.
    fn send(memory: &Remember, method: &Method, path: &str, document: Value) -> Value {
        let answer = match begin(memory, method, path) {
            Ok(answer) => answer,
            Err(begun) => {
                let answer = answered(document);
                memory.ended(begun, Some(&answer));
                answer
            }
        };
        serde_json::from_slice(&answer.body).unwrap()
    }

    fn answered(document: Value) -> Answer {
        Answer { status: StatusCode::OK, headers: HeaderMap::new(), body: document.to_string().into() }
    }

    const SET: &str = "/api/Spaces-1/variables/variableset-Projects-1";
    const PROJECT: &str = "/api/Spaces-1/projects/Projects-1";

    #[test]
    fn what_was_read_is_remembered_until_something_is_written() {
        let memory = Remember::default();
        assert_eq!(send(&memory, &Method::GET, PROJECT, json!(1)), 1);
        assert_eq!(send(&memory, &Method::GET, "/api/spaces-1/Projects/projects-1", json!(2)), 1);
        assert_eq!(send(&memory, &Method::GET, &format!("{PROJECT}?x=1"), json!(3)), 3);
        send(&memory, &Method::POST, "/api/Spaces-1/environments", json!(4));
        assert_eq!(send(&memory, &Method::GET, PROJECT, json!(5)), 5);
        memory.forget();
        assert_eq!(send(&memory, &Method::GET, PROJECT, json!(6)), 6);
    }

    #[test]
    fn a_written_variable_set_is_known_and_changes_nothing_else() {
        let memory = Remember::default();
        let of_version = |version: u32, scopes: Value| json!({"Id": "variableset-Projects-1", "Version": version, "Variables": [], "ScopeValues": scopes});
        let set = |version: u32| of_version(version, json!({"Roles": []}));
        send(&memory, &Method::GET, SET, set(1));
        send(&memory, &Method::GET, PROJECT, json!("project"));
        send(&memory, &Method::GET, "/api/Spaces-1/variables?ids=x", json!("list"));
        send(&memory, &Method::PUT, SET, of_version(2, json!({})));
        assert_eq!(send(&memory, &Method::GET, SET, set(9)), set(2));
        assert_eq!(send(&memory, &Method::GET, PROJECT, json!("other")), "project");
        assert_eq!(send(&memory, &Method::GET, "/api/Spaces-1/variables?ids=x", json!("new")), "new");
        // An answer that is not the document tells nothing.
        send(&memory, &Method::PUT, SET, json!({"Id": "variableset-Projects-1"}));
        assert_eq!(send(&memory, &Method::GET, SET, set(10)), set(10));
    }

    #[test]
    fn what_was_asked_during_a_write_is_not_remembered() {
        let memory = Remember::default();
        let read = begin(&memory, &Method::GET, SET).unwrap_err();
        let write = begin(&memory, &Method::PUT, SET).unwrap_err();
        memory.ended(read, Some(&answered(json!("old"))));
        assert!(begin(&memory, &Method::GET, SET).is_err());
        let read = begin(&memory, &Method::GET, SET).unwrap_err();
        memory.ended(write, Some(&answered(json!("no document"))));
        memory.ended(read, Some(&answered(json!("old or new"))));
        assert!(begin(&memory, &Method::GET, SET).is_err());
    }

    #[test]
    fn a_refused_write_forgets_everything() {
        let memory = Remember::default();
        send(&memory, &Method::GET, PROJECT, json!("project"));
        let write = begin(&memory, &Method::PUT, SET).unwrap_err();
        memory.ended(write, None);
        assert!(begin(&memory, &Method::GET, PROJECT).is_err());
    }

    #[test]
    fn what_the_server_is_lasts() {
        let memory = Remember::default();
        send(&memory, &Method::GET, "/api/", json!("root"));
        send(&memory, &Method::POST, "/api/Spaces-1/environments", json!(1));
        memory.forget();
        assert_eq!(send(&memory, &Method::GET, "/api", json!("other")), "root");
        send(&memory, &Method::PUT, "/api/spaces/Spaces-1", json!(2));
        assert_eq!(send(&memory, &Method::GET, "/api", json!("other")), "other");
    }
}
