//! The HTTP client: key, JSON, lists, retries, rate limits. The only place that speaks HTTP.
//!
//! `pages` reads lists, `lean` leaves out of answers what is no content, `pace` keeps to the server's rate limit, `errors` says in plain
//! words what went wrong, `send` asks until there is an answer, `trust` decides whom to trust, `proxy` which way to take.

mod copy;
mod errors;
mod lean;
mod pace;
mod pages;
mod proxy;
mod send;
mod transport;
mod trust;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::role::Role;
use failure::Failure;
use pace::Pace;
pub use proxy::Proxies;
use secret::Secret;
use send::{Body, Repeat, json_body};
pub use transport::Transport;
pub use trust::{Thumbprint, Trust, certificates};

/// Requests to one server at a time.
const IN_FLIGHT: usize = 8;
/// How often a request that changes nothing is repeated after 502, 503, 504 or a broken connection.
const REPEATS: u32 = 4;
/// How long one request may wait for a server that answers 429, in all.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// No answer in JSON is larger, unpacked, in bytes; a page of a thousand large documents is some ten MB.
const LARGEST_JSON: usize = 256 << 20;
/// No package, log or picture is larger, in bytes.
const LARGEST_FILE: usize = 1 << 30;

static API_KEY: HeaderName = HeaderName::from_static("x-octopus-apikey");

/// An answer as it came, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Speaks to one server with one key. Cheap to clone; all clones share budget, pace and counters.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    /// Who is spoken of in messages.
    role: Role,
    /// Address without a slash at the end; may have a path.
    address: String,
    key: Secret,
    transport: Transport,
    pace: Pace,
    slots: Semaphore,
    sent: AtomicU64,
    written: AtomicU64,
    repeated: AtomicU64,
    answered: AtomicBool,
    observers: RwLock<Vec<Box<dyn Watch>>>,
}

impl Shared {
    fn count(&self, method: &Method) {
        self.sent.fetch_add(1, Ordering::Relaxed);
        if !method.is_safe() {
            self.written.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Is told of our own requests; not of what is forwarded.
pub trait Watch: Send + Sync {
    /// A write, before it is sent and after it was answered.
    fn wrote(&self, method: &Method, path: &str);

    /// A read, before it is sent; what is given back gets the answer, if that is a success.
    fn reads(&self, path: &str) -> Option<Heard>;

    /// A list that is known as a whole, as a page.
    fn knows(&self, path: &str) -> Option<Answer>;
}

/// Gets the answer to a read.
pub type Heard = Box<dyn FnOnce(&Answer) + Send>;

impl Client {
    /// A client for the server at `address` (`https://octopus.example`, or with a path). `role` names it in messages.
    ///
    /// # Errors
    /// When the address is no `http` or `https` address, or the key can't be sent in a header.
    pub fn new(role: Role, address: &str, key: Secret, transport: &Transport) -> Result<Self, Failure> {
        let address = plain_address(address).ok_or_else(|| {
            Failure::usage(format!("the {role} address {address:?} is not like https://octopus.example"))
        })?;
        if key.is_empty() || HeaderValue::from_str(key.expose()).is_err() {
            return Err(Failure::usage(format!(
                "the {role} API key is empty or has characters that no key has"
            ))
            .hint(
                "A key looks like API-ABCDEF0123456789. A file for a key holds the key and nothing else.",
            ));
        }
        Ok(Self {
            shared: Arc::new(Shared {
                role,
                address,
                key,
                transport: transport.clone(),
                pace: Pace::default(),
                slots: Semaphore::new(IN_FLIGHT),
                sent: AtomicU64::new(0),
                written: AtomicU64::new(0),
                repeated: AtomicU64::new(0),
                answered: AtomicBool::new(false),
                observers: RwLock::default(),
            }),
        })
    }

    /// A client of the same server with another key.
    ///
    /// # Errors
    /// When the key can't be sent in a header.
    pub fn with_key(&self, key: Secret) -> Result<Self, Failure> {
        Self::new(self.role(), self.address(), key, &self.shared.transport)
    }

    /// Has our own requests told, for all clones of this client.
    pub fn tell(&self, observer: impl Watch + 'static) {
        self.shared.observers.write().unwrap_or_else(PoisonError::into_inner).push(Box::new(observer));
    }

    fn tell_of_write(&self, method: &Method, path: &str) {
        for observer in self.shared.observers.read().unwrap_or_else(PoisonError::into_inner).iter() {
            observer.wrote(method, path);
        }
    }

    fn tell_of_read(&self, path: &str) -> Vec<Heard> {
        let observers = self.shared.observers.read().unwrap_or_else(PoisonError::into_inner);
        observers.iter().filter_map(|observer| observer.reads(path)).collect()
    }

    fn ask_observers(&self, path: &str) -> Option<Answer> {
        let observers = self.shared.observers.read().unwrap_or_else(PoisonError::into_inner);
        observers.iter().find_map(|observer| observer.knows(path))
    }

    #[must_use]
    pub fn role(&self) -> Role {
        self.shared.role
    }

    /// The server's address, without a slash at the end.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.shared.address
    }

    /// The key, for `seed`: it puts it into the source space as a sensitive variable.
    #[must_use]
    pub fn key(&self) -> &Secret {
        &self.shared.key
    }

    /// Requests sent so far, repeated ones included.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.shared.sent.load(Ordering::Relaxed)
    }

    /// Whether one of them may have changed something.
    #[must_use]
    pub fn has_written(&self) -> bool {
        self.shared.written.load(Ordering::Relaxed) > 0
    }

    /// How many of them were repetitions: 429, a broken connection, a gateway's 502, 503, 504.
    #[must_use]
    pub fn repeated(&self) -> u64 {
        self.shared.repeated.load(Ordering::Relaxed)
    }

    /// The requests a minute that the server allows, if its answers have said so.
    #[must_use]
    pub fn requests_per_minute(&self) -> Option<u32> {
        self.shared.pace.requests_per_minute()
    }

    /// Reads one document. `path` starts with `/api` and may have a query.
    ///
    /// # Errors
    /// Anything but a success; `http_status` holds the status.
    pub async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.json(Method::GET, path, Body::None, Repeat::Safe).await
    }

    /// Reads one document that need not exist: 404 is `None`.
    ///
    /// # Errors
    /// Anything but a success or 404.
    pub async fn find(&self, path: &str) -> Result<Option<Value>, Failure> {
        match self.get(path).await {
            Ok(value) => Ok(Some(value)),
            Err(failure) if failure.is_missing() => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Makes a document; the answer is what the server made of it. Never repeated unless surely nothing has happened.
    ///
    /// # Errors
    /// Anything but a success.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.json(Method::POST, path, json_body(body), Repeat::Unsafe).await
    }

    /// Replaces a document. A PUT of a document with a `Version` is refused (409) when it is not the current one; so it is never
    /// repeated blindly: the first try may have succeeded.
    ///
    /// # Errors
    /// Anything but a success.
    pub async fn put(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.json(Method::PUT, path, json_body(body), Repeat::Unsafe).await
    }

    /// Replaces a document for which twice is the same as once (no `Version`, nothing added): repeated like a read.
    ///
    /// # Errors
    /// Anything but a success.
    pub async fn put_idempotent(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.json(Method::PUT, path, json_body(body), Repeat::Safe).await
    }

    /// Deletes a document; one that is gone already (404) is as good.
    ///
    /// # Errors
    /// Anything but a success or 404.
    pub async fn delete(&self, path: &str) -> Result<(), Failure> {
        let answer = self.send(&Method::DELETE, path, Body::None, Repeat::Safe).await?;
        if answer.status == StatusCode::NOT_FOUND || answer.status.is_success() {
            return Ok(());
        }
        Err(self.refusal(&Method::DELETE, path, &answer))
    }

    /// Reads a whole list, all pages, counted against the server's `TotalResults`. `path` may have a query, but no `skip` and `take`.
    ///
    /// # Errors
    /// Any page that is not a success, or is shorter than the server says.
    pub async fn list(&self, path: &str) -> Result<Vec<Value>, Failure> {
        pages::list(self, path, "Items").await
    }

    /// Reads a whole list like [`Client::list`], unless an observer knows it ([`Client::tell`]): for looking up what is there by name.
    ///
    /// # Errors
    /// As [`Client::list`].
    pub async fn known_list(&self, path: &str) -> Result<Vec<Value>, Failure> {
        let known = self.ask_observers(path);
        let mut page = known.and_then(|page| lean::parse(&page.body).ok()).unwrap_or_default();
        match page["Items"].take() {
            Value::Array(items) => Ok(items),
            _ => self.list(path).await,
        }
    }

    /// Reads a whole list whose pages have a shape of their own: items in the field `name`, and their `Count`.
    ///
    /// # Errors
    /// As [`Client::list`].
    pub async fn list_of(&self, path: &str, name: &str) -> Result<Vec<Value>, Failure> {
        pages::list(self, path, name).await
    }

    /// Reads a list that comes as a plain array (`…/all`).
    ///
    /// # Errors
    /// Anything but a success with an array.
    pub async fn array(&self, path: &str) -> Result<Vec<Value>, Failure> {
        match self.get(path).await? {
            Value::Array(items) => Ok(items),
            _ => Err(Failure::failed(format!(
                "{path} of the {} server answered something else than a list",
                self.role()
            ))),
        }
    }

    /// Uploads one file as multipart form; `name` is the file name that the server sees.
    ///
    /// # Errors
    /// Anything but a success.
    pub async fn upload(&self, path: &str, name: &str, content: Vec<u8>) -> Result<Value, Failure> {
        let body = Body::File { name: name.to_owned(), content: content.into() };
        self.json(Method::POST, path, body, Repeat::Unsafe).await
    }

    /// Reads raw bytes: packages, logs.
    ///
    /// # Errors
    /// Anything but a success.
    pub async fn download(&self, path: &str) -> Result<Bytes, Failure> {
        let answer = self.send(&Method::GET, path, Body::None, Repeat::Safe).await?;
        if !answer.status.is_success() {
            return Err(self.refusal(&Method::GET, path, &answer));
        }
        if errors::is_web_page(&answer) {
            return Err(self.web_page(path));
        }
        Ok(answer.body)
    }

    /// Sends somebody else's request with this client's key, and gives the answer as it came. Paced and repeated as our own requests:
    /// 429 always, gateway errors and broken connections only for reads.
    ///
    /// `path` starts with `/api` and includes the query. Of `headers` only those that describe the body and the wanted answer are
    /// sent on (`Content-Type`, `Accept`, `User-Agent`).
    ///
    /// # Errors
    /// When there is no answer at all.
    pub async fn forward(
        &self,
        method: Method,
        path: &str,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Answer, Failure> {
        let mut kept = HeaderMap::new();
        for name in [CONTENT_TYPE, reqwest::header::ACCEPT, reqwest::header::USER_AGENT] {
            if let Some(value) = headers.get(&name) {
                kept.insert(name, value.clone());
            }
        }
        let repeat = if method.is_safe() { Repeat::Safe } else { Repeat::Unsafe };
        self.send(&method, path, Body::Raw { headers: kept, content: body }, repeat).await
    }

    async fn json(&self, method: Method, path: &str, body: Body, repeat: Repeat) -> Result<Value, Failure> {
        let heard = if method.is_safe() { self.tell_of_read(path) } else { Vec::new() };
        let answer = self.send(&method, path, body, repeat).await?;
        if !answer.status.is_success() {
            return Err(self.refusal(&method, path, &answer));
        }
        if answer.body.is_empty() {
            return Ok(Value::Null);
        }
        if errors::is_web_page(&answer) {
            return Err(self.web_page(path));
        }
        for heard in heard {
            heard(&answer);
        }
        lean::parse(&answer.body).map_err(|error| {
            // The position says enough; the text itself may hold what nobody should see.
            let place = format!("line {}, column {}", error.line(), error.column());
            Failure::failed(format!(
                "{method} {path}: the {} server's answer is not JSON ({place})",
                self.role()
            ))
            .hint("Something between here and the server may have cut or replaced the answer.")
        })
    }

    fn refusal(&self, method: &Method, path: &str, answer: &Answer) -> Failure {
        let failure = errors::refusal(self.role(), self.address(), method, path, answer);
        // What a proxy may have said in the server's stead.
        if matches!(answer.status.as_u16(), 407 | 502..=504) { self.by_proxy(failure) } else { failure }
    }

    fn web_page(&self, path: &str) -> Failure {
        self.by_proxy(errors::web_page(self.role(), self.address(), path))
    }

    /// Names the proxy that stands between, if one does.
    fn by_proxy(&self, failure: Failure) -> Failure {
        match self.shared.transport.proxies.of(self.address()) {
            Some(proxy) => failure.hint(format!("Requests to this server go through the proxy {proxy}.")),
            None => failure,
        }
    }
}

/// Percent-encodes text for a path segment or a query value.
#[must_use]
pub fn encode(text: &str) -> String {
    // All but what RFC 3986 calls unreserved.
    const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(text, RESERVED).to_string()
}

/// The address without a slash at the end, a query or a fragment, and without the `/api` or `/app` that people copy along with it.
fn plain_address(address: &str) -> Option<String> {
    let address = address.trim();
    let url = reqwest::Url::parse(address).ok()?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() || !url.username().is_empty() {
        return None;
    }
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix("/api").or_else(|| path.strip_suffix("/app")).unwrap_or(path);
    Some(format!("{}{path}", url.origin().ascii_serialization()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_cleaned() {
        let cleaned = |address| plain_address(address);
        assert_eq!(cleaned("https://h.example/"), Some("https://h.example".to_owned()));
        assert_eq!(
            cleaned(" https://h.example:8443/octopus/ "),
            Some("https://h.example:8443/octopus".to_owned())
        );
        assert_eq!(cleaned("https://h.example/octopus/api"), Some("https://h.example/octopus".to_owned()));
        assert_eq!(cleaned("http://h.example/app#/Spaces-1"), Some("http://h.example".to_owned()));
        assert_eq!(cleaned("h.example"), None);
        assert_eq!(cleaned("ftp://h.example"), None);
        assert_eq!(cleaned("https://user:word@h.example"), None);
    }

    #[test]
    fn text_is_encoded_for_addresses() {
        assert_eq!(encode("A b/ü&+"), "A%20b%2F%C3%BC%26%2B");
    }
}
