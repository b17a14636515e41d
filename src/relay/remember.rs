//! Answers from memory: Terraform's provider reads the same documents again and again (the whole variable set twice for each variable, the same lists
//! in each run), and new servers allow few requests a minute.
//!
//! Answers are remembered for the whole deployment: all modules, plans and applies. Every write that passes, octoferry's own too,
//! makes what it may have changed forgotten ([`changed_by`]): a new project comes with channel, process and variables. What the scopes of a
//! variable set could name (`ScopeValues`) the provider never looks at (1.17.0), so a new name there is no change. A write of a document replaces what is remembered of it. Where nobody looks at the end of the deployment whether the
//! documents are as the last plan has found them ([`crate::deployment::deployed`]), this is good until the plan after the write, which
//! asks the server. What a write answers is remembered as the document, where that is the whole of it. What was asked while something was being
//! written is not remembered.
//!
//! Others may work on the destination meanwhile. What is read to be written again in part, with what others have put there, is good for a short time
//! while Terraform applies: not every document has a version that refuses stale writes.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::{Method, StatusCode};
use serde_json::Value;

use crate::relay::address::Address;
use octopus::client::Answer;

/// How long a document is good that is to be written again.
const GOOD_FOR: Duration = Duration::from_secs(30);

#[derive(Default)]
pub(super) struct Remember(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    /// By address with query, in lower case.
    answers: HashMap<String, Remembered>,
    /// What server and space are, which no write of a module changes.
    lasting: HashMap<String, Answer>,
    /// Counts writes that may change anything, when they begin and when they end.
    writes: u64,
    /// The same for those that may change any document of these kinds.
    writes_of_kind: HashMap<String, u64>,
    /// The same for the writes of single documents, and of one of a list.
    writes_of: HashMap<String, u64>,
    is_applying: bool,
    /// What was written is looked at when the deployment ends; until then its answers are good.
    is_looked_at_later: bool,
}

struct Remembered {
    since: Instant,
    answer: Answer,
    kind: String,
    place: Place,
    /// It lies below a document: what that is used by, its view of others.
    is_view: bool,
    /// The same for projects and tenants: lists of what is theirs.
    is_below: bool,
    /// It is what a write answered.
    is_of_write: bool,
}

/// The state of the memory when a request began.
pub(super) struct Begun {
    key: String,
    kind: Kind,
    of: String,
    place: Place,
    is_view: bool,
    is_below: bool,
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

/// What a write may have changed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Changes {
    Everything,
    /// Documents of these kinds.
    Kinds(&'static [&'static str]),
    /// The document, what lies below it, and the lists that have it, also those of these kinds; and all documents of those.
    Own {
        shown_by: &'static [&'static str],
        with: &'static [&'static str],
    },
    /// The values of a tenant, where they are read by this route too; empty: by all.
    Values(&'static str),
}

/// What a project has, and what shows it: kinds as [`Address::kind`] has them.
const INSIDE_PROJECTS: &[&str] = &[
    "projects",
    "projecttriggers",
    "channels",
    "deploymentprocesses",
    "runbooks",
    "runbookprocesses",
    "runbooksnapshots",
    "variables",
    "tenants",
    "tenantvariables",
];

/// Whether a tag set that is written has all tags that it had, under their names.
fn keeps_tags(before: &Bytes, written: &Bytes) -> bool {
    let names = |set: &Bytes| -> Option<BTreeSet<String>> {
        let set: Value = serde_json::from_slice(set).ok()?;
        let names =
            set["Tags"].as_array()?.iter().map(|tag| tag["Name"].as_str().unwrap_or_default().to_owned());
        Some(names.chain([set["Name"].as_str()?.to_owned()]).collect())
    };
    matches!((names(before), names(written)), (Some(before), Some(after)) if before.is_subset(&after))
}

/// What a write may have changed beside the document (`keeps_tags`: one of a tag set that only adds to it); of what is not named here nothing is known.
fn changed_by(method: &Method, address: &Address, keeps_tags: bool) -> Changes {
    let is_new = *method == Method::POST;
    if !is_new && *method != Method::PUT {
        // Much may go with what is deleted.
        return Changes::Everything;
    }
    let parts = address.parts();
    match (parts.as_slice(), address.kind()) {
        // Another default one, another order: then others change too.
        (_, "workerpools") => Changes::Kinds(&["workerpools"]),
        (["environments", "sortorder"], _) => Changes::Kinds(&["environments"]),
        (["tagsets", "sortorder"], _) => Changes::Kinds(&["tagsets"]),
        (
            [_] | [_, _],
            "accounts" | "certificates" | "environments" | "feeds" | "git-credentials" | "lifecycles"
            | "machinepolicies" | "machines" | "projectgroups" | "proxies" | "workers",
        ) => Changes::Own { shown_by: &[], with: &[] },
        ([_] | [_, _], "actiontemplates" | "retentionpolicies") => Changes::Own { shown_by: &[], with: &[] },
        // What has a tag names it; so only what is new changes nothing else.
        (["tagsets"], _) => Changes::Own { shown_by: &[], with: &[] },
        (["tagsets", _], _) if keeps_tags => Changes::Own { shown_by: &[], with: &[] },
        ([_] | [_, _], "tenants") => Changes::Own { shown_by: &["tenants", "tenantvariables"], with: &[] },
        (["tenants", _, "projectvariables"], _) => Changes::Values("projectvariables"),
        (["tenants", _, "commonvariables"], _) => Changes::Values("commonvariables"),
        (_, "tenantvariables") => Changes::Values(""),
        // A new one comes with all that belongs to it; its templates are offered to tenants.
        (["projects"], _) => Changes::Own { shown_by: INSIDE_PROJECTS, with: &[] },
        (["projects", _], _) if !is_new => {
            Changes::Own { shown_by: &["projects"], with: &["tenantvariables"] }
        }
        (["projects", _, "deploymentsettings"], _) => Changes::Own { shown_by: &[], with: &[] },
        (["libraryvariablesets"], _) => {
            Changes::Own { shown_by: &["variables", "tenants", "tenantvariables"], with: &[] }
        }
        (["libraryvariablesets", _], _) if !is_new => Changes::Own {
            shown_by: &["variables", "tenants", "tenantvariables"],
            with: &["tenantvariables"],
        },
        (["channels" | "runbooks"] | ["channels" | "runbooks", _], _) => {
            Changes::Own { shown_by: &["projects", "runbookprocesses"], with: &[] }
        }
        (_, "projecttriggers") => Changes::Kinds(&["projecttriggers"]),
        (_, "libraryvariablesets") => {
            Changes::Kinds(&["libraryvariablesets", "variables", "tenants", "tenantvariables"])
        }
        (_, kind) if INSIDE_PROJECTS.contains(&kind) => Changes::Kinds(INSIDE_PROJECTS),
        _ => Changes::Everything,
    }
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

/// Kinds of documents that the provider reads to write them again with what others have put there. Tenants are not among them: their drafts are looked at
/// again before they are sent.
const WRITTEN_IN_PART: [&str; 6] =
    ["deploymentprocesses", "libraryvariablesets", "projects", "runbookprocesses", "tagsets", "variables"];

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
    pub(super) fn begin(
        &self,
        method: &Method,
        address: &Address,
        path: &str,
        body: &Bytes,
    ) -> Result<Answer, Box<Begun>> {
        let mut memory = self.lock();
        let key = key(address, path);
        let kind = kind(method, address);
        let known = memory.good(&key).or_else(|| {
            // As a write has answered: with whichever query the provider asks, it takes the values alone.
            (address.kind() == "tenantvariables").then(|| memory.good(without_query(&key)))?
        });
        let keeps =
            address.kind() == "tagsets" && known.as_ref().is_some_and(|known| keeps_tags(&known.body, body));
        let changes = changed_by(method, address, keeps);
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
        let of = address.kind().to_owned();
        let place = Place::of(address);
        let writes = memory.counts(&place, &of);
        let (is_view, is_below) = (is_view(address), is_below(address));
        Err(Box::new(Begun { key, kind, of, place, is_view, is_below, changes, writes, before }))
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
        let remembered = memory.answers.get(&key(address, &address.path))?;
        let is_fresh = remembered.since.elapsed() < GOOD_FOR;
        is_fresh.then(|| serde_json::from_slice(&remembered.answer.body).ok())?
    }

    /// A document that was read or written in this deployment, however long ago, as the server had it.
    pub(super) fn known(&self, address: &Address) -> Option<Value> {
        let memory = self.lock();
        serde_json::from_slice(&memory.answers.get(&key(address, &address.path))?.answer.body).ok()
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
            memory.answers.retain(|_, remembered| !remembered.is_of_write);
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

impl Memory {
    fn good(&self, key: &str) -> Option<Answer> {
        let remembered = self.answers.get(key)?;
        if self.is_applying && remembered.is_of_write && remembered.kind == "tenantvariables" {
            return None;
        }
        let may_age = !self.is_applying || !WRITTEN_IN_PART.contains(&remembered.kind.as_str());
        (may_age || remembered.since.elapsed() < GOOD_FOR).then(|| remembered.answer.clone())
    }

    fn remember(&mut self, begun: Begun, answer: Answer, is_of_write: bool) {
        let Begun { key, of: kind, place, is_view, is_below, .. } = begun;
        let since = Instant::now();
        self.answers.insert(key, Remembered { since, answer, kind, place, is_view, is_below, is_of_write });
    }

    /// How often anything, any document of a kind, and this one, or one of this list, were written.
    fn counts(&self, place: &Place, kind: &str) -> [u64; 3] {
        let count = |of: &HashMap<String, u64>, key: &str| of.get(key).copied().unwrap_or_default();
        [self.writes, count(&self.writes_of_kind, kind), count(&self.writes_of, place.key())]
    }

    /// Forgets what a write may have changed.
    fn written(&mut self, changes: Changes, own: &str, place: &Place) {
        match changes {
            Changes::Everything => {
                self.writes += 1;
                self.answers.clear();
            }
            Changes::Kinds(kinds) => self.written_kinds(kinds),
            Changes::Own { shown_by, with } => {
                self.written_kinds(with);
                self.written_one(place);
                self.answers.retain(|_, remembered| {
                    let kind = remembered.kind.as_str();
                    let is_shown = kind == own || shown_by.contains(&kind);
                    let is_list = remembered.place.document.is_none();
                    // Lists of a project's own: of its runbooks, its channels.
                    !(is_shown && (is_list || (remembered.is_below && kind == "projects")))
                });
            }
            Changes::Values(route) => {
                *self.writes_of.entry(place.key().to_owned()).or_default() += 1;
                self.answers.retain(|key, remembered| {
                    let is_list = remembered.kind == own && remembered.place.document.is_none();
                    let is_theirs = remembered.is_below && remembered.place.document == place.document;
                    // The older route has all of them.
                    let is_other = !route.is_empty()
                        && ["projectvariables", "commonvariables"]
                            .into_iter()
                            .any(|other| other != route && key.contains(&format!("/{other}")));
                    !is_list && (!is_theirs || is_other)
                });
            }
        }
    }

    fn written_kinds(&mut self, kinds: &[&str]) {
        for kind in kinds {
            *self.writes_of_kind.entry((*kind).to_owned()).or_default() += 1;
        }
        self.answers
            .retain(|_, remembered| !remembered.is_view && !kinds.contains(&remembered.kind.as_str()));
    }

    /// Forgets a document, what lies below it, and lists, which may hold it.
    fn written_one(&mut self, place: &Place) {
        for of in [&place.list].into_iter().chain(&place.document) {
            *self.writes_of.entry(of.clone()).or_default() += 1;
        }
        self.answers.retain(|_, remembered| {
            let other = &remembered.place;
            other.list != place.list || (other.document.is_some() && other.document != place.document)
        });
    }
}

/// What an address is about: `/api/spaces-1/tenants`, and the document of that list that it is or lies below.
#[derive(Clone)]
struct Place {
    list: String,
    document: Option<String>,
}

impl Place {
    fn of(address: &Address) -> Self {
        let prefix = address.prefix.to_lowercase();
        // `all`, `v2`, `summary`: other views of the list.
        let is_id = |text: &&String| text.contains('-') && text.bytes().any(|byte| byte.is_ascii_digit());
        let list = format!("{prefix}/{}", address.segments.first().map_or("", String::as_str));
        let document = address.segments.get(1).filter(is_id).map(|id| format!("{list}/{id}"));
        Self { list, document }
    }

    fn key(&self) -> &str {
        self.document.as_ref().unwrap_or(&self.list)
    }
}

/// Addresses are matched without case, as servers do, and a space may be named in two ways.
fn key(address: &Address, path: &str) -> String {
    let mut key = address.prefix.to_lowercase();
    for segment in &address.segments {
        key.push('/');
        key.push_str(segment);
    }
    if let Some((_, query)) = path.split_once('?') {
        key.push('?');
        key.push_str(query);
    }
    key
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
