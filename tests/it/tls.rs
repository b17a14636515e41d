//! Servers behind TLS with certificates that no machine knows, and proxies: the way there is the runbooks' too.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use octopus_sandbox::{Options, Sandbox};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::journey::{Journey, NEW};
use crate::support::{Run, octoferry, openssl, sandbox_with, space_file};

/// Takes what comes by TLS and hands it to a sandbox.
struct Front {
    url: String,
    _runtime: tokio::runtime::Runtime,
}

impl Front {
    fn before(sandbox: &Sandbox, certificate: &Path, key: &Path) -> Self {
        let behind: SocketAddr = sandbox.url().trim_start_matches("http://").parse().expect("an address");
        let chain = CertificateDer::pem_file_iter(certificate).expect("PEM").collect::<Result<_, _>>();
        let key = PrivateKeyDer::from_pem_file(key).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the versions are there")
            .with_no_client_auth()
            .with_single_cert(chain.expect("certificates"), key)
            .expect("they fit");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let url = format!("https://{}", listener.local_addr().expect("it is bound"));
        runtime.spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let (Ok(mut outside), Ok(mut inside)) =
                        (acceptor.accept(connection).await, tokio::net::TcpStream::connect(behind).await)
                    else {
                        return;
                    };
                    let _ended = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
                });
            }
        });
        Self { url, _runtime: runtime }
    }
}

/// A certificate that a server makes for itself: a name that nobody asks for, no other names, and the flag of an authority.
fn self_made(folder: &Path) -> (PathBuf, PathBuf) {
    let (certificate, key) = (folder.join("self.pem"), folder.join("self-key.pem"));
    let subject =
        ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Octopus Server"];
    openssl(folder, &subject, &[("-keyout", &key), ("-out", &certificate)]);
    (certificate, key)
}

/// The certificate of an own authority, and a server's certificate that comes from it, with its key.
fn of_own_authority(folder: &Path) -> (PathBuf, PathBuf, PathBuf) {
    let path = |name: &str| folder.join(name);
    let authority =
        ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Company CA"];
    openssl(folder, &authority, &[("-keyout", &path("ca-key.pem")), ("-out", &path("ca.pem"))]);
    let request = ["req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=octopus.company"];
    openssl(folder, &request, &[("-keyout", &path("key.pem")), ("-out", &path("request.pem"))]);
    std::fs::write(path("names"), "subjectAltName=IP:127.0.0.1\n").expect("a file");
    let signed = [
        ("-in", path("request.pem")),
        ("-CA", path("ca.pem")),
        ("-CAkey", path("ca-key.pem")),
        ("-extfile", path("names")),
        ("-out", path("server.pem")),
    ];
    let signed: Vec<(&str, &Path)> = signed.iter().map(|(option, path)| (*option, path.as_path())).collect();
    openssl(folder, &["x509", "-req", "-days", "2", "-CAcreateserial"], &signed);
    (path("ca.pem"), path("server.pem"), path("key.pem"))
}

fn thumbprint(certificate: &Path, digest: &str) -> String {
    let folder = certificate.parent().expect("a folder");
    let said = openssl(folder, &["x509", "-noout", "-fingerprint", digest], &[("-in", certificate)]);
    said.trim().rsplit_once('=').expect("a thumbprint").1.to_owned()
}

fn serialize(folder: &Path, url: &str, key: &str) -> Run {
    octoferry(["serialize", "space", "--timeout", "10"])
        .option("--out", folder.join("modules"))
        .in_folder(folder)
        .server("SOURCE", url, "Letterbox", key)
}

#[test]
fn a_servers_own_certificate_is_trusted_when_it_is_given_or_named_and_hints_are_true() {
    let folder = tempfile::tempdir().expect("a folder");
    let sandbox = sandbox_with("small-web");
    let (certificate, key) = self_made(folder.path());
    let front = Front::before(&sandbox, &certificate, &key);
    let run = || serialize(folder.path(), &front.url, &sandbox.api_key());
    let sha256 = thumbprint(&certificate, "-sha256");
    let plain = sha256.replace(':', "");
    run().ends_with(1).says("is not trusted").says(&format!("--source-thumbprint {plain}"));
    // As the hint says.
    for pin in [&plain, &sha256, &thumbprint(&certificate, "-sha1").to_lowercase()] {
        run().option("--source-thumbprint", pin).ends_with(3);
    }
    run().option("--ca-file", &certificate).ends_with(3);
    let other = "ab".repeat(32);
    run()
        .option("--source-thumbprint", &other)
        .ends_with(1)
        .says("is not the one that --source-thumbprint names: its SHA-256 thumbprint is")
        .says(&plain);
    run().option("--source-thumbprint", "abc").ends_with(2).says("is no thumbprint of a certificate");
    // A pinned server is that one alone, whoever else is trusted.
    run().option("--source-thumbprint", &other).option("--ca-file", &certificate).ends_with(1);
}

#[test]
fn a_certificate_for_another_name_is_told_as_that() {
    let folder = tempfile::tempdir().expect("a folder");
    let sandbox = sandbox_with("small-web");
    let (authority, certificate, key) = of_own_authority(folder.path());
    let front = Front::before(&sandbox, &certificate, &key);
    let url = front.url.replace("127.0.0.1", "localhost");
    let run = |url: &str| serialize(folder.path(), url, &sandbox.api_key()).option("--ca-file", &authority);
    run(&front.url).ends_with(3);
    run(&url).ends_with(1).says("reach the server by one of them");
    // The certificate itself may have any name.
    serialize(folder.path(), &url, &sandbox.api_key()).option("--ca-file", &certificate).ends_with(3);
}

#[test]
fn the_runbooks_trust_what_seed_was_given() {
    let folder = tempfile::tempdir().expect("a folder");
    let journey = Journey::of(
        Options { load: vec![space_file("small-web")], ..Options::default() },
        Options::default(),
    );
    let (self_made, self_key) = self_made(folder.path());
    let (authority, certificate, key) = of_own_authority(folder.path());
    let source = Front::before(&journey.source, &self_made, &self_key);
    let destination = Front::before(&journey.destination, &certificate, &key);
    let pin = thumbprint(&self_made, "-sha256");
    let run = |arguments: &[&str]| {
        journey
            .run(arguments)
            .server("SOURCE", &source.url, &journey.space, &journey.source_key)
            .server("DESTINATION", &destination.url, NEW, &journey.destination_key)
            .option("--ca-file", &authority)
            .option("--source-thumbprint", &pin)
    };
    let state = format!("path={}", journey.path("state"));
    run(&["seed", "--yes", "--backend", "local", "--backend-config", &state])
        .option("--package", crate::support::package())
        .ends_with(0);
    run(&["spread", "--yes"]).ends_with(0);
    run(&["migrate", "--yes", "--todo", &journey.path("todo.md")]).ends_with(3);
    run(&["verify"]).ends_with(0);
    journey.arrived();
    journey.unseed();
}

#[test]
fn this_machine_is_reached_without_a_proxy_and_errors_name_the_proxy() {
    let folder = tempfile::tempdir().expect("a folder");
    let sandbox = sandbox_with("small-web");
    // Nobody listens there.
    let nowhere = "http://user:word@127.0.0.1:9";
    let run = |url: &str| {
        serialize(folder.path(), url, &sandbox.api_key())
            .env("HTTP_PROXY", nowhere)
            .env("https_proxy", nowhere)
    };
    run(&sandbox.url()).ends_with(3);
    run("http://octopus.example")
        .ends_with(1)
        .says("http://octopus.example can't be reached through the proxy http://127.0.0.1:9 (HTTP_PROXY)")
        .never_says("word");
    run("https://octopus.example").ends_with(1).says("through the proxy http://127.0.0.1:9 (HTTPS_PROXY)");
    run("http://octopus.invalid").env("NO_PROXY", ".invalid").ends_with(1).never_says("the proxy");
}
