//! Sending a request until it is answered: repeats, waiting as the server asks, limits of size.

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use serde_json::Value;

use super::{API_KEY, Answer, Client, LARGEST_FILE, LARGEST_JSON, LONGEST_WAIT, REPEATS, errors};
use failure::Failure;

/// What a request carries.
#[derive(Clone)]
pub(super) enum Body {
    None,
    Json(Bytes),
    File { name: String, content: Bytes },
    Raw { headers: HeaderMap, content: Bytes },
}

/// Whether a request may be sent again when nobody knows if it was processed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Reads, and writes that come to the same when done twice.
    Safe,
    /// Only when surely nothing has happened: 429, or no connection.
    Unsafe,
}

/// Why there is no answer.
pub(super) enum Trouble {
    Http(reqwest::Error),
    /// Of the limit, in bytes.
    TooLarge(usize),
}

impl From<reqwest::Error> for Trouble {
    fn from(error: reqwest::Error) -> Self {
        Self::Http(error)
    }
}

impl Client {
    pub(super) async fn send(
        &self,
        method: &Method,
        path: &str,
        body: Body,
        repeat: Repeat,
    ) -> Result<Answer, Failure> {
        if method.is_safe() || matches!(body, Body::Raw { .. }) {
            return self.send_until_answered(method, path, body, repeat).await;
        }
        self.tell_of_write(method, path);
        let answer = self.send_until_answered(method, path, body, repeat).await;
        self.tell_of_write(method, path);
        answer
    }

    /// Sends until there is an answer that is worth giving back.
    async fn send_until_answered(
        &self,
        method: &Method,
        path: &str,
        body: Body,
        repeat: Repeat,
    ) -> Result<Answer, Failure> {
        debug_assert!(path.starts_with("/api"), "paths of an Octopus server start with /api");
        let shared = &self.shared;
        let _slot = shared.slots.acquire().await.expect("the semaphore is never closed");
        let mut waited = Duration::ZERO;
        let mut attempt = 0;
        loop {
            shared.pace.wait().await;
            shared.count(method);
            let wait = match self.once(method, path, &body).await {
                Ok(answer) => {
                    shared.answered.store(true, Ordering::Relaxed);
                    shared.pace.learn(&answer.headers);
                    let asked_wait = retry_after(&answer.headers);
                    match answer.status.as_u16() {
                        // Nothing was processed, so every method may be sent again.
                        429 => {
                            let wait = asked_wait.unwrap_or_else(|| backoff(Duration::from_secs(2), attempt));
                            if waited + wait > LONGEST_WAIT {
                                return Ok(answer);
                            }
                            shared.pace.pause(wait);
                            wait
                        }
                        502..=504 if repeat == Repeat::Safe && attempt < REPEATS => asked_wait
                            .unwrap_or_else(|| backoff(Duration::from_millis(250), attempt))
                            .min(Duration::from_secs(60)),
                        _ => return Ok(answer),
                    }
                }
                Err(Trouble::TooLarge(limit)) => {
                    return Err(Failure::failed(format!(
                        "{method} {path}: the {} server's answer is larger than {} MB, more than octoferry takes",
                        self.role(),
                        limit >> 20
                    )));
                }
                // A server that has never answered is more likely the wrong address than a moment's trouble.
                Err(Trouble::Http(error))
                    if attempt < REPEATS
                        && shared.answered.load(Ordering::Relaxed)
                        && may_repeat(&error, repeat) =>
                {
                    backoff(Duration::from_millis(250), attempt)
                }
                Err(Trouble::Http(error)) => {
                    return Err(errors::unreachable(
                        self.role(),
                        self.address(),
                        method,
                        path,
                        &error,
                        (&shared.transport, shared.transport.timeout),
                    ));
                }
            };
            shared.repeated.fetch_add(1, Ordering::Relaxed);
            waited += wait;
            attempt += 1;
            tokio::time::sleep(wait).await;
        }
    }

    async fn once(&self, method: &Method, path: &str, body: &Body) -> Result<Answer, Trouble> {
        let shared = &self.shared;
        let mut key = HeaderValue::from_str(shared.key.expose())
            .expect("the key was tried as a header when the client was made");
        key.set_sensitive(true);
        let request = shared
            .transport
            .http
            .request(method.clone(), format!("{}{path}", shared.address))
            .header(&API_KEY, key);
        let request = match body {
            Body::None => request,
            Body::Json(content) => request.header(CONTENT_TYPE, "application/json").body(content.clone()),
            Body::File { name, content } => {
                let length = content.len() as u64;
                let part = reqwest::multipart::Part::stream_with_length(content.clone(), length)
                    .file_name(name.clone());
                request.multipart(reqwest::multipart::Form::new().part("file", part))
            }
            Body::Raw { headers, content } => request.headers(headers.clone()).body(content.clone()),
        };
        let mut response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let is_json = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let is_json = is_json.is_some_and(|kind| kind.contains("json"));
        let limit = if is_json { LARGEST_JSON } else { LARGEST_FILE };
        let mut body = Vec::new();
        // What is unpacked counts: a small answer may unpack without end.
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > limit {
                return Err(Trouble::TooLarge(limit));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body: body.into() })
    }
}

pub(super) fn json_body(body: &Value) -> Body {
    Body::Json(body.to_string().into())
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: f64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    (0.0..=3600.0).contains(&seconds).then(|| Duration::from_secs_f64(seconds))
}

/// `first`, doubled at each attempt, at most a minute.
fn backoff(first: Duration, attempt: u32) -> Duration {
    (first * 2u32.saturating_pow(attempt.min(10))).min(Duration::from_secs(60))
}

/// Whether a request without an answer may be sent again. Slowness is no reason: the next try would be as slow.
fn may_repeat(error: &reqwest::Error, repeat: Repeat) -> bool {
    let no_connection = error.is_connect();
    !error.is_timeout() && !errors::is_distrust(error) && (no_connection || repeat == Repeat::Safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_grows_and_has_an_end() {
        let first = Duration::from_secs(2);
        assert_eq!(backoff(first, 0), Duration::from_secs(2));
        assert_eq!(backoff(first, 3), Duration::from_secs(16));
        assert_eq!(backoff(first, 40), Duration::from_secs(60));
    }
}
