//! Which certificate authorities are trusted.

use std::path::PathBuf;

use reqwest::{Certificate, ClientBuilder};

use failure::Failure;

/// The system's authorities (or those of `SSL_CERT_FILE`/`SSL_CERT_DIR`), and those of a file.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// PEM file with further authorities (`--ca-file`).
    pub ca_file: Option<PathBuf>,
    /// Whether `SSL_CERT_FILE` or `SSL_CERT_DIR` is set. Then only those count: a mistyped one must be an error, not
    /// silently the public authorities.
    pub store_is_named: bool,
}

impl Trust {
    /// Without any store on the machine (a bare container) the public authorities that are built in are used.
    pub(super) fn apply(&self, mut builder: ClientBuilder) -> Result<ClientBuilder, Failure> {
        if !self.store_is_named && rustls_native_certs::load_native_certs().certs.is_empty() {
            let public = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
            builder = builder
                .tls_certs_only(public.filter_map(|certificate| Certificate::from_der(certificate).ok()));
        }
        if let Some(file) = &self.ca_file {
            let unusable = |what: String| Failure::usage(format!("--ca-file {}: {what}", file.display()));
            let pem = std::fs::read(file).map_err(|error| unusable(error.to_string()))?;
            let certificates =
                Certificate::from_pem_bundle(&pem).map_err(|error| unusable(super::errors::chain(&error)))?;
            if certificates.is_empty() {
                return Err(unusable("no certificate in it (-----BEGIN CERTIFICATE-----)".to_owned()));
            }
            builder = builder.tls_certs_merge(certificates);
        }
        Ok(builder)
    }
}
