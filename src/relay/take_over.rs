//! What is at the destination already and has no import (Git credentials, proxies; provider 1.17.0) is taken over when Terraform makes it: the
//! relay turns its creation into an update of what is there, so that Terraform has it in its state, and nothing is there twice.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::http::Method;
use serde_json::json;

use crate::relay::address::Address;
use crate::relay::request::Request;

/// Route and name → id of what is to be taken over.
pub type Taken = HashMap<(String, String), String>;

#[derive(Default)]
pub(super) struct TakeOver(Mutex<Taken>);

/// An update in place of a creation.
pub(super) struct Update {
    pub(super) request: Request,
    /// What it takes over.
    pub(super) name: String,
}

impl TakeOver {
    /// Says what the module that comes next takes over.
    pub(super) fn expect(&self, taken: Taken) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = taken;
    }

    /// The update that takes the place of this request, if it makes something that is to be taken over: once for each.
    pub(super) fn update(&self, request: &Request) -> Option<Update> {
        let (&Method::POST, parts) = request.parts() else { return None };
        let [route] = parts.as_slice() else { return None };
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.is_empty() {
            return None;
        }
        let mut document = request.document()?;
        let name = document["Name"].as_str()?.to_owned();
        let id = taken.remove(&((*route).to_owned(), name.clone()))?;
        document["Id"] = json!(id);
        let address = Address::parse(&format!("{}/{id}", request.address.path));
        let update = Request { method: Method::PUT, address, ..request.clone() };
        Some(Update { request: update.with_body(document.to_string()), name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_creation_becomes_an_update_once() {
        let take_over = TakeOver::default();
        take_over.expect(Taken::from([(("proxies".to_owned(), "Pier".to_owned()), "Proxies-7".to_owned())]));
        let request = |method: Method, name: &str| {
            Request::new(method, "/api/Spaces-2/proxies").with_body(json!({"Name": name}).to_string())
        };
        assert!(take_over.update(&request(Method::POST, "Quay")).is_none());
        assert!(take_over.update(&request(Method::PUT, "Pier")).is_none());
        let update = take_over.update(&request(Method::POST, "Pier")).unwrap().request;
        assert_eq!(update.method, Method::PUT);
        assert_eq!(update.address.path, "/api/Spaces-2/proxies/Proxies-7");
        assert_eq!(&update.body[..], br#"{"Name":"Pier","Id":"Proxies-7"}"#);
        assert!(take_over.update(&request(Method::POST, "Pier")).is_none(), "another of that name is new");
    }
}
