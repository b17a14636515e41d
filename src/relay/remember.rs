//! Answers from memory: Terraform's provider reads the same documents again and again (the whole variable set twice for each variable, the same lists
//! in each run), and new servers allow few requests a minute.
//!
//! Answers are remembered for the whole deployment: all modules, plans and applies; also what octoferry itself has read ([`Remember::hear`]). Who has read a
//! whole list knows its documents, and what most queries of the list would find ([`lists`]). Every write that passes, octoferry's own too,
//! makes what it may have changed forgotten ([`changed_by`]): a new project comes with channel, process and variables. What the scopes of a
//! variable set could name (`ScopeValues`) the provider never looks at (1.17.0), so a new name there is no change. A write of a document replaces what is remembered of it. Where nobody looks at the end of the deployment whether the
//! documents are as the last plan has found them ([`crate::deployment::deployed`]), this is good until the plan after the write, which
//! asks the server. What a write answers is remembered as the document, where that is the whole of it. What was asked while something was being
//! written is not remembered.
//!
//! Others may work on the destination meanwhile. What is read to be written again in part, with what others have put there, is good for a short time
//! while Terraform applies: not every document has a version that refuses stale writes.

mod changes;
mod lists;
mod memory;
mod place;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::http::{Method, StatusCode};
use serde_json::Value;

use crate::relay::address::Address;
use crate::relay::request::Request;
use changes::{Changes, changed_by, keeps_tags};
use memory::{GOOD_FOR, Memory};
use octopus::client::{Answer, Heard, Watch};
use place::{Place, key, key_without_query};

#[derive(Default)]
pub(super) struct Remember(Mutex<Memory>);

/// Takes notice of what octoferry itself asks and writes.
pub(super) struct Listening(pub(super) Arc<Remember>);

impl Watch for Listening {
    fn wrote(&self, method: &Method, path: &str) {
        self.0.written(method, &Address::parse(path));
    }

    fn reads(&self, path: &str) -> Option<Heard> {
        let begun = self.0.hear(path)?;
        let memory = Arc::clone(&self.0);
        Some(Box::new(move |answer| memory.ended(begun, Some(answer))))
    }

    fn knows(&self, path: &str) -> Option<Answer> {
        let has_filter = path.contains('?');
        (!has_filter).then(|| self.0.lock().whole_list(&Address::parse(path)))?
    }
}

/// The state of the memory when a request began.
pub(super) struct Begun {
    key: String,
    kind: Kind,
    of: String,
    place: Place,
    is_view: bool,
    is_below: bool,
    /// Where it is a list of whole documents.
    list: Option<Address>,
    changes: Changes,
    writes: [u64; 3],
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
    Write,
}

/// Kinds whose documents a write answers as a read does (vendor's reference of 2026-08): of `certificates`, `git-credentials` and others it does not.
const ANSWERED_WHOLE: [&str; 16] = [
    "accounts",
    "channels",
    "environments",
    "feeds",
    "libraryvariablesets",
    "lifecycles",
    "machinepolicies",
    "machines",
    "projectgroups",
    "projects",
    "projecttriggers",
    "runbooks",
    "tagsets",
    "tenants",
    "workerpools",
    "workers",
];

fn kind(method: &Method, address: &Address) -> Kind {
    match (method, address.parts().as_slice()) {
        (&Method::GET, [] | ["spaces"] | ["spaces", _] | ["configuration", "feature-toggles"]) => {
            Kind::LastingRead
        }
        (&Method::GET, _) => Kind::Read,
        (&Method::PUT, ["variables" | "deploymentprocesses" | "runbookprocesses", _]) => Kind::WriteOfOne,
        _ => Kind::Write,
    }
}

impl Begun {
    fn of(memory: &Memory, kind: Kind, address: &Address) -> Self {
        let of = address.kind().to_owned();
        let place = Place::of(address);
        let writes = memory.counts(&place, &of);
        let list = lists::is_list(address).then(|| address.clone());
        let (is_view, is_below) = (is_view(address), is_below(address));
        Self {
            key: key(address),
            kind,
            of,
            place,
            is_view,
            is_below,
            list,
            changes: Changes::Everything,
            writes,
            before: None,
        }
    }
}

/// Whether it lies below a document, but for old versions of a template, which stay as they are.
fn is_view(address: &Address) -> bool {
    match address.parts().as_slice() {
        ["actiontemplates", _, "versions", _] => false,
        // Of these all is forgotten together.
        ["projects" | "tenants", ..] => false,
        parts => parts.len() > 2,
    }
}

/// Whether it is a list of what belongs to a project or a tenant.
fn is_below(address: &Address) -> bool {
    match address.parts().as_slice() {
        ["projects", _, "deploymentsettings"] => false,
        ["projects" | "tenants", _, _, ..] => true,
        _ => false,
    }
}

impl Remember {
    /// What is remembered of a read; else what [`Remember::ended`] wants to be told.
    pub(super) fn begin(&self, request: &Request) -> Result<Answer, Box<Begun>> {
        let Request { method, address, body, .. } = request;
        let mut memory = self.lock();
        let key = key(address);
        let kind = kind(method, address);
        let known = memory.known(&key, address);
        let keeps =
            address.kind() == "tagsets" && known.as_ref().is_some_and(|known| keeps_tags(&known.body, body));
        let changes = if address.query().to_lowercase().contains("clone=") {
            // A copy of a project comes with its tenants, and with whatever else.
            Changes::Everything
        } else {
            changed_by(method, address, keeps)
        };
        let mut before = None;
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
            }
            Kind::WriteOfOne => {
                before = known.map(|answer| answer.body);
                memory.written_one(&Place::of(address));
            }
            Kind::Write => {
                memory.written(changes, address.kind(), &Place::of(address));
                if address.kind() == "spaces" {
                    memory.lasting.clear();
                }
            }
        }
        Err(Box::new(Begun { changes, before, ..Begun::of(&memory, kind, address) }))
    }

    /// A read of octoferry's own begins: of a whole document or of a list of such.
    pub(super) fn hear(&self, path: &str) -> Option<Begun> {
        let address = Address::parse(path);
        let is_whole = lists::is_list(&address) || lists::is_item(&address);
        is_whole.then(|| Begun::of(&self.lock(), Kind::Read, &address))
    }

    /// Takes notice of the answer to a request; `None` when there was none.
    pub(super) fn ended(&self, begun: Begun, answer: Option<&Answer>) {
        let mut memory = self.lock();
        let success = answer.filter(|answer| answer.status.is_success());
        let undisturbed = memory.counts(&begun.place, &begun.of) == begun.writes;
        match (begun.kind, success) {
            (Kind::LastingRead, Some(answer)) if answer.status == 200 => {
                memory.lasting.insert(begun.key, answer.clone());
            }
            (Kind::Read, Some(answer)) if undisturbed && answer.status == 200 => {
                let (items, list) = match &begun.list {
                    Some(address) => lists::read(address, answer),
                    None => (Vec::new(), None),
                };
                memory.learn(&begun, answer, items, list);
                memory.remember(begun, answer.clone(), false);
            }
            (Kind::LastingRead | Kind::Read, _) => {}
            (Kind::WriteOfOne, Some(answer)) => {
                memory.written_one(&begun.place);
                if let Some(answer) = whole(&begun, answer).filter(|_| undisturbed) {
                    memory.remember(begun, answer, true);
                }
            }
            (Kind::Write, Some(answer)) => {
                memory.written(begun.changes, &begun.of, &begun.place);
                if undisturbed && is_values(&begun, answer) {
                    let key = without_query(&begun.key).to_owned();
                    memory.remember(Begun { key, ..begun }, answer.clone(), true);
                } else if let Some(document) = document(begun, answer, undisturbed) {
                    memory.remember(document, Answer { status: StatusCode::OK, ..answer.clone() }, true);
                }
            }
            (Kind::WriteOfOne | Kind::Write, None) => {
                let (of, place) = (begun.of, begun.place);
                memory.written(Changes::Everything, &of, &place);
            }
        }
    }

    /// A document that was read or written a moment ago, as the server had it.
    pub(super) fn fresh(&self, address: &Address) -> Option<Value> {
        let memory = self.lock();
        let remembered = memory.answers.get(&key_without_query(address))?;
        let is_fresh = remembered.about.since.elapsed() < GOOD_FOR;
        is_fresh.then(|| serde_json::from_slice(&remembered.what.body).ok())?
    }

    /// A document that was read or written in this deployment, however long ago, as the server had it.
    pub(super) fn known(&self, address: &Address) -> Option<Value> {
        let memory = self.lock();
        serde_json::from_slice(&memory.answers.get(&key_without_query(address))?.what.body).ok()
    }

    /// Takes notice of a write that does not pass the relay: octoferry's own.
    pub(super) fn written(&self, method: &Method, address: &Address) {
        // Names of tags are Terraform's.
        self.lock().written(changed_by(method, address, true), address.kind(), &Place::of(address));
    }

    /// Says whether the end of the deployment looks at what was written.
    pub(super) fn is_looked_at_later(&self, later: bool) {
        self.lock().is_looked_at_later = later;
    }

    /// A plan begins: it asks the server for what was written, unless that is looked at later.
    pub(super) fn plan_begins(&self) {
        let mut memory = self.lock();
        memory.is_applying = false;
        if !memory.is_looked_at_later {
            memory.answers.retain(|_, remembered| !remembered.about.is_of_write);
        }
    }

    /// An apply begins.
    pub(super) fn apply_begins(&self) {
        self.lock().is_applying = true;
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        // It is filled and emptied in single steps.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The answer to a write as a read would have it, if it is the whole document. Variable sets come without usable `ScopeValues` then (what their
/// scopes could name, which no write of variables changes): these are as they were before, where that is known.
fn whole(begun: &Begun, answer: &Answer) -> Option<Answer> {
    let mut document: Value = serde_json::from_slice(&answer.body).ok()?;
    let id = document["Id"].as_str()?.to_lowercase();
    if begun.key.rsplit('/').next() != Some(id.as_str()) {
        return None;
    }
    if document["Variables"].is_array() {
        let before: Option<Value> =
            begun.before.as_ref().and_then(|before| serde_json::from_slice(before).ok());
        if let Some(scopes) = before.and_then(|mut before| Some(before.get_mut("ScopeValues")?.take())) {
            document["ScopeValues"] = scopes;
        }
        return Some(Answer { body: document.to_string().into(), ..answer.clone() });
    }
    document["Steps"].is_array().then(|| answer.clone())
}

fn without_query(key: &str) -> &str {
    key.split_once('?').map_or(key, |(path, _)| path)
}

/// Whether it is what a write of a tenant's values has answered: all values, as a read has them. What is offered to the tenant and has no value may be missing; that matters while values are made, so a plan alone gets this.
fn is_values(begun: &Begun, answer: &Answer) -> bool {
    let has_values = || {
        let document: Option<Value> = serde_json::from_slice(&answer.body).ok();
        document.is_some_and(|document| document["Variables"].is_array())
    };
    begun.of == "tenantvariables" && begun.is_below && has_values()
}

/// Where a read would find the document that a write has answered. What is new nobody else has written meanwhile.
fn document(begun: Begun, answer: &Answer, undisturbed: bool) -> Option<Begun> {
    if !ANSWERED_WHOLE.contains(&begun.of.as_str()) || begun.is_below || begun.is_view {
        return None;
    }
    let document: Value = serde_json::from_slice(&answer.body).ok()?;
    let id = document["Id"].as_str()?.to_lowercase();
    if begun.place.document.is_some() {
        let is_it = undisturbed && begun.key.rsplit('/').next() == Some(id.as_str());
        return is_it.then_some(begun);
    }
    let document = Some(format!("{}/{id}", begun.place.list));
    let place = Place { document, ..begun.place };
    Some(Begun { key: format!("{}/{id}", begun.key), place, ..begun })
}

#[cfg(test)]
mod tests;
