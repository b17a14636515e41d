//! Drafts: documents that Terraform fills part by part are sent once, and whole.
//!
//! The provider writes a variable set once for each variable, a process once for each step, and each time all of it. While Terraform applies, such
//! writes stay here: what Terraform reads of the document is the draft, and each new part has a provisional id ([`documents::provisional`]). The
//! draft is sent when the apply ends, or earlier when a request needs it ([`needs`]). The answer tells the ids of the parts; from then on they take
//! each other's place in what passes, and after the apply in Terraform's state.
//!
//! Tenants are written by each project's module that links them: once for the link, and once for each value. Where several modules are deployed, their
//! drafts last until the deployment ends, so that a tenant is written once with all its links, and each of its lists of values once. What a tenant could have
//! values for before the server knows of a link is taken from the project ([`offered`]).
//!
//! What is sent has the version that Terraform has read. If somebody else has written meanwhile, both changes stay ([`merge`]). If the server
//! refuses the whole, the parts are sent in halves, so that only those are missing that it does not want, and these are named ([`send`]).

mod form;
mod kind;
mod merge;
mod needs;
mod offered;
mod printed;
mod send;
mod settled;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Bytes;
use serde_json::Value;
use tokio::sync::{Mutex, MutexGuard};

use crate::relay::request::Request;
use documents::provisional;
use kind::{Kind, id, parts, parts_of};
use printed::Printed;

/// All drafts of a run.
pub(super) struct Drafts {
    /// Whether Terraform applies: a plan writes nothing.
    is_on: AtomicBool,
    /// Whether drafts of tenants are kept when an apply ends.
    keeps_tenants: AtomicBool,
    all: Mutex<All>,
}

/// The drafts, and what has become of those that were sent.
struct All {
    /// Digits that no other run has.
    run: String,
    count: u32,
    /// By kind, so that processes are sent before the variables that name their actions, and path in lower case.
    documents: BTreeMap<Key, Draft>,
    ids: Ids,
    /// What is applied.
    module: String,
    refused: Vec<Refused>,
    /// Tenants that had no link until we wrote one: these have no values that we do not know of.
    unlinked: BTreeSet<String>,
    /// Tenants as they were read a moment ago, by path in lower case.
    read: HashMap<String, Value>,
    /// Names of projects by their ids, of links that the server did not take.
    projects: HashMap<String, String>,
    /// The ids of what was sent since something is kept.
    sent: BTreeMap<String, String>,
}

/// What a draft is, and its path in lower case.
type Key = (Kind, String);

/// A document as Terraform sees it.
struct Draft {
    /// How it is read.
    read: Request,
    /// As the server has it.
    base: Value,
    /// With what Terraform has written since.
    now: Printed,
    is_unsent: bool,
    /// The base was not read: a tenant without links has no values.
    is_assumed: bool,
    /// Of values: the links of the tenant whose templates are offered though the server does not know the link.
    offered: Vec<Value>,
    /// Part → the module that has written it last.
    modules: BTreeMap<String, String>,
}

/// Which id the server has given to what has a provisional one.
#[derive(Default)]
struct Ids {
    real: BTreeMap<String, String>,
    provisional: HashMap<String, String>,
}

/// What became of the drafts of an apply.
#[derive(Debug, Default)]
pub struct Sent {
    /// Which ids the server has given to what has provisional ones. What was refused has none.
    pub ids: provisional::Ids,
    /// What the server did not take, and why.
    pub refused: Vec<Refused>,
    /// The values that tenants have for library sets, where these were sent, as the server has answered: by tenant.
    pub common: BTreeMap<String, Value>,
}

/// What a server did not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The module that says it, as [`crate::relay::Relay::module_begins`] was told.
    pub module: String,
    pub text: String,
}

impl Drafts {
    /// No drafts yet. `run`: hexadecimal digits that no other run has.
    pub(super) fn new(run: String) -> Self {
        let all = All {
            run,
            count: 0,
            documents: BTreeMap::new(),
            ids: Ids::default(),
            module: String::new(),
            refused: Vec::new(),
            unlinked: BTreeSet::new(),
            read: HashMap::new(),
            projects: HashMap::new(),
            sent: BTreeMap::new(),
        };
        Self { is_on: AtomicBool::new(false), keeps_tenants: AtomicBool::new(false), all: Mutex::new(all) }
    }

    /// Says whether drafts of tenants are kept until the deployment ends.
    pub(super) fn keep_tenants(&self, keep: bool) {
        self.keeps_tenants.store(keep, Ordering::SeqCst);
    }

    fn keeps_tenants(&self) -> bool {
        self.keeps_tenants.load(Ordering::SeqCst)
    }

    /// What is written from now on is of this module.
    pub(super) async fn module_begins(&self, module: &str) {
        self.lock().await.module = module.to_owned();
    }

    /// An apply begins: what it writes is drafted.
    pub(super) fn begin(&self) {
        self.is_on.store(true, Ordering::SeqCst);
    }

    /// Whether requests are looked at: Terraform applies, or there may be drafts of tenants.
    pub(super) fn are_looked_at(&self) -> bool {
        self.is_on() || self.keeps_tenants()
    }

    fn is_on(&self) -> bool {
        self.is_on.load(Ordering::SeqCst)
    }

    fn end(&self) {
        self.is_on.store(false, Ordering::SeqCst);
    }

    async fn lock(&self) -> MutexGuard<'_, All> {
        self.all.lock().await
    }
}

impl All {
    /// Notes what Terraform has read of a document.
    fn shown(&mut self, key: Key, read: &Request, document: Value) -> &mut Draft {
        let draft = Draft {
            read: read.clone(),
            base: document.clone(),
            now: document.into(),
            is_unsent: false,
            is_assumed: false,
            offered: Vec::new(),
            modules: BTreeMap::new(),
        };
        self.documents.entry(key).insert_entry(draft).into_mut()
    }

    /// Takes what Terraform writes; whether that is to be sent at once, and the draft. `None`: it was never read.
    fn write(&mut self, key: &Key, document: Value) -> Option<(bool, &Draft)> {
        let kind = key.0;
        let draft = self.documents.get_mut(key)?;
        let mut document = form::written(kind, document, &draft.now);
        let (run, count) = (&self.run, &mut self.count);
        kind::number(parts_of(kind, &mut document), &mut || {
            *count += 1;
            provisional::id(run, *count)
        });
        // What a client leaves out of the document is as it was.
        if let (Some(fields), Some(before)) = (document.as_object_mut(), draft.now.as_object()) {
            for (name, value) in before {
                fields.entry(name.clone()).or_insert_with(|| value.clone());
            }
            if let Some(version) = draft.base.get("Version") {
                fields.insert("Version".to_owned(), version.clone());
            }
        }
        let kept: HashSet<&str> = parts(kind, &document).iter().map(id).collect();
        let changed = merge::changed(kind, &draft.now, &document);
        let takes_value_away = || {
            let changed: HashSet<&str> = changed.iter().map(String::as_str).collect();
            let mut changed = parts(kind, &document).iter().filter(|part| changed.contains(id(part)));
            kind.is_values() && changed.any(|part| part["Value"]["HasValue"] == false)
        };
        // Terraform forgets what it has taken away, so the server must have taken that. And what a tenant itself is, is not written part by part.
        let at_once = parts(kind, &draft.now).iter().any(|part| !kept.contains(id(part)))
            || takes_value_away()
            || form::says_more(kind, &draft.now, &document);
        draft.modules.extend(changed.into_iter().map(|part| (part, self.module.clone())));
        draft.now = document.into();
        draft.is_unsent = true;
        Some((at_once, draft))
    }

    /// The keys of all that are not sent.
    fn unsent(&self) -> Vec<Key> {
        self.documents.iter().filter(|(_, draft)| draft.is_unsent).map(|(key, _)| key.clone()).collect()
    }
}

impl Draft {
    /// What a message calls the document.
    fn owner(&self) -> &str {
        self.read.address.asked(1)
    }

    /// Names its parts by the ids that the server has given.
    fn name_parts_by(&mut self, ids: &Ids) {
        if ids.real.is_empty() {
            return;
        }
        self.base = ids.document_to_real(&self.base);
        self.now = ids.document_to_real(&self.now).into();
        let modules = std::mem::take(&mut self.modules).into_iter();
        self.modules =
            modules.map(|(part, module)| (ids.real.get(&part).cloned().unwrap_or(part), module)).collect();
    }
}

impl Ids {
    fn learn(&mut self, learnt: BTreeMap<String, String>) {
        for (provisional, real) in learnt {
            self.provisional.insert(real.clone(), provisional.clone());
            self.real.insert(provisional, real);
        }
    }

    /// A text as the server knows it.
    fn to_real(&self, text: &str) -> Option<String> {
        provisional::replaced(text, |id| self.real.get(id).map(String::as_str))
            .filter(|replaced| replaced != text)
    }

    /// A document as the server knows it.
    fn document_to_real(&self, document: &Value) -> Value {
        let real = self.to_real(&document.to_string()).and_then(|text| serde_json::from_str(&text).ok());
        real.unwrap_or_else(|| document.clone())
    }

    /// A request's body as the server knows it.
    fn body_to_real(&self, body: Bytes) -> Bytes {
        if self.real.is_empty() {
            return body;
        }
        match std::str::from_utf8(&body).ok().and_then(|text| self.to_real(text)) {
            Some(text) => text.into(),
            None => body,
        }
    }

    /// A document as Terraform knows it.
    fn to_provisional(&self, value: &mut Value) {
        if self.provisional.is_empty() {
            return;
        }
        match value {
            Value::String(text) => {
                if let Some(provisional) = self.provisional.get(text) {
                    text.clone_from(provisional);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.to_provisional(item)),
            Value::Object(fields) => fields.values_mut().for_each(|value| self.to_provisional(value)),
            _ => {}
        }
    }

    /// An answer as Terraform knows it.
    fn body_to_provisional(&self, body: Bytes) -> Bytes {
        if self.provisional.is_empty() {
            return body;
        }
        let Ok(mut document) = serde_json::from_slice::<Value>(&body) else { return body };
        self.to_provisional(&mut document);
        document.to_string().into()
    }
}
