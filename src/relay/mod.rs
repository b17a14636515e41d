//! The relay: octoferry's own loopback server between Terraform and the destination, while deploy runs.
//!
//! Terraform gets an address on 127.0.0.1 and a key that is valid for this run only; the real key never leaves octoferry. Requests go through
//! the client, so they are paced and repeated like our own. Ten things are changed on the way, and nothing else; each is counted and told:
//! a placeholder never overwrites what is there ([`keep`]), secrets and steps that Terraform can't carry are hidden from it and put back
//! ([`hide`]), what the provider's client forgets of tenants, freezes and variables is kept ([`forgotten`]), nothing that starts work by itself is switched on, or off
//! again ([`hold`]), templates keep their ids ([`align`]), tags theirs, and their set is written once ([`tag`]), linked library sets have their order ([`linked`]), what the provider can't read is shown so that it can ([`readable`], [`phases`], [`prompt`]), what it can't import is taken over ([`take_over`]), and secrets take the place of tokens ([`token`]). What Terraform has read or written in
//! this deployment is answered from memory ([`remember`]); what it writes part by part is sent once, whole ([`draft`]).

mod address;
mod align;
mod defaults;
mod draft;
mod foreign;
mod forgotten;
mod header;
mod hide;
mod hold;
mod keep;
mod linked;
mod log;
mod passing;
mod peer;
mod phases;
mod prompt;
mod readable;
mod remember;
mod request;
mod roles;
mod script_module;
mod seen;
mod tag;
mod take_over;
mod token;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody as _, to_bytes};
use axum::extract::{Request as Incoming, State};
use axum::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use axum::http::{Method, Response, StatusCode};
use serde_json::Value;
use subtle::ConstantTimeEq as _;
use tokio::task::JoinHandle;

pub use align::{Template, Templates};
use documents::document::Document;
pub use draft::{Refused, Sent};
use failure::{Failure, FailureKind};
pub use hide::Steps;
pub use linked::Linked;
pub use log::{Intervention, Log};
use octopus::client::Client;
use passing::Passed;
use request::Request;
use secret::Secret;
pub use take_over::Taken;
use terraform::planned_tags::PlannedTag;
pub use token::{Held, Place, Tokens};

/// No request of Terraform is larger, in bytes; a variable set of thousands of variables has a few MB.
const LARGEST_REQUEST: usize = 64 << 20;

/// A running relay; it ends when dropped. It passes something on only while Terraform runs ([`Relay::open`]).
pub struct Relay {
    url: String,
    key: Secret,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

/// Keeps the relay open for a run of Terraform.
pub struct Open<'a>(&'a Relay);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.shared.runs.fetch_sub(1, Ordering::SeqCst);
    }
}

struct Shared {
    client: Client,
    key: Secret,
    /// Runs of Terraform that are going on.
    runs: AtomicUsize,
    /// When the run has asked for something first.
    first: Mutex<Option<Instant>>,
    /// The path of the server's address (`/octopus`), which its links begin with.
    base_path: String,
    hold: hold::Hold,
    hide: hide::Hide,
    forgotten: forgotten::Forgotten,
    align: align::Align,
    linked: linked::Order,
    roles: roles::Roles,
    take_over: take_over::TakeOver,
    phases: phases::Phases,
    prompts: prompt::Prompts,
    tags: tag::Tags,
    exchange: token::Exchange,
    remember: Arc<remember::Remember>,
    seen: seen::Seen,
    drafts: draft::Drafts,
    log: Log,
}

impl Relay {
    /// Starts a relay to the client's server. `enable_triggers`: what Terraform says about triggers is passed on.
    ///
    /// # Errors
    /// When no port of the loopback can be had.
    pub async fn start(client: Client, enable_triggers: bool) -> Result<Self, Failure> {
        let trouble =
            |error: std::io::Error| Failure::failed(format!("starting the relay on 127.0.0.1: {error}"));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.map_err(trouble)?;
        let url = format!("http://{}", listener.local_addr().map_err(trouble)?);
        let listener = peer::OwnUser::new(listener).await.map_err(trouble)?;
        let key = new_key()?;
        let run: String = secret::random()?.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let host = client.address().split_once("://").map_or("", |(_, host)| host);
        let base_path = host.find('/').map_or("", |start| &host[start..]).to_owned();
        let remember: Arc<remember::Remember> = Arc::default();
        client.tell(remember::Listening(Arc::clone(&remember)));
        let shared = Arc::new(Shared {
            client,
            key: key.clone(),
            runs: AtomicUsize::new(0),
            first: Mutex::default(),
            base_path,
            hold: hold::Hold { enable_triggers },
            hide: hide::Hide::default(),
            forgotten: forgotten::Forgotten::default(),
            align: align::Align::default(),
            linked: linked::Order::default(),
            roles: roles::Roles::default(),
            take_over: take_over::TakeOver::default(),
            phases: phases::Phases::default(),
            prompts: prompt::Prompts::default(),
            tags: tag::Tags::default(),
            exchange: token::Exchange::default(),
            remember,
            seen: seen::Seen::default(),
            drafts: draft::Drafts::new(run),
            log: Log::default(),
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            // It ends when the relay is dropped.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { url, key, shared, server })
    }

    /// The address that Terraform gets.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The key that Terraform gets.
    #[must_use]
    pub fn key(&self) -> &Secret {
        &self.key
    }

    /// Opens the relay for a run of Terraform, until what is returned is dropped.
    #[must_use]
    pub fn open(&self) -> Open<'_> {
        *self.shared.first.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.shared.runs.fetch_add(1, Ordering::SeqCst);
        Open(self)
    }

    /// When the run of Terraform that is going on, or that was the last, has asked for something first.
    #[must_use]
    pub fn first_request(&self) -> Option<Instant> {
        *self.shared.first.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says whether the end of the deployment looks at all documents: until then what a write has answered is good.
    pub fn is_looked_at_later(&self, later: bool) {
        self.shared.remember.is_looked_at_later(later);
    }

    /// To be called when a plan begins: what was written is asked for again, unless it is looked at later.
    pub fn plan_begins(&self) {
        self.shared.remember.plan_begins();
        self.shared.seen.forget();
    }

    /// To be called when an apply begins, which will make and change these tags: what is read may be written again in part.
    pub async fn apply_begins(&self, tags: Vec<PlannedTag>) {
        self.shared.remember.apply_begins();
        self.shared.drafts.begin();
        self.shared.tags.expect(tags).await;
    }

    /// Says whether several modules are deployed: then what they write to tenants is kept until [`Relay::deployment_ends`].
    pub fn has_several_modules(&self, several: bool) {
        self.shared.drafts.keep_tenants(several);
    }

    /// Says whether teams of the module that is deployed now bring their roles with them.
    pub fn shows_roles_of_teams(&self, are_shown: bool) {
        self.shared.roles.show(are_shown);
    }

    /// To be called when a module's deployment begins.
    pub async fn module_begins(&self, module: &str) {
        self.shared.drafts.module_begins(module).await;
    }

    /// Asks what Terraform would be answered, or writes as it would: a tenant's values, which are kept with those of Terraform. `None`: it is not there.
    ///
    /// # Errors
    /// What the destination refuses.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Option<Value>, Failure> {
        let json = HeaderValue::from_static("application/json");
        let request = Request {
            headers: HeaderMap::from_iter([(CONTENT_TYPE, json)]),
            body: body.map(|body| Bytes::from(body.to_string())).unwrap_or_default(),
            ..Request::new(method.clone(), path)
        };
        let passed = if self.shared.drafts.are_looked_at() {
            self.shared.collected(request).await
        } else {
            self.shared.through(request).await
        };
        let answer: Value = serde_json::from_slice(&passed.body).unwrap_or_default();
        match passed.status.as_u16() {
            200..=299 => Ok(Some(answer)),
            404 => Ok(None),
            status => {
                let said = answer["ErrorMessage"].as_str().unwrap_or("no reason was given");
                let message = format!("{method} {path}: {said}");
                Err(Failure { http_status: Some(status), ..Failure::new(FailureKind::Refused, message) })
            }
        }
    }

    /// Sends what is kept of a tenant.
    pub async fn send_tenant(&self, id: &str) {
        self.shared.send_tenant(id).await;
    }

    /// To be called when all modules have ended, well or not: what was kept of tenants is sent.
    pub async fn deployment_ends(&self) -> Sent {
        self.shared.remember.apply_begins();
        self.shared.end_of_deployment().await
    }

    /// To be called when an apply has ended, well or not: the documents that it has filled part by part are sent.
    pub async fn apply_ends(&self) -> Sent {
        self.shared.tags.expect(Vec::new()).await;
        self.shared.end_of_apply().await
    }

    /// The documents that this run of Terraform has read, as the server has them.
    #[must_use]
    pub fn seen(&self) -> Vec<Document> {
        self.shared.seen.documents()
    }

    /// Says how the steps of the module that comes next are made.
    pub fn expect_steps(&self, steps: Steps) {
        self.shared.hide.expect(steps);
    }

    /// Says which templates documents of the destination have in the module that comes next.
    pub fn expect_templates(&self, templates: Templates) {
        self.shared.align.expect(templates);
    }

    /// Says what the state of the module that comes next has of the phases of lifecycles and of prompts.
    pub fn expect_state(&self, state: &terraform::state::State) {
        self.shared.phases.expect(state.phases.clone());
        self.shared.prompts.expect(state.prompted.clone());
    }

    /// Says in which order projects of the module that comes next link library variable sets.
    pub fn expect_linked(&self, linked: Linked) {
        self.shared.linked.expect(linked);
    }

    /// Projects whose linked library variable sets are in that order, by name, as the server has answered.
    #[must_use]
    pub fn linked_in_order(&self) -> BTreeSet<String> {
        self.shared.linked.in_order()
    }

    /// Says for which secrets the tokens of the module that comes next stand, and where.
    pub fn expect_tokens(&self, tokens: Tokens) {
        self.shared.exchange.expect(tokens);
    }

    /// Says what the module that comes next takes over when it makes it.
    pub fn expect_taken_over(&self, taken: Taken) {
        self.shared.take_over.expect(taken);
    }

    /// What passed through, and what was changed.
    #[must_use]
    pub fn log(&self) -> &Log {
        &self.shared.log
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A key for this run: the provider accepts `API-` with capitals and digits only.
fn new_key() -> Result<Secret, Failure> {
    const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let random = secret::random()?;
    let letters: String = random.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
    Ok(Secret::new(format!("API-{letters}")))
}

async fn answer(State(shared): State<Arc<Shared>>, incoming: Incoming) -> Response<Body> {
    let (parts, body) = incoming.into_parts();
    let given = parts.headers.get("x-octopus-apikey").map(HeaderValue::as_bytes);
    let is_key = given.is_some_and(|given| given.ct_eq(shared.key.expose().as_bytes()).into());
    if !is_key {
        return refusal(
            StatusCode::UNAUTHORIZED,
            "this address is for the run of Terraform that octoferry started",
        );
    }
    if shared.runs.load(Ordering::SeqCst) == 0 {
        return refusal(StatusCode::SERVICE_UNAVAILABLE, "no run of Terraform is going on");
    }
    if body.size_hint().lower() > LARGEST_REQUEST as u64 {
        return refusal(StatusCode::PAYLOAD_TOO_LARGE, "no request of Terraform is as large as this");
    }
    let Ok(body) = to_bytes(body, LARGEST_REQUEST).await else {
        return refusal(StatusCode::BAD_REQUEST, "the request broke off, or is larger than any of Terraform");
    };
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let Some(path) = shared.path_of_api(path) else {
        return refusal(StatusCode::NOT_FOUND, "octoferry's relay passes on what begins with /api");
    };
    let request = Request { headers: parts.headers, body, ..Request::new(parts.method, path) };
    // A task of its own: a request that has begun is brought to its end though Terraform may go away meanwhile.
    let passing = tokio::spawn(async move { shared.pass_on(request).await });
    passing.await.unwrap_or_else(|_| refusal(StatusCode::BAD_GATEWAY, "octoferry's relay failed"))
}

fn refusal(status: StatusCode, message: &str) -> Response<Body> {
    Passed::refusal(status, message).into_response()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use octopus::client::{Proxies, Transport, Trust};
    use octopus::role::Role;

    use super::*;

    /// A client that must not be used.
    pub(super) fn no_server() -> Client {
        let transport =
            Transport::new(Duration::from_secs(5), Trust::default(), Proxies::default()).ok().unwrap();
        Client::new(Role::Destination, "http://127.0.0.1:9", Secret::new("API-X".into()), &transport)
            .ok()
            .unwrap()
    }

    #[test]
    fn keys_are_as_the_provider_wants_them() {
        let key = new_key().ok().unwrap();
        let letters = key.expose().strip_prefix("API-").unwrap();
        assert!(
            letters.len() == 32
                && letters.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit())
        );
    }
}
