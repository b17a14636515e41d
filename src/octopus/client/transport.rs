//! Connections: which authorities are trusted, through which proxies, for how long.

use std::sync::PoisonError;
use std::time::Duration;

use super::{Proxies, Thumbprint, Trust, errors, trust};
use failure::Failure;

/// The part that both servers' clients share: connections, trusted authorities, proxies, timeouts.
#[derive(Clone)]
pub struct Transport {
    pub(super) http: reqwest::Client,
    pub(super) timeout: Duration,
    pub(super) trust: Trust,
    pub(super) proxies: Proxies,
    pub(super) refused: trust::Refused,
}

impl Transport {
    /// Prepares connections. `timeout` is for one answer, its body included.
    ///
    /// # Errors
    /// When no certificate authority can be loaded, or a given one can't be read.
    pub fn new(timeout: Duration, trust: Trust, proxies: Proxies) -> Result<Self, Failure> {
        let refused = trust::Refused::default();
        let http = connections(timeout, &trust, None, &proxies, &refused)?;
        Ok(Self { http, timeout, trust, proxies, refused })
    }

    /// The same to a server that has the certificate with this thumbprint; no other is trusted.
    ///
    /// # Errors
    /// As [`Transport::new`].
    pub fn pinned(&self, thumbprint: &Thumbprint) -> Result<Self, Failure> {
        let http = connections(self.timeout, &self.trust, Some(thumbprint), &self.proxies, &self.refused)?;
        Ok(Self { http, ..self.clone() })
    }

    /// The thumbprint of the certificate that was refused last at this address.
    pub(super) fn refused(&self, address: &str) -> Option<String> {
        let host = reqwest::Url::parse(address).ok()?.host_str()?.trim_matches(['[', ']']).to_owned();
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.get(&host).map(ToString::to_string)
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that makes an HTTP client")]
fn connections(
    timeout: Duration,
    trust: &Trust,
    pinned: Option<&Thumbprint>,
    proxies: &Proxies,
    refused: &trust::Refused,
) -> Result<reqwest::Client, Failure> {
    // Redirects are never followed: a write would lose its body, and another host would be told the key.
    let builder = reqwest::Client::builder()
        .user_agent(concat!("octoferry/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .tls_backend_preconfigured(trust.config(pinned, refused)?)
        .connect_timeout(timeout.min(Duration::from_secs(30)))
        .timeout(timeout);
    proxies
        .apply(builder)?
        .build()
        .map_err(|error| Failure::failed(format!("can't prepare HTTPS: {}", errors::chain(&error))))
}
