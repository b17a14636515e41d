//! The wire: one request in, one answer out.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::answer::{Answer, Content};
use crate::faults::{self, Effect};
use crate::rate::Limit;
use crate::request::{Method, Request, Upload};
use crate::server::Shared;
use crate::{admin, routes};

/// Packages may be large; nothing else is.
const BODY_LIMIT: usize = 512 << 20;

/// Serves until the other end of `stopped` is dropped.
pub(crate) async fn serve(
    shared: Arc<Shared>,
    listener: std::net::TcpListener,
    stopped: oneshot::Receiver<()>,
) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("the listener is non-blocking");
    tokio::spawn(crate::tasks::schedule(Arc::clone(&shared)));
    let router = Router::new()
        .fallback(answer_api)
        .merge(admin::router())
        // axum's own limit of 2 MB must not apply to packages.
        .layer(DefaultBodyLimit::disable())
        .with_state(shared);
    tokio::select! {
        // Not graceful: a client may hold its connection open for ever.
        _ended = async { axum::serve(listener, router).await } => {}
        _stopped = stopped => {}
    }
}

async fn answer_api(State(shared): State<Arc<Shared>>, request: axum::extract::Request) -> Response {
    let started = Instant::now();
    let method = request.method().as_str().to_owned();
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let user_agent = header_text(request.headers(), "user-agent");
    let user = crate::auth::user_of(&shared.lock(), request.headers());
    if shared.options.latency_ms > 0 {
        tokio::time::sleep(Duration::from_millis(shared.options.latency_ms)).await;
    }
    let fields = OnceLock::new();
    let answer = decide(&shared, &method, &path, &query, &user, request, &fields).await;
    shared.log.add(json!({
        "Time": crate::store::now(), "Method": method, "Path": path, "Query": query,
        "Status": answer.as_ref().map_or(0, |answer| answer.status), "UserAgent": user_agent, "User": user,
        "Fields": fields.get(),
        "Milliseconds": u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    }));
    answer.map_or_else(broken_connection, respond)
}

/// Finds the answer; `None` when the connection shall break instead.
async fn decide(
    shared: &Arc<Shared>,
    method: &str,
    path: &str,
    query: &str,
    user: &str,
    request: axum::extract::Request,
    fields: &OnceLock<Value>,
) -> Option<Answer> {
    let mut rate_headers = Vec::new();
    if let Some(per_minute) = shared.options.requests_per_minute {
        let limit = Limit { per_minute, burst: shared.options.rate_burst.unwrap_or(per_minute) };
        let verdict =
            shared.buckets.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take(user, limit);
        rate_headers
            .push(("Octopus-RateLimit-Policy".to_owned(), format!("l={};rpm={per_minute}", limit.burst)));
        rate_headers
            .push(("Octopus-RateLimit".to_owned(), format!("r={};t={}", verdict.left, verdict.seconds)));
        if !verdict.allowed {
            if shared.options.retry_after {
                rate_headers.push(("Retry-After".to_owned(), verdict.seconds.to_string()));
            }
            let mut answer =
                Answer::json(429, json!({"ErrorMessage": "Too many requests. Try again later."}));
            answer.headers = rate_headers;
            return Some(answer);
        }
    }
    let address = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    let effect =
        shared.faults.lock().unwrap_or_else(std::sync::PoisonError::into_inner).strike(method, &address);
    match &effect {
        Some(Effect::Drop) => return None,
        Some(Effect::Slow(milliseconds)) => tokio::time::sleep(Duration::from_millis(*milliseconds)).await,
        _ => {}
    }
    let mut answer = match effect {
        // The body is read in any case: else the client may see a broken pipe instead of the answer.
        Some(Effect::Answer(answer)) => {
            if let Ok((body, _)) = read(request).await
                && !body.is_empty()
            {
                let _once = fields.set(crate::log::field_names(&body));
            }
            answer
        }
        Some(Effect::ShortPage) => {
            let mut answer = process(shared, path, query, user, request, fields).await;
            faults::shorten(&mut answer);
            answer
        }
        Some(Effect::Late(milliseconds)) => {
            let answer = process(shared, path, query, user, request, fields).await;
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            answer
        }
        Some(Effect::DropAfter) => {
            process(shared, path, query, user, request, fields).await;
            return None;
        }
        _ => process(shared, path, query, user, request, fields).await,
    };
    answer.headers.extend(rate_headers);
    Some(answer)
}

async fn process(
    shared: &Arc<Shared>,
    path: &str,
    query: &str,
    user: &str,
    request: axum::extract::Request,
    fields: &OnceLock<Value>,
) -> Answer {
    // The root document may be asked without a key: "is this an Octopus at all".
    if user.is_empty() && !is_open(path) {
        return Answer::unauthorized();
    }
    let method = match request.method().as_str() {
        "GET" | "HEAD" => Method::Get,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        _ => return Answer::json(405, json!({"ErrorMessage": "Method not allowed."})),
    };
    let (body, uploads) = match read(request).await {
        Ok(read) => read,
        Err(problem) => return Answer::bad_request(problem),
    };
    if !body.is_empty() {
        let _once = fields.set(crate::log::field_names(&body));
    }
    let mut server = shared.lock();
    let Some(request) = Request::new(&server, method, path, query, body, uploads, user.to_owned()) else {
        return Answer::not_found("The resource you requested was not found.");
    };
    // A bug in a room must not stop the tests that don't meet it.
    let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| routes::dispatch(&mut server, &request)));
    drop(server);
    if method != Method::Get {
        shared.work.notify_waiters();
    }
    outcome.unwrap_or_else(|_| {
        Answer::json(500, json!({"ErrorMessage": "The sandbox made a mistake; see its error output."}))
    })
}

fn is_open(path: &str) -> bool {
    matches!(path.trim_matches('/').to_lowercase().as_str(), "api" | "api/serverstatus/health")
}

/// The whole body, or the files of a multipart body.
async fn read(request: axum::extract::Request) -> Result<(Vec<u8>, Vec<Upload>), String> {
    // Also what follows the last part is read: else the connection can't serve the client's next request.
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_LIMIT).await.map_err(|error| error.to_string())?;
    if !header_text(&parts.headers, "content-type").starts_with("multipart/") {
        return Ok((body.into(), Vec::new()));
    }
    let request = axum::extract::Request::from_parts(parts, Body::from(body));
    let mut multipart = Multipart::from_request(request, &()).await.map_err(|error| error.body_text())?;
    let mut uploads = Vec::new();
    while let Some(field) = multipart.next_field().await.map_err(|error| error.body_text())? {
        let filename = field.file_name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(|error| error.body_text())?;
        uploads.push(Upload { filename, bytes: bytes.into() });
    }
    Ok((Vec::new(), uploads))
}

fn header_text(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

fn respond(answer: Answer) -> Response {
    let mut response = Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    let response = match answer.content {
        Content::Json(value) => response
            .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
            .body(Body::from(value.to_string())),
        Content::Bytes { media_type, bytes } => {
            response.header(header::CONTENT_TYPE, media_type).body(Body::from(bytes))
        }
        Content::Nothing => response.body(Body::empty()),
    };
    response.expect("status and headers come from valid parts")
}

/// An answer whose body breaks at once: the client sees a lost connection.
fn broken_connection() -> Response {
    let broken =
        futures::stream::once(async { Err::<Vec<u8>, _>(std::io::Error::other("dropped on purpose")) });
    let mut response = Response::new(Body::from_stream(broken));
    *response.status_mut() = StatusCode::OK;
    response.headers_mut().insert(header::CONTENT_LENGTH, 1_000_000.into());
    response
}
