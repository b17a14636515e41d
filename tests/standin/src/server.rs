//! How Terraform talks to a plugin: the handshake line on standard output, then gRPC over HTTP/2 with TLS on the loopback.
//!
//! gRPC by hand: one POST per call, the body is a flag byte, a length and the message; the status comes as a trailer.

use std::future::Future;
use std::io::Write;
use std::pin::Pin;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::{BufMut, Bytes, BytesMut};
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderValue};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;

/// The value of `TF_PLUGIN_MAGIC_COOKIE` by which a plugin knows that Terraform started it.
const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// What answers a call: the name of the procedure and the message, to the answer's message; `None`: no such procedure.
pub type Handler =
    Arc<dyn Fn(String, Bytes) -> Pin<Box<dyn Future<Output = Option<Vec<u8>>> + Send>> + Send + Sync>;

/// Serves until Terraform asks for the shutdown.
///
/// # Errors
/// When this was not started by Terraform, or the loopback can't be listened on.
pub async fn serve(handler: Handler) -> Result<()> {
    #[allow(
        clippy::disallowed_methods,
        reason = "the stand-in is a program of its own; Terraform speaks so to it"
    )]
    if std::env::var("TF_PLUGIN_MAGIC_COOKIE").ok().as_deref() != Some(COOKIE) {
        bail!("this is a Terraform provider: Terraform starts it, people do not");
    }
    let key = rcgen::KeyPair::generate().context("no key for the loopback")?;
    let mut parameters = rcgen::CertificateParams::new(vec!["localhost".to_owned()])
        .context("no certificate for the loopback")?;
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let certificate = parameters.self_signed(&key).context("no certificate for the loopback")?;
    let mut tls = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(
        vec![certificate.der().clone()],
        rustls::pki_types::PrivateKeyDer::Pkcs8(key.serialize_der().into()),
    )?;
    tls.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(tls));
    let listener = TcpListener::bind("127.0.0.1:0").await.context("can't listen on the loopback")?;

    let mut out = std::io::stdout();
    writeln!(out, "1|6|tcp|{}|grpc|{}", listener.local_addr()?, STANDARD_NO_PAD.encode(certificate.der()))?;
    out.flush()?;

    let stop = Arc::new(tokio::sync::Notify::new());
    loop {
        let stream = tokio::select! {
            () = stop.notified() => return Ok(()),
            accepted = listener.accept() => accepted?.0,
        };
        stream.set_nodelay(true).ok();
        let (acceptor, handler, stop) = (acceptor.clone(), Arc::clone(&handler), Arc::clone(&stop));
        tokio::spawn(async move {
            let Ok(stream) = acceptor.accept(stream).await else { return };
            let service = hyper::service::service_fn(move |request| {
                answer(request, Arc::clone(&handler), Arc::clone(&stop))
            });
            hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .max_frame_size(1 << 20)
                .initial_stream_window_size(8 << 20)
                .initial_connection_window_size(16 << 20)
                .serve_connection(TokioIo::new(stream), service)
                .await
                .ok();
        });
    }
}

type Answer = Response<BoxBody<Bytes, std::convert::Infallible>>;

async fn answer(
    request: Request<Incoming>,
    handler: Handler,
    stop: Arc<tokio::sync::Notify>,
) -> Result<Answer> {
    let path = request.uri().path().to_owned();
    let body = request.into_body().collect().await?.to_bytes();
    let name = path.rsplit('/').next().unwrap_or_default().to_owned();
    if path == "/plugin.GRPCController/Shutdown" {
        // The answer has to leave before the process ends.
        tokio::spawn(async move {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            stop.notify_one();
        });
        return Ok(framed(Some(Vec::new())));
    }
    if !path.starts_with("/tfplugin6.Provider/") || body.len() < 5 {
        return Ok(framed(None));
    }
    Ok(framed(handler(name, body.slice(5..)).await))
}

/// A gRPC answer: the framed message and status 0, or status 12 (not implemented).
fn framed(message: Option<Vec<u8>>) -> Answer {
    let status = if message.is_some() { "0" } else { "12" };
    let mut body = BytesMut::new();
    if let Some(message) = message {
        body.put_u8(0);
        body.put_u32(u32::try_from(message.len()).expect("a message is under 4 GB"));
        body.extend_from_slice(&message);
    }
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static(status));
    let body = Full::new(body.freeze()).with_trailers(async move { Some(Ok(trailers)) }).boxed();
    let mut response = Response::new(body);
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    response
}
