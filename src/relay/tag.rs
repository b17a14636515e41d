//! A tag set is written once for all its tags. The provider (1.17.0, `resource_tag.go`) has a resource for each tag, and writes the whole set for each. What
//! it will make of them all stands in the plan: so the first write of a set, be it the one that makes it, has all of them. Those that Terraform has not come to
//! yet are hidden from it; when it makes one, or changes one to what it is already, nothing is sent. Tags have the server's ids from the beginning, and
//! whatever names one may come at any time.
//!
//! A set has no version. So it is read again before it is written, and what others have made of it meanwhile stays. A server that refuses the whole
//! gets each tag by itself, as the provider would send it, so that Terraform names the one that is not taken.
//!
//! A tag that gets another name, colour or description keeps its id: the provider writes the set without the id of the tag that it changes, and to the server that
//! tag would be gone, and a new one there, which nothing has. And a tag that comes first is said to: the client leaves out an order of 0 (library
//! version 2.111.0, `tagsets/tag.go`), which leaves the tag where it was.

mod set;

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::relay::Shared;
use crate::relay::passing::Passed;
use crate::relay::request::Request;
use failure::Failure;
use set::Set;
use terraform::planned_tags::PlannedTag;

/// The tag sets of an apply.
#[derive(Default)]
pub(super) struct Tags(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// What Terraform is going to write, and no request of ours has had yet.
    planned: Vec<PlannedTag>,
    /// By path in lower case.
    sets: BTreeMap<String, Set>,
}

impl Tags {
    /// Says which tags the apply that comes next makes and changes; none: no apply comes next.
    pub(super) async fn expect(&self, planned: Vec<PlannedTag>) {
        *self.0.lock().await = Known { planned, sets: BTreeMap::new() };
    }
}

impl Known {
    fn set(&mut self, path: &str) -> &mut Set {
        self.sets.entry(path.to_lowercase()).or_default()
    }
}

/// Whether a request is about one tag set, or makes one.
pub(super) fn is_about_set(request: &Request) -> bool {
    match request.parts() {
        (&Method::POST, parts) => parts == ["tagsets"],
        (&Method::GET | &Method::PUT, parts) => {
            matches!(parts.as_slice(), ["tagsets", id] if id.starts_with("tagsets-"))
        }
        _ => false,
    }
}

impl Shared {
    /// A request about a tag set.
    pub(super) async fn tag_set(&self, request: Request) -> Passed {
        let mut known = self.log.waiting(self.tags.0.lock()).await;
        match request.document().filter(Value::is_object) {
            Some(set) if request.is(&Method::POST) => self.made_set(&mut known, request, set).await,
            Some(set) if request.is(&Method::PUT) => {
                self.written_set(&mut known, request, set).await.unwrap_or_else(Passed::from)
            }
            _ => {
                let path = request.address.path.clone();
                let passed = self.passed(request).await;
                passed.showing(|there| known.set(&path).read(there).clone())
            }
        }
    }

    /// Makes a set with all its tags.
    async fn made_set(&self, known: &mut Known, request: Request, body: Value) -> Passed {
        let list = request.address.path.clone();
        let mut whole = body.clone();
        let mut planned = known.planned.clone();
        let ahead = set::add_planned(&mut planned, "", &mut whole);
        let passed = self.whole_or(request, &whole, &body).await;
        passed.showing(|there| {
            // A server that makes a set without its tags gets them with the first of them.
            if set::has_all(&there, &ahead) {
                known.planned = planned;
            }
            let id = there["Id"].as_str().unwrap_or_default();
            known.set(&format!("{list}/{id}")).answered(there, &ahead).clone()
        })
    }

    /// Writes a set, unless the server has what Terraform writes.
    async fn written_set(
        &self,
        known: &mut Known,
        request: Request,
        mut body: Value,
    ) -> Result<Passed, Failure> {
        let path = request.address.path.clone();
        let set = known.set(&path);
        if !set.was_read()
            && let Some(there) = self.log.waiting(self.client.find(&path)).await?
        {
            set.read(there);
        }
        self.log.changes(set.complete(&mut body));
        if let Some(shown) = set.has(&body) {
            self.log.drafted();
            return Ok(Passed::json(StatusCode::OK, shown.to_string().into()));
        }
        let there = self.log.waiting(self.client.find(&path)).await?.unwrap_or_default();
        let merged = set.onto(there, &body);
        let mut whole = merged.clone();
        let ahead = set::add_planned(&mut known.planned, request.address.asked(1), &mut whole);
        let passed = self.whole_or(request, &whole, &merged).await;
        Ok(passed.showing(|there| known.set(&path).answered(there, &ahead).clone()))
    }

    /// Sends a set with what Terraform will write of it later; where the server refuses that, what Terraform has written.
    async fn whole_or(&self, request: Request, whole: &Value, written: &Value) -> Passed {
        let passed = self.passed(request.clone().with_body(whole.to_string())).await;
        if whole == written || !passed.status.is_client_error() {
            return passed;
        }
        self.passed(request.with_body(written.to_string())).await
    }
}

impl Passed {
    /// The answer with another document in the place of the one that it has.
    fn showing(self, other: impl FnOnce(Value) -> Value) -> Self {
        let document = serde_json::from_slice::<Value>(&self.body).ok().filter(|_| self.status.is_success());
        match document.filter(|document| document["Id"].is_string()) {
            Some(document) => Self { body: other(document).to_string().into(), ..self },
            None => self,
        }
    }
}
