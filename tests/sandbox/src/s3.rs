//! A small store that speaks as much S3 as Terraform's `s3` backend needs, its lock file included.
//!
//! Path style only (`http://host/bucket/key`). Signatures aren't checked, but the access key id in them is: requests
//! without the right one are refused, so that a test notices credentials that didn't arrive.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use sha1::Digest as _;
use tokio::sync::oneshot;

/// A running store. It lives in a thread of its own and ends when it is dropped.
pub struct S3Store {
    address: SocketAddr,
    shelf: Arc<Mutex<Shelf>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Which requests fail, and how.
#[derive(Clone, Debug)]
pub struct S3Fault {
    /// `PUT`, `GET` …; empty = any.
    pub method: String,
    /// A part of the key, or its end when it ends with `$`; empty = any.
    pub key: String,
    /// 403 makes a client give up at once; it repeats after a 500.
    pub status: u16,
    /// How many requests fail; `None` = all from now on.
    pub times: Option<u32>,
}

struct Shelf {
    access_key: String,
    /// bucket → key → content
    buckets: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
    faults: Vec<S3Fault>,
    /// Method and key of each request, with the status of its answer.
    requests: Vec<(String, String, u16)>,
}

impl S3Store {
    /// Starts a store with these empty buckets, for one access key id. (Any secret key will do.)
    ///
    /// # Errors
    /// When no port can be had.
    pub fn start(access_key: &str, buckets: &[&str]) -> Result<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").context("listening for S3")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shelf = Arc::new(Mutex::new(Shelf {
            access_key: access_key.to_owned(),
            buckets: buckets.iter().map(|bucket| ((*bucket).to_owned(), BTreeMap::new())).collect(),
            faults: Vec::new(),
            requests: Vec::new(),
        }));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shelf));
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("sandbox-s3".into()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime of one thread");
            runtime.block_on(async move {
                let listener =
                    tokio::net::TcpListener::from_std(listener).expect("the listener is non-blocking");
                tokio::select! {
                    _ended = async { axum::serve(listener, router).await } => {}
                    _stopped = stopped => {}
                }
            });
        })?;
        Ok(Self { address, shelf, stop: Some(stop), thread: Some(thread) })
    }

    /// The address for `endpoints = { s3 = … }` or `AWS_ENDPOINT_URL_S3`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All that is stored: `bucket/key` → content.
    #[must_use]
    pub fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        let shelf = lock(&self.shelf);
        let entries = shelf.buckets.iter().flat_map(|(bucket, objects)| {
            objects.iter().map(move |(key, content)| (format!("{bucket}/{key}"), content.clone()))
        });
        entries.collect()
    }

    /// Stores something, such as a lock that somebody left.
    pub fn put(&self, bucket: &str, key: &str, content: &[u8]) {
        lock(&self.shelf)
            .buckets
            .entry(bucket.to_owned())
            .or_default()
            .insert(key.to_owned(), content.to_owned());
    }

    /// Makes requests fail from now on.
    pub fn fail(&self, fault: S3Fault) {
        lock(&self.shelf).faults.push(fault);
    }

    /// Lets everything work again.
    pub fn mend(&self) {
        lock(&self.shelf).faults.clear();
    }

    /// Method, `bucket/key` and status of each request so far.
    #[must_use]
    pub fn requests(&self) -> Vec<(String, String, u16)> {
        lock(&self.shelf).requests.clone()
    }
}

impl Drop for S3Store {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

fn lock(shelf: &Mutex<Shelf>) -> MutexGuard<'_, Shelf> {
    shelf.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(
    State(shelf): State<Arc<Mutex<Shelf>>>,
    method: Method,
    uri: Uri,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut shelf = lock(&shelf);
    // For tests in other processes: all that is stored, without credentials.
    if uri.path() == "/sandbox/objects" {
        let objects = shelf.buckets.iter().flat_map(|(bucket, objects)| {
            objects.iter().map(move |(key, content)| {
                (format!("{bucket}/{key}"), String::from_utf8_lossy(content).into())
            })
        });
        return axum::Json(serde_json::Value::Object(objects.collect())).into_response();
    }
    let path = crate::request::decode(uri.path().trim_start_matches('/'));
    let response = shelf.answer(&method, &path, &query.unwrap_or_default(), &headers, &body);
    shelf.requests.push((method.to_string(), path, response.status().as_u16()));
    response
}

impl Shelf {
    fn answer(
        &mut self,
        method: &Method,
        path: &str,
        query: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Response {
        let authorization = text(headers, "authorization");
        let Some((_, credential)) = authorization.split_once("Credential=") else {
            return error(StatusCode::FORBIDDEN, "AccessDenied", "Access Denied");
        };
        if credential.split('/').next() != Some(&self.access_key) {
            return error(
                StatusCode::FORBIDDEN,
                "InvalidAccessKeyId",
                "The access key id does not exist here",
            );
        }
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        if let Some(status) = self.fault(method, key) {
            return error(status, "InternalError", "Failed on purpose");
        }
        if key.is_empty() && method == Method::PUT {
            self.buckets.entry(bucket.to_owned()).or_default();
            return StatusCode::OK.into_response();
        }
        let Some(objects) = self.buckets.get_mut(bucket) else {
            return error(StatusCode::NOT_FOUND, "NoSuchBucket", "The specified bucket does not exist");
        };
        if key.is_empty() {
            return if method == Method::GET {
                list(bucket, objects, query)
            } else {
                StatusCode::OK.into_response()
            };
        }
        match *method {
            Method::GET | Method::HEAD => match objects.get(key) {
                Some(content) => read(content, &text(headers, "range"), method == Method::HEAD),
                None => error(StatusCode::NOT_FOUND, "NoSuchKey", "The specified key does not exist."),
            },
            Method::PUT if text(headers, "if-none-match") == "*" && objects.contains_key(key) => error(
                StatusCode::PRECONDITION_FAILED,
                "PreconditionFailed",
                "At least one of the pre-conditions you specified did not hold",
            ),
            Method::PUT => {
                let streamed = text(headers, "x-amz-content-sha256").starts_with("STREAMING-");
                let content = if streamed { unchunk(body) } else { Some(body.to_owned()) };
                let Some(content) = content else {
                    return error(
                        StatusCode::BAD_REQUEST,
                        "IncompleteBody",
                        "The chunks of the body are not whole",
                    );
                };
                let tag = entity_tag(&content);
                objects.insert(key.to_owned(), content);
                (StatusCode::OK, [(header::ETAG, tag)]).into_response()
            }
            Method::DELETE => {
                objects.remove(key);
                StatusCode::NO_CONTENT.into_response()
            }
            _ => error(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", "Not here"),
        }
    }

    fn fault(&mut self, method: &Method, key: &str) -> Option<StatusCode> {
        let fault = self.faults.iter_mut().find(|fault| {
            (fault.method.is_empty() || fault.method.eq_ignore_ascii_case(method.as_str()))
                && match fault.key.strip_suffix('$') {
                    Some(end) => key.ends_with(end),
                    None => key.contains(&fault.key),
                }
                && fault.times != Some(0)
        })?;
        fault.times = fault.times.map(|times| times - 1);
        StatusCode::from_u16(fault.status).ok()
    }
}

fn text(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

fn entity_tag(content: &[u8]) -> String {
    let hex: String = sha1::Sha1::digest(content).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn error(status: StatusCode, code: &str, message: &str) -> Response {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    (status, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
}

/// The whole object, or the part that the request asks for (`bytes=0-`, `bytes=5-9`).
fn read(content: &[u8], range: &str, head: bool) -> Response {
    let total = content.len();
    let wanted = range.strip_prefix("bytes=").and_then(|range| {
        let (first, last) = range.split_once('-')?;
        let first: usize = first.parse().ok()?;
        let last = last.parse().map_or(total, |last: usize| last + 1).min(total);
        (first < last).then_some((first, last))
    });
    let (status, part) = match wanted {
        Some((first, last)) => (StatusCode::PARTIAL_CONTENT, &content[first..last]),
        None => (StatusCode::OK, content),
    };
    let mut response = (status, part.to_owned()).into_response();
    let headers = response.headers_mut();
    let mut set = |name: header::HeaderName, value: String| {
        headers.insert(name, value.parse().expect("a plain text is a header"));
    };
    set(header::ETAG, entity_tag(content));
    set(header::ACCEPT_RANGES, "bytes".to_owned());
    set(header::LAST_MODIFIED, "Thu, 01 Jan 2026 00:00:00 GMT".to_owned());
    set(header::CONTENT_TYPE, "application/octet-stream".to_owned());
    if let Some((first, last)) = wanted {
        set(header::CONTENT_RANGE, format!("bytes {first}-{}/{total}", last - 1));
    }
    // The server leaves the body of an answer to HEAD away by itself, and keeps its length.
    if head {
        set(header::CONTENT_LENGTH, part.len().to_string());
    }
    response
}

fn list(bucket: &str, objects: &BTreeMap<String, Vec<u8>>, query: &str) -> Response {
    let prefix = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("prefix="))
        .map(|prefix| crate::request::decode(&prefix.replace('+', " ")))
        .unwrap_or_default();
    let found: Vec<_> = objects.iter().filter(|(key, _)| key.starts_with(&prefix)).collect();
    let mut body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>{}</Name><Prefix>{}</Prefix><KeyCount>{}</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>",
        xml(bucket),
        xml(&prefix),
        found.len()
    );
    for (key, content) in found {
        body.push_str(&format!(
            "<Contents><Key>{}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>{}</ETag><Size>{}</Size><StorageClass>STANDARD</StorageClass></Contents>",
            xml(key),
            entity_tag(content),
            content.len()
        ));
    }
    body.push_str("</ListBucketResult>");
    ([(header::CONTENT_TYPE, "application/xml")], body).into_response()
}

/// Takes the chunk heads and trailers off a body in `aws-chunked` coding.
fn unchunk(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    loop {
        let end = body.windows(2).position(|pair| pair == b"\r\n")?;
        let head = std::str::from_utf8(&body[..end]).ok()?;
        let length = usize::from_str_radix(head.split(';').next()?.trim(), 16).ok()?;
        body = &body[end + 2..];
        if length == 0 {
            return Some(content);
        }
        content.extend_from_slice(body.get(..length)?);
        body = body.get(length + 2..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunked_bodies_are_put_together() {
        let body = b"5;chunk-signature=x\r\nhello\r\n3\r\n wo\r\n0\r\nx-amz-checksum-crc32:abc\r\n\r\n";
        assert_eq!(unchunk(body).as_deref(), Some(&b"hello wo"[..]));
        assert_eq!(unchunk(b"5\r\nhel"), None);
    }

    #[test]
    fn ranges() {
        let status = |range: &str| read(b"0123456789", range, false).status().as_u16();
        assert_eq!((status("bytes=2-4"), status("bytes=0-"), status("")), (206, 206, 200));
        let response = read(b"0123456789", "bytes=2-4", false);
        assert_eq!(response.headers()["content-range"], "bytes 2-4/10");
    }
}
