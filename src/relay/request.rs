//! A request on its way to the server.

use axum::body::Bytes;
use axum::http::Method;
use axum::http::header::HeaderMap;
use serde_json::Value;

use crate::relay::address::Address;

/// A request of Terraform, or one that octoferry asks in its place.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) address: Address,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Request {
    /// One without headers and body.
    pub(super) fn new(method: Method, path_and_query: &str) -> Self {
        let address = Address::parse(path_and_query);
        Self { method, address, headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// A read of another address with the same headers.
    pub(super) fn reading(&self, path_and_query: &str) -> Self {
        Self { headers: self.headers.clone(), ..Self::new(Method::GET, path_and_query) }
    }

    pub(super) fn with_body(self, body: impl Into<Bytes>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// What it is about, to be matched: `(&Method::PUT, ["projects", id])`.
    pub(super) fn parts(&self) -> (&Method, Vec<&str>) {
        (&self.method, self.address.parts())
    }

    pub(super) fn is(&self, method: &Method) -> bool {
        self.method == *method
    }

    /// Its body as a document; `None`: it has none, or one that is no JSON.
    pub(super) fn document(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}
