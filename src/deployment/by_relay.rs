//! How finish's values of tenants are collected in the relay, and what is known of the modules that they are of.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use axum::http::Method;
use futures::future::BoxFuture;
use serde_json::Value;

use crate::finish::Collects;
use crate::relay::Relay;
use failure::Failure;

/// A module whose state names values by provisional ids.
pub(super) struct Kept {
    pub(super) module: String,
    pub(super) directory: PathBuf,
    pub(super) environment: BTreeMap<OsString, OsString>,
}

/// Values of tenants are collected by the relay, with those that Terraform writes.
pub(super) struct ByRelay<'a>(pub(super) &'a Relay);

impl Collects for ByRelay<'_> {
    fn read<'f>(&'f self, path: &'f str) -> BoxFuture<'f, Result<Option<Value>, Failure>> {
        Box::pin(async move { self.0.ask(Method::GET, path, None).await })
    }

    fn write<'f>(&'f self, path: &'f str, body: &'f Value) -> BoxFuture<'f, Result<Value, Failure>> {
        Box::pin(async move { Ok(self.0.ask(Method::PUT, path, Some(body)).await?.unwrap_or_default()) })
    }

    fn send<'f>(&'f self, tenant: &'f str) -> BoxFuture<'f, ()> {
        Box::pin(self.0.send_tenant(tenant))
    }
}
