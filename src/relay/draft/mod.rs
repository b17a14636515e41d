//! Drafts: documents that Terraform fills part by part are sent once, and whole.
//!
//! The provider writes a variable set once for each variable, a process once for each step, and each time all of it. While Terraform applies, such
//! writes stay here: what Terraform reads of the document is the draft, and each new part has a provisional id ([`documents::provisional`]). The
//! draft is sent when the apply ends, or earlier when a request needs it ([`needs`]). The answer tells the ids of the parts; from then on they take
//! each other's place in what passes, and after the apply in Terraform's state.
//!
//! What is sent has the version that Terraform has read. If somebody else has written meanwhile, both changes stay ([`merge`]). If the server
//! refuses the whole, the parts are sent in halves, so that only those are missing that it does not want, and these are named ([`send`]).

mod kind;
mod merge;
mod needs;
mod send;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Bytes;
use axum::http::header::HeaderMap;
use serde_json::Value;
use tokio::sync::{Mutex, MutexGuard};

use crate::relay::address::Address;
use documents::provisional;
use kind::{Kind, id, parts, parts_of};

/// All drafts of a run.
pub(super) struct Drafts {
    /// Whether Terraform applies: a plan writes nothing.
    is_on: AtomicBool,
    all: Mutex<All>,
}

/// The drafts, and what has become of those that were sent.
struct All {
    /// Digits that no other run has.
    run: String,
    count: u32,
    /// By kind, so that processes are sent before the variables that name their actions, and path in lower case.
    documents: BTreeMap<(Kind, String), Draft>,
    ids: Ids,
    refused: Vec<String>,
}

/// A document as Terraform sees it.
struct Draft {
    address: Address,
    path: String,
    headers: HeaderMap,
    /// As the server has it.
    base: Value,
    /// With what Terraform has written since.
    now: Value,
    is_unsent: bool,
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
    /// Provisional id → the one that the server has given. What was refused has none.
    pub ids: BTreeMap<String, String>,
    /// What the server did not take, and why.
    pub refused: Vec<String>,
}

impl Drafts {
    /// No drafts yet. `run`: hexadecimal digits that no other run has.
    pub(super) fn new(run: String) -> Self {
        let all = All { run, count: 0, documents: BTreeMap::new(), ids: Ids::default(), refused: Vec::new() };
        Self { is_on: AtomicBool::new(false), all: Mutex::new(all) }
    }

    /// An apply begins: what it writes is drafted.
    pub(super) fn begin(&self) {
        self.is_on.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_on(&self) -> bool {
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
    fn shown(
        &mut self,
        key: (Kind, String),
        address: &Address,
        path: &str,
        headers: &HeaderMap,
        document: Value,
    ) {
        let draft = Draft {
            address: address.clone(),
            path: path.to_owned(),
            headers: headers.clone(),
            base: document.clone(),
            now: document,
            is_unsent: false,
        };
        self.documents.insert(key, draft);
    }

    /// Takes what Terraform writes; whether parts were taken away, and the draft as the server would answer. `None`: it was never read.
    fn write(&mut self, key: &(Kind, String), mut document: Value) -> Option<(bool, Bytes)> {
        let draft = self.documents.get_mut(key)?;
        let (run, count) = (&self.run, &mut self.count);
        kind::number(parts_of(key.0, &mut document), &mut || {
            *count += 1;
            provisional::id(run, *count)
        });
        // What a client leaves out of the document is as it was.
        if let (Some(fields), Some(before)) = (document.as_object_mut(), draft.now.as_object()) {
            for (name, value) in before {
                fields.entry(name.clone()).or_insert_with(|| value.clone());
            }
            fields.insert("Version".to_owned(), draft.base["Version"].clone());
        }
        let kept: BTreeSet<&str> = parts(key.0, &document).iter().map(id).collect();
        let takes_away = parts(key.0, &draft.now).iter().any(|part| !kept.contains(id(part)));
        draft.now = document;
        draft.is_unsent = true;
        Some((takes_away, draft.now.to_string().into()))
    }

    /// The keys of all that are not sent.
    fn unsent(&self) -> Vec<(Kind, String)> {
        self.documents.iter().filter(|(_, draft)| draft.is_unsent).map(|(key, _)| key.clone()).collect()
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
