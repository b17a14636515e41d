//! The documents that a run of Terraform has looked at, as the server has them: what a plan with nothing to do has found in order.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::http::Method;

use crate::relay::request::Request;
use documents::document::Document;
use octopus::client::Answer;

/// By path: what the server said last.
#[derive(Default)]
pub(super) struct Seen(Mutex<BTreeMap<String, Bytes>>);

impl Seen {
    /// Takes notice of an answer to a read of one document.
    pub(super) fn look(&self, request: &Request, answer: &Answer) {
        let address = &request.address;
        if request.is(&Method::GET) && address.segments.len() > 1 && answer.status == 200 {
            self.lock().insert(address.path.to_lowercase(), answer.body.clone());
        }
    }

    pub(super) fn documents(&self) -> Vec<Document> {
        let bodies: Vec<Bytes> = self.lock().values().cloned().collect();
        let parsed = bodies.iter().filter_map(|body| Document::new(serde_json::from_slice(body).ok()?));
        parsed.filter(|document| !document.id().is_empty()).collect()
    }

    pub(super) fn forget(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Bytes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
