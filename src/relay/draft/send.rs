//! How requests pass by the drafts, and how drafts are sent.

use std::collections::VecDeque;

use axum::body::Bytes;
use axum::http::{Method, StatusCode};
use serde_json::Value;
use tokio::sync::MutexGuard;

use super::form::{self, opened};
use super::kind::{Kind, name, parts};
use super::needs::names_provisional;
use super::offered::tenant_of;
use super::settled::{give_up, has_arrived, refuse, said, settle};
use super::{All, Draft, Key, Refused, Sent, merge};
use crate::relay::Shared;
use crate::relay::address::Address;
use crate::relay::passing::Passed;
use crate::relay::request::Request;
use documents::provisional;

/// How often a document is sent that others write at the same time.
const TRIES: usize = 5;

/// So many tenants are read in a list: their ids have to fit into an address.
const AT_A_TIME: usize = 100;

/// What the server said to a draft.
enum Said {
    Taken(Value),
    Refused(String),
    /// No answer, or none that tells whether it was written.
    Unclear(String),
}

impl Shared {
    /// A request while Terraform applies, or of a plan while there may be drafts of tenants.
    pub(in crate::relay) async fn drafted(&self, request: Request) -> Passed {
        if self.drafts.is_on() || !request.method.is_safe() {
            return self.collected(request).await;
        }
        // A plan reads what there is, and begins no draft.
        let all = self.log.waiting(self.drafts.lock()).await;
        let key = key_of(&request.address);
        if let Some(passed) = key.and_then(|key| self.unsent(&all, &key, &request.address)) {
            return passed;
        }
        let needs_drafts = !all.needed_of_tenants(&request).is_empty();
        drop(all);
        if needs_drafts || is_list_of_tenants(&request) {
            return self.collected(request).await;
        }
        self.through(request).await
    }

    /// A request of which drafts are made, or which needs them.
    pub(in crate::relay) async fn collected(&self, request: Request) -> Passed {
        let mut all = self.log.waiting(self.drafts.lock()).await;
        match key_of(&request.address) {
            Some(key) if request.is(&Method::GET) => self.read(&mut all, &key, &request).await,
            Some(key) if is_write(&key, &request) => self.write(&mut all, &key, request).await,
            _ => self.by_the_drafts(all, request).await,
        }
    }

    /// What Terraform writes of a document.
    async fn write(&self, all: &mut All, key: &Key, request: Request) -> Passed {
        let Some(document) = request.document() else { return self.through(request).await };
        if !all.documents.contains_key(key) {
            let read = self.read(all, key, &request).await;
            if read.status != StatusCode::OK {
                return read;
            }
        }
        match all.write(key, document) {
            Some((true, _)) => self.sent_at_once(all, key).await,
            Some((false, draft)) => {
                self.log.drafted();
                Passed::json(StatusCode::OK, draft.now.whole(key.0))
            }
            None => self.through(request).await,
        }
    }

    /// A request that is for the server, behind the drafts that it needs.
    async fn by_the_drafts(&self, mut all: MutexGuard<'_, All>, request: Request) -> Passed {
        let (needed, of_tenants) = (all.needed(&request), all.needed_of_tenants(&request));
        self.send(&mut all, [needed, of_tenants].concat()).await;
        let asked = &request.address.path_and_query;
        let address = all.ids.to_real(asked).map_or(request.address.clone(), |path| Address::parse(&path));
        let body = all.ids.body_to_real(request.body.clone());
        let is_list = is_list_of_tenants(&request);
        let request = Request { address, body, ..request };
        if names_provisional(&request) {
            let Request { method, address, .. } = &request;
            let why = "it names what the destination did not take, or what is not there";
            let text = format!("octoferry did not send {method} {}: {why}", address.path_and_query);
            return Passed::refusal(StatusCode::BAD_REQUEST, &text);
        }
        drop(all);
        let passed = self.through(request).await;
        let all = self.log.waiting(self.drafts.lock()).await;
        let body = all.ids.body_to_provisional(passed.body);
        Passed { body: if is_list { all.with_links(body) } else { body }, ..passed }
    }

    /// What Terraform reads of a document: the draft, where there is one.
    async fn read(&self, all: &mut All, key: &Key, request: &Request) -> Passed {
        let asked = &request.address;
        let read = match key.0 {
            // Whatever is asked for: another resource may make a value next.
            Kind::ProjectValues | Kind::CommonValues => {
                request.reading(&format!("{}?IncludeMissingVariables=true", asked.path))
            }
            _ => request.reading(&asked.path_and_query),
        };
        if key.0.is_values() {
            return self.values(all, key, &read, asked).await;
        }
        if let Some(passed) = self.unsent(all, key, asked) {
            return passed;
        }
        let passed = self.through(read.clone()).await;
        noted(all, key.clone(), &read, passed, asked)
    }

    /// The draft as it is read, where it has what the server does not have.
    fn unsent(&self, all: &All, key: &Key, asked: &Address) -> Option<Passed> {
        let draft = all.documents.get(key).filter(|draft| draft.is_unsent)?;
        self.log.drafted();
        Some(Passed::json(StatusCode::OK, draft.now.shown(key.0, asked.query())))
    }

    /// Sends one document now, and answers as the server did.
    async fn sent_at_once(&self, all: &mut All, key: &Key) -> Passed {
        let before = all.refused.len();
        // What its variables name comes first; a tenant comes before its values anyway.
        let is_needed = |other: &Key| other.0 < key.0 && !key.0.is_of_tenant();
        let keys: Vec<Key> = all.unsent().into_iter().filter(is_needed).chain([key.clone()]).collect();
        self.send(all, keys).await;
        match (all.refused.get(before..), all.documents.get(key)) {
            (Some([]) | None, Some(draft)) => Passed::json(StatusCode::OK, draft.now.shown(key.0, "")),
            (refused, _) => {
                let texts: Vec<&str> =
                    refused.into_iter().flatten().map(|refused| refused.text.as_str()).collect();
                let text = texts.join("\n");
                all.refused.truncate(before);
                Passed::refusal(StatusCode::BAD_REQUEST, &text)
            }
        }
    }

    /// The apply has ended: all that is left is sent, but for what is kept until the deployment ends. What became of everything.
    pub(in crate::relay) async fn end_of_apply(&self) -> Sent {
        let mut all = self.drafts.lock().await;
        self.drafts.end();
        let keeps = |key: &Key| self.drafts.keeps_tenants() && key.0.is_of_tenant();
        let unsent: Vec<Key> = all.unsent().into_iter().filter(|key| !keeps(key)).collect();
        self.send_all(&mut all, unsent).await;
        all.documents.retain(|key, draft| draft.is_unsent && keeps(key));
        let ids = std::mem::take(&mut all.ids);
        // What is kept is read by plans, which know the ids that there are by now.
        for draft in all.documents.values_mut() {
            draft.name_parts_by(&ids);
        }
        let parts = all.documents.values().flat_map(|draft| draft.modules.keys());
        let awaited = parts.filter(|part| part.starts_with(provisional::PREFIX)).cloned().collect();
        all.sent.extend(ids.real.clone());
        let ids = provisional::Ids { real: ids.real, awaited };
        Sent { ids, refused: std::mem::take(&mut all.refused), ..Sent::default() }
    }

    /// The deployment has ended: what was kept is sent.
    pub(in crate::relay) async fn end_of_deployment(&self) -> Sent {
        let mut all = self.drafts.lock().await;
        self.drafts.keep_tenants(false);
        let unsent = all.unsent();
        self.send_all(&mut all, unsent).await;
        let documents = std::mem::take(&mut all.documents);
        let ids = std::mem::take(&mut all.ids);
        let common = documents.into_iter().filter(|(key, _)| key.0 == Kind::CommonValues);
        let common = common.map(|(_, draft)| (draft.owner().to_owned(), ids.document_to_real(&draft.now)));
        let common = common.collect();
        let mut sent = std::mem::take(&mut all.sent);
        sent.extend(ids.real);
        let ids = provisional::Ids { real: sent, ..provisional::Ids::default() };
        Sent { ids, refused: std::mem::take(&mut all.refused), common }
    }

    /// Sends what is kept of one tenant.
    pub(in crate::relay) async fn send_tenant(&self, tenant: &str) {
        let mut all = self.drafts.lock().await;
        let is_its =
            |key: &Key| key.0.is_of_tenant() && all.documents[key].owner().eq_ignore_ascii_case(tenant);
        let keys = all.unsent().into_iter().filter(is_its).collect();
        self.send(&mut all, keys).await;
    }

    /// Sends documents, tenants as they are now.
    async fn send_all(&self, all: &mut All, keys: Vec<Key>) {
        let tenants = keys.iter().filter(|key| key.0 == Kind::Tenant);
        let tenants: Vec<Address> = tenants.map(|key| all.documents[key].read.address.clone()).collect();
        if tenants.len() > 1 {
            for some in tenants.chunks(AT_A_TIME) {
                let ids: Vec<&str> = some.iter().map(|address| address.asked(1)).collect();
                let list = format!("{}/tenants?ids={}", some[0].prefix, ids.join(","));
                // What can't be read so is read one by one.
                for tenant in self.client.list(&list).await.unwrap_or_default() {
                    let id = tenant["Id"].as_str().unwrap_or_default();
                    all.read.insert(format!("{}/tenants/{id}", some[0].prefix).to_lowercase(), tenant);
                }
            }
        }
        self.send(all, keys).await;
        all.read.clear();
    }

    async fn send(&self, all: &mut All, keys: Vec<Key>) {
        for key in keys {
            if key.0.is_values() {
                // A tenant has values for what it is linked to.
                self.send_if_unsent(all, tenant_of(&key)).await;
            }
            self.send_if_unsent(all, key).await;
        }
    }

    async fn send_if_unsent(&self, all: &mut All, key: Key) {
        if !all.documents.get(&key).is_some_and(|draft| draft.is_unsent) {
            return;
        }
        let Some(mut draft) = all.documents.remove(&key) else { return };
        self.look_again(all, &key, &mut draft).await;
        self.send_one(all, key.0, &mut draft).await;
        draft.is_unsent = false;
        all.documents.insert(key, draft);
    }

    /// Reads a document of a tenant again before it is written, if nothing else makes sure that what others have changed since stays.
    async fn look_again(&self, all: &mut All, key: &Key, draft: &mut Draft) {
        let is_sure = match key.0 {
            Kind::Process | Kind::Variables => true,
            Kind::Tenant => false,
            _ if draft.is_assumed => all.unlinked.contains(&tenant_of(key).1),
            kind => form::version(kind, &draft.base).is_some(),
        };
        if is_sure {
            return;
        }
        let read = all.read.remove(&key.1);
        let there = match read {
            Some(read) => Some(opened(key.0, read)),
            None => self.there(key.0, draft).await,
        };
        let Some(mut there) = there else { return };
        if key.0 == Kind::Tenant && parts(key.0, &there).is_empty() {
            all.unlinked.insert(key.1.clone());
        }
        if draft.is_assumed || form::is_another(key.0, &draft.base, &there) {
            all.ids.to_provisional(&mut there);
            draft.now = merge::merged(key.0, &draft.base, &draft.now, &there).into();
            draft.base = there;
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
            let there = self.there(kind, draft).await;
            let Some(mut theirs) = there.filter(|theirs| form::is_another(kind, &draft.base, theirs)) else {
                self.name_projects(all, kind, draft).await;
                if is_clear {
                    self.send_in_parts(all, kind, draft, said).await;
                } else {
                    give_up(all, kind, draft, &said);
                }
                return;
            };
            if !is_clear && has_arrived(all, kind, draft, &theirs) {
                settle(all, kind, draft, theirs);
                return;
            }
            all.ids.to_provisional(&mut theirs);
            draft.now = merge::merged(kind, &draft.base, &draft.now, &theirs).into();
            draft.base = theirs;
        }
        give_up(all, kind, draft, "somebody else writes it all the time");
    }

    /// Learns what the projects are called that a tenant is linked to: a message names them.
    async fn name_projects(&self, all: &mut All, kind: Kind, draft: &Draft) {
        if kind != Kind::Tenant {
            return;
        }
        for link in merge::changed(kind, &draft.base, &draft.now) {
            let path = format!("{}/projects/{link}", draft.read.address.prefix);
            if let Some(project) = self.document(draft.read.reading(&path)).await {
                all.projects.insert(link, name(&project).to_owned());
            }
        }
    }

    /// The server does not take the document as a whole: its parts are sent in halves, down to the one that it refuses.
    async fn send_in_parts(&self, all: &mut All, kind: Kind, draft: &mut Draft, said: String) {
        let whole = Value::clone(&draft.now);
        let changed = merge::changed(kind, &draft.base, &whole);
        if changed.is_empty() {
            let text = format!("{}s of {}: {said}", kind.noun(), draft.owner());
            all.refused.push(Refused { module: all.module.clone(), text });
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
                        draft.now = document.into();
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
        draft.now = draft.base.clone().into();
    }

    /// Sends a document in the place of the one that the server has.
    async fn put(&self, all: &All, kind: Kind, draft: &Draft, document: &Value) -> Said {
        let document = form::sent(kind, all.ids.document_to_real(document), &draft.base);
        let body: Bytes = document.to_string().into();
        if provisional::is_in(&body) {
            return Said::Refused("it names what the destination did not take".to_owned());
        }
        // The older route of values has this method alone on older servers.
        let method = if kind == Kind::Values { Method::POST } else { Method::PUT };
        let address = &draft.read.address;
        let path = if kind.is_of_tenant() { &address.path } else { &address.path_and_query };
        let passed = self.through(Request { method, ..draft.read.reading(path) }.with_body(body)).await;
        match passed.status.as_u16() {
            200..=299 => match serde_json::from_slice::<Value>(&passed.body) {
                Ok(answer) if !kind.is_of_tenant() || answer.get(form::shown_list(kind)).is_some() => {
                    Said::Taken(opened(kind, answer))
                }
                _ => Said::Unclear("the answer is not the document".to_owned()),
            },
            400..=499 => Said::Refused(said(&passed.body)),
            _ => Said::Unclear(said(&passed.body)),
        }
    }

    /// The document as the server has it now.
    async fn there(&self, kind: Kind, draft: &Draft) -> Option<Value> {
        self.remember.written(&Method::PUT, &draft.read.address);
        let read = self.through(draft.read.clone()).await;
        let document = serde_json::from_slice(&read.body).ok().filter(|_| read.status == StatusCode::OK)?;
        Some(opened(kind, document))
    }
}

/// What of an address is drafted.
fn key_of(address: &Address) -> Option<Key> {
    let path = || format!("{}/{}", address.prefix, address.segments.join("/")).to_lowercase();
    Kind::of(address).map(|kind| (kind, path()))
}

fn is_list_of_tenants(request: &Request) -> bool {
    request.is(&Method::GET) && request.address.parts() == ["tenants"]
}

/// Whether it writes the document. The older route of values has POST for that.
fn is_write(key: &Key, request: &Request) -> bool {
    request.is(&Method::PUT) || (key.0 == Kind::Values && request.is(&Method::POST))
}

/// Notes what Terraform gets to read, as it knows it. `asked`: what it has asked for, `read`: what the server was asked for.
pub(super) fn noted(all: &mut All, key: Key, read: &Request, passed: Passed, asked: &Address) -> Passed {
    let document = serde_json::from_slice::<Value>(&passed.body).ok();
    let Some(document) = document.filter(|document| document.is_object() && passed.status == StatusCode::OK)
    else {
        return passed;
    };
    let kind = key.0;
    let mut document = opened(kind, document);
    all.ids.to_provisional(&mut document);
    let draft = all.shown(key, read, document);
    Passed { body: draft.now.shown(kind, asked.query()), ..passed }
}
