//! How requests pass by the drafts, and how drafts are sent.

use std::collections::{BTreeMap, VecDeque};

use axum::body::Bytes;
use axum::http::header::HeaderMap;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::kind::{self, Kind, id, name, parts, parts_of};
use super::needs::needs;
use super::{All, Draft, Sent, merge};
use crate::relay::address::Address;
use crate::relay::{Passed, Shared};
use documents::provisional;

/// How often a document is sent that others write at the same time.
const TRIES: usize = 5;

/// What the server said to a draft.
enum Said {
    Taken(Value),
    Refused(String),
    /// No answer, or none that tells whether it was written.
    Unclear(String),
}

impl Shared {
    /// A request while Terraform applies.
    pub(in crate::relay) async fn drafted(
        &self,
        method: Method,
        address: &Address,
        path: &str,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Passed {
        let mut all = self.drafts.lock().await;
        let key = Kind::of(address).map(|kind| (kind, address.path.to_lowercase()));
        match (key, &method) {
            (Some(key), &Method::GET) => {
                if let Some(draft) = all.documents.get(&key).filter(|draft| draft.is_unsent) {
                    self.log.drafted();
                    return Passed::json(StatusCode::OK, draft.now.to_string().into());
                }
                let passed = self.through(method, address, path, headers, body).await;
                noted(&mut all, key, (address, path, headers), passed)
            }
            (Some(key), &Method::PUT) => {
                let Ok(document) = serde_json::from_slice::<Value>(&body) else {
                    return self.through(method, address, path, headers, body).await;
                };
                if !all.documents.contains_key(&key) {
                    let read = self.through(Method::GET, address, path, headers, Bytes::new()).await;
                    if read.status != StatusCode::OK {
                        return read;
                    }
                    noted(&mut all, key.clone(), (address, path, headers), read);
                }
                match all.write(&key, document) {
                    // Terraform forgets what it has taken away; so the server must have taken that.
                    Some((true, _)) => self.sent_at_once(&mut all, &key).await,
                    Some((false, answer)) => {
                        self.log.drafted();
                        Passed::json(StatusCode::OK, answer)
                    }
                    None => self.through(method, address, path, headers, body).await,
                }
            }
            _ => {
                let needed = all.needed(&needs(&method, address, path, &body), path, &body);
                self.send(&mut all, needed).await;
                let path = all.ids.to_real(path).unwrap_or_else(|| path.to_owned());
                let body = all.ids.body_to_real(body);
                if provisional::is_in(path.as_bytes()) || provisional::is_in(&body) {
                    let why = "it names what the destination did not take, or what is not there";
                    return Passed::refusal(
                        StatusCode::BAD_REQUEST,
                        &format!("octoferry did not send {method} {path}: {why}"),
                    );
                }
                drop(all);
                let passed = self.through(method, &Address::parse(&path), &path, headers, body).await;
                let body = self.drafts.lock().await.ids.body_to_provisional(passed.body);
                Passed { body, ..passed }
            }
        }
    }

    /// Sends one document now, and answers as the server did.
    async fn sent_at_once(&self, all: &mut All, key: &(Kind, String)) -> Passed {
        let before = all.refused.len();
        // What its variables name comes first.
        let processes: Vec<_> =
            all.unsent().into_iter().filter(|other| other.0 < key.0).chain([key.clone()]).collect();
        self.send(all, processes).await;
        match (all.refused.get(before..), all.documents.get(key)) {
            (Some([]) | None, Some(draft)) => Passed::json(StatusCode::OK, draft.now.to_string().into()),
            (refused, _) => {
                let text = refused.unwrap_or_default().join("\n");
                all.refused.truncate(before);
                Passed::refusal(StatusCode::BAD_REQUEST, &text)
            }
        }
    }

    /// The apply has ended: all that is left is sent. What became of everything.
    pub(in crate::relay) async fn end_of_apply(&self) -> Sent {
        let mut all = self.drafts.lock().await;
        self.drafts.end();
        let unsent = all.unsent();
        self.send(&mut all, unsent).await;
        all.documents.clear();
        let ids = std::mem::take(&mut all.ids);
        Sent { ids: ids.real, refused: std::mem::take(&mut all.refused) }
    }

    async fn send(&self, all: &mut All, keys: Vec<(Kind, String)>) {
        for key in keys {
            let Some(mut draft) = all.documents.remove(&key) else { continue };
            self.send_one(all, key.0, &mut draft).await;
            draft.is_unsent = false;
            all.documents.insert(key, draft);
        }
    }

    /// Sends a draft; afterwards it is as the server has it.
    async fn send_one(&self, all: &mut All, kind: Kind, draft: &mut Draft) {
        for _ in 0..TRIES {
            let (said, is_clear) = match self.put(all, kind, draft, &draft.now).await {
                Said::Taken(answer) => {
                    settle(all, kind, draft, answer);
                    return;
                }
                Said::Refused(said) => (said, true),
                Said::Unclear(said) => (said, false),
            };
            let there = self.there(draft).await;
            let Some(mut theirs) = there.filter(|theirs| theirs["Version"] != draft.base["Version"]) else {
                if is_clear {
                    self.send_in_parts(all, kind, draft, said).await;
                } else {
                    give_up(all, kind, draft, &said);
                }
                return;
            };
            if !is_clear && has_arrived(all, kind, &draft.now, &theirs) {
                settle(all, kind, draft, theirs);
                return;
            }
            all.ids.to_provisional(&mut theirs);
            draft.now = merge::merged(kind, &draft.base, &draft.now, &theirs);
            draft.base = theirs;
        }
        give_up(all, kind, draft, "somebody else writes it all the time");
    }

    /// The server does not take the document as a whole: its parts are sent in halves, down to the one that it refuses.
    async fn send_in_parts(&self, all: &mut All, kind: Kind, draft: &mut Draft, said: String) {
        let whole = draft.now.clone();
        let changed = merge::changed(kind, &draft.base, &whole);
        if changed.is_empty() {
            all.refused.push(format!("{}s of {}: {said}", kind.noun(), draft.address.asked(1)));
        }
        let mut accepted: Vec<String> = Vec::new();
        let mut waiting: VecDeque<(Vec<String>, String)> = VecDeque::from([(changed.clone(), said)]);
        while let Some((some, said)) = waiting.pop_front() {
            if some.len() < 2 {
                refuse(all, kind, (draft, &whole), &some, &said);
                continue;
            }
            let (first, second) = some.split_at(some.len().div_ceil(2));
            let mut later = Vec::new();
            for half in [first, second] {
                let wanted: Vec<String> = accepted.iter().chain(half).cloned().collect();
                let document = merge::with_only(kind, &draft.base, &whole, &wanted, &changed);
                match self.put(all, kind, draft, &document).await {
                    Said::Taken(answer) => {
                        draft.now = document;
                        settle(all, kind, draft, answer);
                        accepted = wanted;
                    }
                    Said::Refused(said) | Said::Unclear(said) => later.push((half.to_vec(), said)),
                }
            }
            for half in later.into_iter().rev() {
                waiting.push_front(half);
            }
        }
        draft.now = draft.base.clone();
    }

    /// Sends a document in the place of the one that the server has.
    async fn put(&self, all: &All, kind: Kind, draft: &Draft, document: &Value) -> Said {
        let mut document = all.ids.document_to_real(document);
        document["Version"] = draft.base["Version"].clone();
        kind::unnumber(parts_of(kind, &mut document));
        let body: Bytes = document.to_string().into();
        if provisional::is_in(&body) {
            return Said::Refused("it names what the destination did not take".to_owned());
        }
        let passed = self.through(Method::PUT, &draft.address, &draft.path, &draft.headers, body).await;
        match passed.status.as_u16() {
            200..=299 => match serde_json::from_slice(&passed.body) {
                Ok(answer) => Said::Taken(answer),
                Err(_) => Said::Unclear("the answer is no document".to_owned()),
            },
            400..=499 => Said::Refused(said(&passed.body)),
            _ => Said::Unclear(said(&passed.body)),
        }
    }

    /// The document as the server has it now.
    async fn there(&self, draft: &Draft) -> Option<Value> {
        self.remember.written(&Method::PUT, &draft.address);
        let read = self.through(Method::GET, &draft.address, &draft.path, &draft.headers, Bytes::new()).await;
        serde_json::from_slice(&read.body).ok().filter(|_| read.status == StatusCode::OK)
    }
}

/// Notes what Terraform gets to read, as it knows it.
fn noted(
    all: &mut All,
    key: (Kind, String),
    (address, path, headers): (&Address, &str, &HeaderMap),
    passed: Passed,
) -> Passed {
    let Some(mut document) =
        serde_json::from_slice::<Value>(&passed.body).ok().filter(|_| passed.status == StatusCode::OK)
    else {
        return passed;
    };
    all.ids.to_provisional(&mut document);
    let body = document.to_string().into();
    all.shown(key, address, path, headers, document);
    Passed { body, ..passed }
}

/// The server has the draft: which ids are which, and how it looks there. What its answer does not have was not taken.
fn settle(all: &mut All, kind: Kind, draft: &mut Draft, mut answer: Value) {
    let sent = all.ids.document_to_real(&draft.now);
    let mut learnt = BTreeMap::new();
    kind::learn(parts(kind, &sent), parts(kind, &answer), &mut learnt);
    let missing: Vec<String> = parts(kind, &sent)
        .iter()
        .filter(|part| id(part).starts_with(provisional::PREFIX) && !learnt.contains_key(id(part)))
        .map(|part| id(part).to_owned())
        .collect();
    all.ids.learn(learnt);
    refuse(all, kind, (draft, &draft.now), &missing, "the server's answer does not have it");
    // An answer to a write may lack what a read shows.
    if let (Some(fields), Some(before)) = (answer.as_object_mut(), draft.base.as_object()) {
        for (name, value) in before {
            fields.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    all.ids.to_provisional(&mut answer);
    draft.base = answer.clone();
    draft.now = answer;
}

/// Whether all parts that were sent as new are there.
fn has_arrived(all: &All, kind: Kind, sent: &Value, there: &Value) -> bool {
    let is_new =
        |part: &&Value| id(part).starts_with(provisional::PREFIX) && !all.ids.real.contains_key(id(part));
    let new: Vec<Value> = parts(kind, sent).iter().filter(is_new).cloned().collect();
    let real = all.ids.document_to_real(&Value::Array(new));
    let new = real.as_array().map_or(&[][..], Vec::as_slice);
    let mut learnt = BTreeMap::new();
    kind::learn(new, parts(kind, there), &mut learnt);
    new.iter().all(|part| learnt.contains_key(id(part)))
}

/// Nothing of what Terraform has made or changed was taken.
fn give_up(all: &mut All, kind: Kind, draft: &mut Draft, why: &str) {
    let changed = merge::changed(kind, &draft.base, &draft.now);
    refuse(all, kind, (draft, &draft.now), &changed, why);
    draft.now = draft.base.clone();
}

/// Notes parts that the server did not take.
fn refuse(all: &mut All, kind: Kind, (draft, document): (&Draft, &Value), which: &[String], why: &str) {
    let owner = draft.address.asked(1);
    for refused in which {
        let part = parts(kind, document).iter().find(|part| id(part) == refused);
        let name = part.map(name).unwrap_or_default();
        all.refused.push(format!("{} {name:?} of {owner}: {why}", kind.noun()));
    }
}

/// What a server says of what it refuses.
fn said(body: &Bytes) -> String {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let errors = answer["Errors"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut said: Vec<&str> = answer["ErrorMessage"].as_str().into_iter().chain(errors).collect();
    said.dedup();
    if said.is_empty() { "no reason was given".to_owned() } else { said.join(" ") }
}

impl Passed {
    /// An answer of ours.
    pub(in crate::relay) fn json(status: StatusCode, body: Bytes) -> Self {
        let json = axum::http::HeaderValue::from_static("application/json");
        Self { status, content_type: Some(json), body }
    }

    pub(in crate::relay) fn refusal(status: StatusCode, message: &str) -> Self {
        Self::json(status, json!({"ErrorMessage": message}).to_string().into())
    }
}
