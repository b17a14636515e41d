//! What is at the destination already and has no import (Git credentials, proxies; provider 1.17.0) is taken over when Terraform makes it: the
//! relay turns its creation into an update of what is there, so that Terraform has it in its state, and nothing is there twice.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;
use axum::http::Method;
use serde_json::{Value, json};

use crate::relay::address::Address;

/// Route and name → id of what is to be taken over.
pub type Taken = HashMap<(String, String), String>;

#[derive(Default)]
pub(super) struct TakeOver(Mutex<Taken>);

/// An update in place of a creation.
pub(super) struct Update {
    pub(super) path: String,
    pub(super) body: Bytes,
    pub(super) name: String,
}

impl TakeOver {
    /// Says what the module that comes next takes over.
    pub(super) fn expect(&self, taken: Taken) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = taken;
    }

    /// The update that takes the place of this request, if it makes something that is to be taken over: once for each.
    pub(super) fn update(&self, method: &Method, address: &Address, body: &Bytes) -> Option<Update> {
        let parts = address.parts();
        let ([route], &Method::POST) = (parts.as_slice(), method) else { return None };
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.is_empty() {
            return None;
        }
        let mut document: Value = serde_json::from_slice(body).ok()?;
        let name = document["Name"].as_str()?.to_owned();
        let id = taken.remove(&((*route).to_owned(), name.clone()))?;
        document["Id"] = json!(id);
        Some(Update { path: format!("{}/{id}", address.path), body: document.to_string().into(), name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_creation_becomes_an_update_once() {
        let take_over = TakeOver::default();
        take_over.expect(Taken::from([(("proxies".to_owned(), "Pier".to_owned()), "Proxies-7".to_owned())]));
        let address = Address::parse("/api/Spaces-2/proxies");
        let body = |name: &str| Bytes::from(json!({"Name": name}).to_string());
        assert!(take_over.update(&Method::POST, &address, &body("Quay")).is_none());
        assert!(take_over.update(&Method::PUT, &address, &body("Pier")).is_none());
        let update = take_over.update(&Method::POST, &address, &body("Pier")).unwrap();
        assert_eq!(update.path, "/api/Spaces-2/proxies/Proxies-7");
        assert_eq!(&update.body[..], br#"{"Name":"Pier","Id":"Proxies-7"}"#);
        assert!(
            take_over.update(&Method::POST, &address, &body("Pier")).is_none(),
            "another of that name is new"
        );
    }
}
