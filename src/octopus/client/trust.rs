//! Which certificates are trusted.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use failure::Failure;

/// The system's authorities (or those of `SSL_CERT_FILE`/`SSL_CERT_DIR`), and those of a file.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// PEM file with further authorities, or with a server's certificate itself (`--ca-file`).
    pub ca_file: Option<PathBuf>,
    /// Whether `SSL_CERT_FILE` or `SSL_CERT_DIR` is set. Then only those count: a mistyped one must be an error, not
    /// silently the public authorities.
    pub store_is_named: bool,
}

/// Thumbprints of certificates that were refused, by the server's name in the address.
pub(super) type Refused = Arc<Mutex<BTreeMap<String, Thumbprint>>>;

impl Trust {
    /// How connections are made: with `pinned` to the server that has this certificate alone.
    pub(super) fn config(
        &self,
        pinned: Option<&Thumbprint>,
        refused: &Refused,
    ) -> Result<ClientConfig, Failure> {
        let unusable = |what: String| {
            Failure::failed(format!("can't prepare HTTPS: {what}"))
                .hint("SSL_CERT_FILE or SSL_CERT_DIR may name something that can't be read.")
        };
        let mut roots = RootCertStore::empty();
        let system = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(system.certs);
        // Without any store on the machine (a bare container) the public authorities that are built in are used.
        if roots.is_empty() {
            if self.store_is_named {
                let why: Vec<String> = system.errors.iter().map(ToString::to_string).collect();
                return Err(unusable(format!("no certificate authority is there; {}", why.join("; "))));
            }
            roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
        }
        let given = self.ca_file.as_deref().map_or_else(|| Ok(Vec::new()), certificates)?;
        roots.add_parsable_certificates(given.iter().cloned());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let usual = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()
            .map_err(|error| unusable(error.to_string()))?;
        let verifier = Verifier { usual, given, pinned: pinned.cloned(), refused: Arc::clone(refused) };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

/// The certificates in a PEM file.
///
/// # Errors
/// When it can't be read, or holds none.
pub fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let unusable = |what: String| Failure::usage(format!("--ca-file {}: {what}", file.display()));
    let pem = std::fs::read(file).map_err(|error| unusable(error.to_string()))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let found = found.map_err(|error| unusable(error.to_string()))?;
    if found.is_empty() {
        return Err(unusable("no certificate in it (-----BEGIN CERTIFICATE-----)".to_owned()));
    }
    Ok(found)
}

/// What tells one certificate from all others: the SHA-256 of it, or the SHA-1, which Windows and Octopus show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumbprint(Vec<u8>);

impl Thumbprint {
    /// Reads 64 or 40 hexadecimal digits, with or without colons or blanks between them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // Copied out of a Windows dialogue it begins with an invisible mark.
        let kept = |letter: &char| !matches!(letter, ':' | ' ' | '-' | '\u{200e}' | '\u{200f}');
        let digits: Vec<u8> = text
            .trim()
            .chars()
            .filter(kept)
            .map(|letter| letter.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect::<Option<_>>()?;
        matches!(digits.len(), 40 | 64)
            .then(|| Self(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()))
    }

    fn of(certificate: &CertificateDer<'_>) -> Self {
        Self(Sha256::digest(certificate).to_vec())
    }

    fn is_of(&self, certificate: &CertificateDer<'_>) -> bool {
        match self.0.len() {
            20 => self.0[..] == Sha1::digest(certificate)[..],
            _ => *self == Self::of(certificate),
        }
    }
}

impl std::fmt::Display for Thumbprint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02X}"))
    }
}

/// Takes a certificate that was given itself, whatever name or flags it has: whoever can prove to have its key is the one that was meant.
#[derive(Debug)]
struct Verifier {
    usual: Arc<WebPkiServerVerifier>,
    given: Vec<CertificateDer<'static>>,
    pinned: Option<Thumbprint>,
    refused: Refused,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = match &self.pinned {
            Some(pinned) if pinned.is_of(certificate) => Ok(ServerCertVerified::assertion()),
            Some(_) => Err(CertificateError::ApplicationVerificationFailure.into()),
            None if self.given.iter().any(|given| given == certificate) => {
                Ok(ServerCertVerified::assertion())
            }
            None => self.usual.verify_server_cert(certificate, chain, name, ocsp, now),
        };
        if verified.is_err() {
            let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
            refused.insert(name.to_str().into_owned(), Thumbprint::of(certificate));
        }
        verified
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thumbprints_are_read_as_tools_print_them() {
        let sha1 = "\u{200e}6F:06:18:86:D9:9C:1C:AB:5D:1A:5E:6F:60:15:0A:21:B7:C7:7A:4A";
        assert_eq!(Thumbprint::parse(sha1).unwrap().to_string(), "6F061886D99C1CAB5D1A5E6F60150A21B7C77A4A");
        assert!(Thumbprint::parse(&"ab".repeat(32)).is_some());
        for wrong in ["", "6F06", &"zz".repeat(32), &"ab".repeat(31)] {
            assert!(Thumbprint::parse(wrong).is_none(), "{wrong}");
        }
        let certificate = CertificateDer::from(b"abc".to_vec());
        assert!(Thumbprint::parse("A9993E364706816ABA3E25717850C26C9CD0D89D").unwrap().is_of(&certificate));
        let sha256 = Thumbprint::of(&certificate);
        assert!(Thumbprint::parse(&sha256.to_string()).unwrap().is_of(&certificate));
        assert!(!sha256.is_of(&CertificateDer::from(b"abd".to_vec())));
    }
}
