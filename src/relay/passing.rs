//! The way of one request through the relay, and of its answer back.

use std::sync::PoisonError;
use std::time::Instant;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::http::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::relay::log::Intervention;
use crate::relay::request::Request;
use crate::relay::{Shared, align, forgotten, header, keep, phases, prompt, readable, script_module, tag};
use failure::Failure;
use octopus::client::Answer;

/// An answer as Terraform gets it.
pub(super) struct Passed {
    pub(super) status: StatusCode,
    pub(super) content_type: Option<HeaderValue>,
    pub(super) body: Bytes,
}

impl Passed {
    /// An answer of ours.
    pub(super) fn json(status: StatusCode, body: Bytes) -> Self {
        Self { status, content_type: Some(HeaderValue::from_static("application/json")), body }
    }

    pub(super) fn refusal(status: StatusCode, message: &str) -> Self {
        Self::json(status, json!({"ErrorMessage": message}).to_string().into())
    }

    pub(super) fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        if let Some(content_type) = self.content_type {
            response.headers_mut().insert(CONTENT_TYPE, content_type);
        }
        response
    }

    /// The answer to an update as the one to a creation.
    fn made(mut self) -> Self {
        if self.status == StatusCode::OK {
            self.status = StatusCode::CREATED;
        }
        self
    }
}

/// What Terraform is told when octoferry itself can't go on.
impl From<Failure> for Passed {
    fn from(failure: Failure) -> Self {
        Self::refusal(StatusCode::BAD_GATEWAY, &failure.message)
    }
}

/// Whether the provider takes its part out of a freeze that somebody has deleted: it writes a freeze without an id then, which no server has (1.17.0,
/// `resource_deployment_freeze_project.go`), and the project's module would fail for ever.
fn is_of_freeze_that_is_gone(request: &Request) -> bool {
    request.is(&Method::PUT) && request.address.parts().as_slice() == ["deploymentfreezes"]
}

impl Shared {
    /// The part of a path that is the API's, where it is one of it.
    pub(super) fn path_of_api<'p>(&self, path: &'p str) -> Option<&'p str> {
        let below = path.strip_prefix(self.base_path.as_str()).filter(|rest| rest.starts_with('/'));
        Some(below.unwrap_or(path)).filter(|path| path.starts_with("/api"))
    }

    /// A request of Terraform.
    pub(super) async fn pass_on(&self, request: Request) -> Response<Body> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(Instant::now);
        let answer = async {
            if tag::is_about_set(&request) { self.tag_set(request).await } else { self.passed(request).await }
        };
        self.log.answering(answer).await.into_response()
    }

    /// A request to the server, to what is remembered of it, or to what was not sent yet.
    pub(super) async fn passed(&self, request: Request) -> Passed {
        if self.drafts.are_looked_at() { self.drafted(request).await } else { self.through(request).await }
    }

    /// A request to the server, or to what is remembered of it.
    pub(super) async fn through(&self, request: Request) -> Passed {
        if is_of_freeze_that_is_gone(&request) {
            let what = "had nothing to take out of a freeze that is gone";
            self.log.changes(vec![Intervention { what, place: "deploymentfreezes".to_owned() }]);
            return Passed::json(StatusCode::OK, request.body);
        }
        let Some(update) = self.take_over.update(&request) else {
            return self.answered(request).await.unwrap_or_else(|refused| refused);
        };
        let place = format!("{} {:?}", request.address.kind(), update.name);
        self.log.changes(vec![Intervention { what: "took over what is there", place }]);
        self.answered(update.request).await.unwrap_or_else(|refused| refused).made()
    }

    async fn answered(&self, mut request: Request) -> Result<Passed, Passed> {
        let started = Instant::now();
        request.body = self.before(&request).await?;
        let with_tokens = request.body.clone();
        // Not a 5xx: the provider would try it again.
        let refused = |failure: Failure| Passed::refusal(StatusCode::BAD_REQUEST, &failure.message);
        request.body = self.exchange.fill(&self.client, &request).await.map_err(refused)?;
        let answer = match self.remember.begin(&request) {
            Ok(answer) => {
                self.log.remembered();
                answer
            }
            Err(begun) => {
                let answer = self.log.waiting(self.sent(&request, &with_tokens)).await;
                self.remember.ended(*begun, answer.as_ref().ok());
                let status = answer.as_ref().map_or(0, |answer| answer.status.as_u16());
                self.log.request(&request, status, started.elapsed());
                answer?
            }
        };
        self.seen.look(&request, &answer);
        let content_type = answer.headers.get(CONTENT_TYPE).cloned();
        let body = if answer.status.is_success() {
            self.after(&request, answer.body).await?
        } else {
            self.exchange.masked(answer.body)
        };
        Ok(Passed { status: answer.status, content_type, body })
    }

    /// What the server answers. A subscription's secret is sent in the form that hides it first; servers from before that form get the other one.
    async fn sent(&self, request: &Request, with_tokens: &Bytes) -> Result<Answer, Failure> {
        let Request { method, address, headers, body } = request;
        let send = |body: Bytes| self.client.forward(method.clone(), &address.path_and_query, headers, body);
        let Some(hidden) = header::hidden(request, with_tokens) else { return send(body.clone()).await };
        match send(hidden).await {
            Ok(refused) if refused.status == StatusCode::BAD_REQUEST => send(body.clone()).await,
            answer => answer,
        }
    }

    /// The request's body as it goes on. Bytes that need no change are passed on as they are.
    async fn before(&self, request: &Request) -> Result<Bytes, Failure> {
        let body = &request.body;
        if !matches!(request.method, Method::PUT | Method::POST) || body.is_empty() {
            return Ok(body.clone());
        }
        let Some(mut document) = request.document() else { return Ok(body.clone()) };
        let mut changes = self.hide.put_back(&self.client, request, &mut document).await?;
        changes.extend(self.forgotten.put_back(request, &mut document));
        changes.extend(self.prompts.put_back(request, &mut document));
        changes.extend(self.linked.put(request, &mut document));
        let known = self.remember.fresh(&request.address);
        changes.extend(self.hold.before(&self.client, request, &mut document, known).await?);
        changes.extend(keep::keep_lost(&self.client, request, &mut document).await?);
        changes.extend(script_module::complete(&self.client, request, &document).await?);
        if secret::placeholder::may_be_in(body) {
            changes.extend(keep::keep_secrets(&self.client, request, &mut document).await?);
        }
        if changes.is_empty() {
            return Ok(body.clone());
        }
        self.log.changes(changes);
        Ok(document.to_string().into())
    }

    /// The document where a write answers `{}`, as `PUT git-credentials/{id}` does (vendor's reference of 2026-08): the provider (1.17.0) takes
    /// that for the document, and Terraform finds everything gone.
    async fn whole(&self, request: &Request, body: Bytes) -> Result<Bytes, Failure> {
        if !request.is(&Method::PUT) || body.trim_ascii() != b"{}" {
            return Ok(body);
        }
        let there = self.log.waiting(self.client.find(&request.address.path)).await?;
        Ok(there.map_or(body, |document| document.to_string().into()))
    }

    /// The answer as Terraform sees it.
    async fn after(&self, request: &Request, body: Bytes) -> Result<Bytes, Failure> {
        let body = self.whole(request, body).await?;
        let address = &request.address;
        let is_of_interest = self.hide.looks_at(address)
            || self.hold.looks_at(address)
            || readable::looks_at(address)
            || self.roles.looks_at(address)
            || align::Align::looks_at(address)
            || phases::Phases::looks_at(address)
            || prompt::Prompts::looks_at(address)
            || self.exchange.looks_at(address)
            || forgotten::Forgotten::looks_at(address);
        if !is_of_interest {
            return Ok(body);
        }
        let Ok(mut document) = serde_json::from_slice::<Value>(&body) else { return Ok(body) };
        self.forgotten.learn(address, &document);
        self.exchange.learn(address, &document);
        self.linked.learn(request, &document);
        let shown_secret = self.exchange.hide(address, &mut document);
        let hidden = self.hide.hide(&self.client, address, &mut document).await?;
        let held = self.hold.after(address, &mut document);
        let without_roles = self.roles.hide(address, &mut document);
        let aligned = self.align.show(request, &mut document);
        let mut shown = readable::make_readable(address, &mut document);
        shown.extend(self.phases.show(request, &mut document));
        shown.extend(self.prompts.show(address, &mut document));
        if !(hidden || held || aligned || shown_secret || without_roles) && shown.is_empty() {
            return Ok(body);
        }
        self.log.changes(shown);
        Ok(document.to_string().into())
    }
}
