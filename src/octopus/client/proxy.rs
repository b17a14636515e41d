//! Proxies, as the environment names them.

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::{ClientBuilder, NoProxy, Proxy, Url};

use failure::Failure;

/// What `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say. This machine itself never needs a proxy.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    pub http: Option<String>,
    pub https: Option<String>,
    pub all: Option<String>,
    /// Hosts that are reached without one.
    pub none: String,
}

/// The names and addresses of this machine.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

impl Proxies {
    fn without(&self) -> String {
        format!("{LOOPBACK},{}", self.none)
    }

    pub(super) fn apply(&self, mut builder: ClientBuilder) -> Result<ClientBuilder, Failure> {
        // Not what reqwest finds in the environment by itself: it would send even the loopback's requests there.
        builder = builder.no_proxy();
        for (variable, address) in
            [("HTTP_PROXY", &self.http), ("HTTPS_PROXY", &self.https), ("ALL_PROXY", &self.all)]
        {
            let Some(address) = address else { continue };
            let proxy = match variable {
                "HTTP_PROXY" => Proxy::http(address),
                "HTTPS_PROXY" => Proxy::https(address),
                _ => Proxy::all(address),
            };
            // The address may hold a password.
            let proxy = proxy.map_err(|_| {
                Failure::usage(format!(
                    "{variable} is no address of a proxy, such as http://proxy.example:3128"
                ))
            })?;
            builder = builder.proxy(proxy.no_proxy(NoProxy::from_string(&self.without())));
        }
        Ok(builder)
    }

    /// The proxy by which an address is reached, without its password; `None`: directly.
    pub(super) fn of(&self, address: &str) -> Option<String> {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let matcher = Matcher::builder()
            .http(text(&self.http))
            .https(text(&self.https))
            .all(text(&self.all))
            .no(self.without())
            .build();
        let found = matcher.intercept(&address.parse().ok()?)?;
        let own = if address.starts_with("https:") {
            (&self.https, "HTTPS_PROXY")
        } else {
            (&self.http, "HTTP_PROXY")
        };
        let variable = if own.0.is_some() { own.1 } else { "ALL_PROXY" };
        let proxy = Url::parse(&found.uri().to_string()).ok()?;
        Some(format!("{} ({variable})", proxy.origin().ascii_serialization()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proxy_of_an_address_is_named_without_its_password() {
        let proxies = Proxies {
            http: None,
            https: Some("http://user:word@proxy.example:3128".into()),
            all: Some("http://other.example:8080".into()),
            none: "inside.example, 10.0.0.0/8".into(),
        };
        let of = |address| proxies.of(address);
        assert_eq!(of("https://octopus.example"), Some("http://proxy.example:3128 (HTTPS_PROXY)".into()));
        assert_eq!(of("http://octopus.example/x"), Some("http://other.example:8080 (ALL_PROXY)".into()));
        for direct in [
            "https://a.inside.example",
            "https://10.1.2.3",
            "http://127.0.0.1:99",
            "https://localhost:8443",
            "http://[::1]:80",
        ] {
            assert_eq!(of(direct), None, "{direct}");
        }
        assert_eq!(Proxies::default().of("https://octopus.example"), None);
    }
}
